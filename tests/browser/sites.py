"""A running Porthole for the browser: the server, the cluster behind it, and how a person signs in to it."""

import base64
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, StorageState

from clusters.demo.server import serving
from clusters.demo.world.clock import RealClock
from tests.browser.wire import Wire
from tests.cluster.bed import Bed
from tests.prepared import prepare

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"https?://\S+")
START_SECONDS = 60
SPEED = 3.0
PEOPLE = ("olivia", "victor", "nadia", "mallory")


class Output:
    """What a process prints, line by line, read in a thread so that it never blocks."""

    def __init__(self, process: subprocess.Popen[str]):
        self.process = process
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.seen: list[str] = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        """Take lines until the process closes its output."""
        for line in self.process.stdout or ():
            self.lines.put(line)
        self.lines.put(None)

    def address(self) -> str:
        """The next address that is printed. Raises AssertionError with all that was printed where none comes."""
        while True:
            try:
                line = self.lines.get(timeout=START_SECONDS)
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no address was printed:\n{''.join(self.seen)}")
            self.seen.append(line)
            if found := ADDRESS.search(line):
                return found[0]


@dataclass
class Site:
    """Porthole at ``url``; ``clusters`` are people's cluster names.

    A test may cut both ways: ``wire`` leads from the browser to Porthole, ``behind`` from Porthole to the API server.
    """

    kind: str
    url: str
    wire: Wire
    behind: Wire
    clusters: dict[str, str]
    output: Output
    link: str = ""
    sessions: dict[str, StorageState] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sign_in(self, page: Page, person: str) -> None:
        """Sign ``page`` in as one of PEOPLE: by the demo's form, or by the link that the terminal shows."""
        if self.kind == "demo":
            page.goto(f"{self.url}/signin/")
            page.locator(f"form:has(input[value={person}]) button").click()
        else:
            with self.lock:
                target = urlsplit(self.link)
                page.goto(f"{self.url}{target.path}?{target.query}")
                self.link = self.output.address()

    def address(self, person: str, rest: str) -> str:
        """The URL of a place in the cluster as ``person`` opens it."""
        return f"{self.url}/c/{self.clusters[person]}/{rest}"


@contextmanager
def porthole(folder: Path, environment: dict[str, str], *flags: str) -> Iterator[tuple[str, Output]]:
    """Porthole as people start it again, on a free port of loopback; gives the address that it prints."""
    prepare(folder)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    # Where the system can (Linux), it ends the server when this process is killed.
    prefix = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    process = subprocess.Popen(
        [*prefix, sys.executable, "manage.py", "serve", *flags],
        cwd=ROOT,
        env={**kept, "PORT": "0", "PORTHOLE_STATE": str(folder), "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = Output(process)
    try:
        yield output.address(), output
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        output.thread.join(timeout=5)
        if process.stdout:
            process.stdout.close()


@contextmanager
def demo_site(folder: Path, **settings: str) -> Iterator[Site]:
    """Porthole over a demo cluster of its own, whose time runs faster so that rollouts are not waited for."""
    with serving(trials=True, clock=RealClock(SPEED)) as handle, Wire(urlsplit(handle.url).port or 80) as behind:
        server = f"http://127.0.0.1:{behind.port}"
        environment = {"PORTHOLE_WAYS": "demo", "PORTHOLE_DEMO_SERVER": server, **settings}
        with porthole(folder, environment) as (address, output), Wire(urlsplit(address).port or 80) as wire:
            yield Site("demo", f"http://localhost:{wire.port}", wire, behind, dict.fromkeys(PEOPLE, "demo"), output)


@contextmanager
def bed_site(folder: Path, bed: Bed) -> Iterator[Site]:
    """Porthole over the real control plane, with a kubeconfig that has one context a person."""
    file = folder / "kubeconfig"
    environment = {"PORTHOLE_WAYS": "kubeconfig", "KUBECONFIG": str(file)}
    with Wire(urlsplit(bed.server).port or 443) as behind:
        file.write_text(json.dumps(kubeconfig_of(bed, f"https://127.0.0.1:{behind.port}")))
        file.chmod(0o600)
        with porthole(folder, environment) as (address, output), Wire(urlsplit(address).port or 80) as wire:
            names = {name: name for name in PEOPLE}
            yield Site("bed", f"http://localhost:{wire.port}", wire, behind, names, output, address)


def kubeconfig_of(bed: Bed, server: str) -> dict[str, object]:
    """A kubeconfig (JSON is YAML) with a context and a user for each of PEOPLE."""
    cluster = {"server": server, "certificate-authority-data": encoded(bed.certificate_authority)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": PEOPLE[0],
        "clusters": [{"name": "bed", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": bed.tokens[name]}} for name in PEOPLE],
        "contexts": [{"name": name, "context": {"cluster": "bed", "user": name}} for name in PEOPLE],
    }


def encoded(text: str) -> str:
    """Base64, as a kubeconfig holds certificates."""
    return base64.b64encode(text.encode()).decode()
