"""How each kind of program talks in its log.

A log costs no memory: a voice has one moment in each period, and what it says then follows from the container's
identity and the number of the period alone. So every part of a log can be told again at any time.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zlib import crc32

from clusters.demo.world import phrases, trial_phrases

# As a kubelet rotates a log file away, a reader gets at most this many periods back.
KEPT_PERIODS, ROTATED_BY = 6000, 2000


@dataclass(frozen=True, slots=True)
class Voice:
    """`says` gives the lines of one period; `opening` and `closing` those of a start and of a crash.

    `steady` is one moment in each period without chance, `at_once` one moment for all of the opening.
    """

    says: Callable[[random.Random, datetime, int], list[str]]
    period: float = 2.0
    opening: Callable[[datetime], list[str]] = phrases.nothing
    closing: Callable[[datetime], list[str]] = phrases.nothing
    steady: bool = False
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a container, from its start to its end (None while it runs); `crashed` when it ended badly."""

    identity: str
    voice: Voice
    started: float
    finished: float | None = None
    crashed: bool = False


VOICES: dict[str, Voice] = {
    "plain": Voice(phrases.plain, 5.0, phrases.plain_start),
    "access": Voice(phrases.access, 1.7, phrases.access_start),
    "json": Voice(phrases.json_lines, 1.3, phrases.json_start),
    "logfmt": Voice(phrases.logfmt, 4.0, phrases.logfmt_start),
    "klog": Voice(phrases.klog, 3.0, phrases.klog_start),
    "celery": Voice(phrases.celery, 2.2, phrases.celery_start, phrases.celery_crash),
    "postgres": Voice(phrases.postgres, 9.0, phrases.postgres_start),
    "fluentbit": Voice(phrases.fluent_bit, 12.0, phrases.fluent_bit_start),
    "coredns": Voice(phrases.coredns, 6.0, phrases.coredns_start),
    "etcd": Voice(phrases.etcd, 7.0),
    "report": Voice(phrases.report, 1.5, phrases.report_start),
    "backup": Voice(phrases.backup, 1.5, phrases.backup_start),
    "import": Voice(phrases.importing, 0.9, phrases.importing_start, phrases.importing_crash),
    "migration": Voice(phrases.migration, 0.8, phrases.migration_start),
    "waiting": Voice(phrases.waiting, 5.0, phrases.waiting_start),
    "ticks": Voice(trial_phrases.ticks, 1.0, steady=True),
    "talking": Voice(trial_phrases.talking, 1.0, steady=True),
    "hostile": Voice(phrases.silence, 60.0, trial_phrases.hostile),
    "burst": Voice(phrases.silence, 60.0, trial_phrases.burst, at_once=True),
    "long-line": Voice(phrases.silence, 60.0, trial_phrases.long_line),
    "crashing": Voice(phrases.silence, 60.0, trial_phrases.crashing),
    "eating": Voice(phrases.silence, 60.0, trial_phrases.eating),
}


def lines_between(run: Run, since: float, until: float) -> Iterator[tuple[float, str]]:
    """(moment, text) of each line after `since` and up to `until`, in order."""
    end = until if run.finished is None else min(until, run.finished)
    if since < run.started + 1 and _first_period(run, end) == 0:
        yield from _within(_opening(run), since, end)
    first = max(_first_period(run, end), int((since - run.started) / run.voice.period) - 1)
    for number in range(max(first, 0), _last_period(run, end) + 1):
        yield from _within(_period(run, number), since, end)
    if run.finished is not None and run.crashed:
        yield from _within(_closing(run), since, end)


def last_lines(run: Run, count: int, until: float) -> list[tuple[float, str]]:
    """The last lines up to a moment, in order."""
    end = until if run.finished is None else min(until, run.finished)
    found: list[list[tuple[float, str]]] = []
    total = 0
    for part in _backwards(run, end):
        lines = list(_within(part, 0, end))
        found.append(lines)
        total += len(lines)
        if total >= count:
            break
    flat = [line for lines in reversed(found) for line in lines]
    return flat[max(len(flat) - count, 0) :] if count else []


def next_moment(run: Run, after: float) -> float:
    """A moment by which there may be another line."""
    return after + min(run.voice.period / 2, 1.0)


def _backwards(run: Run, end: float) -> Iterator[list[tuple[float, str]]]:
    if run.finished is not None and run.crashed:
        yield _closing(run)
    first = _first_period(run, end)
    for number in range(_last_period(run, end), first - 1, -1):
        yield _period(run, number)
    if first == 0:
        yield _opening(run)


def _within(lines: list[tuple[float, str]], since: float, end: float) -> Iterator[tuple[float, str]]:
    return (line for line in lines if since < line[0] <= end)


def _last_period(run: Run, end: float) -> int:
    return int((end - run.started) / run.voice.period)


def _first_period(run: Run, end: float) -> int:
    last = _last_period(run, end)
    return max(0, (last - KEPT_PERIODS) // ROTATED_BY * ROTATED_BY) if last > KEPT_PERIODS else 0


def _period(run: Run, number: int) -> list[tuple[float, str]]:
    chance = random.Random(crc32(f"{run.identity} {number}".encode()))
    share = 0.0 if run.voice.steady else 0.15 + 0.8 * chance.random()
    when = run.started + (number + share) * run.voice.period + 0.3
    texts = run.voice.says(chance, _date(when), number)
    return [(when + 0.0004 * index, text) for index, text in enumerate(texts)]


def _opening(run: Run) -> list[tuple[float, str]]:
    texts = run.voice.opening(_date(run.started))
    pause = 0.0 if run.voice.at_once else 0.25 / max(len(texts), 1)
    return [(run.started + 0.02 + pause * index, text) for index, text in enumerate(texts)]


def _closing(run: Run) -> list[tuple[float, str]]:
    finished = run.finished or run.started
    texts = run.voice.closing(_date(finished))
    return [(finished - 0.0001 * (len(texts) - index), text) for index, text in enumerate(texts)]


def _date(when: float) -> datetime:
    return datetime.fromtimestamp(when, UTC)
