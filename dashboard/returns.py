"""Where to go back to: a path of our own and nothing else."""

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from clusters.kinds.kind import Kind
from clusters.models import Cluster
from dashboard.links import ALL, home_url, list_url

LONGEST = 1000
# What a list's address says of the list; where in it one was is forgotten, since the server forgets it too.
OF_A_LIST = ("q", "selector", "state", "sort")


def own_path(url: str) -> str:
    """``url`` if it is a path on this site, else ``/``."""
    safe = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if safe else "/"


def next_url(request: HttpRequest) -> str:
    """The path in the field ``next`` of a form or query, or ``/``."""
    return own_path(request.POST.get("next") or request.GET.get("next") or "/")


def came_from(request: HttpRequest) -> str:
    """Where a page was opened from: what its ``back`` says, else the page that led here, if it is one of ours."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    led_here = f"{referrer.path}?{referrer.query}" if referrer.netloc == request.get_host() else ""
    return (request.GET.get("back") or led_here)[:LONGEST]


def place_before(request: HttpRequest, cluster: Cluster) -> tuple[ResolverMatch | None, QueryDict]:
    """The page of this cluster that led here, if one did, and what its query asked for."""
    address, _mark, query = came_from(request).partition("?")
    try:
        place = resolve(unquote(address))
    except Resolver404:
        return None, QueryDict()
    return (place if place.kwargs.get("cluster") == cluster.name else None), QueryDict(query)


def from_all_namespaces(request: HttpRequest, cluster: Cluster, kind: str) -> bool:
    """Whether an object of ``kind`` was opened from a home or from its list, of all namespaces."""
    place, given = place_before(request, cluster)
    if place and place.url_name == "home":
        return (given.get("namespace") or cluster.default_namespace or ALL) == ALL
    return bool(
        place and place.url_name == "list" and place.kwargs["kind"] == kind and place.kwargs["namespace"] == ALL
    )


def way_back(request: HttpRequest, cluster: Cluster, kind: Kind, namespace: str) -> tuple[str, str]:
    """The label and URL of the way back from an object: to the list of its kind as it was, or home.

    The URL is made anew from what was understood of the address, so that it can lead nowhere else.
    """
    place, given = place_before(request, cluster)
    if place:
        if place.url_name == "home":
            return _("Home"), home_url(cluster, given.get("namespace", ""))
        if place.url_name == "list" and place.kwargs["kind"] == kind.key:
            where = "" if place.kwargs["namespace"] == ALL else place.kwargs["namespace"]
            return str(kind.title_plural), list_url(
                cluster, kind, where, **{key: given.get(key, "") for key in OF_A_LIST}
            )
    return str(kind.title_plural), list_url(cluster, kind, namespace)
