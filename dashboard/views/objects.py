"""An object's pages: state first, then what it is made of; its events; its YAML."""

from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

import msgspec
import yaml
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clusters import errors, tables
from clusters.answers import LARGEST_OBJECT, decode
from clusters.connection import Connection
from clusters.kinds import KNOWN, PODS
from clusters.kinds.generic import generic_state
from clusters.kinds.kind import Kind, State
from clusters.pods import PodCondition
from clusters.tables import Column, Row
from clusters.wire import TABLE, Few, Metadata, Table, Wire
from dashboard.access import at_cluster, offered_kind
from dashboard.links import object_url
from dashboard.views import pods, streams, workloads
from dashboard.views.about import about
from dashboard.views.parts import Details, Events, Head, Link, StateView, details, events_of, head, moment
from dashboard.views.rows import AGE, NAME, STATE, UNTELLING, Fact

HOLDERS = ("configmaps", "secrets")
MOST_VALUES = 100_000  # in YAML; the largest CRDs have 30,000
TELLING = ("Ready", "Available")


class AnyStatus(Wire, frozen=True):
    """What the statuses of most kinds have in common."""

    phase: str = ""
    conditions: Annotated[list[PodCondition], Few] = []


class AnyObject(Wire, frozen=True):
    """What all kinds have in common."""

    metadata: Metadata = Metadata()
    status: msgspec.Raw = msgspec.Raw(b"{}")
    data: msgspec.Raw = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """The context of objects/object.html, as ``page``."""

    head: Head
    state: StateView
    facts: list[Fact]
    links: list[Link]
    details: Details


@dataclass(frozen=True, slots=True)
class EventsPage:
    """The context of objects/events.html, as ``page``."""

    head: Head
    events: Events


@dataclass(frozen=True, slots=True)
class YamlPage:
    """The context of objects/yaml.html, as ``page``; ``managed_text`` is empty where nobody manages fields."""

    head: Head
    text: str
    managed_text: str
    download_url: str


@require_safe
@at_cluster
def object_page(request: HttpRequest, connection: Connection, namespace: str, kind: str, name: str) -> HttpResponseBase:
    """An object; with ``watch`` the stream of its changes."""
    found = offered_kind(connection, kind)
    if "watch" in request.GET:
        return streams.object_stream(request, connection, found, namespace, name)
    if found.key == PODS.key:
        return pods.pod_page(request, connection, namespace, name)
    if found.key in workloads.KINDS:
        return workloads.workload_page(request, connection, found, namespace, name)
    document = connection.get(found.path(namespace, name), type=msgspec.Raw, largest=LARGEST_OBJECT)
    thing = decode(document, AnyObject)
    status = status_of(thing)
    columns, row = printed(connection, found, namespace, name)
    own = about(connection, found, namespace, name, document)
    told = bool(row and row.state.word and has_own_state(found))
    state = row.state if row and told else state_of(status)
    known = own.told | (found.unlisted | {STATE} if told else frozenset())
    page = ObjectPage(
        head=head(request, connection, found, namespace, name, "object"),
        state=StateView(state.tone, state.word, own.reason or (why(status) if state.tone != "ok" else "")),
        links=own.links,
        facts=[
            *own.facts,
            *printed_facts(columns, row, known),
            *key_facts(found, thing),
            Fact(_("API version"), found.api_version),
            Fact(_("Created"), moment(thing.metadata.creation_timestamp)),
        ],
        details=details(connection, found, namespace, thing.metadata, status.conditions),
    )
    return render(request, "objects/object.html", {"page": page})


@require_safe
@at_cluster
def events_page(request: HttpRequest, connection: Connection, namespace: str, kind: str, name: str) -> HttpResponse:
    """The events of an object."""
    found = offered_kind(connection, kind)
    thing = connection.get(found.path(namespace, name), type=AnyObject, largest=LARGEST_OBJECT)
    page = EventsPage(
        head=head(request, connection, found, namespace, name, "events"),
        events=events_of(connection, found, namespace, thing.metadata),
    )
    return render(request, "objects/events.html", {"page": page})


@require_safe
@at_cluster
def yaml_page(request: HttpRequest, connection: Connection, namespace: str, kind: str, name: str) -> HttpResponse:
    """An object as YAML; with ``download`` as a file."""
    found = offered_kind(connection, kind)
    thing = masked(found, connection.get(found.path(namespace, name), largest=LARGEST_OBJECT))
    managed = mapping(thing, "metadata").pop("managedFields", None)
    text = to_yaml(thing)
    url = object_url(connection.cluster, found, namespace, name, "yaml")
    if "download" in request.GET:
        response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{found.plural}-{name}.yaml"'
        return response
    page = YamlPage(
        head=head(request, connection, found, namespace, name, "yaml"),
        text=text,
        managed_text=to_yaml({"managedFields": managed}) if managed else "",
        download_url=f"{url}?download=1",
    )
    return render(request, "objects/yaml.html", {"page": page})


