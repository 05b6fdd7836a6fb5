"""What the API server refuses in an object: 400 for what it cannot read, 422 for what it cannot mean."""

import json
import re
from typing import Any

import msgspec

from clusters.demo.selectors import from_selector
from clusters.demo.statuses import Refusal, invalid
from clusters.demo.world.resources import Resource

WORKLOADS = ("deployments.apps", "replicasets.apps", "statefulsets.apps", "daemonsets.apps")
COUNTED = ("Deployment", "ReplicaSet", "StatefulSet", "Scale")
LARGEST = 2**31 - 1
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    rf"'{_SUBDOMAIN}')"
)

Cause = tuple[str, str, str]


class WrongType(Exception):
    """A field holds another JSON type than its Go field, in the words of Go's decoder."""


def check_types(kind: str, obj: dict[str, Any]) -> None:
    """Raise WrongType when a field that counts pods is no int32."""
    spec = obj.get("spec")
    if kind not in COUNTED or not isinstance(spec, dict):
        return
    value = spec.get("replicas")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST):
        return
    names = {str: "string", bool: "bool", list: "array", dict: "object"}
    shown = names.get(type(value), f"number {value}")
    raise WrongType(f"json: cannot unmarshal {shown} into Go struct field {kind}Spec.spec.replicas of type int32")


def unreadable_patch(patched: dict[str, Any], fault: str) -> Refusal:
    """422 for a patch whose outcome has the wrong types."""
    shown = json.dumps(msgspec.json.encode(patched).decode(), ensure_ascii=False)
    return invalid("", "", "", [("FieldValueInvalid", "patch", f"Invalid value: {shown}: {fault}")])


def check(resource: Resource, obj: dict[str, Any], before: dict[str, Any] | None) -> None:
    """Raise Refusal (422) when an object may not be stored."""
    name = obj["metadata"].get("name", "")
    causes: list[Cause] = []
    if before is None and not re.fullmatch(_SUBDOMAIN, name):
        causes.append(("FieldValueInvalid", "metadata.name", f'Invalid value: "{name}": {_SUBDOMAIN_RULE}'))
    if resource.key in WORKLOADS:
        causes += _workload_causes(obj, before)
    if causes:
        raise invalid(resource.kind, resource.group, name, causes)


def check_scale(scale: dict[str, Any], name: str) -> int:
    """The replicas a Scale asks for; raises Refusal (422)."""
    replicas = int((scale.get("spec") or {}).get("replicas") or 0)
    if replicas < 0:
        raise invalid("Scale", "autoscaling", name, [_negative(replicas)])
    return replicas


def _workload_causes(obj: dict[str, Any], before: dict[str, Any] | None) -> list[Cause]:
    spec = obj["spec"]
    causes = [_negative(spec["replicas"])] if spec.get("replicas", 0) < 0 else []
    labels = spec["template"].get("metadata", {}).get("labels") or {}
    if not all(requirement.matches(labels) for requirement in from_selector(spec["selector"])):
        text = f"Invalid value: {_shown(labels)}: `selector` does not match template `labels`"
        causes.append(("FieldValueInvalid", "spec.template.metadata.labels", text))
    if before is not None and spec["selector"] != before["spec"]["selector"]:
        text = f"Invalid value: {_shown(spec['selector'])}: field is immutable"
        causes.append(("FieldValueInvalid", "spec.selector", text))
    return causes


def _negative(replicas: int) -> Cause:
    text = f"Invalid value: {replicas}: must be greater than or equal to 0"
    return "FieldValueInvalid", "spec.replicas", text


def _shown(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
