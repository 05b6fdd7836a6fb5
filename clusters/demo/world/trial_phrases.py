"""What the pods of the trials write: counted lines, lines that are hard to show, and a very long one."""

import random
from datetime import datetime

LONG_LINE = 10_000_000

HOSTILE = (
    "<script>alert('log')</script><b onmouseover=alert(1)>bold</b>",
    "\x1b[1;31mbold red\x1b[0m \x1b[38;5;208morange\x1b[0m \x1b[48;2;10;20;30mtrue colour\x1b[0m",
    "\x1b]0;title\x07\x1b[2J\x1b[H\x1b[10;10Hmoved \x08\x08\x7f\x00\x01 control",
    "\udcff\udcfe invalid \udcc3( UTF-8 \udce2\udc82",
    "right to left \u202egnp.exe\u202c and \u200f\u05de\u05d9\u05de\u05d9\u05df\u200f",
    "emoji \U0001f6a2\U0001f468\u200d\U0001f469\u200d\U0001f467 and \"quotes\" 'both' & ampersands &lt;",
    "a carriage\rreturn and a\ttab",
)


def ticks(_chance: random.Random, _when: datetime, number: int) -> list[str]:
    """A counted line, to see whether one is lost or repeated."""
    return [f"tick {number}"]


def talking(_chance: random.Random, _when: datetime, number: int) -> list[str]:
    """A counted line as the real container of the same name writes it."""
    return [f"line {number} of a real container"]


def hostile(_when: datetime) -> list[str]:
    """Every hostile line, five times."""
    return [HOSTILE[number % len(HOSTILE)] for number in range(5 * len(HOSTILE))]


def burst(_when: datetime) -> list[str]:
    """A thousand lines at once."""
    return [f"tick {number}" for number in range(1000)]


def long_line(_when: datetime) -> list[str]:
    """Three lines, the second of ten million bytes."""
    return ["tick 0", "x" * LONG_LINE, "tick 2"]


def crashing(_when: datetime) -> list[str]:
    """The last words of a program that fails at once."""
    return ["about to fail", "fatal: no such table: orders"]


def eating(_when: datetime) -> list[str]:
    """The last word of a program that runs out of memory."""
    return ["eating"]
