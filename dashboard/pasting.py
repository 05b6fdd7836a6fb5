"""What somebody pasted, made into a token and checked by the cluster that it is for."""

import base64
import binascii
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from clusters import claims, permissions
from clusters.connection import connect
from clusters.credentials import BEARER_TOKEN, BearerToken
from clusters.errors import ClusterError, Unauthorized
from clusters.models import Cluster
from clusters.wire import UserInfo
from dashboard.problems import Problem, problem_of
from dashboard.templatetags.porthole import duration
from dashboard.views.parts import moment_at

LONGEST = 16_384  # characters; an API server takes little more in all headers together
MOST_PASTED = 4 * LONGEST  # with what comes along: line breaks, indentation, a Secret's base64
CHECK_SECONDS = 20.0
# Whoever is not signed in may ask for a check, and a cluster that hangs holds its thread.
AT_ONCE = 8  # checks in this process
BUSY_SECONDS = 10  # after which one is told to try again
# White space of any kind, and what phones put into copied text unseen.
UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]+")
SCHEME = re.compile(r"(?:authorization\s*:\s*)?bearer\s+", re.IGNORECASE)
# How the base64 of a JSON Web Token begins; a Secret's YAML has it so.
ENCODED = "ZXlK"
ARMOUR = "-----BEGIN"  # of PEM, whose letters a token could have, too
NOBODY = "system:anonymous"

_places = threading.BoundedSemaphore(AT_ONCE)


class NotTaken(Exception):
    """What was pasted is not kept; ``problem`` says why, and never holds the token."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Taken:
    """A token that the API server knows; ``expires`` are epoch seconds, None where it does not say.

    ``subject`` names the user for good: by the uid, where the API server gives one.
    """

    token: str = field(repr=False)
    username: str
    subject: str
    expires: float | None


def checked(cluster: Cluster, text: str) -> Taken:
    """The token in ``text``, once the API server of ``cluster`` has said whose it is. Raises NotTaken.

    The problem's status is 400 where there was no token to check, 503 where too many are being checked.
    """
    token = token_in(text)
    expires = claims.expiry_of(token)
    if expires is not None and expires <= time.time():
        raise NotTaken(expired(expires))
    with place():
        who = owner(cluster, token)
    subject = f"uid {who.uid}" if who.uid else f"user {who.username}"
    return Taken(token, who.username, subject, expires)


@contextmanager
def place() -> Iterator[None]:
    """One of the places for checks, given back at the end. Raises NotTaken where there is none."""
    if not _places.acquire(blocking=False):
        message = _("Many tokens are being checked at the moment, and a cluster may be slow to answer.")
        advice = _("Nothing was tried this time. Paste it again in a moment.")
        raise NotTaken(Problem(_("Too many at once"), message, advice, status=503))
    try:
        yield
    finally:
        _places.release()


def token_in(text: str) -> str:
    """The token in what was pasted: without line breaks, ``Bearer``, quotes, or a Secret's base64. Raises NotTaken."""
    if len(text) > MOST_PASTED:
        raise NotTaken(too_long())
    found = text.strip().strip("\"'`")
    if scheme := SCHEME.match(found):
        found = found[scheme.end() :]
    found = UNSEEN.sub("", found).strip("\"'`")
    if not found:
        raise NotTaken(
            Problem(_("Nothing was pasted"), "", _("Copy the token and paste it into the field."), status=400)
        )
    if len(found) > LONGEST:
        raise NotTaken(too_long())
    if found.startswith(ENCODED):
        found = decoded(found)
    if found.startswith(ARMOUR) or not BEARER_TOKEN.fullmatch(found):
        raise NotTaken(Problem(_("This is no token"), "", advice_for(found), status=400))
    return found


def too_long() -> Problem:
    """More than any token is."""
    advice = _("Paste the token alone, as kubectl create token prints it.")
    return Problem(_("This is too long for a token"), "", advice, status=400)


def decoded(text: str) -> str:
    """What a Secret's base64 stands for; ``text`` itself where it is none."""
    try:
        return base64.b64decode(text, validate=True).decode("ascii").strip()
    except (binascii.Error, ValueError):
        return text


def advice_for(text: str) -> str:
    """What to paste instead of what was pasted."""
    if text.startswith(ARMOUR):
        return _("It is a certificate or a key. Paste a token, as kubectl create token prints it.")
    if text.startswith(("{", "apiVersion")):
        return _("It is a whole document. Paste the value of its token alone.")
    return _("A token is one word of letters, digits and . _ - alone, as kubectl create token prints it.")


def expired(when: float) -> Problem:
    """A token that is over by its own words."""
    ago = {"ago": duration(time.time() - when), "when": moment_at(when)}
    advice = _("It ended %(ago)s ago, at %(when)s. Get a new one and paste that.") % ago
    return Problem(_("This token has expired"), "", advice, status=422)


def owner(cluster: Cluster, token: str) -> UserInfo:
    """Whom the API server takes the bearer of ``token`` for (SelfSubjectReview). Raises NotTaken."""
    try:
        who = permissions.who_am_i(connect(cluster, BearerToken(token), CHECK_SECONDS))
    except Unauthorized as error:
        raise NotTaken(refused(cluster, token)) from error
    except ClusterError as error:
        raise NotTaken(replace(problem_of(error), status=502)) from error
    if who.username in ("", NOBODY):
        raise NotTaken(refused(cluster, token))
    return who


def refused(cluster: Cluster, token: str) -> Problem:
    """A token that the cluster does not know, or not any more, and why that probably is."""
    title = _("%(cluster)s does not know this token") % {"cluster": cluster}
    return Problem(title, "", claims.likely_reason(token, issuer="", audience=""), status=422)
