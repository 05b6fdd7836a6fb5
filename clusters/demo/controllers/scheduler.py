"""Gives a new pod its node, or says why none fits."""

from clusters.demo.controllers import kubelet
from clusters.demo.controllers.events import record
from clusters.demo.world.clock import stamp
from clusters.demo.world.quantities import cores
from clusters.demo.world.world import World

PAUSE = 0.1
RETRY = 300.0


def pod_added(world: World, pod: dict) -> None:
    """Plan the binding of a pod that has no node yet."""
    if not pod["spec"].get("nodeName"):
        namespace, name, uid = kubelet.identity(pod)
        world.later(PAUSE, ("bind", uid), lambda found: bind(found, namespace, name, uid))


def bind(world: World, namespace: str, name: str, uid: str) -> None:
    """Choose the node with the fewest pods among those that fit."""
    pod = kubelet.find(world, namespace, name, uid)
    if pod is None or pod["metadata"].get("deletionTimestamp"):
        return
    nodes, reasons = _fitting(world, pod)
    if not nodes:
        _unschedulable(world, pod, reasons)
        return
    used = dict.fromkeys(nodes, 0)
    for other in world.items("pods"):
        node = other["spec"].get("nodeName")
        if node in used:
            used[node] += 1
    chosen = min(nodes, key=lambda node: (used[node], node))
    pod = {**pod, "spec": {**pod["spec"], "nodeName": chosen}}
    scheduled = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": stamp(world.now()),
    }
    pod["status"] = {**pod["status"], "conditions": [scheduled]}
    pod = world.put("pods", pod)
    text = f"Successfully assigned {namespace}/{name} to {chosen}"
    record(world, pod, "Normal", "Scheduled", text, "default-scheduler")
    kubelet.assigned(world, pod)


def _fitting(world: World, pod: dict) -> tuple[list[str], dict[str, int]]:
    wanted = sum(
        cores(container.get("resources", {}).get("requests", {}).get("cpu", "0"))
        for container in pod["spec"]["containers"]
    )
    nodes, reasons = [], dict[str, int]()
    for node in world.items("nodes"):
        labels = node["metadata"].get("labels") or {}
        selector = pod["spec"].get("nodeSelector") or {}
        if any(not _tolerated(taint, pod) for taint in node["spec"].get("taints") or ()):
            reason = "node(s) had untolerated taint(s)"
        elif any(labels.get(key) != value for key, value in selector.items()):
            reason = "node(s) didn't match Pod's node affinity/selector"
        elif wanted > cores(node["status"]["allocatable"]["cpu"]):
            reason = "Insufficient cpu"
        else:
            nodes.append(node["metadata"]["name"])
            continue
        reasons[reason] = reasons.get(reason, 0) + 1
    return nodes, reasons


def _tolerated(taint: dict, pod: dict) -> bool:
    return taint["effect"] == "PreferNoSchedule" or any(
        found.get("key") in (None, taint["key"]) and found.get("effect") in (None, taint["effect"])
        for found in pod["spec"].get("tolerations") or ()
    )


def _unschedulable(world: World, pod: dict, reasons: dict[str, int]) -> None:
    total = sum(reasons.values())
    listed = ", ".join(f"{times} {reason}" for reason, times in sorted(reasons.items()))
    message = (
        f"0/{total} nodes are available: {listed}. preemption: 0/{total} nodes are available: "
        f"{total} Preemption is not helpful for scheduling."
    )
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "lastProbeTime": None,
        "lastTransitionTime": stamp(world.now()),
        "reason": "Unschedulable",
        "message": message,
    }
    if not pod["status"].get("conditions"):
        pod = world.put("pods", {**pod, "status": {**pod["status"], "conditions": [condition]}})
    record(world, pod, "Warning", "FailedScheduling", message, "default-scheduler")
    namespace, name, uid = kubelet.identity(pod)
    world.later(RETRY, ("bind", uid), lambda found: bind(found, namespace, name, uid))
