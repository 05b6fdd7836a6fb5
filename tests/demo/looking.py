"""Short ways to look at the demo world."""

from typing import Any

from clusters.demo.api import respond
from clusters.demo.cells import CELLS
from clusters.demo.requests import Answer, Request, Stream
from clusters.demo.world.world import World

OLIVIA = (("authorization", "Bearer olivia-token"),)


def words(world: World, resource: str = "pods", namespace: str = "shop") -> dict[str, list[Any]]:
    """The cells of each object of a resource, by name."""
    return {obj["metadata"]["name"]: CELLS[resource](obj, world.now()) for obj in world.items(resource, namespace)}


def pod_named(world: World, app: str, namespace: str = "shop") -> dict[str, Any]:
    """The one pod of an app."""
    [pod] = [pod for pod in world.items("pods", namespace) if pod["metadata"]["labels"].get("app") == app]
    return pod


def log(world: World, pod: dict[str, Any], **query: object) -> list[str]:
    """The lines of a pod's log; None as a value leaves an option out."""
    metadata = pod["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/log"
    options = {name: [str(value)] for name, value in query.items()}
    found = respond(world, Request("GET", path, options, OLIVIA))
    assert isinstance(found, Answer), found
    assert found.code == 200, found.body
    return found.body.decode("utf-8", "replace").splitlines()


def stream(world: World, path: str, **query: object) -> Stream:
    """A stream that the server would send."""
    options = {name: [str(value)] for name, value in query.items()}
    found = respond(world, Request("GET", path, options, OLIVIA))
    assert isinstance(found, Stream), found
    return found
