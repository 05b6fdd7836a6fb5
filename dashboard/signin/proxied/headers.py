"""What an identity-aware proxy says in request headers, read with care: anybody can write a header.

Only headers that the settings name are read, and only from peers in PROXY_AUTH_TRUSTED_NETWORKS. A proxy replaces the
headers that it injects and passes on all others as its clients wrote them, so no header stands in for another.
"""

import re
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from clusters.credentials import BEARER_TOKEN

LONGEST_NAME = 1000
NO_HEADER = "-"  # as a setting: the proxy writes none of that kind
BEARER = re.compile(r"bearer +", re.IGNORECASE)  # RFC 9110 section 11.1: schemes have no case


class Unacceptable(Exception):
    """The proxy's word is not taken: the message tells people why, ``word`` tells programs, ``advice`` what to do."""

    def __init__(self, word: str, message: str, advice: str = "", status: int = 401) -> None:
        super().__init__(message)
        self.word, self.message, self.advice, self.status = word, message, advice, status


@dataclass(frozen=True, slots=True)
class Told:
    """What the headers of one request say, each "" or () where it says nothing; nobody has verified it."""

    user: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()
    token: str = field(default="", repr=False)


def told(request: HttpRequest) -> Told | None:
    """What the proxy's headers say, None where they name nobody. Raises Unacceptable."""
    config = settings.CONFIG
    found = Told(
        user=name_in(request, config["PROXY_AUTH_USERNAME_HEADER"]),
        email=email_in(request, config["PROXY_AUTH_EMAIL_HEADER"]),
        groups=groups_in(request, config["PROXY_AUTH_GROUP_HEADER"]),
        token=token_in(request, config["PROXY_AUTH_TOKEN_HEADER"]),
    )
    return found if found.user or found.email or found.token else None


def value_in(request: HttpRequest, header: str) -> str:
    """The value of a header, "" without one. Raises Unacceptable where it is not UTF-8 or has control characters."""
    raw = request.headers.get(header, "").strip(" \t") if header not in ("", NO_HEADER) else ""
    try:
        value = raw.encode("latin-1").decode()  # WSGI gives bytes as Latin-1 (PEP 3333)
    except UnicodeError as error:
        raise Unacceptable("characters", _("The header %(header)s is not UTF-8.") % {"header": header}) from error
    if not value.isprintable():
        raise Unacceptable("characters", _("The header %(header)s has control characters.") % {"header": header})
    return value


def name_in(request: HttpRequest, header: str) -> str:
    """The one name of a person in a header. Raises Unacceptable where there are several, or one of Kubernetes' own."""
    name = value_in(request, header)
    # A header that came twice arrives with a comma between, and which of the two the proxy wrote cannot be told.
    if "," in name:
        raise Unacceptable("several", _("The header %(header)s names more than one person.") % {"header": header})
    if name.lower().startswith("system:") or len(name) > LONGEST_NAME:
        raise Unacceptable("name", _("The name in the header %(header)s is not a person's.") % {"header": header})
    return name


def email_in(request: HttpRequest, header: str) -> str:
    """The one e-mail address in a header. Raises Unacceptable."""
    email = name_in(request, header)
    if email and (email.count("@") != 1 or " " in email):
        raise Unacceptable("email", _("The header %(header)s holds no e-mail address.") % {"header": header})
    return email


def groups_in(request: HttpRequest, header: str) -> tuple[str, ...]:
    """The groups in a header, with commas between. Raises Unacceptable."""
    return tuple(group for part in value_in(request, header).split(",") if (group := part.strip()))


def token_in(request: HttpRequest, header: str) -> str:
    """The one token in a header, with or without ``Bearer``. Raises Unacceptable."""
    value = value_in(request, header)
    token = BEARER.sub("", value, count=1) if BEARER.match(value) else value
    if token and not BEARER_TOKEN.fullmatch(token):
        raise Unacceptable("token", _("The header %(header)s holds no token, or more than one.") % {"header": header})
    return token
