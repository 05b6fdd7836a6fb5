"""Reading: one object, and lists with selectors, limit and continue."""

import base64
from bisect import bisect_left
from dataclasses import dataclass

import msgspec

from clusters.demo import selectors
from clusters.demo.media import wants_table
from clusters.demo.paths import Target
from clusters.demo.presentation import present
from clusters.demo.requests import Answer, Request, json_answer
from clusters.demo.statuses import bad_request, expired, not_found
from clusters.demo.tables import include_of, table
from clusters.demo.world.resources import Resource
from clusters.demo.world.store import Expired, Shelf
from clusters.demo.world.world import World

EXPIRED_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a resource are meant."""

    resource: Resource
    namespace: str
    labels: tuple[selectors.Requirement, ...]
    fields: tuple[tuple[str, bool, str], ...]

    def matches(self, obj: dict) -> bool:
        """Whether an object is meant."""
        return (
            (not self.namespace or obj["metadata"].get("namespace") == self.namespace)
            and selectors.matches_labels(self.labels, obj)
            and selectors.matches_fields(self.fields, obj, self.resource)
        )


def selection(request: Request, target: Target, resource: Resource) -> Selection:
    """What a list or watch request selects; raises Refusal (400)."""
    labels = selectors.parse_labels(request.parameter("labelSelector"))
    fields = selectors.parse_fields(request.parameter("fieldSelector"), resource)
    if target.name:
        fields = (*fields, ("metadata.name", True, target.name))
    return Selection(resource, target.namespace, labels, fields)


def get(world: World, request: Request, target: Target, resource: Resource) -> Answer:
    """One object, or its Table of one row; raises Refusal (404)."""
    as_table = wants_table(request)
    obj = world.get(resource.key, target.namespace, target.name)
    if obj is None:
        raise not_found(resource, target.name)
    if not as_table:
        return json_answer(present(obj))
    metadata = {"resourceVersion": obj["metadata"]["resourceVersion"]}
    include = include_of(request.parameter("includeObject"))
    return json_answer(table(resource, [obj], world.store, world.now(), include, metadata))


def list_(world: World, request: Request, target: Target, resource: Resource) -> Answer:
    """A list, or a page of one."""
    as_table = wants_table(request)
    selected = selection(request, target, resource)
    limit = _number(request, "limit")
    version, start, fresh = _from(world, request)
    try:
        shelf = world.store.shelf_at(resource.key, version)
    except Expired as error:
        if not start:
            raise expired("The resourceVersion for the provided list is too old.") from error
        raise expired(EXPIRED_CONTINUE, {"continue": _token(-1, start)}) from error
    objects, following, remaining = _page(shelf, selected, start, limit)
    metadata: dict = {"resourceVersion": str(world.store.version if fresh else version)}
    if following:
        metadata["continue"] = _token(world.store.version if fresh else version, following)
        if not selected.labels and not selected.fields:
            metadata["remainingItemCount"] = remaining
    if as_table:
        include = include_of(request.parameter("includeObject"))
        return json_answer(table(resource, objects, world.store, world.now(), include, metadata))
    items = [present(obj, bare=not resource.custom) for obj in objects]
    kind = f"{resource.kind}List"
    return json_answer({"kind": kind, "apiVersion": resource.api_version, "metadata": metadata, "items": items})


def _page(shelf: Shelf, selected: Selection, start: str, limit: int) -> tuple[list[dict], str, int]:
    """(objects, the key after which to go on or empty, how many come after)."""
    prefix = f"{selected.namespace}/" if selected.namespace else ""
    order = shelf.order
    first = bisect_left(order, prefix + start)
    end = bisect_left(order, prefix + "\U0010ffff") if prefix else len(order)
    found: list[dict] = []
    for index in range(first, end):
        if not selected.matches(shelf.objects[order[index]]):
            continue
        if limit and len(found) == limit:
            return found, _key_after(order, index, first, shelf, selected, prefix), end - index
        found.append(shelf.objects[order[index]])
    return found, "", 0


def _key_after(order: list[str], index: int, first: int, shelf: Shelf, selected: Selection, prefix: str) -> str:
    last = next(at for at in range(index - 1, first - 1, -1) if selected.matches(shelf.objects[order[at]]))
    return order[last][len(prefix) :] + "\0"


def _from(world: World, request: Request) -> tuple[int, str, bool]:
    """(version to read at, key to start at, whether the version is the present one)."""
    token = request.parameter("continue")
    if token:
        version, start = _untoken(token)
        return (world.store.version, start, True) if version < 0 else (version, start, False)
    asked = request.parameter("resourceVersion")
    match = request.parameter("resourceVersionMatch")
    if asked and not asked.isdecimal():
        raise bad_request(f"invalid resource version: {not_a_version(asked)}")
    if match == "Exact" and asked:
        return int(asked), "", False
    return world.store.version, "", True


def not_a_version(text: str) -> str:
    """What is said of a resourceVersion that is no number."""
    return f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'


def _token(version: int, start: str) -> str:
    text = msgspec.json.encode({"v": "meta.k8s.io/v1", "rv": version, "start": start})
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _untoken(token: str) -> tuple[int, str]:
    if "=" in token:
        fault = f"illegal base64 data at input byte {token.index('=')}"
        raise bad_request(f"invalid continue token: continue key is not valid: {fault}")
    try:
        padded = token + "=" * (-len(token) % 4)
        found = msgspec.json.decode(base64.urlsafe_b64decode(padded))
        return int(found["rv"]), str(found["start"])
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error


def _number(request: Request, name: str) -> int:
    value = request.parameter(name)
    try:
        return int(value or 0)
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax') from error
