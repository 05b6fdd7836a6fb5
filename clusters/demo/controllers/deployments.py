"""Deployments: one ReplicaSet for each template, moved from the old to the new without losing too many pods."""

import math

from clusters.demo.controllers.events import record
from clusters.demo.controllers.names import owner_reference, template_hash
from clusters.demo.controllers.pods import active
from clusters.demo.world.clock import moment, stamp
from clusters.demo.world.world import World

RESOURCE, SETS = "deployments.apps", "replicasets.apps"
PAUSE = 0.1
REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"
COMPONENT = "deployment-controller"


def reconcile(world: World, namespace: str, name: str) -> None:
    """Bring the ReplicaSets one step nearer to what is wanted, then write the status."""
    found = world.get(RESOURCE, namespace, name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    sets = sorted(world.owned(found, SETS), key=revision_of)
    current = next((one for one in sets if _same_template(one, found)), None)
    paused = found["spec"].get("paused", False)
    if not paused:
        current, sets = _current_set(world, found, current, sets)
    old = [one for one in sets if one is not current]
    if current is None or paused or not any(one["spec"]["replicas"] for one in old):
        _scale_only(world, found, sets)
    elif found["spec"]["strategy"]["type"] == "Recreate":
        _recreate(world, found, current, old)
    else:
        _roll(world, found, current, old)
    _clean_up(world, found)
    _write_status(world, world.get(RESOURCE, namespace, name) or found)


def revision_of(found: dict) -> int:
    """The revision that a Deployment or ReplicaSet is at; 0 without one."""
    return int((found["metadata"].get("annotations") or {}).get(REVISION, 0))


def limits(deployment: dict) -> tuple[int, int]:
    """(maxSurge, maxUnavailable) in pods, rounded up and down as Kubernetes does, never both zero."""
    wanted = deployment["spec"]["replicas"]
    rolling = deployment["spec"]["strategy"].get("rollingUpdate") or {}
    surge = math.ceil(_pods(rolling.get("maxSurge", "25%"), wanted))
    unavailable = math.floor(_pods(rolling.get("maxUnavailable", "25%"), wanted))
    return surge, unavailable if surge or unavailable else 1


def _pods(value: int | str, wanted: int) -> float:
    return int(value.rstrip("%")) * wanted / 100 if isinstance(value, str) else value


def _same_template(found: dict, deployment: dict) -> bool:
    labels = dict(found["spec"]["template"]["metadata"].get("labels") or {})
    labels.pop(HASH, None)
    template = found["spec"]["template"]
    return {**template, "metadata": {**template["metadata"], "labels": labels}} == deployment["spec"]["template"]


def _current_set(world: World, deployment: dict, current: dict | None, sets: list[dict]) -> tuple[dict, list[dict]]:
    """The ReplicaSet of the present template, made or raised to the newest revision."""
    newest = max(map(revision_of, sets), default=0)
    if current is None:
        current = world.put(SETS, _new_set(deployment, newest + 1))
        sets = [*sets, current]
    elif revision_of(current) < newest:
        metadata = current["metadata"]
        annotations = {**metadata["annotations"], REVISION: str(newest + 1)}
        raised = world.put(SETS, {**current, "metadata": {**metadata, "annotations": annotations}})
        sets = [raised if one is current else one for one in sets]
        current = raised
    annotations = deployment["metadata"].get("annotations") or {}
    if annotations.get(REVISION) != str(revision_of(current)):
        annotations = {**annotations, REVISION: str(revision_of(current))}
        world.put(RESOURCE, {**deployment, "metadata": {**deployment["metadata"], "annotations": annotations}})
    return current, sets


def _new_set(deployment: dict, revision: int) -> dict:
    spec, metadata = deployment["spec"], deployment["metadata"]
    digest = template_hash(spec["template"])
    labels = {**(spec["template"]["metadata"].get("labels") or {}), HASH: digest}
    surge, _ = limits(deployment)
    return {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": f"{metadata['name']}-{digest}",
            "namespace": metadata["namespace"],
            "generation": 1,
            "labels": labels,
            "annotations": {
                REVISION: str(revision),
                "deployment.kubernetes.io/desired-replicas": str(spec["replicas"]),
                "deployment.kubernetes.io/max-replicas": str(spec["replicas"] + surge),
            },
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {**(spec["selector"].get("matchLabels") or {}), HASH: digest}},
            "template": {**spec["template"], "metadata": {**spec["template"]["metadata"], "labels": labels}},
        },
        "status": {"replicas": 0},
    }


