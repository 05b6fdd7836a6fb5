"""Changing: create, replace, patch, delete, and the scale subresource; each also as a dry run."""

import msgspec

from clusters.demo.bodies import object_in, patcher, scale_in
from clusters.demo.controllers import namespaces
from clusters.demo.controllers.names import ending
from clusters.demo.controllers.pods import admitted, delete_pod
from clusters.demo.paths import Target
from clusters.demo.presentation import present
from clusters.demo.requests import Answer, Request, json_answer
from clusters.demo.statuses import (
    Refusal,
    already_exists,
    bad_request,
    conflict,
    details_of,
    failed_precondition,
    invalid,
    not_found,
)
from clusters.demo.validation import check, check_scale
from clusters.demo.world.clock import stamp
from clusters.demo.world.defaults import with_defaults
from clusters.demo.world.resources import Resource
from clusters.demo.world.world import World

KEPT = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")


def create(world: World, request: Request, target: Target, resource: Resource) -> Answer:
    """Create an object; raises Refusal 400, 409 (AlreadyExists), 422."""
    obj = object_in(request, resource)
    dry = is_dry(request)
    metadata = {**obj.get("metadata", {})}
    if resource.namespaced:
        if metadata.setdefault("namespace", target.namespace) != target.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if world.get("namespaces", "", target.namespace) is None:
            raise Refusal(
                404,
                "NotFound",
                f'namespaces "{target.namespace}" not found',
                {"name": target.namespace, "kind": "namespaces"},
            )
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + ending(world)
    if not metadata.get("name"):
        raise invalid(
            resource.kind,
            resource.group,
            "",
            [("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")],
        )
    if world.get(resource.key, metadata.get("namespace", ""), metadata["name"]) is not None:
        raise already_exists(resource, metadata["name"])
    metadata = {
        key: value
        for key, value in metadata.items()
        if key not in ("uid", "resourceVersion", "creationTimestamp") and value not in ({}, [])
    }
    if "spec" in obj:
        metadata["generation"] = 1
    obj = {**obj, "kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    obj.pop("status", None)
    if resource.key == "pods":
        obj = {**obj, "spec": admitted(obj["spec"]), "status": {"phase": "Pending", "qosClass": "BestEffort"}}
    obj = with_defaults(resource, obj)
    check(resource, obj, None)
    if dry:
        metadata = {
            **obj["metadata"],
            "uid": "00000000-0000-4000-8000-000000000000",
            "creationTimestamp": stamp(world.now()),
        }
        return json_answer(present({**obj, "metadata": metadata}), 201)
    return json_answer(present(world.put(resource.key, obj)), 201)


def replace(world: World, request: Request, target: Target, resource: Resource) -> Answer:
    """Replace an object (PUT); raises Refusal 400, 404, 409, 422."""
    before = _existing(world, target, resource)
    obj = object_in(request, resource)
    if obj.get("metadata", {}).get("name", target.name) != target.name:
        name = obj["metadata"]["name"]
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({target.name})")
    return _store(world, request, target, resource, before, obj)


def patch(world: World, request: Request, target: Target, resource: Resource) -> Answer:
    """Patch an object; raises Refusal 400, 404, 409, 415, 422."""
    apply = patcher(request, resource, resource.kind)
    before = _existing(world, target, resource)
    return _store(world, request, target, resource, before, apply(before))


def delete(world: World, request: Request, target: Target, resource: Resource) -> Answer:
    """Delete an object: a running pod first gets its grace, what has finalizers waits for them."""
    before = _existing(world, target, resource)
    options = msgspec.json.decode(request.body) if request.body else {}
    grace = options.get("gracePeriodSeconds")
    if request.parameter("gracePeriodSeconds"):
        grace = int(request.parameter("gracePeriodSeconds"))
    _check_preconditions(options, before, resource)
    metadata = before["metadata"]
    if is_dry(request) or "All" in (options.get("dryRun") or ()):
        return json_answer(present(before)) if resource.key == "pods" else _deleted(resource, before)
    if resource.key == "pods":
        return json_answer(present(delete_pod(world, before, grace)))
    if resource.key == "namespaces":
        return json_answer(present(namespaces.end(world, before)))
    if metadata.get("finalizers"):
        going = {**metadata, "deletionTimestamp": stamp(world.now()), "deletionGracePeriodSeconds": 0}
        return json_answer(present(world.put(resource.key, {**before, "metadata": going})))
    world.remove(resource.key, target.namespace, target.name)
    return _deleted(resource, before)


def get_scale(world: World, _request: Request, target: Target, resource: Resource) -> Answer:
    """The Scale of a workload."""
    return json_answer(scale_of(_existing(world, target, resource)))


def write_scale(world: World, request: Request, target: Target, resource: Resource) -> Answer:
    """Change the replicas of a workload through its Scale; raises Refusal 400, 404, 409, 415, 422."""
    if request.method == "PATCH":
        apply = patcher(request, resource, "Scale")
        before = _existing(world, target, resource)
        scale = apply(scale_of(before))
    else:
        before = _existing(world, target, resource)
        scale = scale_in(request)
        named = scale.get("metadata", {}).get("name", "")
        if named != target.name:
            raise bad_request(f"the name of the object ({named}) does not match the name on the URL ({target.name})")
    replicas = check_scale(scale, target.name)
    version = scale.get("metadata", {}).get("resourceVersion")
    if version and version != before["metadata"]["resourceVersion"]:
        raise conflict(resource, target.name)
    obj = _with_generation({**before, "spec": {**before["spec"], "replicas": replicas}}, before)
    if not is_dry(request) and obj != before:
        obj = world.put(resource.key, obj)
    return json_answer(scale_of(obj))


def scale_of(obj: dict) -> dict:
    """A workload as an autoscaling/v1 Scale."""
    metadata = obj["metadata"]
    kept = {name: metadata[name] for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
    replicas = obj["spec"]["replicas"]
    selector = ",".join(
        f"{key}={value}" for key, value in sorted((obj["spec"]["selector"].get("matchLabels") or {}).items())
    )
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": kept,
        "spec": {"replicas": replicas} if replicas else {},
        "status": {"replicas": (obj.get("status") or {}).get("replicas", 0), "selector": selector},
    }


def is_dry(request: Request) -> bool:
    """Whether nothing is to be stored; raises Refusal (422) for anything but `All`."""
    values = [value for value in request.query.get("dryRun", []) if value]
    for value in values:
        if value != "All":
            kind = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}.get(
                request.method, "DeleteOptions"
            )
            cause = ("FieldValueNotSupported", "dryRun", f'Unsupported value: ["{value}"]: supported values: "All"')
            raise invalid(kind, "meta.k8s.io", "", [cause])
    return bool(values)


