"""gunicorn's threaded worker, with bounds that keep slow or silent clients from holding its threads.

A thread is given to a connection that has something to say, for as long as it reads and answers quickly: a proxy that
collects requests does the same, but a phone on the home network comes without one.
"""

import errno
import io
import os
import selectors
import socket
import struct
import time
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from dashboard.config import BODY_BYTES

HEAD_BYTES = 64 * 1024
PIECE_BYTES = 32 * 1024
NEVER_SENT = (errno.EAGAIN, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)
NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Reader(SocketUnreader):
    """Reads what a client sends: no more than ``left`` bytes, all of which a thread keeps until the request is whole.

    A client that has gone or is out of reach says nothing more, and that is no fault.
    """

    max_body_chunk = PIECE_BYTES
    left = HEAD_BYTES

    def chunk(self, size_hint: int | None = None) -> bytes:
        """What has come, empty at its end. Raises LimitRequestHeaders, which gunicorn answers by 431."""
        if self.left <= 0:
            raise LimitRequestHeaders("too long as a whole")  # untranslated: gunicorn's answer
        try:
            data = bytes(super().chunk(size_hint))
        except OSError:
            return b""
        self.left -= len(data)
        return data


class Connection(TConn):
    """A connection that is closed without keeping the main thread: gunicorn waits in it for the client to go first."""

    leaving = False

    def init(self) -> None:
        """Begin to read, in a thread."""
        if not self.initialized:
            super().init()
            self.parser.unreader = Reader(self.sock)

    def close(self, graceful: bool = False) -> None:
        """Close it, or only end what we send: ``Worker.finish_request`` then sees to the rest."""
        try:
            if graceful:
                self.sock.setblocking(False)
                self.sock.shutdown(socket.SHUT_WR)
                self.leaving = True
                return
        except OSError:
            pass  # nobody is there any more to hear that it ends
        super().close()


class Worker(ThreadWorker):
    """Reads each request whole before it is answered; cuts connections that neither send nor take anything.

    What fails at one connection ends that connection: gunicorn's main loop would end the worker, and so all others.
    ``read_seconds`` is what a whole request may take to come, its body too; ``send_seconds`` how long a client may take
    nothing of an answer.
    """

    read_seconds = 15.0
    send_seconds = 30

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with no request under way."""
        super().__init__(*args, **kwargs)
        self.reading: dict[TConn, float] = {}
        self.full_until = 0.0

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """End at once: without the pool's lock, which the main thread may hold just where the signal interrupts it."""
        super(ThreadWorker, self).handle_quit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take connections or not; not as long as there was no room for one a moment ago."""
        super().set_accept_enabled(enabled and time.monotonic() >= self.full_until)

    def accept(self, listener: socket.socket) -> None:
        """Take a connection; it gets a thread when its first bytes are there."""
        try:
            client, address = listener.accept()
        except OSError as error:
            # Any other error is one of the connection that would have come, see accept(2).
            if error.errno in NO_ROOM:
                self.log.warning("No room for another connection: %s", error.strerror)
                self.full_until = time.monotonic() + 1
                self.set_accept_enabled(False)
            return
        try:
            bound_sending(client, self.send_seconds)
            connection = Connection(self.cfg, client, address, listener.getsockname())
        except OSError:  # it has gone already
            client.close()
            return
        self.nr_conns += 1
        connection.timeout = time.monotonic() + self.read_seconds
        self.pending_conns.append(connection)
        callback = partial(self.on_pending_socket_readable, connection)
        self.poller.register(client, selectors.EVENT_READ, callback)

    def handle(self, connection: TConn) -> Any:
        """Read and answer a request, in a thread."""
        self.reading[connection] = time.monotonic() + self.read_seconds
        if connection.initialized:
            connection.parser.unreader.left = HEAD_BYTES
        try:
            return super().handle(connection)
        finally:
            self.reading.pop(connection, None)

    def handle_request(self, request: Any, connection: TConn) -> bool:
        """Answer a request once its body is there, unless it breaks off.

        Of one that says itself that it is too long nothing is read: the application sees its length and refuses it.
        """
        length = declared_length(request)
        if length > BODY_BYTES:
            body = b""
            request.force_close()
        else:
            connection.parser.unreader.left = BODY_BYTES
            try:
                body = request.body.read()
            except LimitRequestHeaders:  # it came in chunks
                refuse(connection.sock)
                return False
            if len(body) < length:
                return False
        self.reading.pop(connection, None)
        request.body = io.BytesIO(body)
        try:
            # A stream that ended with this worker is opened again: not on its connection, which leads here.
            return bool(super().handle_request(request, connection)) and self.alive
        except OSError as error:
            if error.errno in NEVER_SENT:
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from error
            raise

    def finish_request(self, connection: Connection, result: Any) -> None:
        """Keep the connection for another request, or wait for its client to go without anybody waiting.

        Closed at once it would be reset where the client still sends, and might lose our last words (RFC 9112,
        section 9.6).
        """
        super().finish_request(connection, result)
        if not connection.leaving:
            return
        if not self.alive:
            connection.close()
            return
        self.nr_conns += 1
        connection.timeout = time.monotonic() + self.read_seconds
        self.pending_conns.append(connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(self.on_leaving_readable, connection))

    def on_leaving_readable(self, connection: Connection, client: socket.socket) -> None:
        """Drop what a client still sends, and close the connection once it has gone."""
        try:
            if client.recv(PIECE_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # it is gone: reset, or out of reach (TCP_USER_TIMEOUT)
        self.poller.unregister(client)
        self.pending_conns.remove(connection)
        self.nr_conns -= 1
        connection.close()

    def murder_pending(self) -> None:
        """Close connections that stayed silent, and end the reading of requests that take too long.

        Called about once a second by the main thread.
        """
        super().murder_pending()
        now = time.monotonic()
        for connection, end in self.reading.copy().items():
            if now > end:
                stop_reading(connection.sock)


def bound_sending(client: socket.socket, seconds: int) -> None:
    """Let sending to a client fail that takes nothing: a thread waits there, and nothing else would wake it."""
    # A timeval, as setsockopt(2) has it; unlike Python's own timeout it holds whatever gunicorn sets on the socket.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", seconds, 0))
    if hasattr(socket, "TCP_USER_TIMEOUT") and client.family != socket.AF_UNIX:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, seconds * 1000)


def stop_reading(client: socket.socket) -> None:
    """Wake the thread that waits for a client's bytes: it finds the end of them."""
    with suppress(OSError):  # it has gone, and the thread knows
        client.shutdown(socket.SHUT_RD)


def refuse(client: socket.socket) -> None:
    """Answer that a body in chunks is too long, to whoever sends such: browsers say how long a form is."""
    reason = "Content Too Large"  # untranslated: RFC 9110's own words
    util.write_error(client, 413, reason, f"{BODY_BYTES} bytes at most")  # untranslated: no person reads it


def declared_length(request: Any) -> int:
    """How long a request says its body is, 0 where it does not say; gunicorn refused it where that is no number."""
    return int(dict(request.headers).get("CONTENT-LENGTH", "0"))
