"""What the pages of a few kinds tell beyond what the API server prints: what an event is about, where the pods are."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from clusters import errors
from clusters.answers import decode
from clusters.connection import Connection
from clusters.kinds import KNOWN, PODS
from clusters.kinds.kind import Kind
from clusters.pods import Quantity
from clusters.wire import Event, Wire
from clusters.workloads import Selector, selector_text
from dashboard.links import list_url, object_url
from dashboard.views.parts import LONGEST_MESSAGE, Link, known_kind
from dashboard.views.pods import pods_url
from dashboard.views.rows import Fact

KIBIBYTES_IN_GIBIBYTE = 1024 * 1024


class NodeStatus(Wire, frozen=True):
    """core/v1 NodeStatus: what a node has, and what of it pods may take."""

    capacity: dict[str, Quantity] = {}
    allocatable: dict[str, Quantity] = {}


class Node(Wire, frozen=True):
    """core/v1 Node."""

    status: NodeStatus = NodeStatus()


class JobSpec(Wire, frozen=True):
    """batch/v1 JobSpec."""

    selector: Selector = Selector()


class Job(Wire, frozen=True):
    """batch/v1 Job."""

    spec: JobSpec = JobSpec()


@dataclass(frozen=True, slots=True)
class About:
    """What a kind's own page tells; ``told`` are the columns, by key, that it tells in other words."""

    facts: list[Fact] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    reason: str = ""
    told: frozenset[str] = frozenset()


def about(connection: Connection, kind: Kind, namespace: str, name: str, document: bytes) -> About:
    """What there is to tell of an object of ``kind``; nothing of most kinds, or where it is not as it should be."""
    tell = TELLERS.get(kind.key)
    try:
        return tell(connection, namespace, name, document) if tell else About()
    except errors.Failed:
        return About()


def event(connection: Connection, _namespace: str, _name: str, document: bytes) -> About:
    """An event: its message, and the way to what it is about where Porthole knows that kind."""
    found = decode(document, Event)
    target = found.involved_object
    kind = known_kind(target)
    url = object_url(connection.cluster, kind, target.namespace, target.name) if kind else ""
    links = [Link(target.name, url, target.kind)] if url else []
    message = Truncator(found.message).chars(LONGEST_MESSAGE)
    return About([], links, message, frozenset({"message", "object"} if url else {"message"}))


def node(connection: Connection, _namespace: str, name: str, document: bytes) -> About:
    """A node: how much room it has, and the way to its pods."""
    status = decode(document, Node).status
    labels = (("cpu", _("CPU")), ("memory", _("Memory")), ("pods", _("Room for pods")))
    facts = [Fact(label, room(status, key)) for key, label in labels if key in status.capacity]
    return About(facts, [Link(_("Pods"), list_url(connection.cluster, PODS, fields=f"spec.nodeName={name}"))])


def room(status: NodeStatus, resource: str) -> str:
    """How much of a resource pods may take, of how much there is."""
    capacity = readable(status.capacity[resource])
    allocatable = readable(status.allocatable.get(resource, ""))
    if not allocatable or allocatable == capacity:
        return capacity
    return _("%(allocatable)s for pods, of %(capacity)s") % {"allocatable": allocatable, "capacity": capacity}


def readable(quantity: Quantity) -> str:
    """A quantity as it is, but a node's memory, which kubelets tell in kibibytes, in gibibytes."""
    text = str(quantity)
    digits = text.removesuffix("Ki")
    if digits == text or not digits.isdecimal() or len(digits) > 15 or int(digits) < KIBIBYTES_IN_GIBIBYTE:
        return text
    return f"{int(digits) / KIBIBYTES_IN_GIBIBYTE:.1f}Gi"


def job(connection: Connection, namespace: str, _name: str, document: bytes) -> About:
    """A job: the way to its pods."""
    selector = selector_text(decode(document, Job).spec.selector)
    links = [Link(_("Pods"), pods_url(connection, namespace, selector))] if selector else []
    return About([], links, "", frozenset({"selector"} if links else ()))


def cron_job(connection: Connection, namespace: str, name: str, _document: bytes) -> About:
    """A cron job: the way to its jobs, which have no label of it but its name before their own."""
    return About([], [Link(_("Jobs"), list_url(connection.cluster, KNOWN["jobs.batch"], namespace, q=f"{name}-"))])


TELLERS: dict[str, Callable[[Connection, str, str, bytes], About]] = {
    "events": event,
    "nodes": node,
    "jobs.batch": job,
    "cronjobs.batch": cron_job,
}
