"""What the simulated containers say: log files in the format of the container runtime interface.

A line is ``2026-01-02T03:04:05.123456789Z stdout F text``; a text longer than 16 KiB is cut into parts tagged ``P``,
the last one ``F`` (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md).
"""

import argparse
import datetime
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.cluster import processes

PART = 16 * 1024
BACKLOG = 2000

TRACEBACK = b"""Traceback (most recent call last):
  File "/app/worker.py", line 88, in <module>
    main()
  File "/app/worker.py", line 71, in main
    consume(queue)
  File "/app/worker.py", line 52, in consume
    handle(json.loads(message.body))
  File "/app/orders.py", line 31, in handle
    total = sum(item["price"] * item["count"] for item in order["items"])
  File "/app/orders.py", line 31, in <genexpr>
    total = sum(item["price"] * item["count"] for item in order["items"])
KeyError: 'price'"""


@dataclass(frozen=True)
class Log:
    """What one container wrote: ``text(n)`` is its n-th line, and where it ``grows`` there is one more each second.

    ``previous`` holds the lines of the run before this one.
    """

    text: Callable[[int], bytes]
    lines: int = BACKLOG
    grows: bool = False
    previous: tuple[bytes, ...] = ()
    same_time: bool = False


def access(number: int) -> bytes:
    """A web server's access line, its status in colour."""
    chance = random.Random(number)
    path = chance.choice(("/", "/cart", "/products/42", "/static/app.css", "/checkout"))
    status, colour = chance.choice(((200, 32), (200, 32), (200, 32), (304, 36), (404, 33), (502, 31)))
    return f'10.244.0.{chance.randrange(2, 250)} "GET {path}" \x1b[{colour}m{status}\x1b[0m {number}'.encode()


def structured(number: int) -> bytes:
    """A line of JSON, as many services write."""
    level = "warning" if number % 17 == 0 else "info"
    return f'{{"level":"{level}","msg":"order accepted","order":{number},"ms":{number * 7 % 90}}}'.encode()


def database(number: int) -> bytes:
    """A line of a database server."""
    return f"LOG:  checkpoint complete: wrote {number * 13 % 400} buffers ({number})".encode()


def plain(number: int) -> bytes:
    """A counted line, to see whether one is lost or repeated."""
    return f"tick {number}".encode()


def long_line(length: int) -> Callable[[int], bytes]:
    """A log whose second line has so many octets."""
    return lambda number: b"x" * length if number == 1 else plain(number)


HOSTILE = (
    b"<script>alert('log')</script><img src=x onerror=alert(1)>",
    b"\x1b[1;31mbold red\x1b[0m \x1b[38;5;208morange\x1b[0m \x1b[48;2;10;20;30mtrue colour\x1b[0m",
    b"\x1b]0;title\x07\x1b[2J\x1b[H\x1b[10;10Hmoved \x08\x08\x08\x7f\x00\x01\x02 control",
    b"\xff\xfe invalid \xc3( UTF-8 \xe2\x82",
    "right to left \u202egnp.exe\u202c and \u200fמימין לשמאל\u200f".encode(),
    "emoji 🚢⚓️👩‍👩‍👧‍👦 and combining a\u0301\u0300\u0302".encode(),
    b"&amp; \" ' </pre></body> {{ 7*7 }} {% debug %} ${jndi:ldap://x}",
    b"carriage\rreturn \x1b[Kprogress 10%\rprogress 100%",
    b"",
    b"\ttab and   spaces   ",
    "line\u2028separator\u2029and\u0085next".encode(),
    b"\x1b[31mcolour left open",
    b"data: not an event\x0bid: 7\x0cevent: x",
)

CRASHED = (b"worker starting, connecting to amqp://queue", b"consuming orders", *TRACEBACK.splitlines())

LOGS = {
    "frontend": Log(access, grows=True),
    "api": Log(structured, grows=True),
    "database": Log(database, grows=True),
    "worker": Log(lambda number: CRASHED[number], len(CRASHED), previous=CRASHED),
    "cart": Log(plain, grows=True),
    "talker": Log(plain, grows=True),
    "hostile": Log(lambda number: HOSTILE[number % len(HOSTILE)], 5 * len(HOSTILE)),
    "burst": Log(plain, 1000, same_time=True),
    "long-line": Log(long_line(10_000_000), 3),
    "migrate": Log(lambda number: b"waiting for database:5432 ...", 40, grows=True),
    "image-resizer": Log(lambda number: f"resizing image {number}, {number * 3} MiB used".encode(), 60),
    "report": Log(lambda number: f"report page {number} written".encode(), 30),
}


def stamp(moment_ns: int) -> bytes:
    """A time in nanoseconds since 1970, as RFC 3339 with nine digits."""
    seconds, rest = divmod(moment_ns, 10**9)
    whole = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z".encode()


def encode(text: bytes, moment_ns: int, stream: bytes = b"stdout") -> bytes:
    """One line of a container as the runtime writes it, cut into parts when long."""
    parts = [text[start : start + PART] for start in range(0, len(text), PART)] or [b""]
    tags = [b"P"] * (len(parts) - 1) + [b"F"]
    moment = stamp(moment_ns)
    return b"".join(b"%s %s %s %s\n" % (moment, stream, tag, part) for tag, part in zip(tags, parts, strict=True))


def backlog(log: Log, now_ns: int) -> Iterator[bytes]:
    """The lines that a container has written before now: one a second, or all at one moment."""
    for number in range(log.lines):
        age = 1 if log.same_time else log.lines - number
        yield encode(log.text(number), now_ns - age * 10**9)


def write_all(folder: Path) -> None:
    """Write each container's log so far, and that of its previous run where it had one, into ``folder``."""
    folder.mkdir(exist_ok=True)
    now = time.time_ns()
    for name, log in LOGS.items():
        (folder / f"{name}.log").write_bytes(b"".join(backlog(log, now)))
        if log.previous:
            lines = (encode(text, now - (300 - n) * 10**9, b"stderr") for n, text in enumerate(log.previous))
            (folder / f"{name}.previous.log").write_bytes(b"".join(lines))
    (folder / "quiet.log").write_bytes(b"")


def talk(folder: Path) -> None:
    """Add a line a second to each log that grows, until killed."""
    files = {name: (folder / f"{name}.log").open("ab", buffering=0) for name, log in LOGS.items() if log.grows}
    for second in count():
        for name, file in files.items():
            file.write(encode(LOGS[name].text(LOGS[name].lines + second), time.time_ns()))
        time.sleep(1)


def start(folder: Path, *, die_with_parent: bool) -> None:
    """Write the logs into ``folder``/container-logs and start the process that keeps them growing."""
    place = folder / "container-logs"
    write_all(place)
    command = [sys.executable, "-m", "tests.cluster.containerlogs", place]
    processes.spawn(folder, "container-logs", command, die_with_parent=die_with_parent)


def main() -> None:
    """Keep the growing logs growing, as a process of its own."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    talk(parser.parse_args().folder)


if __name__ == "__main__":
    main()
