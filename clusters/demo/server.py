"""HTTP on loopback: sockets in, `api.respond` in the middle, bytes out."""

import select
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from clusters.demo.api import respond
from clusters.demo.requests import Answer, Request, Stream
from clusters.demo.world.clock import ManualClock, RealClock
from clusters.demo.world.story import begin
from clusters.demo.world.world import World

LARGEST_BODY = 3 * 1024 * 1024
LONGEST_NAP = 60.0


@dataclass(frozen=True, slots=True)
class Handle:
    """A running demo server; `close` stops it and all its streams."""

    url: str
    world: World
    server: "DemoServer"
    threads: tuple[threading.Thread, ...]

    def close(self) -> None:
        """Stop listening, end all streams, wait for the threads."""
        with self.world.lock:
            self.world.closed = True
            self.world.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()
        for thread in self.threads:
            thread.join(timeout=5)


def serve(
    port: int = 0,
    *,
    pods: int = 0,
    clock: RealClock | ManualClock | None = None,
    trials: bool = False,
    host: str = "127.0.0.1",
) -> Handle:
    """Start the demo server in threads; port 0 takes a free one, `pods` adds simulated load, `trials` the hard cases.

    Raises OSError.
    """
    world = begin(clock or RealClock(), pods=pods, trials=trials)
    server = DemoServer((host, port), world)
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="demo-http", daemon=True)
    ]
    if isinstance(world.clock, RealClock):
        threads.append(threading.Thread(target=keep_moving, args=(world,), name="demo-world", daemon=True))
    for thread in threads:
        thread.start()
    return Handle(f"http://{host}:{server.server_port}", world, server, tuple(threads))


@contextmanager
def serving(**options: Any) -> Iterator[Handle]:
    """`serve` for a with statement."""
    handle = serve(**options)
    try:
        yield handle
    finally:
        handle.close()


def keep_moving(world: World) -> None:
    """Do what is due as it becomes due, until the world is closed."""
    with world.lock:
        while not world.closed:
            world.catch_up()
            due = world.next_due()
            nap = LONGEST_NAP if due is None else max(due - world.clock.now(), 0.005)
            world.clock.wait(world.changed, min(nap, LONGEST_NAP))


class DemoServer(ThreadingHTTPServer):
    """The listening socket and the open connections."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], world: World) -> None:
        super().__init__(address, Handler)
        self.world = world
        self.connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, then serve it in a thread."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        self.connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the listening socket and all connections."""
        super().server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.connections.discard(connection)  # closed by its client already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else is shown."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive for many requests."""

    protocol_version = "HTTP/1.1"
    server_version = "porthole-demo"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 600
    server: DemoServer

    def answer(self) -> None:
        """Read one request, answer it."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY or "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            self.close_connection = True
            self._whole(Answer(413, b"", "text/plain"))
            return
        body = self.rfile.read(length) if length else b""
        split = urlsplit(self.path)
        # Python reads header values as Latin-1; the bytes are UTF-8, as Go has them.
        headers = tuple(
            (name.lower(), value.encode("latin-1").decode("utf-8", "replace")) for name, value in self.headers.items()
        )
        query = parse_qs(split.query, keep_blank_values=True)
        request = Request(self.command, split.path, query, headers, body)
        found = respond(self.server.world, request, self.headers.get("Host") or "")
        if isinstance(found, Stream):
            self._stream(found)
        else:
            self._whole(found)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def _whole(self, found: Answer) -> None:
        self.send_response(found.code)
        self.send_header("Cache-Control", "no-cache, private")
        if found.code != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", str(len(found.body)))
        for name, value in found.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found.body)

    def _stream(self, found: Stream) -> None:
        self.send_response(200)
        self.send_header("Cache-Control", "no-cache, private")
        self.send_header("Content-Type", found.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for chunk in found.chunks:
            if chunk:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            elif self._client_is_gone():
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    def _client_is_gone(self) -> bool:
        """Whether the client has closed the connection of a stream that rests."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet: the demo's log is not what people want to read."""
