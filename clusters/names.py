"""Is this a legal path segment? The door asks on every call."""

from urllib.parse import quote

from clusters.errors import BadName

REFUSED_CHARACTERS = frozenset("/%?#\\")


class Path(str):
    """A request path whose every segment was checked; only ``path`` makes one."""


def segment(value: str) -> str:
    """Return ``value`` unchanged if an API server could have an object of that name.

    Kubernetes refuses ``.``, ``..`` and anything with ``/`` or ``%`` as a name (its path segment validation); a query
    or fragment mark, a backslash and control characters are refused too, since none of them can be meant.
    Raises BadName.
    """
    if value in ("", ".", ".."):
        raise BadName(value)
    if any(character in REFUSED_CHARACTERS or not character.isprintable() for character in value):
        raise BadName(value)
    return value


def legal(value: str) -> bool:
    """Whether an API server could have an object of that name."""
    try:
        segment(value)
    except BadName:
        return False
    return True


def path(*segments: str) -> Path:
    """Join checked segments into a request path, percent-encoded (RFC 3986 section 3.3). Raises BadName."""
    return Path("".join("/" + quote(segment(value), safe=":") for value in segments))


def unused(name: str, taken: set[str]) -> str:
    """``name``, or with a number behind it where it is taken; at most 63 characters."""
    candidate, number = name[:63], 2
    while candidate in taken:
        candidate = f"{name[:58]}-{number}"
        number += 1
    taken.add(candidate)
    return candidate
