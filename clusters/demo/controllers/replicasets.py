"""ReplicaSets: as many pods of one template as are wanted."""

from clusters.demo.controllers.events import record
from clusters.demo.controllers.names import ending
from clusters.demo.controllers.pods import active, delete_pod, is_available, is_ready, new_pod
from clusters.demo.world.world import World

RESOURCE = "replicasets.apps"
PAUSE = 0.1


def reconcile(world: World, namespace: str, name: str) -> None:
    """Create or delete pods until the count is right, then write the status."""
    found = world.get(RESOURCE, namespace, name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    pods = [pod for pod in world.owned(found, "pods") if active(pod)]
    missing = found["spec"].get("replicas", 1) - len(pods)
    for _ in range(missing):
        pod = new_pod(found["spec"]["template"], namespace, f"{name}-{ending(world)}", found)
        pods.append(world.put("pods", pod))
        text = f"Created pod: {pod['metadata']['name']}"
        record(world, found, "Normal", "SuccessfulCreate", text, "replicaset-controller")
    for pod in sorted(pods, key=_dispensable, reverse=True)[: max(-missing, 0)]:
        pods.remove(pod)
        delete_pod(world, pod)
        text = f"Deleted pod: {pod['metadata']['name']}"
        record(world, found, "Normal", "SuccessfulDelete", text, "replicaset-controller")
    _write_status(world, found, pods)


def _dispensable(pod: dict) -> tuple:
    """Sorts the pods to lose first last: not ready before ready, then the youngest."""
    return (
        not pod["spec"].get("nodeName"),
        not is_ready(pod),
        pod["metadata"]["creationTimestamp"],
        pod["metadata"]["name"],
    )


def _write_status(world: World, found: dict, pods: list[dict]) -> None:
    terminating = len([pod for pod in world.owned(found, "pods") if pod["metadata"].get("deletionTimestamp")])
    counts = {
        "replicas": len(pods),
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": sum(map(is_ready, pods)),
        "availableReplicas": sum(map(is_available, pods)),
        "observedGeneration": found["metadata"].get("generation", 1),
    }
    status = {field: value for field, value in counts.items() if value or field == "replicas"}
    status["terminatingReplicas"] = terminating
    if status != found.get("status"):
        world.put(RESOURCE, {**found, "status": status})
