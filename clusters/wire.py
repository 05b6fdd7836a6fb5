"""Just what Porthole reads of the API server's JSON, as msgspec structs. Unknown fields are skipped while decoding.

What is asked for by itself must say its kind: nearly all fields have defaults, so any other JSON object would pass for
an empty list, a scale of zero or an access denied.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

# RFC 3339 as Kubernetes writes it: never without a zone, since such a time cannot be compared with others.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# int64, the largest that Kubernetes has; what has thousands of digits Python would refuse to show.
Int = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
# What has so many entries is no work of Kubernetes, and no page could show it.
Few = msgspec.Meta(max_length=1000)
Many = msgspec.Meta(max_length=10_000)
# What stands many times in a page; Kubernetes' own names have at most 253 characters.
Short = Annotated[str, msgspec.Meta(max_length=1000)]

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


class Wire(msgspec.Struct, rename="camel", frozen=True):
    """Base of all: Kubernetes writes camelCase."""


class StatusCause(Wire, frozen=True):
    """One field that the API server does not accept."""

    reason: str = ""
    message: str = ""
    field: str = ""


class StatusDetails(Wire, frozen=True):
    """What a Status is about."""

    name: str = ""
    group: str = ""
    kind: str = ""
    causes: list[StatusCause] = []
    retry_after_seconds: Int = 0


class Status(Wire, frozen=True):
    """meta/v1 Status: how the API server words a failure."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: Int = 0
    details: StatusDetails | None = None


class ListMetadata(Wire, frozen=True):
    """meta/v1 ListMeta."""

    resource_version: str = ""
    continue_token: str = msgspec.field(name="continue", default="")
    remaining_item_count: Int | None = None


class OwnerReference(Wire, frozen=True):
    """meta/v1 OwnerReference."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    api_version: str = ""
    controller: bool = False


class Metadata(Wire, frozen=True):
    """meta/v1 ObjectMeta without managedFields, which are most of its bytes."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: Int = 0
    creation_timestamp: Moment | None = None
    deletion_timestamp: Moment | None = None
    labels: Annotated[dict[str, str], Many] = {}
    annotations: Annotated[dict[str, str], Many] = {}
    owner_references: Annotated[list[OwnerReference], Few] = []


class RowMetadata(Wire, frozen=True):
    """The part of ObjectMeta that a row of a list needs."""

    name: Short = ""
    namespace: Short = ""
    uid: Short = ""
    resource_version: Short = ""
    creation_timestamp: Moment | None = None


class RowObject(Wire, frozen=True):
    """meta/v1 PartialObjectMetadata."""

    metadata: RowMetadata = RowMetadata()


class TableRow(Wire, frozen=True):
    """One object as the API server prints it; cells are in the order of the columns, decoded a row at a time."""

    cells: msgspec.Raw
    object: RowObject | None = None


class TableColumn(Wire, frozen=True):
    """meta/v1 TableColumnDefinition; priority 0 is always shown, higher only where there is room."""

    name: str
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: Int = 0


class Table(Wire, frozen=True):
    """meta/v1 Table."""

    kind: Literal["Table"]
    column_definitions: list[TableColumn] | None = None
    rows: list[TableRow] | None = None
    metadata: ListMetadata = ListMetadata()


class TableEvent(Wire, frozen=True):
    """One line of a Table watch; the object stays raw because an ERROR holds a Status instead."""

    type: str
    object: msgspec.Raw


class EventSource(Wire, frozen=True):
    """core/v1 EventSource."""

    component: str = ""


class EventSeries(Wire, frozen=True):
    """core/v1 EventSeries: how often, and when last, of what keeps happening."""

    count: Int | None = None
    last_observed_time: Moment | None = None


class ObjectReference(Wire, frozen=True):
    """core/v1 ObjectReference; some reporters leave its apiVersion out."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    api_version: str = ""


class Event(Wire, frozen=True):
    """core/v1 Event."""

    metadata: Metadata = Metadata()
    type: str = ""
    reason: str = ""
    message: str = ""
    count: Int = 0
    first_timestamp: Moment | None = None
    last_timestamp: Moment | None = None
    event_time: Moment | None = None
    reporting_component: str = ""
    involved_object: ObjectReference = ObjectReference()
    source: EventSource | None = None
    series: EventSeries | None = None


class EventList(Wire, frozen=True):
    """core/v1 EventList."""

    kind: Literal["EventList"]
    items: list[Event] = []
    metadata: ListMetadata = ListMetadata()


class ScaleSpec(Wire, frozen=True):
    """How many are wanted; the API server leaves zero out."""

    replicas: Int = 0


class ScaleStatus(Wire, frozen=True):
    """How many there are."""

    replicas: Int = 0


class Scale(Wire, frozen=True):
    """autoscaling/v1 Scale."""

    kind: Literal["Scale"]
    metadata: Metadata = Metadata()
    spec: ScaleSpec = ScaleSpec()
    status: ScaleStatus = ScaleStatus()


class ScaleTargetRef(Wire, frozen=True):
    """What a HorizontalPodAutoscaler scales."""

    kind: str = ""
    name: str = ""


class AutoscalerSpec(Wire, frozen=True):
    """autoscaling/v2 HorizontalPodAutoscalerSpec, as far as a person must know before scaling by hand."""

    scale_target_ref: ScaleTargetRef = ScaleTargetRef()
    min_replicas: Int = 1
    max_replicas: Int = 0


class Autoscaler(Wire, frozen=True):
    """autoscaling/v2 HorizontalPodAutoscaler."""

    metadata: Metadata = Metadata()
    spec: AutoscalerSpec = AutoscalerSpec()


class AutoscalerList(Wire, frozen=True):
    """autoscaling/v2 HorizontalPodAutoscalerList."""

    kind: Literal["HorizontalPodAutoscalerList"]
    items: list[Autoscaler] = []


class AccessReviewStatus(Wire, frozen=True):
    """The answer of an access review."""

    allowed: bool = False
    reason: str = ""


class AccessReview(Wire, frozen=True):
    """authorization.k8s.io/v1 SelfSubjectAccessReview."""

    kind: Literal["SelfSubjectAccessReview"]
    status: AccessReviewStatus = AccessReviewStatus()


class UserInfo(Wire, frozen=True):
    """authentication.k8s.io/v1 UserInfo."""

    username: str = ""
    uid: str = ""
    groups: Annotated[list[str], Many] = []
    extra: Annotated[dict[str, Annotated[list[str], Few]], Few] = {}


class SelfSubjectReviewStatus(Wire, frozen=True):
    """Who the API server takes us for."""

    user_info: UserInfo = UserInfo()


class SelfSubjectReview(Wire, frozen=True):
    """authentication.k8s.io/v1 SelfSubjectReview."""

    kind: Literal["SelfSubjectReview"]
    status: SelfSubjectReviewStatus = SelfSubjectReviewStatus()
