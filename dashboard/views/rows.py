"""Table rows as templates need them: a list, and wherever else rows of a kind are shown."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from clusters.kinds.kind import Kind, no_state
from clusters.models import Cluster
from clusters.names import legal
from clusters.tables import Column, Row
from dashboard.links import ALL, home_url


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact with its label; ``tone`` is empty where it says nothing of good or bad."""

    label: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell beside name, namespace, state and age; ``kind`` is its class: ``text``, ``number``, with ``wide``."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class RowView:
    """One row: a card on a phone, a table row where there is room. ``id`` is the row's id in the page."""

    id: str
    url: str
    name: str
    namespace: str
    tone: str
    word: str
    cells: list[Cell]
    card: list[Fact]
    created: datetime | None


# Columns that a row shows in a place of their own.
NAME, AGE, STATE = "name", "age", "status"
NUMBERS = ("integer", "number")
# Cells that are not worth a line on a phone: no restarts, no node yet.
UNTELLING = {"", "0", "<none>", "<unknown>"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a kind go: worked out once a page, used for each row."""

    kind: Kind
    prefix: str
    headline: int | None
    cells: tuple[tuple[int, str], ...]
    card: tuple[tuple[int, str], ...]

    def view(self, row: Row) -> RowView:
        """One row as a template needs it."""
        count = len(row.cells)
        return RowView(
            id=row_id(row),
            url=self.url(row),
            name=row.name if self.headline is None or self.headline >= count else row.cells[self.headline],
            namespace=row.namespace,
            tone=row.state.tone or "off",
            word=row.state.word,
            cells=[Cell(row.cells[index], css) for index, css in self.cells if index < count],
            card=[
                # The state's own word is not said twice: "Ready" and then "Ready 4/4".
                Fact("" if label.casefold() == row.state.word.casefold() else label, row.cells[index])
                for index, label in self.card
                if index < count and row.cells[index] not in UNTELLING
            ],
            created=row.created,
        )

    def url(self, row: Row) -> str:
        """The page of a row's object; empty where no object can have that name."""
        namespace = row.namespace or ALL
        if not legal(row.name) or not legal(namespace):
            return ""
        return f"{self.prefix}{quote(namespace)}/{self.kind.key}/{quote(row.name, safe='')}/"

    def views(self, rows: Iterable[Row]) -> list[RowView]:
        """Rows as templates need them."""
        return [self.view(row) for row in rows]


UNSAFE = re.compile(r"[^0-9A-Za-z]")


def row_id(row: Row) -> str:
    """The id of a row in its page, safe in a CSS selector.

    48 random bits tell a page's rows apart, and weigh little: whole uids, which nothing compresses, were a third of it.
    """
    return "row-" + UNSAFE.sub("", row.uid)[:12]


def layout(cluster: Cluster, kind: Kind, columns: Sequence[Column]) -> Layout:
    """How rows with these columns are shown."""
    others = tuple((index, css_of(kind, column)) for index, column in enumerate(columns) if is_other(kind, column))
    by_key = {column.key: (index, column.name) for index, column in enumerate(columns)}
    card = tuple(by_key[key] for key in kind.card or default_card(kind, columns) if key in by_key)
    headline = by_key[kind.headline][0] if kind.headline in by_key else None
    return Layout(kind, home_url(cluster), headline, others, card)


def is_other(kind: Kind, column: Column) -> bool:
    """Whether a column is shown as it is: name and age have their own places, and so has a status that is the state."""
    placed = column.key in (NAME, AGE, kind.headline) or (column.key == STATE and has_state(kind))
    return not placed and column.key not in kind.unlisted


def has_state(kind: Kind) -> bool:
    """Whether rows of the kind may have a state."""
    return kind.state is not no_state


def default_card(kind: Kind, columns: Sequence[Column]) -> tuple[str, ...]:
    """The first two columns that are always shown, for kinds that name none."""
    return tuple(column.key for column in columns if column.priority == 0 and is_other(kind, column))[:2]


def css_of(kind: Kind, column: Column) -> str:
    """The classes of a column's cells; what matters on a card is never left for wide screens only."""
    css = "number" if column.type in NUMBERS else "text"
    return f"{css} wide" if column.priority > 0 and column.key not in kind.card else css
