"""A sign-in that has been begun: what the browser keeps of it until the provider sends it back.

Each has a cookie of its own, sealed and named by the state: so two tabs never overwrite each other's, nothing is
written for people who never come back, and a state works in the browser alone in which it was made, and once.
"""

import hashlib
import time
from dataclasses import asdict, dataclass, field

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dashboard.models import Spent
from dashboard.sealing import opened, seal

SECONDS = 600  # to fill the provider's form in
MOST = 10  # of one browser
MOST_BYTES = 3500  # of one browser's, since servers refuse long headers
LONGEST_NEXT = 1000
PLACE = "oidc/pending"


@dataclass(frozen=True, slots=True)
class Pending:
    """One sign-in on its way: where it leads, and what its answer must fit."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    following: str
    silent: bool = False  # nobody was to be asked anything
    lasting: bool = False  # offline_access was added to what the operator asks for
    began: float = 0.0


def prefix() -> str:
    """How the cookies' names begin; with __Host- where the session's does."""
    return f"{settings.SESSION_COOKIE_NAME}-oidc-"


def cookie_name(state: str) -> str:
    """The cookie of one sign-in; whoever reads the name does not know the state."""
    return prefix() + hashlib.sha256(state.encode()).hexdigest()[:16]


def keep(request: HttpRequest, response: HttpResponseBase, pending: Pending) -> None:
    """Leave ``pending`` with the browser, and take back its oldest where it has too many."""
    if len(pending.following) > LONGEST_NEXT:
        pending = Pending(**{**asdict(pending), "following": "/"})
    response.set_cookie(
        cookie_name(pending.state),
        seal(PLACE, asdict(pending)),
        max_age=SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    for name in excess(request.COOKIES):
        response.delete_cookie(name)


def excess(cookies: dict[str, str]) -> list[str]:
    """The names of those that give way to one more: what cannot be opened, and the oldest."""
    mine = {name: opened(PLACE, value) for name, value in cookies.items() if name.startswith(prefix())}
    newest = sorted(mine, key=lambda name: float((mine[name] or {}).get("began", 0)), reverse=True)
    kept, size = 0, 0
    for name in newest:
        size += len(name) + len(cookies[name])
        if mine[name] is None or kept + 1 >= MOST or size > MOST_BYTES:
            break
        kept += 1
    return newest[kept:]


def take(request: HttpRequest, state: str) -> Pending | None:
    """The sign-in of that state, which nobody can take again; None where this browser began none, or too long ago."""
    sealed = request.COOKIES.get(cookie_name(state), "") if state else ""
    found = opened(PLACE, sealed) if sealed else None
    if not found or found["state"] != state or time.time() - found["began"] > SECONDS:
        return None
    return Pending(**found) if Spent.spend("state", state, time.time() + SECONDS) else None


def forget(response: HttpResponseBase, state: str) -> None:
    """Take the cookie of a sign-in back."""
    response.delete_cookie(cookie_name(state))
