"""The way to a cluster: signing in and out, the list of clusters, the first page."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from clusters.kinds import PODS
from clusters.models import Cluster
from dashboard import signin
from dashboard.access import signed_in
from dashboard.links import home_url, list_url
from dashboard.returns import came_from, next_url, own_path, place_before
from dashboard.views.parts import Link


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """A cluster in the list of clusters."""

    cluster: Cluster
    url: str
    server: str


@dataclass(frozen=True, slots=True)
class ClustersPage:
    """The context of clusters/list.html, as ``page``: the clusters that one can open, and the way back into one."""

    rows: list[ClusterCard]
    back: Link | None


@require_safe
@cache_control(public=True, max_age=86400)
def favicon(_request: HttpRequest) -> HttpResponse:
    """The icon, where browsers look for one that read no page."""
    return redirect(static("icons/porthole-192.png"))


@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """The ways in; somebody who is signed in already goes on."""
    if signin.active(request):
        return redirect(next_url(request))
    ways = signin.ways()
    context: dict[str, Any] = {
        "ways": [{"name": name, "title": way.TITLE, "hint": way.HINT} for name, way in ways.items() if name != "demo"],
        "demo_people": ways["demo"].PEOPLE if "demo" in ways else [],
        "next": next_url(request),
    }
    return render(request, "signin/signin.html", context)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, at the identity provider too where the way in can; all that it held is deleted."""
    return redirect(signin.leave(request) or "signin")


@require_safe
@signed_in
def first_page(request: HttpRequest) -> HttpResponse:
    """The only cluster's home, or the list of clusters."""
    clusters = signin.clusters(request)
    return redirect(home_url(clusters[0])) if len(clusters) == 1 else redirect("clusters")


@require_safe
@signed_in
def clusters(request: HttpRequest) -> HttpResponse:
    """The list of clusters; opening one asks nothing of the others, so a dead one delays nobody."""
    found = signin.clusters(request)
    rows = [
        ClusterCard(
            cluster,
            list_url(cluster, PODS, cluster.default_namespace) if cluster.default_namespace else home_url(cluster),
            cluster.server,
        )
        for cluster in found
    ]
    return render(request, "clusters/list.html", {"page": ClustersPage(rows, back_into(request, found))})


def back_into(request: HttpRequest, found: list[Cluster]) -> Link | None:
    """The page of a cluster that led here."""
    for cluster in found:
        place, _query = place_before(request, cluster)
        if place:
            return Link(cluster.title, own_path(came_from(request).rstrip("?")))
    return None
