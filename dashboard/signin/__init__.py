"""Who is asking? One module per way in; PORTHOLE_WAYS names those that are on.

A way is a module with

    TITLE, HINT                    what people read of it before they are signed in
    urlpatterns                    its own pages, under /signin/<name>/
    person(request)                the signed-in person's display name
    clusters(request)              the clusters that this way leads to, by a key of its own
    credentials(request, cluster, key)
                                   what the person presents there, or None where there is nothing to present;
                                   raises SignInAgain where there was something and it is over

and, where it needs them,

    CONFIGURED                     True where ``clusters`` are those that the operator set up, by name (``set_up``)
    START                          the name of the URL that begins it, to which the sign-in page has a button
    form(request)                  the context of signin/_<name>.html, its part of the sign-in page in place of a button
    PRESENTS                       in words, which token of it goes to clusters
    ROOT_URLPATTERNS               pages whose addresses others have registered, such as /oidc-callback
    arrive(request)                recognise the person by the request itself, before any view; may answer it at once
    until(request)                 until when (epoch seconds) the request is good for, where it is not its session
    verified_claims(request)       what somebody who is trusted says of the person now, such as their groups
    leave(request)                 end what is open elsewhere before the session is erased; says where to go then

It calls ``sign_in`` once it knows who it is. Views ask the functions below and never a way itself.
"""

import time
from dataclasses import asdict, dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clusters import declared
from clusters.credentials import Credentials
from clusters.errors import NoCredentials
from clusters.models import Cluster
from clusters.names import unused
from dashboard.sessions import BROWSER, IDENTITY, SessionStore, drop_not_returned

SESSION_KEY = "way"
LEADS_TO = "leads_to"  # a fact of the session: the origin that signing out goes on to
LONGEST_BROWSER = 300


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to whoever vouches for them: the pair that never changes hands (OpenID Connect Core 5.7)."""

    issuer: str
    subject: str
    name: str = ""
    sid: str = ""


class SignInAgain(NoCredentials):
    """What somebody signed in with is over; ``start`` names the URL that a page may go on to without asking them.

    With ``cluster`` that is so for this cluster alone, and the session goes on.
    """

    def __init__(self, message: str = "", *, start: str = "", cluster: str = "") -> None:
        super().__init__(message or _("Your sign-in has ended."), reason="SignInAgain")
        self.start = start
        self.cluster = cluster


def ways() -> dict[str, ModuleType]:
    """The ways in that are on, by name, in the operator's order."""
    return {name: import_module(f"{__name__}.{name}") for name in settings.CONFIG["PORTHOLE_WAYS"]}


def sign_in(request: HttpRequest, way: str, facts: dict[str, Any], who: Identity, *, asked: bool = True) -> None:
    """Begin a session: a new key and a new CSRF token, and ``facts`` that the way needs again later.

    Not ``asked`` is one that the request begins by itself: scripts and probes bring no cookie back, and each of their
    requests would leave a session behind.
    """
    SessionStore.clear_expired()
    request.session.flush()
    request.session.returned = asked  # type: ignore[attr-defined]
    request.session[SESSION_KEY] = way
    request.session[IDENTITY] = asdict(who)
    request.session[BROWSER] = request.headers.get("User-Agent", "")[:LONGEST_BROWSER]
    request.session.update(facts)
    request.session.save()  # a way may keep tokens beside it at once
    if not asked:
        drop_not_returned()
    rotate_token(request)


def go_on(request: HttpRequest, who: Identity) -> None:
    """Keep the session of somebody whom their provider knows by another ``sid`` since: that is what it may end."""
    request.session[IDENTITY] = asdict(who)


def identity(request: HttpRequest) -> Identity | None:
    """Who the session says it is."""
    found = request.session.get(IDENTITY)
    return Identity(**found) if found else None


def arrive(request: HttpRequest) -> HttpResponse | None:
    """Let the ways that know people by the request itself begin or end a session; an answer is the last word."""
    for way in ways().values():
        if hasattr(way, "arrive") and (response := way.arrive(request)):
            return response
    return None


def leave(request: HttpRequest) -> str:
    """Erase the session, after its way has ended what is open elsewhere; the address to go to then, or ""."""
    way = active(request)
    try:
        return str(way.leave(request)) if way and hasattr(way, "leave") else ""
    finally:
        request.session.flush()


