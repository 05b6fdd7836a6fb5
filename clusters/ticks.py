"""A stream that may rest, read so that its reader is woken all the same."""

import queue
import threading
from collections.abc import Callable, Iterator

WAITING = 16  # chunks read ahead; a slow reader slows the sender

Item = bytes | BaseException | None


def with_ticks(chunks: Iterator[bytes], patience: Callable[[], float]) -> Iterator[bytes | None]:
    """Give ``chunks`` as they come, and None each time none came for ``patience()`` seconds.

    ``patience`` is asked before each wait. Raises what ``chunks`` raises. Reads in a thread, which ends with
    ``chunks``, or once the returned iterator is closed and the socket under ``chunks`` is shut down.
    """
    box: queue.Queue[Item] = queue.Queue(maxsize=WAITING)
    left = threading.Event()
    threading.Thread(target=read_into, args=(box, left, chunks), name="porthole-follow", daemon=True).start()
    try:
        while True:
            try:
                item = box.get(timeout=patience())
            except queue.Empty:
                yield None
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()


def read_into(box: "queue.Queue[Item]", left: threading.Event, chunks: Iterator[bytes]) -> None:
    """Put every chunk, then None or what was raised, until nobody takes them any more."""
    last: Item = None
    try:
        for chunk in chunks:
            if not put(box, left, chunk):
                return
    except BaseException as error:  # noqa: BLE001 - whatever it is, the reader in the other thread raises it
        last = error
    put(box, left, last)


def put(box: "queue.Queue[Item]", left: threading.Event, item: Item) -> bool:
    """Put an item, waiting for room; False once the reader has left."""
    while not left.is_set():
        try:
            box.put(item, timeout=1)
        except queue.Full:
            continue
        return True
    return False
