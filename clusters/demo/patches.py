"""The three ways to patch: JSON merge patch (RFC 7386), JSON patch (RFC 6902) and Kubernetes' strategic merge."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"

# The fields whose lists merge by a key, as `patchMergeKey` in k8s.io/api says. Other lists are replaced whole.
MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "ownerReferences": "uid",
    "conditions": "type",
    "addresses": "type",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "secrets": "name",
}


class PatchDoesNotFitError(Exception):
    """The patch is well formed but does not fit this object."""


def merge(target: object, patch: object) -> object:
    """Apply a JSON merge patch; null takes a field away."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def strategic(target: object, patch: object, field: str = "") -> object:
    """Apply a strategic merge patch: as `merge`, but some lists merge by key, and `$patch` deletes or replaces."""
    if isinstance(patch, list):
        return _strategic_list(target if isinstance(target, list) else [], patch, field)
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            kept = name.partition("/")[2]
            result[kept] = [item for item in result.get(kept, ()) if item not in value]
        elif name.startswith("$"):
            continue
        elif value is None:
            result.pop(name, None)
        else:
            result[name] = strategic(result.get(name), value, name)
    return result


def json_patch(target: object, operations: list[Any]) -> object:
    """Apply a JSON patch; raises PatchDoesNotFitError when an operation, a test or a path fails."""
    document = deepcopy(target)
    for operation in operations:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise PatchDoesNotFitError(str(operation))
        document = _operate(document, operation)
    return document


def _operate(document: object, operation: dict) -> object:
    path = _pointer(operation["path"])
    match operation.get("op"):
        case "add":
            return _add(document, path, deepcopy(operation.get("value")))
        case "remove":
            return _remove(document, path)
        case "replace":
            _read(document, path)
            return _add(_remove(document, path), path, deepcopy(operation.get("value"))) if path else operation["value"]
        case "move":
            moved = _read(document, _pointer(operation["from"]))
            return _add(_remove(document, _pointer(operation["from"])), path, moved)
        case "copy":
            return _add(document, path, deepcopy(_read(document, _pointer(operation["from"]))))
        case "test":
            if _read(document, path) != operation.get("value"):
                raise PatchDoesNotFitError(operation["path"])
            return document
        case unknown:
            raise PatchDoesNotFitError(str(unknown))


def _pointer(text: str) -> list[str]:
    """Split an RFC 6901 pointer."""
    if text and not text.startswith("/"):
        raise PatchDoesNotFitError(text)
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _index(items: Sequence, step: str, *, end: bool = False) -> int:
    if end and step == "-":
        return len(items)
    if not step.isdecimal() or int(step) >= len(items) + end:
        raise PatchDoesNotFitError(step)
    return int(step)


def _read(document: object, path: list[str]) -> object:
    for step in path:
        if isinstance(document, list):
            document = document[_index(document, step)]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            raise PatchDoesNotFitError(step)
    return document


def _add(document: object, path: list[str], value: object) -> object:
    if not path:
        return value
    parent = _read(document, path[:-1])
    if isinstance(parent, list):
        parent.insert(_index(parent, path[-1], end=True), value)
    elif isinstance(parent, dict):
        parent[path[-1]] = value
    else:
        raise PatchDoesNotFitError(path[-1])
    return document


def _remove(document: object, path: list[str]) -> object:
    if not path:
        return None
    parent = _read(document, path[:-1])
    _read(parent, path[-1:])
    if isinstance(parent, list):
        del parent[_index(parent, path[-1])]
    elif isinstance(parent, dict):
        del parent[path[-1]]
    return document


def _strategic_list(target: list, patch: list, field: str) -> list:
    key = MERGE_KEYS.get(field)
    if field == "ports":
        key = "containerPort" if any(isinstance(item, dict) and "containerPort" in item for item in patch) else "port"
    if key is None or not all(isinstance(item, dict) for item in patch):
        return patch
    if any(item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if item.get("$patch") != "replace"]
    result = list(target)
    for item in patch:
        at = next((index for index, found in enumerate(result) if found.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            if at is not None:
                del result[at]
        elif at is None:
            result.append(strategic(None, item))
        else:
            result[at] = strategic(result[at], item)
    return result
