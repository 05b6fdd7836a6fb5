"""Events of one object, the newest first."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from clusters import events, pods
from clusters.wire import Event
from tests.clusters.fakes import http


def at(minute):
    return datetime(2026, 1, 1, 12, minute, tzinfo=UTC)


def text(minute):
    return f"2026-01-01T12:{minute:02}:00Z"


def event(**fields):
    return msgspec.convert(fields, Event)


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({"lastTimestamp": text(3), "firstTimestamp": text(1)}, at(3)),
        ({"firstTimestamp": text(1)}, at(1)),
        ({"eventTime": "2026-01-01T12:02:00.000000Z", "lastTimestamp": None}, at(2)),
        ({"eventTime": text(2), "series": {"lastObservedTime": "2026-01-01T12:09:00.000000Z", "count": 4}}, at(9)),
        ({"series": {"count": 4}, "lastTimestamp": text(3)}, at(3)),
        ({"metadata": {"creationTimestamp": text(7)}}, at(7)),
        ({}, datetime.fromtimestamp(0, UTC)),
    ],
)
def test_old_and_new_reporters_times_are_read(fields, right):
    assert events.last_seen(event(**fields)) == right


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({}, 1),
        ({"count": 0}, 1),
        ({"count": 7}, 7),
        ({"series": {"count": 9}}, 9),
        ({"count": 1, "series": {"count": 3}}, 3),
        ({"series": {"count": None}}, 1),
    ],
)
def test_how_often_it_happened(fields, right):
    assert events.times(event(**fields)) == right


def test_the_newest_come_first_and_fifty_are_enough(asked):
    items = [{"reason": f"r{number}", "lastTimestamp": text(number * 7 % 60)} for number in range(60)]
    connection, _fake = asked(lambda _seen: http({"kind": "EventList", "items": items}))
    found = events.of_object(connection, "shop", "u", "Pod", "web")
    times = [events.last_seen(each) for each in found]
    assert (len(found), times[0], times[-1]) == (50, at(59), at(10))
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("kind", "namespace", "asked_in", "selector"),
    [
        ("Pod", "shop", "shop", "involvedObject.kind=Pod,involvedObject.name=x,involvedObject.uid=u"),
        ("Node", "", "default", "involvedObject.kind=Node,involvedObject.name=x"),
    ],
)
def test_only_events_of_this_very_object_are_asked_for(asked, kind, namespace, asked_in, selector):
    connection, fake = asked(lambda _seen: http({"kind": "EventList", "items": []}))
    assert events.of_object(connection, namespace, "u", kind, "x") == []
    url = urlsplit(fake.seen[0].target)
    assert url.path == f"/api/v1/namespaces/{asked_in}/events"
    assert parse_qs(url.query)["fieldSelector"] == [selector]


def test_the_demos_events(olivia):
    pod = pods.read(olivia, "shop", "recommendations")
    found = events.of_object(olivia, "shop", pod.metadata.uid, "Pod", "recommendations")
    assert "FailedScheduling" in {each.reason for each in found}
    assert events.of_object(olivia, "shop", "another-uid", "Pod", "recommendations") == []
