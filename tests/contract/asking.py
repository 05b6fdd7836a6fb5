"""How the contract tests ask: through Porthole's own door, and past it where the door would refuse."""

import base64
import json
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import urllib3

from clusters.connection import Connection, connect
from clusters.credentials import BearerToken
from clusters.demo.server import Handle
from clusters.models import Cluster
from tests.cluster import processes
from tests.cluster.bed import Bed

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
MERGE, JSON_PATCH, STRATEGIC = (
    "application/merge-patch+json",
    "application/json-patch+json",
    "application/strategic-merge-patch+json",
)
PATIENCE = 60.0  # seconds until a wait fails; the real one restarts containers with pauses

T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    code: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The words of a Status."""
        return str(self.json["message"])


@dataclass(frozen=True)
class Server:
    """A server of the contract; `tokens` by person, the impersonator's under `impersonator`.

    `forget` makes it drop all but the present versions, as a real one does every few minutes.
    """

    name: str
    cluster: Cluster
    tokens: dict[str, str]
    pool: urllib3.PoolManager
    forget: Callable[[], None]

    def connection(self, person: str = "olivia") -> Connection:
        """A person's connection through Porthole's door."""
        return connect(self.cluster, BearerToken(self.tokens[person]))

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        person: str = "olivia",
        token: str | None = None,
        accept: str = "",
        content: str = "application/json",
        headers: Sequence[tuple[str, str]] = (),
    ) -> Reply:
        """A request past the door; an empty token sends none."""
        sent = urllib3.HTTPHeaderDict()
        token = self.tokens[person] if token is None else token
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if accept:
            sent["Accept"] = accept
        if body is not None:
            sent["Content-Type"] = content
        for name, value in headers:
            sent.add(name, value)
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        reply = self.pool.request(method, self.cluster.server + path, headers=sent, body=data, timeout=30.0)
        return Reply(reply.status, reply.headers.get("Content-Type", ""), reply.data)

    def get(self, path: str, **options: Any) -> Any:
        """The JSON at a path."""
        reply = self.ask("GET", path, **options)
        assert reply.code == 200, reply.body
        return reply.json

    def table(self, path: str, **options: Any) -> Any:
        """The Table at a path."""
        return self.get(path, accept=TABLE, **options)

    def create(self, path: str, body: Any) -> Any:
        """POST an object and give it back as stored."""
        reply = self.ask("POST", path, body)
        assert reply.code == 201, reply.body
        return reply.json

    def patch(self, path: str, body: Any, content: str = MERGE) -> Any:
        """PATCH an object and give it back as stored."""
        reply = self.ask("PATCH", path, body, content=content)
        assert reply.code == 200, reply.body
        return reply.json

    def wait(self, what: str, check: Callable[[], T], seconds: float = PATIENCE) -> T:
        """Ask until the answer is true, and give it back; fails when it never is."""
        deadline = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
            time.sleep(0.02)
        return found

    @contextmanager
    def lines(self, path: str, **options: Any) -> Iterator[Iterator[bytes]]:
        """The lines of a stream as they come, each without its end."""
        sent = {"Authorization": f"Bearer {self.tokens['olivia']}", **options}
        reply = self.pool.request("GET", self.cluster.server + path, headers=sent, preload_content=False, timeout=30.0)
        try:
            assert reply.status == 200, reply.read()
            yield _lines(reply)
        finally:
            reply.close()

    @contextmanager
    def watch(self, path: str, *, accept: str = "application/json") -> Iterator[Iterator[Any]]:
        """The events of a watch, decoded."""
        with self.lines(path, Accept=accept) as lines:
            yield (json.loads(line) for line in lines)


def demo_server(handle: Handle) -> Server:
    """The demo server."""
    people = ("olivia", "victor", "nadia", "mallory", "impersonator")
    tokens = {person: f"{person}-token" for person in people}
    cluster = Cluster(name="demo", title="Demo", server=handle.url)
    return Server("demo", cluster, tokens, urllib3.PoolManager(retries=False), lambda: forget_demo(handle))


def real_server(bed: Bed) -> Server:
    """The real control plane."""
    cluster = Cluster(name="real", title="Real", server=bed.server, certificate_authority=bed.certificate_authority)
    context = ssl.create_default_context(cadata=bed.certificate_authority)
    pool = urllib3.PoolManager(ssl_context=context, retries=False)
    return Server(
        "real", cluster, {**bed.tokens, "impersonator": bed.impersonator_token}, pool, lambda: forget_real(bed)
    )


def forget_demo(handle: Handle) -> None:
    """Drop the demo's remembered changes."""
    with handle.world.lock:
        handle.world.store.forget()


def forget_real(bed: Bed) -> None:
    """Compact the bed's etcd through its JSON gateway, as kube-apiserver does by itself every five minutes."""
    [etcd] = [process for process in processes.recorded(bed.folder) if process.name == "etcd"]
    command = Path(f"/proc/{etcd.pid}/cmdline").read_text().split("\0")
    [url] = [option.partition("=")[2] for option in command if option.startswith("--listen-client-urls=")]
    with urllib3.PoolManager(retries=False) as pool:
        key = {"key": base64.b64encode(b"/").decode()}
        found = pool.request("POST", f"{url}/v3/kv/range", json=key).json()
        revision = found["header"]["revision"]
        reply = pool.request("POST", f"{url}/v3/kv/compaction", json={"revision": revision})
        assert reply.status == 200, reply.data


def status(code: int, reason: str, message: str, **details: Any) -> dict[str, Any]:
    """A failure's Status object as the API server writes it; details only where some are given."""
    found: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    found |= {"message": message, "reason": reason, "code": code}
    return found | ({"details": details} if details else {})


def names(found: Any) -> list[str]:
    """The names of a list's items or a Table's rows."""
    if found["kind"] == "Table":
        return [row["object"]["metadata"]["name"] for row in found["rows"]]
    return [item["metadata"]["name"] for item in found["items"]]


def deployment(name: str, replicas: int = 1, image: str = "docker.io/library/nginx:1.29") -> dict[str, Any]:
    """A Deployment whose pods start at once."""
    container = {"name": name, "image": image}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": name}, "spec": spec}


def config_map(name: str, **labels: str) -> dict[str, Any]:
    """A ConfigMap with labels."""
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "labels": labels}, "data": {"a": "b"}}


def _lines(reply: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    while chunk := reply.read1(65536):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest
