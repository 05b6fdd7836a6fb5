"""The controllers: each change of an object makes the ones concerned look again, a moment later."""

from collections.abc import Callable

from clusters.demo.controllers import deployments, garbage, jobs, kubelet, namespaces, replicasets, scheduler, sets
from clusters.demo.controllers.names import controller_of
from clusters.demo.world.store import Change
from clusters.demo.world.world import World

Reconcile = Callable[[World, str, str], None]

BY_KIND: dict[str, tuple[Reconcile, float]] = {
    "Deployment": (deployments.reconcile, deployments.PAUSE),
    "ReplicaSet": (replicasets.reconcile, replicasets.PAUSE),
    "StatefulSet": (sets.reconcile_stateful, sets.PAUSE),
    "DaemonSet": (sets.reconcile_daemon, sets.PAUSE),
    "Job": (jobs.reconcile_job, jobs.PAUSE),
    "CronJob": (jobs.reconcile_cron_job, jobs.PAUSE),
}


def start(world: World) -> None:
    """Let the controllers watch a world."""
    world.listeners.append(notice)


def notice(world: World, change: Change) -> None:
    """Plan the work that a change makes for the controllers."""
    obj = change.object
    if change.resource == "events":
        return
    if change.kind == "DELETED":
        garbage.owner_gone(world, obj)
    elif change.resource == "namespaces" and change.kind == "ADDED":
        namespaces.furnish(world, obj["metadata"]["name"])
    elif change.resource == "pods":
        _pod_changed(world, change)
    else:
        _plan(world, obj["kind"], obj["metadata"])
    owner = controller_of(obj)
    if owner is not None:
        _plan(world, owner["kind"], {"namespace": obj["metadata"].get("namespace", ""), "name": owner["name"]})


def _pod_changed(world: World, change: Change) -> None:
    pod, before = change.object, change.previous
    if before is None:
        if not pod["spec"].get("nodeName"):
            scheduler.pod_added(world, pod)
        elif "containerStatuses" not in pod["status"]:
            kubelet.assigned(world, pod)
    elif pod["metadata"].get("deletionTimestamp") and not before["metadata"].get("deletionTimestamp"):
        kubelet.deletion_asked(world, pod)
    elif before["spec"] is not pod["spec"]:
        kubelet.spec_changed(world, before, pod)


def _plan(world: World, kind: str, metadata: dict) -> None:
    if kind not in BY_KIND:
        return
    reconcile, pause = BY_KIND[kind]
    namespace, name = metadata.get("namespace", ""), metadata["name"]
    world.later(pause, (kind, namespace, name), lambda found: reconcile(found, namespace, name))
