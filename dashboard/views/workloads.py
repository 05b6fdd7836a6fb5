"""A Deployment, StatefulSet, ReplicaSet or DaemonSet: how far it is, its pods, and the way to scale it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from clusters import errors, permissions, tables
from clusters import workloads as workloads_of
from clusters.connection import Connection
from clusters.kinds import PODS
from clusters.kinds.kind import Kind
from clusters.wire import Autoscaler
from clusters.workloads import Workload
from dashboard import undo
from dashboard.links import object_url
from dashboard.problems import Problem, problem_of
from dashboard.views.parts import Details, Head, Link, StateView, details, head, moment, owner_link
from dashboard.views.pods import pods_url
from dashboard.views.rows import Fact, RowView, layout

KINDS = {"deployments.apps", "statefulsets.apps", "replicasets.apps", "daemonsets.apps"}
PODS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Undo:
    """The way back from a scaling: to ``replicas``, as long as the number is still ``seen``."""

    replicas: int
    seen: int
    action_url: str


@dataclass(frozen=True, slots=True)
class WorkloadPage:
    """The context of objects/workload.html, as ``page``."""

    head: Head
    state: StateView
    facts: list[Fact]
    images: list[str]
    pods: list[RowView]
    pods_problem: Problem | None
    pods_url: str
    details: Details
    owner: Link | None
    scale_url: str
    may_scale: bool
    stream_url: str
    autoscaler: Fact | None
    undo: Undo | None
    all_namespaces: bool = False


def workload_page(request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str) -> HttpResponse:
    """The page of one workload. Raises ClusterError where the workload itself cannot be read."""
    workload = workloads_of.read(connection, kind, namespace, name)
    selector = workloads_of.selector_text(workload.spec.selector)
    rows, pods_problem = pod_rows(connection, namespace, selector)
    state = state_view(kind, workload, rows)
    top = head(request, connection, kind, namespace, name, "object")
    scale_url = object_url(connection.cluster, kind, namespace, name, "scale", **top.keep)
    page = WorkloadPage(
        head=top,
        state=state,
        facts=facts(workload),
        images=[container.image for container in workload.spec.template.spec.containers],
        pods=rows,
        pods_problem=pods_problem,
        pods_url=pods_url(connection, namespace, selector),
        details=details(connection, kind, namespace, workload.metadata, workload.status.conditions),
        owner=owner_link(connection, namespace, workload.metadata),
        scale_url=scale_url if kind.scalable else "",
        may_scale=kind.scalable and may_scale(connection, kind, namespace, name),
        stream_url=object_url(connection.cluster, kind, namespace, name, watch="1"),
        autoscaler=autoscaler_fact(connection, kind, namespace, name),
        undo=undo_of(request, connection, kind, namespace, name, state.wanted, scale_url),
    )
    return render(request, "objects/workload.html", {"page": page})


def state_view(kind: Kind, workload: Workload, pods: list[RowView]) -> StateView:
    """The state of a workload and how far its rollout is; of its pods, those in trouble or on their way are enough."""
    progress = workloads_of.progress(kind, workload, [pod.tone for pod in pods])
    return StateView(
        progress.state.tone,
        progress.state.word,
        workloads_of.why(workload),
        progress.wanted,
        progress.available,
        progress.rollout,
    )


def facts(workload: Workload) -> list[Fact]:
    """What does not change while the page is open; the numbers do, and stand in its live state."""
    strategy = workload.spec.strategy.type or workload.spec.update_strategy.type
    candidates = (
        (_("Strategy"), strategy),
        (_("Rollout"), _("Paused") if workload.spec.paused else ""),
        (_("Created"), moment(workload.metadata.creation_timestamp)),
    )
    return [Fact(label, text) for label, text in candidates if text]


def pod_rows(connection: Connection, namespace: str, selector: str) -> tuple[list[RowView], Problem | None]:
    """The first pods of a workload, those that need attention first, or why they cannot be shown."""
    query = tables.Query(selector=selector, limit=tables.WALK)
    try:
        found = tables.page(connection, PODS, namespace, query)
    except errors.ClusterError as error:
        return [], problem_of(error, _("The pods cannot be shown"))
    order = {"bad": 0, "warn": 1, "busy": 2}
    rows = sorted(found.rows, key=lambda row: order.get(row.state.tone, 3))[:PODS_SHOWN]
    return layout(connection.cluster, PODS, found.columns).views(rows), None


def may_scale(connection: Connection, kind: Kind, namespace: str, name: str) -> bool:
    """Whether to show the way to scale; not where the API server will not say."""
    try:
        return permissions.allowed(connection, "update", kind, namespace, name, "scale")
    except errors.Refused:
        return False


def autoscaler_fact(connection: Connection, kind: Kind, namespace: str, name: str) -> Fact | None:
    """Who else changes the number; None where nobody does or where one may not know."""
    if not kind.scalable:
        return None
    try:
        found = workloads_of.autoscaler_of(connection, kind, namespace, name)
    except errors.Refused:
        return None
    return Fact(_("An autoscaler owns this number"), autoscaler_words(found)) if found else None


def autoscaler_words(autoscaler: Autoscaler) -> str:
    """What an autoscaler does with the number."""
    words = {
        "name": autoscaler.metadata.name,
        "least": autoscaler.spec.min_replicas,
        "most": autoscaler.spec.max_replicas,
    }
    return (
        _(
            "%(name)s keeps it between %(least)d and %(most)d and will change what you set. "
            "It pauses while there are zero replicas."
        )
        % words
    )


def undo_of(
    request: HttpRequest,
    connection: Connection,
    kind: Kind,
    namespace: str,
    name: str,
    wanted: int | None,
    scale_url: str,
) -> Undo | None:
    """The way back, right after a scaling that is still in force."""
    scaled = undo.offered(request, connection, kind, namespace, name)
    if scaled is None or scaled[1] != wanted:
        return None
    before, after = scaled
    return Undo(before, after, scale_url)
