"""Who is asking? One module per way in; PORTHOLE_WAYS names those that are on.

A way is a module with

    TITLE                          what people read
    urlpatterns                    its own pages, under /signin/<name>/
    person(request)                the signed-in person's display name
    clusters(request)              the clusters that this way leads to, as Cluster objects
    credentials(request, cluster)  what the person presents there, or None where there is nothing to present

and calls ``sign_in`` once it knows who it is. Views ask the functions below and never a way itself.
"""

from importlib import import_module
from types import ModuleType

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.functional import Promise

from clusters.credentials import Credentials
from clusters.models import Cluster

SESSION_KEY = "way"


def ways() -> dict[str, ModuleType]:
    """The ways in that are on, by name, in the operator's order."""
    return {name: import_module(f"{__name__}.{name}") for name in settings.CONFIG["PORTHOLE_WAYS"]}


def sign_in(request: HttpRequest, way: str, facts: dict[str, str]) -> None:
    """Begin a session: a new key and a new CSRF token, and ``facts`` that the way needs again later."""
    request.session.flush()
    request.session[SESSION_KEY] = way
    request.session.update(facts)
    rotate_token(request)


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


def clusters(request: HttpRequest) -> list[Cluster]:
    """The clusters that this person can open, as rows of the admin present them."""
    way = active(request)
    if not way:
        return []
    rows = {row.server.rstrip("/"): row for row in Cluster.objects.all()}
    found = [presented(cluster, rows.get(cluster.server.rstrip("/"))) for cluster in way.clusters(request)]
    return sorted(found, key=lambda cluster: cluster.position)


def presented(cluster: Cluster, row: Cluster | None) -> Cluster:
    """A cluster that a way leads to, with the name, looks and default of the row for the same API server.

    What decides where credentials are sent and who is trusted stays the way's own.
    """
    if row:
        for field in ("name", "title", "color", "production", "position"):
            setattr(cluster, field, getattr(row, field))
        cluster.default_namespace = row.default_namespace or cluster.default_namespace
    return cluster


def credentials(request: HttpRequest, cluster: Cluster) -> Credentials | None:
    """What the person presents at ``cluster``, or None."""
    way = active(request)
    found: Credentials | None = way.credentials(request, cluster) if way else None
    return found
