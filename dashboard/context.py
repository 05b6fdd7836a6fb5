"""What every page shows: where one is, who one is, where one can go."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clusters.kinds import DEPLOYMENTS, KNOWN, PODS
from clusters.models import Cluster
from dashboard import signin
from dashboard.links import ALL, home_url, list_url, more_url, namespaces_url
from dashboard.returns import from_all_namespaces
from dashboard.views.preferences import theme_of

NAMESPACED_PAGES = {"home", "more"}


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place of the bottom bar."""

    key: str
    label: str | Promise
    url: str
    current: bool
    icon: str


def page_context(request: HttpRequest) -> dict[str, Any]:
    """The context of base.html; empty values where nobody is signed in or no cluster is open."""
    cluster: Cluster | None = getattr(request, "cluster", None)
    namespace: str = getattr(request, "namespace", "")
    return {
        "cluster": cluster,
        "namespace": namespace,
        "namespaces_url": namespaces_picker(request, cluster, namespace) if cluster else "",
        "nav": nav_items(request, cluster, namespace) if cluster else [],
        "person": signin.person(request),
        "way": signin.way_title(request),
        "theme": theme_of(request),
        "request_id": getattr(request, "request_id", ""),
        "csp_nonce": getattr(request, "csp_nonce", ""),
    }


def namespaces_picker(request: HttpRequest, cluster: Cluster, namespace: str) -> str:
    """The picker's URL, with the kind or page that is open, so that choosing a namespace stays with it."""
    match = request.resolver_match
    kind = match.kwargs.get("kind", "") if match else ""
    page = match.url_name if match and match.url_name in NAMESPACED_PAGES else ""
    return namespaces_url(cluster, kind=kind, page=page or "", namespace=namespace or ALL)


def nav_items(request: HttpRequest, cluster: Cluster, namespace: str) -> list[NavItem]:
    """Home, pods, workloads and all else; the place that is open is marked."""
    match = request.resolver_match
    where = match.url_name if match else ""
    kind = match.kwargs.get("kind", "") if match else ""
    # All namespaces were asked for where a query says so and names none.
    everywhere = bool(request.GET.get("namespace", ""))
    if match and match.kwargs.get("name") and from_all_namespaces(request, cluster, kind):
        namespace, everywhere = "", bool(cluster.default_namespace)
    kept = namespace or (ALL if everywhere else "")
    workloads = {key for key, each in KNOWN.items() if each.scalable or key == "daemonsets.apps"}
    return [
        NavItem("home", _("Home"), home_url(cluster, kept), where == "home", "house"),
        NavItem("pods", _("Pods"), list_url(cluster, PODS, namespace), kind == PODS.key, "box"),
        NavItem("workloads", _("Workloads"), list_url(cluster, DEPLOYMENTS, namespace), kind in workloads, "layers"),
        NavItem("more", _("More"), more_url(cluster, kept), where == "more", "ellipsis"),
    ]
