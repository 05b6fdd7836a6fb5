"""Garbage collection: what an object owned goes after it."""

from clusters.demo.controllers.pods import delete_pod
from clusters.demo.world.world import World

PAUSE = 0.2


def owner_gone(world: World, owner: dict) -> None:
    """Plan the removal of what an object owned."""
    uid = owner["metadata"]["uid"]
    if world.dependents(uid):
        world.later(PAUSE, ("garbage", uid), lambda found: _collect(found, uid))


def _collect(world: World, uid: str) -> None:
    for resource, obj in world.dependents(uid):
        if resource == "pods":
            delete_pod(world, obj)
        elif not obj["metadata"].get("finalizers"):
            world.remove(resource, obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
