"""The way to a cluster: signing in and out, the list of clusters, the first page."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from clusters.kinds import PODS
from clusters.models import Cluster
from dashboard import signin
from dashboard.access import signed_in
from dashboard.links import home_url, list_url, with_query
from dashboard.returns import came_from, next_url, own_path, place_before
from dashboard.views.parts import Link

# What was ended by signing out, for the sign-in page to say: the way there may lead by the identity provider.
LEFT = "left"
LEFT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way to sign in: a button that leads to ``url``, or a form with what its template needs."""

    title: str | Promise
    hint: str | Promise
    url: str
    template: str
    form: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The context of signin/signin.html, as ``page``; ``left`` is what was ended: ``here``, ``provider``, ``token``.

    ``folded``: a form that is long unfolds on a tap, since there are other ways beside it.
    """

    buttons: list[WayIn]
    forms: list[WayIn]
    next: str
    ended: bool
    left: str
    folded: bool


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
    found = [way_in(request, name, way) for name, way in signin.ways().items()]
    page = SignInPage(
        buttons=[way for way in found if way.url],
        forms=[way for way in found if not way.url],
        next=next_url(request),
        ended="ended" in request.GET,
        left=request.COOKIES.get(LEFT, ""),
        folded=len(found) > 1,
    )
    response = render(request, "signin/signin.html", {"page": page})
    if page.left:
        response.delete_cookie(LEFT)
    return response


def way_in(request: HttpRequest, name: str, way: ModuleType) -> WayIn:
    """How a way is offered: by a button where it begins at a URL, else by its form, else by its hint."""
    start, form = getattr(way, "START", ""), getattr(way, "form", None)
    return WayIn(
        title=way.TITLE,
        hint=way.HINT,
        url=with_query(reverse(start), next=next_url(request)) if start else "",
        template=f"signin/_{name}.html" if form else "signin/_hint.html",
        form=form(request) if form else {},
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, at the identity provider too where the way in can; all that it held is deleted."""
    by_token = request.session.get(signin.SESSION_KEY) == "token"
    elsewhere = signin.leave(request)
    response = redirect(elsewhere or "signin")
    left = "provider" if elsewhere else "token" if by_token else "here"
    response.set_cookie(LEFT, left, max_age=LEFT_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure())
    return response


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
