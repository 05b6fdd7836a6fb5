"""The wire between Porthole and an API server: what went over it, and answers that a test puts on it."""

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"transfer-encoding", "connection", "content-length", "date", "server"}
PATIENCE = 10.0


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; header names are lower case."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, or empty."""
        return next((value for key, value in self.headers if key == name.lower()), "")


@dataclass(frozen=True)
class Canned:
    """An answer for requests whose ``METHOD /path?query`` matches; ``chunks`` are sent one after another."""

    pattern: re.Pattern[str]
    status: int
    content_type: str
    chunks: Callable[[], Iterable[bytes]]


@dataclass
class Tap:
    """A server on loopback that notes each request, then passes it on to ``target`` unless a test answers it.

    With ``admit`` it is told whose the bearer token is: the token that the target knows, None for a refusal.
    """

    target: str
    seen: list[Seen] = field(default_factory=list)
    canned: list[Canned] = field(default_factory=list)
    url: str = ""
    admit: Callable[[str], str | None] | None = None

    def of(self, pattern: str) -> list[Seen]:
        """The requests so far whose ``METHOD /path?query`` matches."""
        return [each for each in self.seen if re.search(pattern, f"{each.method} {each.path}")]

    def wait_for(self, pattern: str, count: int = 1) -> Seen:
        """The first matching request, once ``count`` have come. Raises AssertionError where they do not."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if len(found := self.of(pattern)) >= count:
                return found[0]
            time.sleep(0.01)
        raise AssertionError(f"too few requests like {pattern!r} came: {[each.path for each in self.seen]}")

    @contextmanager
    def answering(self, pattern: str, status: int, body: object, content_type: str = "") -> Iterator[None]:
        """Answer matching requests: a dict as JSON, bytes and text as they are, a function with the chunks it gives."""
        kind = content_type or ("application/json" if isinstance(body, dict) else "text/plain")
        answer = Canned(re.compile(pattern), status, kind, chunks_of(body))
        self.canned.append(answer)
        try:
            yield
        finally:
            self.canned.remove(answer)


def chunks_of(body: object) -> Callable[[], Iterable[bytes]]:
    """What is sent for a body."""
    if callable(body):
        return body
    if isinstance(body, dict):
        body = json.dumps(body)
    whole = body.encode() if isinstance(body, str) else body
    assert isinstance(whole, bytes)
    return lambda: [whole]


def refusal(code: int, reason: str, message: str) -> dict[str, object]:
    """A Status object as an API server sends it."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


class Handler(BaseHTTPRequestHandler):
    """One connection from Porthole."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "TapServer"

    def pass_on(self) -> None:
        """Note a request, then answer it or pass it on."""
        tap = self.server.tap
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        headers = tuple((name.lower(), value) for name, value in self.headers.items())
        tap.seen.append(Seen(self.command, self.path, headers, body))
        line = f"{self.command} {self.path}"
        answer = next((each for each in tap.canned if each.pattern.search(line)), None)
        if answer:
            self.send(answer.status, [("Content-Type", answer.content_type)], answer.chunks())
        elif tap.admit:
            self.admit(tap.admit, body)
        else:
            self.forward(body)

    def admit(self, token_of: Callable[[str], str | None], body: bytes) -> None:
        """Pass a request on under the token that the target knows, or refuse it as an API server does."""
        token = token_of(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if token:
            self.headers.replace_header("Authorization", f"Bearer {token}")
            self.forward(body)
        else:
            refused = refusal(401, "Unauthorized", "Unauthorized")
            self.send(401, [("Content-Type", "application/json")], chunks_of(refused)())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815

    def forward(self, body: bytes) -> None:
        """Ask the target and give its answer as it comes."""
        upstream = http.client.HTTPConnection(urlsplit(self.server.tap.target).netloc, timeout=60)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body or None)
            response = upstream.getresponse()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
            self.send(response.status, kept, iter(lambda: response.read1(65536), b""))
        finally:
            upstream.close()

    def send(self, status: int, headers: list[tuple[str, str]], chunks: Iterable[bytes]) -> None:
        """Answer in chunks; a reader that has what it wanted may leave."""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for chunk in chunks:
                if chunk:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


class TapServer(ThreadingHTTPServer):
    """The listening socket of a Tap."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, tap: Tap):
        self.tap = tap
        super().__init__(("127.0.0.1", 0), Handler)


@contextmanager
def tapped(target: str) -> Iterator[Tap]:
    """A running Tap in front of ``target``."""
    tap = Tap(target)
    server = TapServer(tap)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    tap.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield tap
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
