"""Pods that are hard to show, for tests: hostile texts, a burst, a very long line, and plain talkers to count."""

from clusters.demo.controllers.events import record
from clusters.demo.world.build import add, container
from clusters.demo.world.strays import stray
from clusters.demo.world.world import World

AGE = 1200.0
HOSTILE_TEXT = "<script>alert('x')</script> \"quotes\" \u202egnp.exe\u202c \U0001f6a2"


def begin(world: World) -> None:
    """Start all of them."""
    add(world, "namespaces", "real", labels={"kubernetes.io/metadata.name": "real"})
    for name in ("talker", "burst", "long-line"):
        stray(world, name, [container(name, f"trials/{name}:1.0")], "monitoring")
    environment = [{"name": "GREETING", "value": HOSTILE_TEXT}]
    pod = stray(world, "hostile", [container("hostile", "trials/hostile:1.0", env=environment)], "monitoring")
    metadata = {**pod["metadata"], "annotations": {"example.com/note": HOSTILE_TEXT}}
    pod = world.put("pods", {**pod, "metadata": metadata})
    record(world, pod, "Warning", "Hostile", HOSTILE_TEXT, "trials")
    for name in ("talking", "crashing", "slow-to-stop"):
        stray(world, name, [container(name, f"trials/{name}:1.0")], "real")
    stray(world, "hungry", [container("hungry", "trials/hungry:1.0")], "real", restartPolicy="Never")
