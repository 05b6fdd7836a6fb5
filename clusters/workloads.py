"""Deployments, StatefulSets, ReplicaSets and DaemonSets: how far they are, and what owns their number."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.answers import LARGEST_OBJECT
from clusters.connection import Connection
from clusters.kinds import AUTOSCALERS
from clusters.kinds.kind import Kind, State
from clusters.kinds.replicas import replicas_state
from clusters.pods import PodCondition, PodSpec
from clusters.wire import Autoscaler, AutoscalerList, Few, Int, Metadata, Wire


class Requirement(Wire, frozen=True):
    """meta/v1 LabelSelectorRequirement."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[str] = []


class Selector(Wire, frozen=True):
    """meta/v1 LabelSelector."""

    match_labels: Annotated[dict[str, str], Few] = {}
    match_expressions: Annotated[list[Requirement], Few] = []


class Template(Wire, frozen=True):
    """core/v1 PodTemplateSpec."""

    spec: PodSpec = PodSpec()


class Strategy(Wire, frozen=True):
    """apps/v1 DeploymentStrategy and its like."""

    type: str = ""


class WorkloadSpec(Wire, frozen=True):
    """What the four kinds' specs have in common; replicas is left out by the API server when zero is not meant."""

    replicas: Int = 1
    paused: bool = False
    selector: Selector = Selector()
    template: Template = Template()
    strategy: Strategy = Strategy()
    update_strategy: Strategy = Strategy()


class WorkloadStatus(Wire, frozen=True):
    """What the four kinds' statuses tell; each kind fills its own part."""

    observed_generation: Int = 0
    replicas: Int = 0
    ready_replicas: Int = 0
    updated_replicas: Int = 0
    available_replicas: Int = 0
    desired_number_scheduled: Int = 0
    number_ready: Int = 0
    number_available: Int = 0
    updated_number_scheduled: Int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: Annotated[list[PodCondition], Few] = []


class Workload(Wire, frozen=True):
    """apps/v1 Deployment, StatefulSet, ReplicaSet or DaemonSet."""

    kind: Literal["Deployment", "StatefulSet", "ReplicaSet", "DaemonSet"]
    metadata: Metadata = Metadata()
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a workload is: pod counts, the state, and the rollout in words."""

    wanted: int
    ready: int
    updated: int
    available: int
    state: State
    rollout: str


def read(connection: Connection, kind: Kind, namespace: str, name: str) -> Workload:
    """One workload. Raises ClusterError."""
    return connection.get(kind.path(namespace, name), type=Workload, largest=LARGEST_OBJECT)


def progress(kind: Kind, workload: Workload, tones: Collection[str] = ()) -> Progress:
    """How far a workload of ``kind`` is; ``tones`` are those of its pods, where they are known."""
    status = workload.status
    if kind.plural == "daemonsets":
        wanted, ready = status.desired_number_scheduled, status.number_ready
        updated, available = status.updated_number_scheduled, status.number_available
    else:
        wanted, ready = workload.spec.replicas, status.ready_replicas
        updated, available = status.updated_replicas, status.available_replicas
    if kind.plural == "replicasets":
        updated = status.replicas
    if kind.plural == "statefulsets" and status.current_revision == status.update_revision:
        # Once a rollout is done, the controller counts nobody as updated.
        updated = status.replicas
    seen = status.observed_generation >= workload.metadata.generation
    noticed = updated if seen else min(updated, wanted - 1)
    state = replicas_state(ready, wanted, noticed, per_node=kind.plural == "daemonsets")
    if ready < wanted and (not seen or gets_on(workload, tones)):
        state = State("busy", state.word)
    state = stalled(workload) or state
    return Progress(wanted, ready, updated, available, state, rollout_words(workload, wanted, updated, available, seen))


def gets_on(workload: Workload, tones: Collection[str]) -> bool:
    """Whether pods that are missing are on their way: some are, none is in trouble, and no condition fails.

    A Deployment says in a condition why pods cannot be made, the others only in events: so only its own are awaited.
    """
    awaited = workload.kind == "Deployment" and workload.status.updated_replicas < workload.spec.replicas
    return ("busy" in tones or awaited) and not {"bad", "warn"} & set(tones) and not why(workload)


def stalled(workload: Workload) -> State | None:
    """The state of a rollout that the controller has given up on."""
    for condition in workload.status.conditions:
        if condition.type == "Progressing" and condition.reason == "ProgressDeadlineExceeded":
            return State("bad", _("Rollout stuck"))
    return None


def rollout_words(workload: Workload, wanted: int, updated: int, available: int, seen: bool) -> str:
    """What a rollout is waiting for, as `kubectl rollout status` would say it; empty when it is done."""
    old = workload.status.replicas - updated
    numbers = {"updated": updated, "wanted": wanted, "available": available, "old": old}
    if workload.spec.paused:
        return _("The rollout is paused.")
    if not seen:
        return _("Waiting for the change to be noticed.")
    if updated < wanted:
        return _("%(updated)d of %(wanted)d replicas are of the new version.") % numbers
    if old > 0 and workload.status.replicas > wanted:
        return ngettext("%(old)d old replica is still ending.", "%(old)d old replicas are still ending.", old) % numbers
    if workload.status.replicas > wanted:
        count = workload.status.replicas - wanted
        return ngettext("%(n)d replica is still ending.", "%(n)d replicas are still ending.", count) % {"n": count}
    if available < wanted:
        return _("%(available)d of %(wanted)d replicas are available.") % numbers
    return ""


def why(workload: Workload) -> str:
    """What a failing condition says; empty where none fails."""
    for condition in workload.status.conditions:
        if condition.type == "ReplicaFailure" and condition.status == "True":
            return condition.message
        if condition.type == "Progressing" and condition.status == "False":
            return condition.message
    return ""


def selector_text(selector: Selector) -> str:
    """A label selector as a query parameter has it (``app=web,tier in (a,b)``)."""
    parts = [f"{key}={value}" for key, value in sorted(selector.match_labels.items())]
    for requirement in selector.match_expressions:
        values = ",".join(requirement.values)
        parts.append(
            {
                "In": f"{requirement.key} in ({values})",
                "NotIn": f"{requirement.key} notin ({values})",
                "Exists": requirement.key,
                "DoesNotExist": f"!{requirement.key}",
            }[requirement.operator]
        )
    return ",".join(parts)


def autoscaler_of(connection: Connection, kind: Kind, namespace: str, name: str) -> Autoscaler | None:
    """The HorizontalPodAutoscaler that owns the number, if there is one. Raises ClusterError."""
    found = connection.get(AUTOSCALERS.path(namespace), type=AutoscalerList).items
    for autoscaler in found:
        target = autoscaler.spec.scale_target_ref
        if (target.kind, target.name) == (kind.kind, name):
            return autoscaler
    return None
