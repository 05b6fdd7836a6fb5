"""An object as it leaves the server: with the managedFields that a real one carries."""

# Who writes what: by kind, the manager of the spec and the manager of the status.
_MANAGERS = {
    "Pod": ("kube-controller-manager", "kubelet"),
    "ReplicaSet": ("kube-controller-manager", "kube-controller-manager"),
    "Event": ("kubelet", ""),
    "Node": ("kubelet", "kubelet"),
}


def present(obj: dict, *, bare: bool = False) -> dict:
    """The object with managedFields; `bare` leaves kind and apiVersion out, as in lists of built-in kinds."""
    metadata = {**obj["metadata"], "managedFields": _managed(obj)}
    found = {**obj, "metadata": metadata}
    if bare:
        del found["kind"], found["apiVersion"]
    return found


def _managed(obj: dict) -> list[dict]:
    spec_manager, status_manager = _MANAGERS.get(obj["kind"], ("kubectl-client-side-apply", "kube-controller-manager"))
    when = obj["metadata"]["creationTimestamp"]
    parts = {name: value for name, value in obj.items() if name not in ("kind", "apiVersion", "metadata", "status")}
    named = {
        name: value for name, value in obj["metadata"].items() if name in ("labels", "annotations", "ownerReferences")
    }
    entries = [_entry(obj, spec_manager, when, {"f:metadata": _fields(named), **_fields(parts)})]
    if obj.get("status") and status_manager:
        entries.append(
            {**_entry(obj, status_manager, when, {"f:status": _fields(obj["status"])}), "subresource": "status"}
        )
    return entries


def _entry(obj: dict, manager: str, when: str, fields: dict) -> dict:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": obj["apiVersion"],
        "time": when,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def _fields(value: object, depth: int = 0) -> dict:
    if not isinstance(value, dict) or depth > 3:
        return {}
    return {f"f:{name}": _fields(inner, depth + 1) for name, inner in value.items()}
