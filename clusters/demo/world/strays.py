"""Pods without a controller, each in its own kind of trouble."""

from clusters.demo.controllers import statuses
from clusters.demo.controllers.pods import delete_pod, new_pod
from clusters.demo.world.build import container, labels_of
from clusters.demo.world.clock import stamp
from clusters.demo.world.world import World


def stray(world: World, name: str, containers: list[dict], namespace: str = "shop", **spec: object) -> dict:
    """A pod by itself, which then lives as its images say."""
    return world.put(
        "pods",
        new_pod({"metadata": {"labels": labels_of(name)}, "spec": {"containers": containers, **spec}}, namespace, name),
    )


def troubles(world: World) -> None:
    """Out of memory, too large for any node, waiting for its init container, and one that will not go."""
    resizer = container("image-resizer", "shop/thumbnails:1.0.3", memory="64Mi")
    stray(world, "image-resizer", [resizer], restartPolicy="Never")
    stray(world, "recommendations", [container("recommendations", "shop/recommender:5.0.0", cpu="64", memory="96Gi")])
    verify = container("verify", "shop/api:2.31.0")
    stray(world, "migrations", [verify], initContainers=[container("migrate", "shop/wait-for:1.0.0")])
    mailer = new_pod(
        {
            "metadata": {"labels": labels_of("mailer")},
            "spec": {"containers": [container("mailer", "shop/importer:1.4.0")]},
        },
        "shop",
        "mailer",
    )
    mailer["metadata"]["finalizers"] = ["shop.example.com/drain-queue"]
    world.put("pods", mailer)


def stop_mailer(world: World) -> None:
    """Delete the mailer, which its finalizer keeps."""
    pod = world.get("pods", "shop", "mailer")
    if pod is not None:
        delete_pod(world, pod)


def lost(world: World) -> None:
    """A pod on the node that will go silent."""
    stray(world, "payments", [container("payments", "shop/api:2.31.0", port=8080)], nodeName="harbor-4")


def lose(world: World) -> None:
    """Mark the pod of the silent node as lost."""
    pod = world.get("pods", "shop", "payments")
    if pod is None:
        return
    now = world.now()
    unready = [{**found, "ready": False} for found in pod["status"]["containerStatuses"]]
    found = statuses.with_status(pod, now, containerStatuses=unready)
    message = "Node harbor-4 which was running pod payments is unresponsive"
    status = {**found["status"], "reason": "NodeLost", "message": message}
    metadata = {**pod["metadata"], "deletionTimestamp": stamp(now + 30), "deletionGracePeriodSeconds": 30}
    metadata["finalizers"] = ["shop.example.com/fence"]
    world.put("pods", {**pod, "metadata": metadata, "status": status})
