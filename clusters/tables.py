"""Pages of rows, as the API server prints them; filtered and sorted over the whole set without ever holding it."""

import heapq
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from clusters.answers import UNREADABLE, decode
from clusters.connection import Connection
from clusters.durations import seconds
from clusters.errors import Failed
from clusters.kinds.kind import Kind, State
from clusters.wire import TABLE, Table, TableRow

PAGE = 100
WALK = 500
WALK_SECONDS = 20.0
MOST_COLUMNS = 100  # kubectl's own kinds have at most 20
LONGEST_CELL = 1000  # characters of a cell or a column's name; the rest is cut with a mark
LONGEST_ROW = 20_000  # characters that the cells of one row share
CELLS = msgspec.json.Decoder(list[str | int | float | bool | None])
METADATA = ("includeObject", "Metadata")
ATTENTION = "attention"
STATES = {ATTENTION: ("bad", "warn"), "busy": ("busy",), "ok": ("ok",), "off": ("off",)}
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the API server's own name, description and priority (0 is always shown)."""

    name: str
    type: str = "string"
    description: str = ""
    priority: int = 0

    @property
    def key(self) -> str:
        """The name as it is looked up and sorted by."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Row:
    """One object: its cells as text in the order of the columns, and its state."""

    uid: str
    namespace: str
    name: str
    created: datetime | None
    cells: tuple[str, ...]
    state: State
    resource_version: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in an unsorted list: the API server's order."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Query:
    """What of a list is asked for. Empty strings ask for nothing in particular.

    ``selector`` chooses by labels and ``fields`` by fields (``spec.nodeName=harbor-1``), as kubectl has them. ``state``
    is a key of STATES; ``sort`` a column's key, ``name``, ``namespace`` or ``age``. Without text, state and sort pages
    follow each other by ``continue_token``, else by ``offset``; ``offset`` counts the rows before this page in both
    cases.
    """

    text: str = ""
    selector: str = ""
    fields: str = ""
    state: str = ""
    sort: str = ""
    descending: bool = False
    continue_token: str = ""
    offset: int = 0
    limit: int = PAGE

    @property
    def selectors(self) -> list[tuple[str, str]]:
        """What the API server itself is to choose by, as query parameters."""
        given = (("labelSelector", self.selector), ("fieldSelector", self.fields))
        return [(parameter, text) for parameter, text in given if text]

    @property
    def walks(self) -> bool:
        """Whether the whole set must be read to answer."""
        return bool(self.text or self.state or self.sort)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and what is known of the rest.

    ``total`` is how many match the selector, ``matched`` how many of these match text and state too; both None where
    the API server does not tell. ``states`` counts tones over the whole set where it was read.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int | None
    matched: int | None
    resource_version: str
    continue_token: str = ""
    more: bool = False
    states: Mapping[str, int] = field(default_factory=dict)


def page(connection: Connection, kind: Kind, namespace: str, query: Query) -> Page:
    """One page of a kind in a namespace, or in all of them (""). Raises ClusterError."""
    if query.walks:
        return walked_page(connection, kind, namespace, query)
    table = read_table(connection, kind, namespace, query, query.limit, query.continue_token)
    if len(table.rows or ()) > query.limit:
        # Some aggregated APIs know no limit: of all that they give, this page is picked here.
        return walked_page(connection, kind, namespace, replace(query, continue_token=""))
    columns = columns_of(table)
    rows = tuple(rows_of(kind, columns, table))
    total = total_of(connection, kind, namespace, query, table, query.offset + len(rows))
    token = table.metadata.continue_token
    whole = not token and not query.offset
    states = counted(Counter(row.state.tone for row in rows)) if whole else {}
    return Page(columns, rows, total, total, table.metadata.resource_version, token, bool(token), states)


def counted(tones: Mapping[str, int]) -> dict[str, int]:
    """How many rows have each of STATES, from how many have each tone."""
    return {key: sum(tones.get(tone, 0) for tone in members) for key, members in STATES.items()}


def read_table(connection: Connection, kind: Kind, namespace: str, query: Query, limit: int, token: str = "") -> Table:
    """One page of a Table. Raises ClusterError; Gone where ``token`` is too old."""
    parameters = [METADATA, ("limit", str(limit)), *query.selectors]
    if token:
        parameters.append(("continue", token))
    return connection.get(kind.path(namespace), parameters, type=Table, accept=TABLE)


def total_of(connection: Connection, kind: Kind, namespace: str, query: Query, table: Table, seen: int) -> int | None:
    """How many there are in all, of which ``seen`` came before the end of ``table``.

    The API server says how many remain, but not under a selector: then they are counted by reading cells alone, where
    these are not too many.
    """
    if not table.metadata.continue_token:
        return seen
    remaining = table.metadata.remaining_item_count
    if remaining is not None:
        return seen + remaining
    if not query.selectors:
        return None
    cells_only = [("includeObject", "None"), *query.selectors]
    try:
        return len(connection.get(kind.path(namespace), cells_only, type=Table, accept=TABLE).rows or ())
    except Failed as error:
        if error.reason != "TooLarge":
            raise
        return None


def walk(connection: Connection, kind: Kind, namespace: str, query: Query) -> Iterator[tuple[Table, bool]]:
    """The whole set, WALK rows at a time, each Table with whether it is the first. Raises ClusterError."""
    token, first = "", True
    end = time.monotonic() + WALK_SECONDS
    while first or token:
        if time.monotonic() > end:
            # A server that always has one more page would be walked for ever, by nobody's wish.
            message = _("The list did not end within %(seconds)d seconds.") % {"seconds": WALK_SECONDS}
            raise Failed(message, reason="TooSlow")
        table = read_table(connection, kind, namespace, query, WALK, token)
        yield table, first
        token, first = table.metadata.continue_token, False


def walked_page(connection: Connection, kind: Kind, namespace: str, query: Query) -> Page:
    """A page of the filtered and sorted set; holds no more rows than up to the page's end."""
    columns: tuple[Column, ...] = ()
    resource_version = ""
    tones: Counter[str] = Counter()
    total = matched = 0

    def matching() -> Iterator[Row]:
        nonlocal columns, resource_version, total, matched
        for table, first in walk(connection, kind, namespace, query):
            if first:
                columns, resource_version = columns_of(table), table.metadata.resource_version
            for row in rows_of(kind, columns, table):
                total += 1
                if not text_matches(row, query.text):
                    continue
                tones[row.state.tone] += 1
                if state_matches(row, query.state):
                    matched += 1
                    yield row

    end = query.offset + query.limit
    rows = first_rows(matching(), query, end, lambda: columns)[query.offset :]
    states = counted(tones)
    return Page(columns, tuple(rows), total, matched, resource_version, "", matched > end, states)


