"""How times are written, in one place."""

import re
from datetime import UTC, datetime

from django import template

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400
YEAR = 365 * DAY
SECONDS = re.compile(r"(.+:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
# Up to how many seconds, in which unit, and with which smaller unit beside it: kubectl's steps.
STEPS = (
    (2 * MINUTE, 1, "s", 0, ""),
    (10 * MINUTE, MINUTE, "m", 1, "s"),
    (3 * HOUR, MINUTE, "m", 0, ""),
    (8 * HOUR, HOUR, "h", MINUTE, "m"),
    (2 * DAY, HOUR, "h", 0, ""),
    (8 * DAY, DAY, "d", HOUR, "h"),
    (2 * YEAR, DAY, "d", 0, ""),
    (8 * YEAR, YEAR, "y", DAY, "d"),
    (10**12, YEAR, "y", 0, ""),
)


def duration(seconds: float) -> str:
    """Seconds in kubectl's short words: ``45s``, ``5m30s``, ``3d4h``."""
    whole = max(int(seconds), 0)
    for limit, unit, letter, smaller, smaller_letter in STEPS:
        if whole < limit:
            words = f"{whole // unit}{letter}"
            rest = whole % unit // smaller if smaller else 0
            return f"{words}{rest}{smaller_letter}" if rest else words
    return f"{whole // YEAR}y"


@register.filter
def milliseconds(timestamp: str) -> str:
    """An RFC 3339 timestamp with three decimals, cut or filled up; what is none stays as it is."""
    found = SECONDS.fullmatch(timestamp)
    return f"{found[1]}.{(found[2] or '')[:3]:0<3}{found[3]}" if found else timestamp


@register.filter
def age(moment: datetime | None) -> str:
    """How long ago ``moment`` was, empty where there is none."""
    return duration((datetime.now(UTC) - moment).total_seconds()) if moment else ""
