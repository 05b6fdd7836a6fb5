"""Answers that no provider should give; put one into ``op.answers["token"]`` (or discovery, keys, userinfo…)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.clusters.fakes import CHUNKED_HEAD, SOON, Answer, chunk, http, until
from tests.provider.asked import Answering, Asked, html_answer, json_answer, oauth_error, redirect

if TYPE_CHECKING:
    from tests.provider.provider import Provider


def error(code: str, description: str = "because", status: int = 400) -> Answering:
    """An OAuth error, such as invalid_grant."""
    return lambda asked: oauth_error(code, description, status)


def says(body: Any, status: int = 200) -> Answering:
    """A JSON value of the test's own."""
    return lambda asked: http(json.dumps(body).encode(), status)


def text(body: str, status: int = 200, type: str = "application/json") -> Answering:
    """Text of the test's own, which need not be what its type says."""
    return lambda asked: http(body.encode(), status, type=type)


def page_with_secrets(status: int = 500) -> Answering:
    """An error page that shows all that was asked: code, verifier, client secret, tokens."""

    def answer(asked: Asked) -> bytes:
        shown = {**asked.query, **asked.form, "authorization": asked.header("Authorization")}
        return html_answer(f"<h1>Something went wrong</h1><pre>{json.dumps(shown)}</pre>", status)

    return answer


def error_with_secrets(code: str = "invalid_request", status: int = 400) -> Answering:
    """An OAuth error whose description shows all that was asked."""
    return lambda asked: oauth_error(code, json.dumps({**asked.query, **asked.form}), status)


def leads_to(url: str) -> Answering:
    """A redirect, which nobody should follow with a secret in hand."""
    return lambda asked: redirect(url)


def hangs_up(asked: Asked) -> Answer:
    """No answer at all."""
    return None


def huge(mebibytes: int = 8) -> Answering:
    """A JSON object of that size, with its length told in advance."""
    return lambda asked: json_answer({"padding": "x" * mebibytes * 1024 * 1024})


def endless(asked: Asked) -> Iterator[bytes]:
    """A JSON object that never ends, in chunks."""
    yield CHUNKED_HEAD + chunk(b'{"padding": "')
    while True:
        yield chunk(b"x" * 65536)


@dataclass
class Held:
    """Requests that wait; ``arrived`` is how many have come so far."""

    respond: Any
    arrived: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def release(self) -> None:
        """Let all go on, and whoever comes later go through."""
        self.gate.set()

    def wait_for(self, number: int = 1) -> None:
        """Wait until so many have come. Raises AssertionError where they do not."""
        until(lambda: self.arrived >= number)

    def pass_on(self, op: "Provider", asked: Asked) -> Answer:
        """Wait, then answer as usual."""
        with self.lock:
            self.arrived += 1
        self.gate.wait(6 * SOON)
        answer: Answer = self.respond(op, asked)
        return answer


@contextmanager
def held(respond: Any) -> Iterator[Held]:
    """Requests that wait until the block ends, at the latest."""
    waiting = Held(respond)
    try:
        yield waiting
    finally:
        waiting.release()
