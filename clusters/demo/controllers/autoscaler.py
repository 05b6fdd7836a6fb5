"""The HorizontalPodAutoscaler: a believable tide of load, and replicas that follow it slowly."""

import math

from clusters.demo.controllers.events import record
from clusters.demo.world.clock import stamp
from clusters.demo.world.world import World

RESOURCE = "horizontalpodautoscalers.autoscaling"
PERIOD = 30.0
TIDE = 1500.0  # seconds from one high water to the next
REST = 120.0  # seconds between two changes of the count


def tick(world: World) -> None:
    """Look at every autoscaler, and come again."""
    for found in list(world.items(RESOURCE)):
        _look(world, found)
    world.later(PERIOD, "autoscaler", tick)


def load_at(now: float) -> float:
    """The load of the whole service at a moment, in pods' worth of full use of their CPU request."""
    return 2.1 + 1.3 * math.sin(2 * math.pi * now / TIDE) + 0.15 * math.sin(2 * math.pi * now / 170)


def _look(world: World, found: dict) -> None:
    target = found["spec"]["scaleTargetRef"]
    namespace = found["metadata"]["namespace"]
    deployment = world.get("deployments.apps", namespace, target["name"])
    if deployment is None:
        return
    current = deployment["spec"]["replicas"]
    goal = found["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
    used = round(100 * load_at(world.now()) / max(current, 1))
    low, high = found["spec"]["minReplicas"], found["spec"]["maxReplicas"]
    wanted = current
    if current and abs(used / goal - 1) > 0.1:
        wanted = max(low, min(high, math.ceil(current * used / goal)))
    key = ("rescaled", found["metadata"]["uid"])
    if wanted != current and world.now() - world.memory.get(key, 0) < REST:
        wanted = current
    if wanted != current:
        wanted = current + (1 if wanted > current else -1)
        world.memory[key] = int(world.now())
        _rescale(world, found, deployment, wanted, above=wanted > current)
    status = _status(found, current, wanted, used, world.now())
    if status != found.get("status"):
        world.put(RESOURCE, {**found, "status": status})


def _rescale(world: World, found: dict, deployment: dict, wanted: int, *, above: bool) -> None:
    reason = "cpu resource utilization (percentage of request) above target" if above else "All metrics below target"
    text = f"New size: {wanted}; reason: {reason}"
    record(world, found, "Normal", "SuccessfulRescale", text, "horizontal-pod-autoscaler")
    metadata = {**deployment["metadata"], "generation": deployment["metadata"]["generation"] + 1}
    world.put(
        "deployments.apps", {**deployment, "metadata": metadata, "spec": {**deployment["spec"], "replicas": wanted}}
    )


def _status(found: dict, current: int, wanted: int, used: int, now: float) -> dict:
    before = found.get("status") or {}
    value = {"averageUtilization": used, "averageValue": f"{used * 2}m"}
    status = {
        "currentReplicas": current,
        "desiredReplicas": wanted,
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": value}}],
        "conditions": [
            _condition(found, "AbleToScale", "ReadyForNewScale", "recommended size matches current size"),
            _condition(
                found,
                "ScalingActive",
                "ValidMetricFound",
                "the HPA was able to successfully calculate a replica count from cpu resource utilization "
                "(percentage of request)",
            ),
        ],
    }
    if wanted != current:
        status["lastScaleTime"] = stamp(now)
    elif before.get("lastScaleTime"):
        status["lastScaleTime"] = before["lastScaleTime"]
    return status


def _condition(found: dict, kind: str, reason: str, message: str) -> dict:
    since = found["metadata"]["creationTimestamp"]
    return {"type": kind, "status": "True", "lastTransitionTime": since, "reason": reason, "message": message}