def _scale_only(world: World, deployment: dict, sets: list[dict]) -> None:
    """Give the newest ReplicaSet that has pods, or the newest of all, what the others leave of the wanted number."""
    if sets:
        chosen = ([one for one in sets if _size(one)] or sets)[-1]
        others = sum(_size(one) for one in sets if one is not chosen)
        _resize(world, deployment, chosen, deployment["spec"]["replicas"] - others)


def _recreate(world: World, deployment: dict, current: dict, old: list[dict]) -> None:
    for one in old:
        _resize(world, deployment, one, 0)
    if not any(
        active(pod) or pod["metadata"].get("deletionTimestamp") for one in old for pod in world.owned(one, "pods")
    ):
        _resize(world, deployment, current, deployment["spec"]["replicas"])


def _roll(world: World, deployment: dict, current: dict, old: list[dict]) -> None:
    wanted = deployment["spec"]["replicas"]
    surge, unavailable = limits(deployment)
    total = _size(current) + sum(map(_size, old))
    if _size(current) > wanted:
        _resize(world, deployment, current, wanted)
    elif total < wanted + surge:
        _resize(world, deployment, current, min(wanted, _size(current) + wanted + surge - total))
    current = world.get(SETS, deployment["metadata"]["namespace"], current["metadata"]["name"]) or current
    total = _size(current) + sum(map(_size, old))
    unready = _size(current) - current["status"].get("availableReplicas", 0)
    spare = total - (wanted - unavailable) - unready
    for one in old:
        sick = _size(one) - one["status"].get("availableReplicas", 0)
        cut = min(_size(one), max(spare, 0) if not sick else min(_size(one), max(spare, 0)))
        if cut > 0:
            _resize(world, deployment, one, _size(one) - cut)
            spare -= cut


def _size(found: dict) -> int:
    return found["spec"]["replicas"]


def _resize(world: World, deployment: dict, found: dict, replicas: int) -> None:
    replicas = max(replicas, 0)
    before = _size(found)
    if before == replicas:
        return
    surge, _ = limits(deployment)
    wanted = deployment["spec"]["replicas"]
    metadata = found["metadata"]
    annotations = {
        **metadata["annotations"],
        "deployment.kubernetes.io/desired-replicas": str(wanted),
        "deployment.kubernetes.io/max-replicas": str(wanted + surge),
    }
    metadata = {**metadata, "annotations": annotations, "generation": metadata["generation"] + 1}
    world.put(SETS, {**found, "metadata": metadata, "spec": {**found["spec"], "replicas": replicas}})
    way = "up" if replicas > before else "down"
    text = f"Scaled {way} replica set {metadata['name']} from {before} to {replicas}"
    record(world, deployment, "Normal", "ScalingReplicaSet", text, COMPONENT)


def _clean_up(world: World, deployment: dict) -> None:
    """Keep as many empty old ReplicaSets as revisionHistoryLimit says."""
    sets = sorted(world.owned(deployment, SETS), key=revision_of)[:-1]
    empty = [one for one in sets if not _size(one) and not one["status"].get("replicas")]
    for one in empty[: max(len(empty) - deployment["spec"].get("revisionHistoryLimit", 10), 0)]:
        world.remove(SETS, one["metadata"]["namespace"], one["metadata"]["name"])


