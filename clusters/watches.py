"""Row changes as they happen, by short Table watches.

Each watch is asked to end after a few seconds and a new one goes on from the last resourceVersion. So the API server
checks the credentials again each time: a watch that was opened with a token would otherwise outlive it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.answers import decode, error_of
from clusters.connection import CONNECT_SECONDS, Connection
from clusters.errors import Failed
from clusters.kinds.kind import Kind
from clusters.tables import METADATA, Column, Row, columns_of, row_of
from clusters.wire import TABLE, Status, Table, TableEvent

WATCH_SECONDS = 15
LONGEST_LINE = 4 * 1024 * 1024  # bytes: one object is at most 1.5 MiB in etcd


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was ``ADDED``, ``MODIFIED`` or ``DELETED``, under ``columns``; None for a ``BOOKMARK``."""

    type: str
    row: Row | None
    resource_version: str
    columns: tuple[Column, ...] = ()


def changes(
    connection: Connection,
    kind: Kind,
    namespace: str,
    resource_version: str,
    *,
    selector: str = "",
    fields: str = "",
    name: str = "",
    seconds: int = WATCH_SECONDS,
) -> Iterator[Change]:
    """Changes after ``resource_version`` for about ``seconds``, then the end. Raises ClusterError.

    Gone means that ``resource_version`` is too old: list again. Without one, what is there already comes first, as
    ``ADDED``. ``selector`` and ``fields`` choose by labels and fields; ``name`` narrows the watch to one object.
    """
    query = [
        METADATA,
        ("watch", "true"),
        ("allowWatchBookmarks", "true"),
        ("timeoutSeconds", str(seconds)),
    ]
    if resource_version:
        query.append(("resourceVersion", resource_version))
    if selector:
        query.append(("labelSelector", selector))
    if chosen := ",".join(filter(None, (fields, name and f"metadata.name={name}"))):
        query.append(("fieldSelector", chosen))
    # The API server may take a while past timeoutSeconds to close.
    patience = seconds + CONNECT_SECONDS + 5
    columns: tuple[Column, ...] = ()
    with connection.stream(kind.path(namespace), query, accept=TABLE, read_seconds=patience) as chunks:
        for line in lines(chunks):
            event = decode(line, TableEvent)
            if event.type == "ERROR":
                raise error_of(decode(bytes(event.object), Status))
            table = decode(bytes(event.object), Table)
            # Only the first event of a watch describes the columns.
            columns = columns_of(table) or columns
            yield from changes_of(kind, event.type, columns, table)


def changes_of(kind: Kind, type: str, columns: tuple[Column, ...], table: Table) -> Iterator[Change]:
    """The changes in one event: a row each, or a bookmark's resourceVersion."""
    keys = [column.key for column in columns]
    for table_row in table.rows or ():
        row = row_of(kind, keys, table_row)
        yield Change(type, None if type == "BOOKMARK" else row, row.resource_version, columns)
    if not table.rows and table.metadata.resource_version:
        yield Change("BOOKMARK", None, table.metadata.resource_version)


def lines(chunks: Iterable[bytes], longest: int = LONGEST_LINE) -> Iterator[bytes]:
    """Whole lines of a stream without their ends. Raises Failed where one is longer than ``longest`` bytes."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        *whole, last = rest.split(b"\n")
        yield from (bytes(line) for line in whole if line)
        rest = bytearray(last)
        if len(rest) > longest:
            message = _("A line of the stream is longer than %(longest)d bytes.") % {"longest": longest}
            raise Failed(message, reason="TooLarge")
