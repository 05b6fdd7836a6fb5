"""Connections that wait for the head of an answer for a bounded time, however slowly its bytes drip in.

A read timeout bounds the wait for each piece alone: a byte now and then would hold the reader for ever. Nor do they go
where a cloud's metadata is served, whatever name leads there.
"""

import socket
import threading
from contextlib import suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from clusters.addresses import resolved

PATIENCE = 2  # read timeouts that a whole head may take


class BoundedHead:
    """What both kinds of connection have in common."""

    def _new_conn(self: Any) -> socket.socket:
        """A socket to the first address that answers, of those that the name has now."""
        name = self._dns_host
        try:
            addresses = resolved(name, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        failure: ConnectTimeoutError | None = None
        for self._dns_host in addresses:
            try:
                connection: socket.socket = super()._new_conn()  # type: ignore[misc]
                return connection
            except ConnectTimeoutError as error:  # NewConnectionError is one, too
                failure = error
            finally:
                self._dns_host = name  # which TLS asks the certificate for
        raise failure or NewConnectionError(self, "the name has no address")  # untranslated: the door says it

    def getresponse(self: Any) -> Any:
        """The answer, once its head is there. Raises TimeoutError where that takes PATIENCE read timeouts."""
        if self.timeout is None:
            return super().getresponse()  # type: ignore[misc]
        late = threading.Event()
        shutdown = getattr(self.sock, "shutdown", None)

        def hang_up() -> None:
            late.set()
            with suppress(OSError):
                if shutdown:
                    shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.timeout * PATIENCE, hang_up)
        timer.daemon = True
        timer.start()
        try:
            response = super().getresponse()  # type: ignore[misc]
        except Exception as error:
            if late.is_set():
                raise TimeoutError("the head of the answer did not end") from error  # untranslated: the door says it
            raise
        finally:
            timer.cancel()
        if late.is_set():
            response.close()  # what had come of its head was taken for all
            raise TimeoutError("the head of the answer did not end")  # untranslated: the door says it
        return response


class BoundedHTTPConnection(BoundedHead, HTTPConnection):
    """A plain connection."""


class BoundedHTTPSConnection(BoundedHead, HTTPSConnection):
    """A connection under TLS."""


class BoundedHTTPPool(HTTPConnectionPool):
    """A pool of plain connections."""

    ConnectionCls = BoundedHTTPConnection


class BoundedHTTPSPool(HTTPSConnectionPool):
    """A pool of connections under TLS."""

    ConnectionCls = BoundedHTTPSConnection


POOLS = {"http": BoundedHTTPPool, "https": BoundedHTTPSPool}
