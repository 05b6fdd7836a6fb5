"""A wire between browser and server that can be cut: a screen that locks, a tunnel, a dead spot."""

import contextlib
import socket
import threading
from types import TracebackType

PIECE = 65536


class Wire:
    """Passes TCP connections on to ``target`` on loopback; ``cut`` breaks all and refuses new ones until ``mend``."""

    def __init__(self, target: int):
        self.target = target
        self.broken = False
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.threads: list[threading.Thread] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def __enter__(self) -> "Wire":
        self.start(self.accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.broken = True
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.hang_up()
        for thread in self.threads:
            thread.join(timeout=5)

    def cut(self) -> None:
        """Break every connection, in the middle of whatever it carries."""
        self.broken = True
        self.hang_up()

    def mend(self) -> None:
        """Let connections through again."""
        self.broken = False

    def hang_up(self) -> None:
        """Shut all sockets; the threads that read from them end."""
        with self.lock:
            for each in self.open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def start(self, work, *args) -> None:
        """Run ``work`` in a thread that is joined at the end."""
        thread = threading.Thread(target=work, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                near, _peer = self.listener.accept()
            except OSError:
                return
            if self.broken:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            with self.lock:
                self.open |= {near, far}
            both = [2]
            self.start(self.carry, near, far, both)
            self.start(self.carry, far, near, both)

    def carry(self, source: socket.socket, sink: socket.socket, both: list[int]) -> None:
        """Pass bytes one way until either end closes; whoever is last closes the two sockets."""
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                sink.sendall(piece)
        with self.lock:
            for each in (source, sink):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            both[0] -= 1
            if not both[0]:
                for each in (source, sink):
                    self.open.discard(each)
                    each.close()
