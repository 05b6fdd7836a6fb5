"""Lines of a container's log: bounded, with a place in the log, resumable without loss or repeat."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from clusters.connection import Connection
from clusters.errors import BadName
from clusters.kinds import PODS

TAIL = 200
TAIL_BYTES = 2 * 1024 * 1024  # of text in a tail, whatever its number of lines
TAIL_SECONDS = 20.0
LONGEST_LINE = 16 * 1024  # bytes shown of one line; the rest is cut with a mark
TICK_SECONDS = 10.0
SECOND = 10**9
TIMESTAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$")
PLACE = re.compile(r"([0-9]{1,20})~([0-9]{1,9})")
TIMES_KEPT = 1000  # how many different times back a line may repeat one of them and still be numbered after it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands: its time (nanoseconds since 1970) and its number among the lines of that time, from 1."""

    nanoseconds: int
    number: int

    def __str__(self) -> str:
        """The place as an event id."""
        return f"{self.nanoseconds}~{self.number}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an event id. Raises BadName where it is not one."""
        match = PLACE.fullmatch(text)
        if not match:
            raise BadName(text)
        return cls(int(match[1]), int(match[2]))

    @property
    def second(self) -> str:
        """The whole second it falls in, as RFC 3339: the API server cuts sinceTime to seconds."""
        return rfc3339(self.nanoseconds // SECOND)

    @property
    def second_before(self) -> str:
        """The second before that: what was written after this line may have a slightly earlier time."""
        return rfc3339(max(self.nanoseconds // SECOND - 1, 0))


def rfc3339(seconds: int) -> str:
    """Seconds since 1970 as a timestamp that PodLogOptions take."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``time`` is its timestamp, "" on a line that the API server made up; ``cut`` bytes are left out."""

    place: Place
    time: str
    text: str
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Tail:
    """The last lines of a log; ``shortened`` where fewer than asked for fitted into TAIL_BYTES."""

    lines: list[Line]
    shortened: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Which log: a container's of a pod, that of its previous run if ``previous``."""

    namespace: str
    pod: str
    container: str
    previous: bool = False

    def query(self) -> list[tuple[str, str]]:
        """core/v1 PodLogOptions as a query; timestamps are always asked for, since they are a line's place."""
        query = [("timestamps", "true")]
        if self.container:
            query.append(("container", self.container))
        if self.previous:
            query.append(("previous", "true"))
        return query


def tail(connection: Connection, options: Options, count: int = TAIL) -> Tail:
    """The last ``count`` lines, or the newest of them that have TAIL_BYTES of text.

    Raises ClusterError; Invalid where the container has not started or there was no previous run.
    """
    # Not limitBytes: with it the API server leaves out the end, not the beginning.
    query = [*options.query(), ("tailLines", str(count))]
    path = PODS.path(options.namespace, options.pod, "log")
    with connection.stream(path, query, accept="*/*", total_seconds=TAIL_SECONDS) as chunks:
        found = newest((line for line in placed(cut_lines(chunks)) if line is not None), count)
    lines = found.lines
    begins_before = found.shortened or len(lines) >= count
    if lines and lines[0].place.nanoseconds == lines[-1].place.nanoseconds and begins_before:
        return Tail(renumbered(lines, number_at(connection, options, lines[-1].place)), found.shortened)
    return found


def newest(lines: Iterable[Line], count: int, most: int = TAIL_BYTES) -> Tail:
    """The last ``count`` lines, or fewer where these would have over ``most`` characters; holds no more at any time.

    Counted here too, since a server may send more lines than it was asked for.
    """
    kept: deque[Line] = deque()
    size = 0
    dropped = False
    for line in lines:
        kept.append(line)
        size += len(line.text)
        while len(kept) > count or size > most:
            dropped = True
            size -= len(kept.popleft().text)
    return Tail(list(kept), dropped and len(kept) < count)


def number_at(connection: Connection, options: Options, place: Place) -> int:
    """How many lines the log has of the time of ``place``: where all of a tail has one time, its start is not seen."""
    query = [*options.query(), ("sinceTime", place.second)]
    path = PODS.path(options.namespace, options.pod, "log")
    with connection.stream(path, query, accept="*/*", total_seconds=TAIL_SECONDS) as chunks:
        lines = placed(cut_lines(chunks))
        return sum(1 for line in lines if line and line.time and line.place.nanoseconds == place.nanoseconds)


def renumbered(lines: list[Line], last: int) -> list[Line]:
    """Lines of one time, numbered so that the last one has the number ``last`` (or more, where none were missed)."""
    first = max(last, len(lines)) - len(lines) + 1
    return [
        Line(Place(line.place.nanoseconds, first + index), line.time, line.text, line.cut)
        for index, line in enumerate(lines)
    ]


def follow(
    connection: Connection, options: Options, after: Place | None, patience: Callable[[], float] = lambda: TICK_SECONDS
) -> Iterator[Line | None]:
    """Lines after ``after`` as they are written, or all from the beginning; None whenever the log rests.

    It may rest for ``patience()`` seconds before a None. Ends when the container does. Raises ClusterError.
    """
    query = [*options.query(), ("follow", "true")]
    if after:
        query.append(("sinceTime", after.second_before))
    path = PODS.path(options.namespace, options.pod, "log")
    with connection.follow(path, query, patience=patience) as chunks:
        lines = placed(cut_lines(chunks))
        yield from behind(lines, after) if after else lines


def cut_lines(chunks: Iterable[bytes | None], longest: int = LONGEST_LINE) -> Iterator[tuple[bytes, int] | None]:
    """Lines of at most ``longest`` bytes, each with how many more it had; None is passed through.

    Holds one line and one chunk, however long the line is.
    """
    kept, cut = bytearray(), 0
    for chunk in chunks:
        if chunk is None:
            yield None
            continue
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            cut += grow(kept, chunk[start:end], longest)
            yield bytes(kept), cut
            kept, cut = bytearray(), 0
            start = end + 1
        cut += grow(kept, chunk[start:], longest)
    if kept or cut:
        yield bytes(kept), cut


def grow(kept: bytearray, more: bytes, longest: int) -> int:
    """Add what fits of ``more`` to ``kept``; return how many bytes did not."""
    room = max(longest - len(kept), 0)
    kept += more[:room]
    return max(len(more) - room, 0)


def placed(lines: Iterable[tuple[bytes, int] | None]) -> Iterator[Line | None]:
    """Give each line its place; a line without a timestamp is the API server's own word and stands where it came."""
    nanoseconds, number = 0, 0
    numbers: dict[int, int] = {}
    for item in lines:
        if item is None:
            yield None
            continue
        raw, cut = item
        stamp, _space, rest = raw.partition(b" ")
        moment = nanoseconds_of(stamp)
        if moment is None:
            yield Line(Place(nanoseconds, number), "", raw.decode(errors="replace"), cut)
            continue
        nanoseconds, number = moment, numbers.pop(moment, 0) + 1
        numbers[moment] = number
        if len(numbers) > TIMES_KEPT:
            del numbers[next(iter(numbers))]
        yield Line(Place(nanoseconds, number), stamp.decode(), rest.decode(errors="replace"), cut)


def nanoseconds_of(stamp: bytes) -> int | None:
    """An RFC 3339 timestamp in nanoseconds since 1970; None where it is not one."""
    match = TIMESTAMP.match(stamp)
    if not match:
        return None
    try:
        moment = datetime.fromisoformat((match[1] + match[3].replace(b"Z", b"+00:00")).decode())
    except ValueError:
        return None
    return int(moment.timestamp()) * SECOND + int((match[2] or b"0").ljust(9, b"0"))


def behind(lines: Iterable[Line | None], after: Place) -> Iterator[Line | None]:
    """The lines that stand behind the place ``after`` in the log's own order.

    ``lines`` begin at or before it. Lines may be out of order by a little (two streams of one container), so what
    counts is having passed the line at ``after``. If that line is gone (rotated away), all later ones are given.
    """
    later: list[Line] = []
    iterator = iter(lines)
    for line in iterator:
        if line is None and not later:
            yield None  # an API server that is slow to begin: the place may still come
            continue
        if line is not None:
            if line.time and line.place == after:
                yield from iterator
                return
            if line.place.nanoseconds <= after.nanoseconds:
                continue
            later.append(line)
            if line.place.nanoseconds < after.nanoseconds + 2 * SECOND and len(later) < TAIL:
                continue
        # The log rests, or is well past the place: the line itself is not there any more.
        yield from later
        if line is None:
            yield None
        yield from iterator
        return
    yield from later