def masked(kind: Kind, thing: dict[str, Any]) -> dict[str, Any]:
    """A Secret without its values, wherever they stand; anything else as it is."""
    if kind.key != "secrets":
        return thing
    hidden = _("(hidden)")
    for field in ("data", "stringData"):
        if field in thing:
            thing[field] = dict.fromkeys(mapping(thing, field), hidden)
    # kubectl apply keeps a copy of the whole object here.
    annotations = mapping(mapping(thing, "metadata"), "annotations")
    annotations.pop("kubectl.kubernetes.io/last-applied-configuration", None)
    return thing


def mapping(thing: dict[str, Any], key: str) -> dict[str, Any]:
    """The mapping at ``key``; an empty one where a server put something else there."""
    found = thing.get(key)
    return found if isinstance(found, dict) else {}


def too_many(value: Any, most: int = MOST_VALUES) -> bool:
    """Whether there are over ``most`` values in ``value``, at whatever depth."""
    count, waiting = 1, [value]
    while waiting and count <= most:
        inner = waiting.pop()
        if isinstance(inner, (dict, list)):
            count += len(inner)
            waiting.extend(inner.values() if isinstance(inner, dict) else inner)
    return count > most


def to_yaml(value: Any) -> str:
    """YAML in the API server's own order of keys, by libyaml where it is there.

    Raises Failed where it is too deep, or has over MOST_VALUES: each takes half a kilobyte until it is text.
    """
    if too_many(value):
        raise errors.Failed(_("The object has too many fields to be shown."), reason="TooLarge")
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    try:
        text: str = yaml.dump(
            value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=False
        )
    except RecursionError as error:
        raise errors.Failed(_("The object is nested too deeply to be shown."), reason="TooDeep") from error
    return text


def status_of(thing: AnyObject) -> AnyStatus:
    """An object's status; an empty one where it is not like most: CRDs may have any."""
    try:
        return decode(thing.status, AnyStatus)
    except errors.Failed:
        return AnyStatus()


def printed(connection: Connection, kind: Kind, namespace: str, name: str) -> tuple[tuple[Column, ...], Row | None]:
    """An object's row and its columns; none where the API server prints no Table. Raises ClusterError."""
    try:
        table = connection.get(kind.path(namespace, name), type=Table, accept=TABLE)
        columns = tables.columns_of(table)
        return columns, next(tables.rows_of(kind, columns, table), None)
    except errors.Failed:
        return (), None


def has_own_state(kind: Kind) -> bool:
    """Whether the state of a kind is in its columns, in the API server's word, and in no phase or condition."""
    return kind.key in KNOWN and kind.state is not generic_state


def printed_facts(columns: tuple[Column, ...], row: Row | None, known: frozenset[str]) -> list[Fact]:
    """What the API server prints of an object beside name, age and the columns that are ``known`` already."""
    return [
        Fact(column.name, text)
        for column, text in zip(columns, row.cells if row else (), strict=False)
        if column.key not in (NAME, AGE, *known) and text not in UNTELLING
    ]


def key_facts(kind: Kind, thing: AnyObject) -> list[Fact]:
    """The names of what a ConfigMap or Secret holds; never what stands under them."""
    if kind.key not in HOLDERS:
        return []
    keys = sorted(decode(thing.data, dict[str, msgspec.Raw]))
    return [Fact(_("Keys"), ", ".join(keys))] if keys else []


def why(status: AnyStatus) -> str:
    """What the condition says that tells the state; empty where none does."""
    failed = (each for each in status.conditions if each.type == "Failed" and each.status == "True")
    telling = (each for each in status.conditions if each.type in TELLING)
    return next((each.message for each in chain(failed, telling)), "")


def state_of(status: AnyStatus) -> State:
    """The state of an object about whose kind nothing is special: its phase, else its Ready condition."""
    if status.phase:
        state = generic_state({"phase": status.phase})
        return State(state.tone or "off", status.phase)
    for condition in status.conditions:
        if condition.type in TELLING:
            good = condition.status == "True"
            return State(
                "ok" if good else "bad", condition.type if good else _("Not %(what)s") % {"what": condition.type}
            )
    return State("", "")