def _write_status(world: World, found: dict) -> None:
    namespace, name = found["metadata"]["namespace"], found["metadata"]["name"]
    sets = world.owned(found, SETS)
    current = next((one for one in sets if _same_template(one, found)), None)
    statuses = [one["status"] for one in sets]
    wanted = found["spec"]["replicas"]
    total = sum(status.get("replicas", 0) for status in statuses)
    available = sum(status.get("availableReplicas", 0) for status in statuses)
    updated = current["status"].get("replicas", 0) if current else 0
    counts = {
        "observedGeneration": found["metadata"]["generation"],
        "replicas": total,
        "updatedReplicas": updated,
        "readyReplicas": sum(status.get("readyReplicas", 0) for status in statuses),
        "availableReplicas": available,
        "unavailableReplicas": max(max(total, wanted) - available, 0),
    }
    before = found.get("status") or {}
    status: dict = {field: value for field, value in counts.items() if value}
    status["terminatingReplicas"] = sum(one.get("terminatingReplicas", 0) for one in statuses)
    moved = {field: before.get(field) for field in counts} != {field: status.get(field) for field in counts}
    complete = updated == wanted and total == wanted and available >= wanted
    set_name = current["metadata"]["name"] if current else ""
    status["conditions"] = [
        _available(found, available, world.now()),
        _progressing(found, set_name, complete=complete, moved=moved, now=world.now()),
    ]
    if status != before:
        world.put(RESOURCE, {**found, "status": status})
    if not complete and status["conditions"][1]["status"] == "True":
        deadline = found["spec"].get("progressDeadlineSeconds", 600)
        due = moment(status["conditions"][1]["lastUpdateTime"]) + deadline - world.now() + 1
        world.later(max(due, 1), ("deadline", found["metadata"]["uid"]), lambda one: reconcile(one, namespace, name))


def _available(deployment: dict, available: int, now: float) -> dict:
    _, unavailable = limits(deployment)
    if available >= deployment["spec"]["replicas"] - unavailable:
        word = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        word = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    return _condition(deployment, "Available", word, now, update=False)


def _progressing(deployment: dict, set_name: str, *, complete: bool, moved: bool, now: float) -> dict:
    known = _known(deployment, "Progressing")
    deadline = deployment["spec"].get("progressDeadlineSeconds", 600)
    if deployment["spec"].get("paused"):
        word = ("Unknown", "DeploymentPaused", "Deployment is paused")
        return _condition(deployment, "Progressing", word, now, update=known is None or known["reason"] != word[1])
    if complete:
        word = ("True", "NewReplicaSetAvailable", f'ReplicaSet "{set_name}" has successfully progressed.')
        return _condition(deployment, "Progressing", word, now, update=known is None or known["message"] != word[2])
    if (
        known
        and not moved
        and now - moment(known["lastUpdateTime"]) > deadline
        and known["reason"] != "NewReplicaSetAvailable"
    ):
        word = ("False", "ProgressDeadlineExceeded", f'ReplicaSet "{set_name}" has timed out progressing.')
        return _condition(deployment, "Progressing", word, now, update=known["status"] == "True")
    if known and not moved:
        return known
    word = ("True", "ReplicaSetUpdated", f'ReplicaSet "{set_name}" is progressing.')
    return _condition(deployment, "Progressing", word, now, update=True)


def _known(deployment: dict, kind: str) -> dict | None:
    conditions = (deployment.get("status") or {}).get("conditions") or ()
    return next((found for found in conditions if found["type"] == kind), None)


def _condition(deployment: dict, kind: str, word: tuple[str, str, str], now: float, *, update: bool) -> dict:
    known = _known(deployment, kind)
    status, reason, message = word
    same = known is not None and known["status"] == status
    if known and same and not update and known["reason"] == reason:
        return known
    return {
        "type": kind,
        "status": status,
        "lastUpdateTime": stamp(now),
        "lastTransitionTime": known["lastTransitionTime"] if known and same else stamp(now),
        "reason": reason,
        "message": message,
    }
