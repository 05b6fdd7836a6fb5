"""What comes back from an API server: read within bounds, decoded, or the error that it stands for."""

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TypeVar

import msgspec
import urllib3
from django.utils.translation import gettext as _
from urllib3 import HTTPResponse

from clusters.errors import BY_STATUS, Failed, Unreachable
from clusters.wire import Status

T = TypeVar("T")

ANSWER_SECONDS = 60.0  # for the whole of one that is not a stream
REFUSAL_SECONDS = 5.0  # for the words of a refusal, whose status is known already
# Bytes. etcd refuses objects over 1.5 MiB; 500 rows of pods, as lists are read, have 1 to 3 MiB. What is decoded may
# take some times as much memory.
LARGEST_ANSWER = 8 * 1024 * 1024
LARGEST_OBJECT = 4 * 1024 * 1024
# Objects and lists in one answer, nested ones too; 500 rows of pods have 50,000. Memory goes into these above all.
MOST_PARTS = 300_000
CHUNK = 64 * 1024
# What decoding raises, of text that is not UTF-8 and of thousands of nested brackets too.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_at_most(response: HTTPResponse, limit: int, seconds: float = ANSWER_SECONDS) -> bytes:
    """The whole body; Failed where it is larger than ``limit`` bytes, unpacked, or drips in for over ``seconds``."""
    body = bytearray()
    for part in parts(response, seconds):
        body += part
        if len(body) > limit:
            response.close()
            message = _("The answer is larger than %(size)d MiB.") % {"size": limit // 2**20}
            raise Failed(message, status=response.status, reason="TooLarge")
    return bytes(body)


def parts(response: HTTPResponse, seconds: float) -> Iterator[bytes]:
    """The body as it arrives, unpacked; Failed where it does not end within ``seconds``."""
    end = time.monotonic() + seconds
    while part := response.read1(CHUNK, decode_content=True):
        yield part
        if time.monotonic() > end:
            response.close()
            message = _("The answer did not end within %(seconds)d seconds.") % {"seconds": seconds}
            raise Failed(message, status=response.status, reason="TooSlow")


def chunks(response: HTTPResponse, seconds: float = math.inf) -> Iterator[bytes]:
    """The body as it arrives; Unreachable where it breaks off, Failed where it does not end within ``seconds``."""
    try:
        yield from parts(response, seconds)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        name = type(error).__name__
        raise Unreachable(_("The stream broke off: %(error)s.") % {"error": name}, reason=name) from error


def decode(body: bytes, type: type[T]) -> T:
    """Decode JSON into ``type``. Raises Failed where it is not what Kubernetes would give, or has over MOST_PARTS."""
    text = bytes(body)  # no copy, but of the Raw inside another answer
    if text.count(b"{") + text.count(b"[") > MOST_PARTS:
        message = _("The answer has more than %(count)d parts.") % {"count": MOST_PARTS}
        raise Failed(message, reason="TooLarge")
    try:
        return msgspec.json.decode(body, type=type, strict=False)
    except UNREADABLE as error:
        message = _("The answer is not what an API server would say: %(error)s.") % {"error": error}
        raise Failed(message, reason="NotKubernetes") from error


def refusal(response: HTTPResponse) -> Exception:
    """The error of a non-2xx answer, in the server's words where it said any."""
    body = bytearray()
    # Words that do not come, or not to their end, are done without: the status alone says enough.
    with suppress(urllib3.exceptions.HTTPError, Failed):
        for part in parts(response, REFUSAL_SECONDS):
            body += part
            if len(body) >= CHUNK:
                break
    response.close()
    try:
        status = msgspec.json.decode(body, type=Status, strict=False)
    except UNREADABLE:
        status = Status(message=plain_words(bytes(body)) or f"HTTP {response.status} {response.reason or ''}".strip())
    return error_of(status, response.status)


def error_of(status: Status, code: int = 0) -> Exception:
    """The error that a Status object stands for; ``code`` is the HTTP status where there was one."""
    code = code or status.code
    details = msgspec.to_builtins(status.details) if status.details else {}
    message = status.message or status.reason or f"HTTP {code}"
    return BY_STATUS.get(code, Failed)(message, status=code, reason=status.reason, details=details)


def plain_words(body: bytes) -> str:
    """The first line of an answer that is text and not markup, at most 300 characters."""
    text = body[:2000].decode(errors="replace").strip()
    if not text or text.startswith(("<", "{", "[")):
        return ""
    return "".join(character for character in text.splitlines()[0] if character.isprintable())[:300]