def first_rows(rows: Iterable[Row], query: Query, end: int, columns: Any) -> list[Row]:
    """The first ``end`` rows in the order that ``query`` asks for; reads ``rows`` to the end to count them."""
    if not query.sort:
        kept: list[Row] = []
        for row in rows:
            if len(kept) < end:
                kept.append(row)
        return kept

    def key(row: Row) -> tuple[Any, ...]:
        return sort_key(row, query.sort, columns(), query.descending)

    return heapq.nlargest(end, rows, key=key) if query.descending else heapq.nsmallest(end, rows, key=key)


def columns_of(table: Table) -> tuple[Column, ...]:
    """The columns of a Table in its order."""
    return tuple(
        Column(shortened(column.name), column.type, shortened(column.description), column.priority)
        for column in (table.column_definitions or ())[:MOST_COLUMNS]
    )


def rows_of(kind: Kind, columns: tuple[Column, ...], table: Table) -> Iterator[Row]:
    """The rows of a Table, with their state."""
    keys = [column.key for column in columns]
    for row in table.rows or ():
        yield row_of(kind, keys, row)


def row_of(kind: Kind, keys: list[str], row: TableRow) -> Row:
    """One row; ``keys`` are the columns' keys. Raises Failed where its cells are none."""
    cells = cells_of(row)
    named = dict(zip(keys, cells, strict=False))
    metadata = row.object.metadata if row.object else None
    if metadata is None:
        return Row("", "", named.get("name", ""), None, cells, kind.state(named))
    return Row(
        metadata.uid,
        metadata.namespace,
        metadata.name,
        metadata.creation_timestamp,
        cells,
        kind.state(named),
        metadata.resource_version,
    )


