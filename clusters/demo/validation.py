"""What the API server refuses in an object: 400 for what it cannot read, 422 for what it cannot mean."""

from clusters.demo.statuses import bad_request, invalid
from clusters.demo.world.resources import Resource

REPLICAS = ("deployments.apps", "replicasets.apps", "statefulsets.apps")
LARGEST = 2**31 - 1


def check(resource: Resource, obj: dict, before: dict | None) -> None:
    """Raise Refusal (400 or 422) when an object may not be stored."""
    name = obj["metadata"].get("name", "")
    causes: list[tuple[str, str, str]] = []
    if resource.key in REPLICAS:
        kind = resource.kind
        replicas = whole(obj["spec"].get("replicas", 1), f"{kind}.spec.replicas", kind, resource.api_version)
        if replicas < 0:
            causes.append(
                ("FieldValueInvalid", "spec.replicas", f"Invalid value: {replicas}: must be greater than or equal to 0")
            )
        if before is not None and obj["spec"].get("selector") != before["spec"].get("selector"):
            causes.append(
                (
                    "FieldValueInvalid",
                    "spec.selector",
                    f"Invalid value: {obj['spec'].get('selector')}: field is immutable",
                )
            )
    if causes:
        raise invalid(resource.kind, resource.group, name, causes)


def check_scale(scale: dict, name: str) -> int:
    """The replicas a Scale asks for; raises Refusal (400 or 422)."""
    spec = scale.get("spec") or {}
    replicas = whole(spec.get("replicas", 0), "ScaleSpec.spec.replicas", "Scale", "autoscaling/v1")
    if replicas < 0:
        cause = ("FieldValueInvalid", "spec.replicas", f"Invalid value: {replicas}: must be greater than or equal to 0")
        raise invalid("Scale", "autoscaling", name, [cause])
    return replicas


def whole(value: object, path: str, kind: str, api_version: str) -> int:
    """A JSON value as an int32; raises Refusal (400) in the words of Go's decoder."""
    version = api_version.rpartition("/")[2]
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        shown = (
            "string" if isinstance(value, str) else f"number {value}" if isinstance(value, (int, float)) else "object"
        )
        raise bad_request(
            f'{kind} in version "{version}" cannot be handled as a {kind}: json: cannot unmarshal {shown} into Go struct '
            f"field {path} of type int32"
        )
    return value
