"""Small HTTP(S) servers on loopback that answer as a test tells them and remember what reached them."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from clusters.credentials import BearerToken, Credentials
from clusters.models import Cluster

SOON = 10.0  # seconds that a test waits for what is about to happen; it never takes that long unless it fails


@dataclass(frozen=True)
class Seen:
    """One request as it came over the wire; header values are the bytes read as UTF-8."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int
    peer_certificate: dict[str, Any] | None = None

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


# What a test answers: bytes of a whole HTTP response, several pieces one after the other, None to hang up, or what
# takes over the connection.
Answer = bytes | Iterator[bytes] | Callable[[socket.socket], None] | None
Handler = Callable[[Seen], Answer]


@dataclass
class Fake:
    """A running server; ``seen`` grows with each request."""

    url: str
    port: int
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    hung_up: threading.Event = field(default_factory=threading.Event)

    def cluster(self, **more: Any) -> Cluster:
        """A Cluster that leads here."""
        return Cluster(**{"name": "fake", "title": "Fake", "server": self.url, **more})


def http(
    body: bytes | dict[str, Any] | list[Any] = b"",
    status: int = 200,
    *,
    reason: str = "Whatever",
    type: str = "application/json",
    headers: tuple[str, ...] = (),
) -> bytes:
    """A whole HTTP/1.1 response."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Type: {type}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def status(code: int, reason: str, message: str, **more: Any) -> bytes:
    """A response with a Kubernetes Status."""
    return http(
        {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message} | more, code
    )


CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED_END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked response."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def chunked(*parts: bytes) -> Iterator[bytes]:
    """A whole chunked response, each part written by itself."""
    yield CHUNKED_HEAD
    for part in parts:
        yield chunk(part)
    yield CHUNKED_END


@contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[Fake]:
    """Serve on a free port until the with block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    fake = Fake(f"{'https' if tls else 'http'}://127.0.0.1:{port}", port)
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return  # the test is over
            fake.connections += 1
            opened.append(connection)
            arguments = (fake, connection, tls, handler, fake.connections, opened)
            threads.append(threading.Thread(target=converse, args=arguments, name="fake", daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, name="fake", daemon=True)
    accepting.start()
    try:
        yield fake
    finally:
        shut(listener)
        accepting.join(SOON)
        for connection in opened:
            shut(connection)
        for thread in threads:
            thread.join(SOON)


def shut(connection: socket.socket) -> None:
    """Close for good, waking whoever waits on it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()  # it was not connected any more
        return
    connection.close()


def converse(
    fake: Fake,
    raw: socket.socket,
    tls: ssl.SSLContext | None,
    handler: Handler,
    number: int,
    opened: list[socket.socket],
) -> None:
    """Answer requests on one connection until either side hangs up."""
    try:
        connection = tls.wrap_socket(raw, server_side=True, do_handshake_on_connect=False) if tls else raw
        opened.append(connection)  # a wrapped socket takes the other's place
        with connection, connection.makefile("rb") as reader:
            while (seen := read_request(reader, connection, number)) and answer_one(fake, connection, handler, seen):
                pass
    except OSError:
        return  # a broken handshake, or a client that went away: the test looks at what the client says
    finally:
        fake.hung_up.set()


def read_request(reader: Any, connection: socket.socket, number: int) -> Seen | None:
    """The next request; None where the client hung up, or speaks TLS to a server that does not."""
    if not reader.peek(1)[:1].isalpha():
        return None
    first = reader.readline().decode("latin-1").split()
    headers = []
    while (line := reader.readline().rstrip(b"\r\n")) != b"":
        name, _colon, value = line.partition(b":")
        headers.append((name.decode("latin-1"), value.strip().decode("utf-8", "surrogateescape")))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    peer = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    return Seen(first[0], first[1], headers, reader.read(length), number, peer)


def answer_one(fake: Fake, connection: socket.socket, handler: Handler, seen: Seen) -> bool:
    """Write the handler's answer; whether the connection is kept."""
    fake.seen.append(seen)
    answer = handler(seen)
    if answer is None:
        return False
    if callable(answer):
        answer(connection)
        return False
    for piece in [answer] if isinstance(answer, bytes) else answer:
        connection.sendall(piece)
    return True


def until(condition: Callable[[], Any], seconds: float = SOON) -> Any:
    """Wait until ``condition()`` is true and return what it gave; fail after ``seconds``."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return found


OLIVIA: Credentials = BearerToken("olivia-token")
