"""One request and its answer, as plain data: what the HTTP layer hands in and gets back."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, slots=True)
class Request:
    """A request; header names are lower case, repeated headers are repeated pairs, query values are lists."""

    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of a header, by its lower-case name; empty without one."""
        return next((value for header, value in self.headers if header == name), "")

    def parameter(self, name: str) -> str:
        """The first value of a query parameter; empty without one."""
        return self.query.get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    code: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that comes in pieces; an empty one says that nothing has come for a while."""

    chunks: Iterator[bytes]
    content_type: str = "application/json"


def json_answer(obj: object, code: int = 200, content_type: str = "application/json") -> Answer:
    """An answer of JSON."""
    return Answer(code, msgspec.json.encode(obj) + b"\n", content_type)