def until(request: HttpRequest) -> float | None:
    """Until when (epoch seconds) what the request itself vouches for is good, such as a token that a proxy forwards."""
    way = active(request)
    found: float | None = way.until(request) if way and hasattr(way, "until") else None
    return found


def over(request: HttpRequest) -> bool:
    """Whether what the request itself vouched for has ended."""
    ends = until(request)
    return ends is not None and ends <= time.time()


def active(request: HttpRequest) -> ModuleType | None:
    """The way by which this person is signed in, if they are."""
    return ways().get(request.session.get(SESSION_KEY, ""))


def way_title(request: HttpRequest) -> str | Promise:
    """How the person is signed in, for them to read."""
    way = active(request)
    return way.TITLE if way else ""


def person(request: HttpRequest) -> str:
    """The signed-in person's display name, empty where nobody is signed in."""
    way = active(request)
    return str(way.person(request)) if way else ""


def verified_claims(request: HttpRequest) -> dict[str, Any]:
    """What somebody who is trusted says of the person now; empty where their way in has nobody who vouches."""
    way = active(request)
    return dict(way.verified_claims(request)) if way and hasattr(way, "verified_claims") else {}


def groups(request: HttpRequest) -> list[str]:
    """The groups that the person's provider vouches for now."""
    found = verified_claims(request).get(settings.CONFIG["PORTHOLE_ADMIN_GROUPS_CLAIM"], [])
    several = [found] if isinstance(found, str) else found
    return [group for group in several if isinstance(group, str)] if isinstance(several, list) else []


def clusters(request: HttpRequest) -> list[Cluster]:
    """The clusters that this person can open, in order, as rows of the admin present them."""
    return [cluster for _key, cluster in entrances(request)]


def credentials(request: HttpRequest, name: str) -> tuple[Cluster, Credentials | None] | None:
    """The cluster of that name and what the person presents there; None where they can open no such cluster."""
    way = active(request)
    for key, cluster in entrances(request):
        if way and cluster.name == name:
            return cluster, pasted(request, cluster) or way.credentials(request, cluster, key)
    return None


def pasted(request: HttpRequest, cluster: Cluster) -> Credentials | None:
    """The token that the person gave this cluster alone, where that way is on. Raises SignInAgain."""
    token = ways().get("token")
    found: Credentials | None = token.pasted(request, cluster) if token else None
    return found


def entrances(request: HttpRequest) -> list[tuple[str, Cluster]]:
    """Each cluster with the key by which the person's way in knows it, in order; no two have the same name."""
    way = active(request)
    if not way:
        return []
    found = way.clusters(request)
    if not getattr(way, "CONFIGURED", False):
        dress(found)
    return sorted(found.items(), key=lambda entrance: entrance[1].position)


def set_up(_request: HttpRequest) -> dict[str, Cluster]:
    """The ``clusters`` of a way that leads to those that the operator set up, by the names that they were given."""
    found = {cluster.name: cluster for cluster in declared.configured()}
    for cluster in found.values():
        cluster.title = str(cluster)
    return found


def dress(led_to: dict[str, Cluster]) -> None:
    """Present the clusters that a way leads to as the admin's row for the API server does, where there is one."""
    rows = {row.server.rstrip("/"): row for row in Cluster.objects.all()}
    unnamed = set(rows)
    taken = {row.name for row in rows.values()}
    for cluster in led_to.values():
        server = cluster.server.rstrip("/")
        if server in rows:
            present(cluster, rows[server])
        if server in unnamed:
            unnamed.remove(server)
            cluster.name, cluster.title = rows[server].name, str(rows[server])
        else:
            cluster.name = unused(cluster.name, taken)


def present(cluster: Cluster, row: Cluster) -> None:
    """Give a cluster that a way leads to the looks and the default of the row for the same API server.

    Its name goes to the first that leads there only, its marks to all. What decides where credentials are sent and who
    is trusted stays the way's own.
    """
    cluster.color, cluster.production, cluster.position = row.color, row.production, row.position
    cluster.default_namespace = row.default_namespace or cluster.default_namespace