def _existing(world: World, target: Target, resource: Resource) -> dict:
    found = world.get(resource.key, target.namespace, target.name)
    if found is None:
        raise not_found(resource, target.name)
    return found


def _store(world: World, request: Request, target: Target, resource: Resource, before: dict, obj: dict) -> Answer:
    version = obj.get("metadata", {}).get("resourceVersion")
    if version and version != before["metadata"]["resourceVersion"]:
        raise conflict(resource, target.name)
    metadata = {
        **obj.get("metadata", {}),
        "name": target.name,
        **{k: before["metadata"][k] for k in KEPT if k in before["metadata"]},
    }
    if resource.namespaced:
        metadata["namespace"] = target.namespace
    metadata["resourceVersion"] = before["metadata"]["resourceVersion"]
    metadata.pop("managedFields", None)
    metadata = {name: value for name, value in metadata.items() if value not in ({}, [])}
    obj = {**obj, "kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    if target.subresource == "status":
        obj = {**before, "status": obj.get("status", {})}
    elif resource.subresource("status"):
        obj = {**obj, "status": before.get("status", {})}
    if "spec" in obj or not resource.subresource("status"):
        obj = with_defaults(resource, obj)
    check(resource, obj, before)
    obj = _with_generation(obj, before)
    if is_dry(request) or obj == before:
        return json_answer(present(obj))
    if metadata.get("deletionTimestamp") and not metadata.get("finalizers") and before["metadata"].get("finalizers"):
        world.put(resource.key, obj)
        return json_answer(present(world.remove(resource.key, target.namespace, target.name)))
    return json_answer(present(world.put(resource.key, obj)))


def _with_generation(obj: dict, before: dict) -> dict:
    """Raise the generation when the spec has changed."""
    if "generation" not in before["metadata"] or obj.get("spec") == before.get("spec"):
        return obj
    return {**obj, "metadata": {**obj["metadata"], "generation": before["metadata"]["generation"] + 1}}


def _check_preconditions(options: dict, before: dict, resource: Resource) -> None:
    wanted = options.get("preconditions") or {}
    name = before["metadata"]["name"]
    for field in ("uid", "resourceVersion"):
        if wanted.get(field) and wanted[field] != before["metadata"][field]:
            label = "UID" if field == "uid" else "ResourceVersion"
            raise failed_precondition(resource, name, label, wanted[field], before["metadata"][field])


def _deleted(resource: Resource, obj: dict) -> Answer:
    details = details_of(resource, obj["metadata"]["name"], uid=obj["metadata"]["uid"])
    return json_answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