def cells_of(row: TableRow) -> tuple[str, ...]:
    """A row's cells as text, as kubectl shows them. Raises Failed."""
    try:
        cells: list[Any] = CELLS.decode(row.cells)
    except UNREADABLE:
        # Lists, maps and numbers of any length are allowed too, but rare: they stay as they are written.
        cells = decode(row.cells, list[msgspec.Raw])
    shown = cells[:MOST_COLUMNS]
    longest = min(LONGEST_CELL, LONGEST_ROW // max(len(shown), 1))
    return tuple(cell_text(cell, longest) for cell in shown)


def cell_text(cell: str | int | float | bool | msgspec.Raw | None, longest: int) -> str:
    """A cell as text of at most ``longest`` characters and a mark. Raises Failed."""
    if isinstance(cell, str):
        return shortened(cell, longest)
    if cell is None:
        return "<none>"
    if isinstance(cell, bool):
        return str(cell).lower()
    if not isinstance(cell, msgspec.Raw):
        return str(cell)
    beginning = bytes(memoryview(cell)[: 4 * LONGEST_CELL])
    if beginning.startswith(b'"'):
        return shortened(decode(cell, str), longest)
    if beginning == b"null":
        return cell_text(None, longest)
    return shortened(beginning.decode(errors="replace"), longest)


def shortened(text: str, longest: int = LONGEST_CELL) -> str:
    """``text``, cut with a mark where it is longer than ``longest`` characters."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def text_matches(row: Row, text: str) -> bool:
    """Whether every word of ``text`` stands in the row's name, namespace or cells, whatever the case."""
    if not text:
        return True
    hay = " ".join((row.name, row.namespace, *row.cells)).casefold()
    return all(word in hay for word in text.casefold().split())


def state_matches(row: Row, state: str) -> bool:
    """Whether the row's tone is one of the state filter's."""
    return not state or row.state.tone in STATES.get(state, (state,))


EMPTY = ("", "<none>")
NUMBER = re.compile(r"[0-9]+")


def sort_key(row: Row, sort: str, columns: tuple[Column, ...], descending: bool = False) -> tuple[Any, ...]:
    """A key that orders rows by a column; equal cells are ordered by namespace and name.

    Ages sort by time of creation with the newest first, as the shortest age is. Empty cells come last in both
    directions: ``descending`` says in which one the key will be used.
    """
    if sort == "name":
        return natural(row.name), row.place
    if sort == "namespace":
        return (row.place,)
    if sort == "age":
        created = row.created or EPOCH
        return -created.timestamp(), row.place
    position = next((index for index, column in enumerate(columns) if column.key == sort), None)
    cell = row.cells[position] if position is not None and position < len(row.cells) else ""
    if cell in EMPTY:
        return (-1 if descending else 2,), row.place
    return natural(cell), row.place


def natural(text: str) -> tuple[Any, ...]:
    """A key by which ``pod-2`` comes before ``pod-10`` and ``59s`` before ``2m``, and these before all other text."""
    if (duration := seconds(text)) is not None:
        return 0, (duration, "")
    parts: list[Any] = []
    end = 0
    for match in NUMBER.finditer(text):
        parts += [(1, text[end : match.start()].casefold())] if match.start() > end else []
        # By length and digits, as a number is: int refuses thousands of digits.
        digits = match.group().lstrip("0")
        parts.append((0, len(digits), digits))
        end = match.end()
    if end < len(text):
        parts.append((1, text[end:].casefold()))
    return 1, tuple(parts)
