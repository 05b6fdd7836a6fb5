"""A tap on the TLS between Porthole and an API server: what goes to the server is kept, and passed on unchanged."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.cluster import certificates

BEARER = re.compile(rb"(?im)^authorization: bearer (\S+)\r$")
JWT = re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+")
PIECE = 65536


@dataclass
class Tap:
    """Where it listens, who vouches for it (PEM), and what went through it, a buffer a connection."""

    port: int
    authority: str
    sent: list[bytearray] = field(default_factory=list)

    def bearers(self) -> list[str]:
        """Each bearer token that was sent, in the order in which they came first."""
        found = [match.decode() for buffer in list(self.sent) for match in BEARER.findall(bytes(buffer))]
        return list(dict.fromkeys(found))

    def tokens(self) -> set[str]:
        """Every JWT that was sent, wherever in a request it stood."""
        return {match.decode() for buffer in list(self.sent) for match in JWT.findall(bytes(buffer))}


@contextmanager
def tapping(server: str, authority: str, folder: Path) -> Iterator[Tap]:
    """A tap before the API server at ``server``, whose certificate is of ``authority`` (PEM)."""
    own = certificates.authority("porthole test tap")
    pair = certificates.issue(own, "tap", hosts=("localhost", "127.0.0.1"))
    bundle = folder / "tap.pem"
    bundle.write_text(pair.certificate + pair.key)
    inward = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inward.load_cert_chain(bundle)
    outward = ssl.create_default_context(cadata=authority)
    listener = socket.create_server(("127.0.0.1", 0))
    tap = Tap(listener.getsockname()[1], own.certificate)
    target = (urlsplit(server).hostname or "", urlsplit(server).port or 443)

    def accept() -> None:
        while True:
            try:
                raw, _address = listener.accept()
            except OSError:
                return  # the block is over
            threading.Thread(target=converse, args=(tap, raw, inward, outward, target), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield tap
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def converse(
    tap: Tap, raw: socket.socket, inward: ssl.SSLContext, outward: ssl.SSLContext, target: tuple[str, int]
) -> None:
    """Pass one connection on, both ways, until either side hangs up."""
    buffer = bytearray()
    tap.sent.append(buffer)
    with (
        suppress(OSError),
        inward.wrap_socket(raw, server_side=True) as near,
        outward.wrap_socket(socket.create_connection(target), server_hostname=target[0]) as far,
    ):
        back = threading.Thread(target=pump, args=(far, near, None), daemon=True)
        back.start()
        pump(near, far, buffer)
        back.join()


def pump(source: socket.socket, sink: socket.socket, kept: bytearray | None) -> None:
    """Copy until ``source`` ends; then neither side gets more."""
    with suppress(OSError):
        while piece := source.recv(PIECE):
            if kept is not None:
                kept.extend(piece)
            sink.sendall(piece)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
