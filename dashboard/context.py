"""What every page shows: where one is, who one is, where one can go."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clusters.kinds import DEPLOYMENTS, KNOWN, PODS
from clusters.models import Cluster
from dashboard import signin
from dashboard.links import home_url, list_url, namespaces_url
from dashboard.views.preferences import theme_of


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
        "namespaces_url": namespaces_picker(request, cluster) if cluster else "",
        "nav": nav_items(request, cluster, namespace) if cluster else [],
        "person": signin.person(request),
        "way": signin.way_title(request),
        "theme": theme_of(request),
        "request_id": getattr(request, "request_id", ""),
        "csp_nonce": getattr(request, "csp_nonce", ""),
    }


def namespaces_picker(request: HttpRequest, cluster: Cluster) -> str:
    """The picker's URL, with the kind that is open, so that choosing a namespace stays with it."""
    match = request.resolver_match
    kind = match.kwargs.get("kind", "") if match else ""
    return f"{namespaces_url(cluster)}?kind={kind}" if kind else namespaces_url(cluster)


def nav_items(request: HttpRequest, cluster: Cluster, namespace: str) -> list[NavItem]:
    """Home, pods, workloads and all else; the place that is open is marked."""
    match = request.resolver_match
    where = match.url_name if match else ""
    kind = match.kwargs.get("kind", "") if match else ""
    workloads = {key for key, each in KNOWN.items() if each.scalable or key == "daemonsets.apps"}
    return [
        NavItem("home", _("Home"), home_url(cluster), where == "home", "house"),
        NavItem("pods", _("Pods"), list_url(cluster, PODS, namespace), kind == PODS.key, "box"),
        NavItem("workloads", _("Workloads"), list_url(cluster, DEPLOYMENTS, namespace), kind in workloads, "layers"),
        NavItem("more", _("More"), f"{home_url(cluster)}more/", where == "more", "ellipsis"),
    ]
