"""What the pages of all objects share: head, tabs, events, conditions, owner."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from clusters import errors, events
from clusters.connection import Connection
from clusters.kinds import KNOWN, PODS
from clusters.kinds.kind import Kind
from clusters.models import Cluster
from clusters.pods import PodCondition
from clusters.wire import Event, Metadata, ObjectReference, OwnerReference
from dashboard.links import list_url, object_url
from dashboard.problems import Problem, problem_of
from dashboard.returns import way_back


@dataclass(frozen=True, slots=True)
class Tab:
    """One of an object's pages."""

    key: str
    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go; ``kind`` says what is there."""

    label: str | Promise
    url: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The context of objects/_head.html, as ``page.head``: what all pages of an object begin with.

    ``keep`` is the query that links to the object's other pages take along.
    """

    name: str
    namespace: str
    kind_title: str | Promise
    back: Link
    tabs: list[Tab]
    keep: dict[str, str]


@dataclass(frozen=True, slots=True)
class StateView:
    """The context of objects/_state.html, as ``page.state``: what a watch swaps while the page is open.

    ``wanted`` is None where nothing has a number of replicas; ``link`` leads on from what is gone.
    """

    tone: str
    word: str
    reason: str = ""
    wanted: int | None = None
    available: int = 0
    rollout: str = ""
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of an object."""

    tone: str
    reason: str
    message: str
    count: int
    last_seen: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Events:
    """The context of objects/_events.html, as ``events``: rows, or why there are none to show."""

    rows: list[EventRow]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition of an object; ``tone`` says whether its status is the good one."""

    type: str
    status: str
    tone: str
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Details:
    """What stands below an object's own, as ``page.details``, whatever its kind."""

    conditions: list[ConditionRow]
    events: Events
    labels: list[tuple[str, str]]
    annotations: list[tuple[str, str]]


def head(request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str, current: str) -> Head:
    """What all pages of an object begin with."""
    cluster = connection.cluster
    label, url = way_back(request, cluster, kind, namespace)
    keep = kept(cluster, kind, namespace, url)
    pages = [("object", _("Overview")), ("events", _("Events")), ("yaml", _("YAML"))]
    if kind.key == PODS.key:
        pages.insert(1, ("logs", _("Logs")))
    tabs = [
        Tab(key, title, object_url(cluster, kind, namespace, name, key, **keep), key == current) for key, title in pages
    ]
    return Head(name, namespace, kind.title, Link(label, url), tabs, keep)


def kept(cluster: Cluster, kind: Kind, namespace: str, back: str) -> dict[str, str]:
    """What links between an object's pages take along: the way back, where it is not the usual one."""
    return {} if back == list_url(cluster, kind, namespace) else {"back": back}


def details(
    connection: Connection, kind: Kind, namespace: str, metadata: Metadata, conditions: Iterable[PodCondition]
) -> Details:
    """What stands below an object's own."""
    return Details(
        conditions=condition_rows(conditions),
        events=events_of(connection, kind, namespace, metadata),
        labels=sorted(metadata.labels.items()),
        annotations=annotations(metadata),
    )


LONGEST_MESSAGE = 2000  # characters; Kubernetes' own events have at most 1024
GOOD_WHEN_FALSE = (
    "Pressure",
    "Unavailable",
    "Failure",
    "Failed",
    "DisruptionTarget",
    "Suspended",
    "Degraded",
    "Stalled",
)


def condition_rows(conditions: Iterable[PodCondition]) -> list[ConditionRow]:
    """Conditions, those that are not as they should be first."""
    rows = [
        ConditionRow(each.type, each.status, condition_tone(each), each.reason, each.message, each.last_transition_time)
        for each in conditions
    ]
    return sorted(rows, key=lambda row: row.tone == "ok")


def condition_tone(condition: PodCondition) -> str:
    """Whether a condition's status is the good one: True for most, False for those that name a trouble."""
    if condition.status == "Unknown":
        return "warn"
    good = "False" if condition.type.endswith(GOOD_WHEN_FALSE) else "True"
    return "ok" if condition.status == good else "warn"


def events_of(connection: Connection, kind: Kind, namespace: str, metadata: Metadata) -> Events:
    """The events of an object, or why they cannot be shown; the rest of the page does not depend on them."""
    try:
        found = events.of_object(connection, namespace, metadata.uid, kind.kind, metadata.name)
    except errors.ClusterError as error:
        return Events([], problem_of(error, _("The events cannot be shown")))
    return Events([event_row(event) for event in found])


def event_row(event: Event) -> EventRow:
    """One event."""
    tone = "off" if event.type == "Normal" else "warn"
    source = event.source.component if event.source else ""
    return EventRow(
        tone,
        event.reason,
        Truncator(event.message).chars(LONGEST_MESSAGE),
        events.times(event),
        events.last_seen(event),
        source or event.reporting_component,
    )


def annotations(metadata: Metadata) -> list[tuple[str, str]]:
    """Annotations, long ones cut, without kubectl's copy of the whole object."""
    return sorted(
        (key, Truncator(value).chars(LONGEST_MESSAGE))
        for key, value in metadata.annotations.items()
        if key != "kubectl.kubernetes.io/last-applied-configuration"
    )


def moment(when: datetime | None) -> str:
    """A moment in full, in UTC."""
    if not when:
        return ""
    try:
        return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except OverflowError:  # in UTC it would be before the year 1 or after 9999
        return when.isoformat()


def moment_at(seconds: float) -> str:
    """A moment in full, in UTC, of epoch seconds; empty where no calendar has it."""
    try:
        return moment(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):
        return ""


def owner_link(connection: Connection, namespace: str, metadata: Metadata) -> Link | None:
    """The controller that an object belongs to, linked where Porthole knows the kind's URL."""
    for owner in metadata.owner_references:
        if owner.controller:
            kind = known_kind(owner)
            url = object_url(connection.cluster, kind, namespace, owner.name) if kind else ""
            return Link(owner.name, url, owner.kind)
    return None


def known_kind(reference: OwnerReference | ObjectReference) -> Kind | None:
    """The kind of what is referred to, at whatever version; None where Porthole does not know it."""
    group, _slash, _version = reference.api_version.rpartition("/")
    return next((kind for kind in KNOWN.values() if (kind.kind, kind.group) == (reference.kind, group)), None)
