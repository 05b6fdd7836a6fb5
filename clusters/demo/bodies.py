"""What a request carries: an object to store, or a patch to apply."""

from collections.abc import Callable
from typing import Any

import msgspec

from clusters.demo import patches
from clusters.demo.requests import Request
from clusters.demo.statuses import (
    Refusal,
    bad_request,
    builtin_415,
    rejected_patch,
    unsupported_media_type,
)
from clusters.demo.validation import WrongType, check_types, unreadable_patch
from clusters.demo.world.resources import Resource

OBJECTS = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
CUSTOM_PATCHES = (patches.JSON, patches.MERGE, patches.APPLY)
APPLY: dict[str, Callable[[Any, Any], Any]] = {
    patches.JSON: patches.json_patch,
    patches.MERGE: patches.merge,
    patches.STRATEGIC: patches.strategic,
}


def media_type(request: Request) -> str:
    """The body's media type without parameters."""
    return request.header("content-type").partition(";")[0].strip()


def decoded(request: Request, kind: str) -> dict[str, Any]:
    """The body as a JSON object; raises Refusal (400)."""
    try:
        found = msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        # Go's decoder has its own words for each fault; the empty body is the one a client can do something about.
        fault = "unexpected end of JSON input" if not request.body.strip() else str(error)
        shown = request.body.decode("utf-8", "replace") or "<empty>"
        text = f"couldn't get version/kind; json parse error: {fault} ({shown})"
        raise bad_request(f"the object provided is unrecognized (must be of type {kind}): {text}") from error
    if not isinstance(found, dict):
        raise bad_request(f"the object provided is unrecognized (must be of type {kind}): it is no JSON object")
    return found


def object_in(request: Request, resource: Resource) -> dict[str, Any]:
    """The object to store; raises Refusal (400, 415)."""
    if media_type(request) not in ("", "application/json", "*/*"):
        raise unsupported_media_type(OBJECTS)
    obj = decoded(request, resource.kind)
    version, kind = obj.get("apiVersion", resource.api_version), obj.get("kind", resource.kind)
    if (version, kind) != (resource.api_version, resource.kind):
        package = "core" if not resource.group else resource.group.partition(".")[0]
        raise bad_request(
            f'{kind} in version "{version.rpartition("/")[2]}" cannot be handled as a {resource.kind}: converting '
            f"({version.replace('/', '.')}.{kind}) to ({package}.{resource.kind}): unknown conversion"
        )
    try:
        check_types(resource.kind, obj)
    except WrongType as error:
        short = resource.version
        raise bad_request(
            f'{resource.kind} in version "{short}" cannot be handled as a {resource.kind}: {error}'
        ) from error
    return obj


def scale_in(request: Request) -> dict[str, Any]:
    """The Scale to put; raises Refusal (400, 415)."""
    if media_type(request) not in ("", "application/json", "*/*"):
        raise unsupported_media_type(OBJECTS)
    scale = decoded(request, "Scale")
    try:
        check_types("Scale", scale)
    except WrongType as error:
        raise bad_request(f'Scale in version "v1" cannot be handled as a Scale: {error}') from error
    return scale


def patcher(request: Request, resource: Resource, kind: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function that applies the request's patch to an object of `kind`.

    Raises Refusal 400 and 415 here, 400 and 422 when it is applied.
    """
    how = media_type(request)
    if resource.custom and how not in (patches.JSON, patches.MERGE):
        raise unsupported_media_type(CUSTOM_PATCHES)
    if how not in APPLY:
        raise builtin_415()
    body = _patch_in(request, how)

    def apply(obj: dict[str, Any]) -> dict[str, Any]:
        try:
            patched = APPLY[how](obj, body)
        except patches.PatchDoesNotFitError as error:
            raise rejected_patch() from error
        if not isinstance(patched, dict):
            raise rejected_patch()
        try:
            check_types(kind, patched)
        except WrongType as error:
            raise unreadable_patch(patched, str(error)) from error
        return patched

    return apply


def _patch_in(request: Request, how: str) -> Any:
    try:
        body = msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        raise bad_request("invalid JSON patch") from error
    if how == patches.JSON and not isinstance(body, list):
        raise _wrong_patch(body, "[]handlers.jsonPatchOp")
    if how != patches.JSON and not isinstance(body, dict):
        raise _wrong_patch(body, "map[string]interface {}")
    return body


def _wrong_patch(body: object, wanted: str) -> Refusal:
    names = {dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number"}
    shown = names.get(type(body), "null")
    return bad_request(f"error decoding patch: json: cannot unmarshal {shown} into Go value of type {wanted}")
