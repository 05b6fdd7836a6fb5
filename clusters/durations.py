"""How long a cell says that something took or is ago, as kubectl writes it."""

import re

DURATION = re.compile(r"(?:[0-9]{1,9}[ydhms])+")
DURATION_PART = re.compile(r"([0-9]+)([ydhms])")
NEW = 60  # seconds in which what was just made may become ready before that is worth a look
SECONDS = {"y": 365 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}


def seconds(text: str) -> int | None:
    """The seconds of ``4m51s``; None where the text is no duration."""
    if not DURATION.fullmatch(text):
        return None
    return sum(int(count) * SECONDS[unit] for count, unit in DURATION_PART.findall(text))


def within(text: str, most: int) -> bool:
    """Whether a text is a duration of less than ``most`` seconds."""
    length = seconds(text)
    return length is not None and length < most
