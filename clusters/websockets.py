"""A websocket to an API server (RFC 6455), once the door has opened it: exec, attach and port-forward speak by these.

The frames are wsproto's; the connection is one of the door's own, so it is trusted, proxied and paid for by the same
rules as any other call.
"""

import hashlib
import hmac
import os
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _
from wsproto.connection import Connection as Frames
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping
from wsproto.utilities import ProtocolError

from clusters.answers import CHUNK, LARGEST_ANSWER
from clusters.errors import Failed, Unreachable

ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
WRITE_SECONDS = 15.0
Headers = list[tuple[str, str]]


class WebSocket:
    """Messages of bytes, both ways. One thread at a time may use it; whoever opened it closes it."""

    def __init__(self, stream: socket.socket, trailing: bytes, subprotocol: str) -> None:
        """Take over a connection whose handshake is done; ``trailing`` is what was read beyond it."""
        self.subprotocol = subprotocol
        self._stream = stream
        self._frames = Frames(ConnectionType.CLIENT, trailing_data=trailing)
        self._message = bytearray()
        self._whole: list[bytes] = []

    @property
    def closed(self) -> bool:
        """Whether no more messages go either way."""
        return self._frames.state is not ConnectionState.OPEN

    def send(self, message: bytes) -> None:
        """Send one message. Raises Unreachable where the other end takes it no more."""
        if self.closed:
            raise Unreachable(_("The connection to the cluster is closed."), reason="Closed")
        self._write(BytesMessage(data=message))

    def receive(self, seconds: float) -> bytes | None:
        """The next message; None where none came within ``seconds``, b"" once the other end has closed.

        Raises Unreachable where the connection breaks off, Failed where what comes is no websocket's or too large.
        """
        end = time.monotonic() + seconds
        while True:
            for event in self._frames.events():
                self._take(event)
            if self._whole:
                return self._whole.pop(0)
            if self.closed:
                return b""
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                return None

    def close(self) -> None:
        """Say goodbye, without waiting for an answer."""
        if not self.closed:
            with suppress(Unreachable):
                self._write(CloseConnection(code=1000))

    def _read(self, seconds: float) -> bool:
        self._stream.settimeout(seconds)
        try:
            found = self._stream.recv(CHUNK)
        except TimeoutError:
            return False
        except OSError as error:
            raise broken_off(error) from error
        if not found:
            raise broken_off(EOFError())
        self._frames.receive_data(found)
        return True

    def _take(self, event: Event) -> None:
        if isinstance(event, Ping):
            self._write(event.response())
        elif isinstance(event, CloseConnection):
            self._end(event)
        elif isinstance(event, Message):
            self._message += event.data.encode() if isinstance(event.data, str) else event.data
            if len(self._message) > LARGEST_ANSWER:
                raise Failed(_("The answer is larger than %(size)d MiB.") % {"size": LARGEST_ANSWER // 2**20})
            if event.message_finished:
                # Empty ones say nothing, and would be taken for the end.
                self._whole += [bytes(self._message)] if self._message else []
                self._message.clear()

    def _end(self, event: CloseConnection) -> None:
        if self._frames.state is ConnectionState.REMOTE_CLOSING:
            with suppress(Unreachable):
                self._write(event.response())
        elif self._frames.state is ConnectionState.OPEN:  # what came is no frame
            raise Failed(
                _("The answer is not what an API server would say: %(error)s.") % {"error": event.reason},
                reason="NotKubernetes",
            )

    def _write(self, event: Event) -> None:
        try:
            data = self._frames.send(event)
            self._stream.settimeout(WRITE_SECONDS)
            self._stream.sendall(data)
        except (OSError, ProtocolError) as error:
            raise broken_off(error) from error


def broken_off(error: Exception) -> Unreachable:
    """The error of a connection that ended in the middle."""
    name = type(error).__name__
    return Unreachable(_("The stream broke off: %(error)s.") % {"error": name}, reason=name)


def new_key() -> str:
    """A fresh Sec-WebSocket-Key."""
    return b64encode(os.urandom(16)).decode()


def asking(key: str, subprotocols: tuple[str, ...]) -> Headers:
    """The headers by which a websocket is asked for (RFC 6455 section 4.1)."""
    return [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Protocol", ", ".join(subprotocols)),
    ]


def agreed(answer: Any, key: str, subprotocols: tuple[str, ...]) -> str:
    """The subprotocol that an answer of 101 agrees to. Raises Failed where it is not one to what was asked."""
    expected = b64encode(hashlib.sha1(key.encode() + ACCEPT_GUID, usedforsecurity=False).digest()).decode()
    subprotocol = answer.headers.get("Sec-WebSocket-Protocol", "")
    upgraded = (
        answer.headers.get("Upgrade", "").lower() == "websocket"
        and "upgrade" in answer.headers.get("Connection", "").lower()
        and hmac.compare_digest(answer.headers.get("Sec-WebSocket-Accept", "").encode(), expected.encode())
    )
    if not upgraded or subprotocol not in subprotocols:
        message = _("The answer is not what an API server would say: %(error)s.")
        why = _("it opens no websocket of %(names)s") % {"names": ", ".join(subprotocols)}
        raise Failed(message % {"error": why}, status=answer.status, reason="NotKubernetes")
    return str(subprotocol)


def opened(answer: Any, subprotocol: str) -> WebSocket:
    """The websocket on the connection that ``answer``, a urllib3 response of 101, came by."""
    stream = answer.connection.sock
    return WebSocket(stream, b"".join(read_ahead(answer, stream)), subprotocol)


def read_ahead(answer: Any, stream: socket.socket) -> Iterator[bytes]:
    """What came right behind the head and was read with it: it never comes again."""
    # Neither urllib3 nor http.client has another way to it: to them an answer of 101 has no body.
    reader = answer._fp.fp  # noqa: SLF001
    if reader is None:
        return
    stream.settimeout(0)
    with suppress(BlockingIOError, ssl.SSLWantReadError):
        while buffered := reader.peek(1):
            yield reader.read(len(buffered))
