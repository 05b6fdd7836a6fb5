"""What every controller that makes pods needs: new ones from a template, their readiness, their end."""

from clusters.demo.controllers.names import owner_reference
from clusters.demo.world.clock import stamp
from clusters.demo.world.defaults import pod_template_defaults
from clusters.demo.world.world import World

ACCOUNT_MOUNT = {
    "name": "kube-api-access",
    "readOnly": True,
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
}
ACCOUNT_VOLUME = {
    "name": "kube-api-access",
    "projected": {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        ],
        "defaultMode": 420,
    },
}
TOLERATIONS = [
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
]


def new_pod(template: dict, namespace: str, name: str, owner: dict | None = None, **labels: str) -> dict:
    """A pod of a template, Pending and without a node."""
    metadata = template.get("metadata") or {}
    found: dict = {"name": name, "namespace": namespace, "generation": 1}
    if owner is not None and owner["kind"] != "StatefulSet":
        found["generateName"] = f"{name.rpartition('-')[0]}-"
    found["labels"] = {**(metadata.get("labels") or {}), **labels}
    if metadata.get("annotations"):
        found["annotations"] = metadata["annotations"]
    if owner is not None:
        found["ownerReferences"] = [owner_reference(owner)]
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": found,
        "spec": admitted(template["spec"]),
        "status": {"phase": "Pending", "qosClass": "BestEffort"},
    }


def admitted(spec: dict) -> dict:
    """A pod's spec with what defaulting and admission add."""
    account = spec.get("serviceAccountName", "default")
    found = {
        **pod_template_defaults(spec),
        "serviceAccountName": account,
        "serviceAccount": account,
        "tolerations": [*(spec.get("tolerations") or ()), *TOLERATIONS],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }
    found["volumes"] = [*(spec.get("volumes") or ()), ACCOUNT_VOLUME]
    for field in ("initContainers", "containers"):
        if found.get(field):
            found[field] = [_with_account(container) for container in found[field]]
    return found


def _with_account(container: dict) -> dict:
    return {**container, "volumeMounts": [*(container.get("volumeMounts") or ()), ACCOUNT_MOUNT]}


def active(pod: dict) -> bool:
    """Whether a pod counts for its controller: neither ended nor going."""
    return not pod["metadata"].get("deletionTimestamp") and pod["status"].get("phase") not in ("Succeeded", "Failed")


def is_ready(pod: dict) -> bool:
    """Whether a pod's Ready condition is true."""
    conditions = pod["status"].get("conditions") or ()
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)


def is_available(pod: dict) -> bool:
    """Ready; the demo's workloads all have minReadySeconds 0."""
    return is_ready(pod)


def delete_pod(world: World, pod: dict, grace: int | None = None) -> dict:
    """Delete a pod as the API does: at once without a node or grace, else by a deletionTimestamp for the kubelet."""
    metadata = pod["metadata"]
    if metadata.get("deletionTimestamp"):
        return pod
    seconds = pod["spec"].get("terminationGracePeriodSeconds", 30) if grace is None else grace
    ended = pod["status"].get("phase") in ("Succeeded", "Failed")
    if (not pod["spec"].get("nodeName") or seconds == 0 or ended) and not metadata.get("finalizers"):
        return world.remove("pods", metadata["namespace"], metadata["name"])
    going = {
        **metadata,
        "deletionTimestamp": stamp(world.now() + seconds),
        "deletionGracePeriodSeconds": seconds,
        "generation": metadata.get("generation", 1) + 1,
    }
    return world.put("pods", {**pod, "metadata": going})
