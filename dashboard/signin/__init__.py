"""Who is asking? One module per way in; PORTHOLE_WAYS names those that are on.

A way is a module with

    TITLE, HINT                    what people read of it before they are signed in
    urlpatterns                    its own pages, under /signin/<name>/
    person(request)                the signed-in person's display name
    clusters(request)              the clusters that this way leads to, by a key of its own
    credentials(request, key)      what the person presents there, or None where there is nothing to present

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
from clusters.names import unused

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
    """The clusters that this person can open, in order, as rows of the admin present them."""
    return [cluster for _key, cluster in entrances(request)]


def credentials(request: HttpRequest, name: str) -> tuple[Cluster, Credentials | None] | None:
    """The cluster of that name and what the person presents there; None where they can open no such cluster."""
    way = active(request)
    for key, cluster in entrances(request):
        if way and cluster.name == name:
            return cluster, way.credentials(request, key)
    return None


def entrances(request: HttpRequest) -> list[tuple[str, Cluster]]:
    """Each cluster with the key by which the person's way in knows it; no two have the same name."""
    way = active(request)
    if not way:
        return []
    rows = {row.server.rstrip("/"): row for row in Cluster.objects.all()}
    unnamed = set(rows)
    taken = {row.name for row in rows.values()}
    found = []
    for key, cluster in way.clusters(request).items():
        server = cluster.server.rstrip("/")
        if server in rows:
            present(cluster, rows[server])
        if server in unnamed:
            unnamed.remove(server)
            cluster.name, cluster.title = rows[server].name, str(rows[server])
        else:
            cluster.name = unused(cluster.name, taken)
        found.append((key, cluster))
    return sorted(found, key=lambda entrance: entrance[1].position)


def present(cluster: Cluster, row: Cluster) -> None:
    """Give a cluster that a way leads to the looks and the default of the row for the same API server.

    Its name goes to the first that leads there only, its marks to all. What decides where credentials are sent and who
    is trusted stays the way's own.
    """
    cluster.color, cluster.production, cluster.position = row.color, row.production, row.position
    cluster.default_namespace = row.default_namespace or cluster.default_namespace
