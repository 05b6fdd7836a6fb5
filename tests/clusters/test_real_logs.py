"""Logs through the door, from a real kubelet behind a real API server."""

import itertools
import threading

import pytest

from clusters import logs, tables, watches
from clusters.connection import connect
from clusters.credentials import BearerToken
from clusters.kinds import PODS
from clusters.logs import Options, Place
from clusters.models import Cluster
from tests.clusters.fakes import SOON, until

pytestmark = pytest.mark.cluster


@pytest.fixture
def olivia(bed):
    cluster = Cluster(name="bed", title="Bed", server=bed.server, certificate_authority=bed.certificate_authority)
    return connect(cluster, BearerToken(bed.tokens["olivia"]))


def followed(connection, options, after, count):
    """The next ``count`` lines after a place; the stream is then left, as when a phone locks."""
    following = logs.follow(connection, options, after, lambda: SOON)
    found = list(itertools.islice((line for line in following if line), count))
    following.close()
    return found


@pytest.mark.parametrize(("namespace", "pod"), [("monitoring", "talker"), ("real", "talking")])
def test_a_log_that_is_left_and_taken_up_again_has_each_line_once(olivia, request, namespace, pod):
    if namespace == "real":
        request.getfixturevalue("real_node")
    options = Options(namespace, pod, "")
    lines = logs.tail(olivia, options, 3).lines
    for _ in range(3):
        lines += followed(olivia, options, lines[-1].place, 1)
    numbers = [int(line.text.split()[1]) for line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_leaving_a_log_that_rests_leaves_no_thread(olivia):
    lines = logs.tail(olivia, Options("monitoring", "burst", ""), 1).lines
    following = logs.follow(olivia, Options("monitoring", "burst", ""), lines[-1].place, lambda: 0.2)
    assert next(following) is None
    following.close()
    until(lambda: "porthole-follow" not in [thread.name for thread in threading.enumerate()])


def test_a_thousand_lines_of_one_moment_keep_their_places(olivia):
    options = Options("monitoring", "burst", "")
    lines = logs.tail(olivia, options, 200).lines
    assert len({line.place.nanoseconds for line in lines}) == 1
    assert [line.place.number for line in lines] == list(range(801, 1001))
    middle = Place(lines[0].place.nanoseconds, 500)
    assert [line.place.number for line in followed(olivia, options, middle, 3)] == [501, 502, 503]


def test_a_line_of_ten_megabytes_is_cut_with_what_is_missing_counted(olivia):
    """The kubelet counts a long line's parts of 16 KiB as lines of the tail: 1000 of them hold all of it."""
    first, long, last = logs.tail(olivia, Options("monitoring", "long-line", ""), 1000).lines
    assert (first.text, last.text, first.cut, last.cut) == ("tick 0", "tick 2", 0, 0)
    assert len(long.text) + long.cut == 10_000_000
    assert len(long.time) + 1 + len(long.text) == logs.LONGEST_LINE


def test_a_tail_may_begin_in_the_middle_of_a_long_line(olivia):
    long, last = logs.tail(olivia, Options("monitoring", "long-line", "")).lines
    assert 0 < len(long.text) + long.cut < 10_000_000
    assert last.text == "tick 2"


def test_hostile_bytes_come_through_as_text(olivia):
    lines = logs.tail(olivia, Options("monitoring", "hostile", "")).lines
    text = "\n".join(line.text for line in lines)
    assert "<script>" in text
    assert "\ufffd" in text, "what is no UTF-8 is marked"
    text.encode()


def test_a_previous_run_is_read(olivia):
    (worker,) = tables.page(olivia, PODS, "shop", tables.Query(text="worker-")).rows
    lines = logs.tail(olivia, Options("shop", worker.name, "worker", previous=True)).lines
    assert "KeyError" in lines[-1].text


def test_offsets_visit_each_pod_of_the_real_cluster_once(olivia):
    asked = [tables.Query(sort="status", offset=offset, limit=7) for offset in range(0, 1000, 7)]
    found, total = [], 0
    for query in asked:
        page = tables.page(olivia, PODS, "", query)
        found += [row.uid for row in page.rows]
        total = page.total
        if not page.more:
            break
    assert len(set(found)) == len(found) == total


def test_the_pages_of_the_real_server_follow_each_other(olivia):
    first = tables.page(olivia, PODS, "", tables.Query(limit=5))
    second = tables.page(olivia, PODS, "", tables.Query(limit=5, continue_token=first.continue_token, offset=5))
    assert first.total == second.total == tables.page(olivia, PODS, "", tables.Query(sort="name")).total
    assert not {row.uid for row in first.rows} & {row.uid for row in second.rows}
    everything = tables.page(olivia, PODS, "shop", tables.Query(selector="app", limit=2))
    assert everything.total == tables.page(olivia, PODS, "shop", tables.Query(selector="app", sort="name")).total


def test_a_watch_of_the_real_server_ends_by_itself(olivia):
    page = tables.page(olivia, PODS, "shop", tables.Query())
    changes = watches.changes(olivia, PODS, "shop", page.resource_version, seconds=1)
    assert all(change.resource_version for change in changes)
