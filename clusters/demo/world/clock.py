"""Time as the demo world sees it, so that tests can turn the clock by hand."""

import threading
import time
from datetime import UTC, datetime
from functools import lru_cache


def stamp(seconds: float) -> str:
    """Write a moment as Kubernetes writes metav1.Time: RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(seconds: float) -> str:
    """Write a moment as Kubernetes writes metav1.MicroTime: RFC 3339 in UTC, six decimals."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def nano_stamp(seconds: float) -> str:
    """Write a moment as the kubelet stamps log lines: RFC 3339 in UTC, nine decimals."""
    whole = int(seconds)
    return f"{stamp(whole)[:-1]}.{int((seconds - whole) * 1_000_000_000):09d}Z"


@lru_cache(maxsize=8192)
def moment(text: str) -> float:
    """Read an RFC 3339 time as seconds since 1970; raises ValueError when it is none."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return parsed.timestamp()


class RealClock:
    """The machine's own clock; with a `speed` above 1 the world's time runs ahead of it from the start on."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.start = time.time()

    def now(self) -> float:
        """Seconds since 1970."""
        return self.start + (time.time() - self.start) * self.speed

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait to be notified, at most for that many seconds of the world's time."""
        condition.wait(seconds / self.speed)


class ManualClock:
    """A clock that stands still until a test turns it."""

    def __init__(self, start: float = 1_780_000_000.0) -> None:
        self.value = start

    def now(self) -> float:
        """Seconds since 1970."""
        return self.value

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait to be notified, as is done whenever the clock is turned."""
        condition.wait()
