"""Logs are told from time and identity alone, and never contradict themselves."""

import json
import re
from itertools import islice

import pytest

from clusters.demo.world.voices import VOICES, Run, last_lines, lines_between
from tests.demo.looking import log, pod_named, stream

START = 1_780_000_000.0


@pytest.mark.parametrize("name", [name for name in VOICES if name != "long-line"])
def test_any_part_is_the_same_part(name):
    run = Run("one", VOICES[name], START)
    now = START + 300
    whole = list(lines_between(run, 0, now))
    assert whole == sorted(whole, key=lambda line: line[0])
    assert whole[-7:] == last_lines(run, 7, now)
    assert last_lines(run, 10_000, now) == whole
    middle = START + 100
    assert [line for line in whole if line[0] > middle] == list(lines_between(run, middle, now))
    assert [line for line in whole if line[0] <= middle] == list(lines_between(run, 0, middle))


@pytest.mark.parametrize("name", ["access", "json", "postgres", "ticks"])
def test_reading_on_gives_each_line_once(name):
    run = Run("two", VOICES[name], START)
    pieces, until = [], START - 1
    for step in range(1, 200):
        now = START + step * 0.37
        pieces += lines_between(run, until, now)
        until = now
    assert pieces == list(lines_between(run, 0, until))


def test_a_long_run_shows_only_what_is_not_rotated_away():
    run = Run("three", VOICES["ticks"], START)
    lines = list(lines_between(run, 0, START + 100_000))
    assert 6000 <= len(lines) <= 8001
    assert lines[-1][1] == "tick 99999"
    assert last_lines(run, 20_000, START + 100_000) == lines


def test_two_containers_do_not_say_the_same():
    first, second = (last_lines(Run(name, VOICES["access"], START), 5, START + 60) for name in ("a", "b"))
    assert first != second


def test_the_voices_of_the_shop(world):
    world.advance(120)
    front = next(pod for pod in world.items("pods", "shop") if pod["metadata"]["labels"].get("app") == "frontend")
    assert all(re.search(r"\x1b\[\d+m", line) for line in log(world, front, tailLines=20))
    api = next(pod for pod in world.items("pods", "shop") if pod["metadata"]["labels"].get("app") == "api")
    for line in log(world, api, container="api", tailLines=50):
        assert json.loads(line)["level"] in ("info", "debug", "warning", "error")
    assert log(world, api, container="migrate")[0] == "Operations to perform:"


def test_following_with_the_clock_turned_by_hand(world):
    pod = pod_named(world, "database")
    path = f"/api/v1/namespaces/shop/pods/{pod['metadata']['name']}/log"
    chunks = stream(world, path, follow="true", tailLines=1).chunks
    said = next(chunks)
    before = log(world, pod)
    world.closed = True  # so that the next look is the last
    assert said.decode().splitlines() == before[-1:]
    assert list(islice(chunks, 1)) == []
