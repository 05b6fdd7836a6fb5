"""Log lines: whole, bounded, each with its place, and none lost or repeated when a stream breaks."""

import re
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters import logs
from clusters.connection import connect
from clusters.errors import BadName, Invalid, NotFound, Unreachable
from clusters.kinds import PODS
from clusters.logs import Line, Options, Place, Tail, behind, cut_lines, nanoseconds_of, newest, placed
from clusters.tables import Query, page
from tests.clusters import fakes
from tests.clusters.fakes import CHUNKED_END, CHUNKED_HEAD, chunk, http

OPTIONS = Options("shop", "api-1", "api")
START = 1_767_225_600  # 2026-01-01T00:00:00Z
SECOND = 10**9


def stamp(nanoseconds):
    """RFC 3339 with nine digits, as the container runtime writes it."""
    whole = datetime.fromtimestamp(nanoseconds // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{nanoseconds % SECOND:09}Z"


class Kubelet:
    """A fake API server with one log, given out as the kubelet does.

    ``lines`` are (nanoseconds after START, text); ``sinceTime`` is cut to seconds and tried on each line by itself.
    ``cuts`` are after how many bytes each answer breaks off, one after the other; then answers are whole.
    """

    def __init__(self, lines, cuts=()):
        self.lines, self.cuts = lines, list(cuts)

    def __call__(self, seen):
        """Answer a request for the log."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(seen.target).query).items()}
        assert query["timestamps"] == "true"
        assert re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?", query.get("sinceTime", ""))
        since = datetime.fromisoformat(query.get("sinceTime", "1970-01-01T00:00:00Z")).timestamp()
        lines = [(START * SECOND + offset, text) for offset, text in self.lines]
        wanted = [f"{stamp(time)} {text}\n" for time, text in lines if time // SECOND >= since]
        body = "".join(wanted[-int(query["tailLines"]) :] if "tailLines" in query else wanted).encode()
        yield CHUNKED_HEAD
        if self.cuts and query.get("follow"):
            if part := body[: self.cuts.pop(0)]:
                yield chunk(part)
            raise OSError("hang up")
        yield (chunk(body) if body else b"") + CHUNKED_END


def everything(connection, after=None):
    """Follow a log as the page does: again from the last place whenever it breaks off; the texts."""
    texts = []
    while True:
        try:
            for line in logs.follow(connection, OPTIONS, after, lambda: fakes.SOON):
                after = line.place
                texts.append(line.text)
        except Unreachable:
            continue
        return texts


def kubelet(lines, cuts=()):
    """A running fake with this log, and the connection to it, for with statements."""
    return fakes.serving(Kubelet(lines, cuts))


# A few times close together, so that many lines share one and some are out of order by a little.
JITTER = st.integers(0, 4).map(lambda number: number * SECOND // 5)
LOGS = st.lists(st.tuples(st.integers(0, 2), JITTER), max_size=12).map(
    lambda steps: [
        (sum(step for step, _jitter in steps[: index + 1]) * SECOND // 2 + jitter, f"line {index}")
        for index, (_step, jitter) in enumerate(steps)
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LOGS, cuts=st.lists(st.integers(0, 600), max_size=4))
def test_a_log_that_breaks_off_anywhere_is_read_once_and_whole(lines, cuts):
    with kubelet(lines, cuts) as fake:
        assert everything(connect(fake.cluster(), fakes.OLIVIA)) == [text for _time, text in lines]


@settings(max_examples=60, deadline=None)
@given(lines=LOGS.map(sorted), cuts=st.lists(st.integers(0, 600), max_size=2), count=st.integers(1, 5))
def test_what_follows_a_tail_goes_on_where_it_ended(lines, cuts, count):
    """The log grows between the two, and then breaks off."""
    half = len(lines) // 2
    with kubelet(lines[:half], cuts) as fake:
        connection = connect(fake.cluster(), fakes.OLIVIA)
        tail = logs.tail(connection, OPTIONS, count).lines
    with kubelet(lines, cuts) as fake:
        connection = connect(fake.cluster(), fakes.OLIVIA)
        texts = [line.text for line in tail] + everything(connection, tail[-1].place if tail else None)
    assert texts == [text for _time, text in lines[max(half - count, 0) :]]


def test_a_tail_that_is_all_of_one_time_is_numbered_from_the_first_of_them():
    lines = [(5, f"tick {number}") for number in range(1000)]
    with kubelet(lines) as fake:
        connection = connect(fake.cluster(), fakes.OLIVIA)
        tail = logs.tail(connection, OPTIONS, 200).lines
        assert [line.text for line in tail] == [f"tick {number}" for number in range(800, 1000)]
        assert [line.place.number for line in tail] == list(range(801, 1001))
        assert everything(connection, tail[-1].place) == []
        assert everything(connection, tail[0].place) == [f"tick {number}" for number in range(801, 1000)]


def test_a_line_that_was_written_late_with_an_earlier_second_is_not_lost():
    """Standard output and standard error are stamped by themselves: their lines may be out of order by a little."""
    lines = [(1 * SECOND + 5, "out"), (1 * SECOND - 5, "err"), (1 * SECOND + 9, "out again")]
    with kubelet(lines) as fake:
        after = Place(START * SECOND + lines[0][0], 1)
        assert everything(connect(fake.cluster(), fakes.OLIVIA), after) == ["err", "out again"]


def test_a_time_that_comes_again_after_another_is_numbered_on():
    lines = [(5, "a"), (4, "b"), (5, "c"), (6, "d")]
    raw = [(f"{stamp(START * SECOND + time)} {text}".encode(), 0) for time, text in lines]
    assert [line.place.number for line in placed(raw)] == [1, 1, 2, 1]
    with kubelet(lines) as fake:
        assert everything(connect(fake.cluster(), fakes.OLIVIA), Place(START * SECOND + 5, 2)) == ["d"]


def line(offset, number=1, text="x"):
    place = Place(START * SECOND + offset, number)
    return Line(place, stamp(place.nanoseconds), text)


def test_lines_after_one_that_was_rotated_away_are_all_given():
    later = [line(SECOND), line(2 * SECOND), line(9 * SECOND)]
    assert list(behind(later, line(0).place)) == later
    assert list(behind(later[:1], line(0).place)) == later[:1]
    assert list(behind([], line(0).place)) == []


def test_lines_after_one_that_was_rotated_away_are_given_when_the_log_rests():
    found = behind(iter([line(5), None, line(6)]), line(0).place)
    assert list(found) == [line(5), None, line(6)]


def test_a_rest_before_the_place_has_come_does_not_lead_past_it():
    """A slow API server: the stream rests before its first line, and again before the place."""
    found = behind(iter([None, line(0), None, line(5), line(6), None, line(7)]), line(5).place)
    assert list(found) == [None, None, line(6), None, line(7)]


def test_an_api_server_that_is_slow_to_begin_repeats_nothing(asked):
    texts = {0: "seen", 1: "seen as well", 2: "new"}
    body = "".join(f"{stamp(START * SECOND + offset)} {text}\n" for offset, text in texts.items()).encode()

    def slow(_seen):
        yield CHUNKED_HEAD
        time.sleep(0.3)
        yield chunk(body) + CHUNKED_END

    connection, _fake = asked(slow)
    following = logs.follow(connection, OPTIONS, line(1).place, lambda: 0.05)
    assert [each.text for each in following if each] == ["new"]


def test_nothing_is_kept_back_for_long_when_the_line_is_gone():
    many = [line(1 + number) for number in range(500)]
    given = behind(iter(many), line(0).place)
    assert [next(given) for _ in range(500)] == many


def test_what_was_before_the_place_is_not_given_again():
    lines = [line(1), line(2, 1), line(9, 1, "jumped ahead"), line(2, 2), line(2, 3, "new"), line(1, 2, "late")]
    assert [each.text for each in behind(lines, line(2, 2).place)] == ["new", "late"]


def test_the_api_servers_own_words_are_not_taken_for_the_place():
    own = Line(line(2, 1).place, "", "unable to retrieve container logs")
    assert list(behind([line(1), own, line(2, 1), line(3)], line(2, 1).place)) == [line(3)]


def cut(*chunks, longest=logs.LONGEST_LINE):
    return list(cut_lines(chunks, longest))


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([], []),
        ([b""], []),
        ([b"a\nb\n"], [b"a", b"b"]),
        ([b"a", b"b", b"\n", b"c"], [b"ab", b"c"]),
        ([b"\n\n"], [b"", b""]),
        ([b"no end"], [b"no end"]),
        ([b"a\r\nb"], [b"a\r", b"b"]),
        ([b"a\x0bb\x0c\x85\xe2\x80\xa8c\n"], [b"a\x0bb\x0c\x85\xe2\x80\xa8c"]),
    ],
)
def test_lines_end_at_line_feeds_only(chunks, lines):
    assert cut(*chunks) == [(line, 0) for line in lines]


def test_a_rest_is_passed_through_in_the_middle_of_a_line():
    assert cut(None, b"a", None, b"b\n", None) == [None, None, (b"ab", 0), None]


@given(st.lists(st.binary(max_size=20)), st.integers(1, 30))
def test_chunks_of_any_size_give_the_same_lines(pieces, longest):
    whole = b"".join(pieces)
    right = [(line[:longest], max(len(line) - longest, 0)) for line in whole.split(b"\n")]
    if right[-1] == (b"", 0):
        right.pop()
    assert cut(*pieces, longest=longest) == right


def test_a_line_of_ten_megabytes_is_cut_and_never_held():
    def flood():
        yield b"2026-01-01T00:00:00Z "
        for _ in range(160):
            yield b"x" * 65536
        yield b"\nnext\n"

    tracemalloc.start()
    try:
        found = list(cut_lines(flood()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    (first, left_out), second = found
    assert (len(first), left_out) == (logs.LONGEST_LINE, 21 + 160 * 65536 - logs.LONGEST_LINE)
    assert second == (b"next", 0)
    assert peak < 500_000


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("2026-01-01T00:00:00Z", START * SECOND),
        ("2026-01-01T00:00:00.5Z", START * SECOND + SECOND // 2),
        ("2026-01-01T00:00:00.123456789Z", START * SECOND + 123456789),
        ("2026-01-01T00:00:00.000000001Z", START * SECOND + 1),
        ("2026-01-01T02:00:00.25+02:00", START * SECOND + SECOND // 4),
        ("2025-12-31T18:30:00-05:30", START * SECOND),
        ("2026-13-01T00:00:00Z", None),
        ("2026-01-01T00:00:61Z", None),
        ("2026-01-01 00:00:00Z", None),
        ("2026-01-01T00:00:00", None),
        ("2026-01-01T00:00:00.1234567891Z", None),
        ("2026-01-01T00:00:00Zx", None),
        ("", None),
        ("failed", None),
    ],
)
def test_timestamps_are_read_to_the_nanosecond(text, right):
    assert nanoseconds_of(text.encode()) == right


def test_each_line_has_its_time_text_and_place():
    raw = [
        b"2026-01-01T00:00:00.000000007Z hello  world ",
        b"2026-01-01T00:00:00.000000007Z ",
        b"oops",
        b"2026-01-01T00:00:01Z x",
    ]
    assert list(placed((line, 0) for line in raw)) == [
        Line(Place(START * SECOND + 7, 1), "2026-01-01T00:00:00.000000007Z", "hello  world "),
        Line(Place(START * SECOND + 7, 2), "2026-01-01T00:00:00.000000007Z", ""),
        Line(Place(START * SECOND + 7, 2), "", "oops"),
        Line(Place((START + 1) * SECOND, 1), "2026-01-01T00:00:01Z", "x"),
    ]


def test_bytes_that_are_not_utf_8_survive_as_marks():
    (found,) = placed([(b"2026-01-01T00:00:00Z \xff\xfe caf\xc3\xa9 \xf0\x9f\x9a", 5)])
    assert (found.text, found.cut) == ("�� café �", 5)


@given(st.integers(0, 10**19), st.integers(1, 10**8))
def test_a_place_is_read_back_from_an_event_id(nanoseconds, number):
    place = Place(nanoseconds, number)
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "text",
    ["", "1", "1~", "~1", "1~2~3", "-1~1", "1~-1", "1.5~1", " 1~1", "1~1\n", "٣~1", "9" * 21 + "~1", "1~1&follow=1"],
)
def test_an_event_id_that_is_no_place_is_refused(text):
    with pytest.raises(BadName):
        Place.parse(text)


def test_a_place_of_any_size_can_be_asked_for(asked):
    connection, _fake = asked(lambda _seen: http(b"", type="text/plain"))
    for text in ("0~1", "99999999999999999999~1", "1~999999999"):
        assert list(logs.follow(connection, OPTIONS, Place.parse(text), lambda: fakes.SOON)) == []


def test_the_log_that_is_asked_for_is_the_containers(asked):
    connection, fake = asked(lambda _seen: http(b"", type="text/plain"))
    logs.tail(connection, Options("shop", "api-1", "log-shipper", previous=True), 7)
    logs.tail(connection, Options("shop", "api-1", ""))
    assert fake.seen[0].target == (
        "/api/v1/namespaces/shop/pods/api-1/log?timestamps=true&container=log-shipper&previous=true&tailLines=7"
    )
    assert fake.seen[1].target == "/api/v1/namespaces/shop/pods/api-1/log?timestamps=true&tailLines=200"


def test_a_tail_holds_the_newest_lines_that_fit():
    few = [line(number, text="x" * 10) for number in range(10)]
    assert newest(few, 4) == Tail(few[-4:])
    assert newest(few, 10, most=100) == Tail(few)
    assert newest(few, 10, most=35) == Tail(few[-3:], shortened=True)
    assert newest([line(0, text="x" * 90), *few], 4, most=95) == Tail(few[-4:]), "the large one was not asked for"


def test_a_tail_of_long_lines_is_shortened_and_numbered_all_the_same():
    lines = [(5, "x" * 16_000 + str(number)) for number in range(200)]
    with kubelet(lines) as fake:
        tail = logs.tail(connect(fake.cluster(), fakes.OLIVIA), OPTIONS, 200)
    assert tail.shortened
    assert sum(len(line.text) for line in tail.lines) <= logs.TAIL_BYTES
    assert [line.place.number for line in tail.lines] == list(range(201 - len(tail.lines), 201))


def test_following_begins_a_second_before_the_place(asked):
    connection, fake = asked(lambda _seen: http(b"", type="text/plain"))
    assert list(logs.follow(connection, OPTIONS, Place(START * SECOND + 5, 1))) == []
    query = parse_qs(urlsplit(fake.seen[0].target).query)
    assert (query["follow"], query["sinceTime"]) == (["true"], ["2025-12-31T23:59:59Z"])


def test_the_demos_logs_are_read(olivia):
    worker = next(row.name for row in rows_of(olivia) if row.name.startswith("worker-"))
    now = logs.tail(olivia, Options("shop", worker, "worker"), 5).lines
    before = logs.tail(olivia, Options("shop", worker, "worker", previous=True)).lines
    assert 0 < len(now) <= 5
    assert "Traceback (most recent call last):" in [line.text for line in before]
    assert [line.place for line in now] == sorted((line.place for line in now), key=lambda place: place.nanoseconds)


def rows_of(connection):
    return page(connection, PODS, "shop", Query()).rows


def test_refusals_are_the_api_servers(olivia):
    frontend = next(row.name for row in rows_of(olivia) if row.name.startswith("frontend-"))
    with pytest.raises(Invalid, match="container nothing is not valid"):
        logs.tail(olivia, Options("shop", frontend, "nothing"))
    with pytest.raises(Invalid, match="previous terminated container"):
        logs.tail(olivia, Options("shop", frontend, "", previous=True))
    with pytest.raises(NotFound, match='pods "gone" not found'):
        list(logs.follow(olivia, Options("shop", "gone", ""), None))


def test_following_the_demo_ends_when_it_is_left(olivia):
    frontend = next(row.name for row in rows_of(olivia) if row.name.startswith("frontend-"))
    following = logs.follow(olivia, Options("shop", frontend, ""), None, lambda: 0.05)
    first = next(line for line in following if line)
    assert first.place.number == 1
    following.close()
    fakes.until(lambda: "porthole-follow" not in [thread.name for thread in threading.enumerate()])
