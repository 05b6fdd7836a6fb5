"""A tap on the TLS between Porthole and an API server: what goes to the server is kept, and passed on unchanged."""

import re
import select
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
        relay(near, far, buffer)


def relay(near: ssl.SSLSocket, far: ssl.SSLSocket, kept: bytearray) -> None:
    """Copy both ways until one side ends. Raises OSError.

    In one thread: OpenSSL lets nobody read and write one connection at the same time.
    """
    for each in (near, far):
        each.setblocking(False)
    while True:
        # What TLS has decrypted already is not in the socket any more.
        waiting = [each for each in (near, far) if each.pending()] or select.select([near, far], [], [])[0]
        for source in waiting:
            try:
                piece = source.recv(PIECE)
            except ssl.SSLWantReadError:  # a record of TLS's own, or a part of one
                continue
            if not piece:
                return
            if source is near:
                kept.extend(piece)
            send_all(far if source is near else near, piece)


def send_all(sink: ssl.SSLSocket, piece: bytes) -> None:
    """Send all of ``piece``, however long its reader takes. Raises OSError."""
    rest = memoryview(piece)
    while rest:
        try:
            rest = rest[sink.send(rest) :]
        except ssl.SSLWantWriteError:
            select.select([], [sink], [])
        except ssl.SSLWantReadError:
            select.select([sink], [], [])
