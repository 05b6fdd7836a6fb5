"""The bed's own hands on the API server: plain HTTP and JSON, and none of Porthole's code, which it helps to test."""

import base64
import json
import ssl
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.cluster.certificates import Pair


class ApiError(Exception):
    """The API server refused; ``status`` is the HTTP status and the message is its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Api:
    """One caller's door to one API server: by client certificate, by bearer token, or anonymous."""

    def __init__(self, server: str, authority: str, client: Pair | None = None, token: str = "") -> None:
        context = ssl.create_default_context(cadata=authority)
        if client:
            # The ssl module reads a client's certificate and key from a file only.
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(client.certificate + client.key)
                file.flush()
                context.load_cert_chain(file.name)
        self.server = server
        self.token = token
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        self._resources: dict[str, list[dict[str, Any]]] = {}

    def open(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        """The raw response of one request (a context manager); raises ApiError, or OSError when there is no server."""
        request = urllib.request.Request(self.server + path, data=body, method=method, headers=headers or {})
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            return self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            try:
                message = json.loads(text)["message"]
            except (ValueError, KeyError, TypeError):
                message = text
            raise ApiError(error.code, message) from None

    def call(
        self, method: str, path: str, body: Any = None, content: str = "application/json", accept: str = ""
    ) -> Any:
        """Send ``body`` as JSON and return the decoded answer."""
        headers = {"Accept": accept or "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = content
            data = json.dumps(body).encode()
        with self.open(method, path, data, headers) as response:
            return json.load(response)

    def get(self, path: str) -> Any:
        """The decoded object or list at ``path``."""
        return self.call("GET", path)

    def text(self, path: str) -> bytes:
        """The undecoded body at ``path``, as container logs are."""
        with self.open("GET", path) as response:
            return response.read()

    def table(self, path: str) -> list[dict[str, Any]]:
        """What kubectl would print: one dict of column name to cell for each row."""
        answer = self.call("GET", path, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
        names = [column["name"] for column in answer["columnDefinitions"]]
        return [dict(zip(names, row["cells"], strict=True)) for row in answer["rows"]]

    def collection(self, document: dict[str, Any]) -> str:
        """The path where objects like this one are created, looked up in the server's discovery."""
        version = document["apiVersion"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._resources:
            self._resources[version] = self.get(root)["resources"]
        for resource in self._resources[version]:
            if resource["kind"] == document["kind"] and "/" not in resource["name"]:
                namespace = document["metadata"].get("namespace", "default")
                middle = f"/namespaces/{namespace}" if resource["namespaced"] else ""
                return f"{root}{middle}/{resource['name']}"
        raise ApiError(404, f"the server has no kind {document['kind']} in {version}")

    def create(self, document: dict[str, Any], patience: float = 15.0) -> Any:
        """Create one object, trying again while controllers have not made its service account or its kind yet."""
        deadline = time.monotonic() + patience
        while True:
            try:
                return self.call("POST", self.collection(document), document)
            except ApiError as error:
                awaited = error.status == 404 or (error.status == 403 and "serviceaccount" in error.message)
                if not awaited or time.monotonic() > deadline:
                    raise ApiError(error.status, f"{describe(document)}: {error.message}") from None
            self._resources.pop(document["apiVersion"], None)
            time.sleep(0.1)

    def set_status(self, document: dict[str, Any], status: dict[str, Any]) -> Any:
        """Merge ``status`` into the status of one object."""
        path = f"{self.collection(document)}/{document['metadata']['name']}/status"
        return self.call("PATCH", path, {"status": status}, content="application/merge-patch+json")


def describe(document: dict[str, Any]) -> str:
    """Kind, namespace and name of an object, for messages."""
    metadata = document["metadata"]
    name = metadata.get("name") or metadata.get("generateName", "")
    return f"{document['kind']} {metadata.get('namespace', '')}/{name}".replace(" /", " ")


def write_kubeconfig(path: Path, server: str, authority: str, user: dict[str, Any]) -> Path:
    """Write a kubeconfig of one cluster and one user (``{"token": …}`` or client certificate and key data)."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bed", "cluster": {"server": server, "certificate-authority-data": _base64(authority)}}],
        "users": [{"name": path.stem, "user": user}],
        "contexts": [{"name": path.stem, "context": {"cluster": "bed", "user": path.stem}}],
        "current-context": path.stem,
    }
    # JSON is YAML, so every reader of kubeconfigs takes it.
    path.write_text(json.dumps(document, indent=1))
    path.chmod(0o600)
    return path


def certificate_user(pair: Pair) -> dict[str, str]:
    """The user entry of a kubeconfig for a client certificate."""
    return {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
