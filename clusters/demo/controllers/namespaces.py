"""Namespaces: what each gets when it is made, and how it goes with all that is in it."""

from clusters.demo.controllers.pods import delete_pod
from clusters.demo.world.clock import stamp
from clusters.demo.world.world import World

PAUSE = 0.2
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB demo\n-----END CERTIFICATE-----\n"


def furnish(world: World, name: str) -> None:
    """Give a namespace its default ServiceAccount and the cluster's certificate."""
    account: dict = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": "default", "namespace": name}}
    metadata = {"name": "kube-root-ca.crt", "namespace": name}
    certificate: dict = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": {"ca.crt": CERTIFICATE}}
    for resource, obj in (("serviceaccounts", account), ("configmaps", certificate)):
        if world.get(resource, name, obj["metadata"]["name"]) is None:
            world.put(resource, obj)


def end(world: World, namespace: dict) -> dict:
    """Mark a namespace as going, and plan the end of what is in it."""
    name = namespace["metadata"]["name"]
    metadata = {**namespace["metadata"], "deletionTimestamp": stamp(world.now())}
    going = world.put("namespaces", {**namespace, "metadata": metadata, "status": {"phase": "Terminating"}})
    world.later(PAUSE, ("namespace", name), lambda found: _clear(found, name))
    return going


def _clear(world: World, name: str) -> None:
    """Delete what is left; the namespace goes once that is nothing."""
    left = 0
    for resource in world.resources().values():
        if not resource.namespaced:
            continue
        for obj in list(world.items(resource.key, name)):
            if resource.key == "pods":
                delete_pod(world, obj, 1)
            else:
                world.remove(resource.key, name, obj["metadata"]["name"])
            left += 1
    if left:
        world.later(PAUSE * 2, ("namespace", name), lambda found: _clear(found, name))
    else:
        world.remove("namespaces", "", name)
