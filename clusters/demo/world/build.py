"""Short ways to write the objects of the first day."""

from typing import Any

from clusters.demo.world.defaults import with_defaults
from clusters.demo.world.images import REGISTRY
from clusters.demo.world.resources import BUILT_IN
from clusters.demo.world.world import World

RESOURCES = {resource.key: resource for resource in BUILT_IN}


def add(world: World, key: str, name: str, namespace: str = "", *, labels: dict | None = None, **parts: object) -> dict:
    """Put an object of a built-in resource into the world, with the API's defaults."""
    resource = RESOURCES[key]
    metadata: dict = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if "spec" in parts and key.partition(".")[2] in ("apps", "batch"):
        metadata["generation"] = 1
    if labels:
        metadata["labels"] = labels
    if "annotations" in parts:
        metadata["annotations"] = parts.pop("annotations")
    obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata, **parts}
    return world.put(key, with_defaults(resource, obj))


def container(name: str, image: str, *, port: int = 0, cpu: str = "50m", memory: str = "64Mi", **parts: object) -> dict:
    """A container; an image without a registry comes from ours."""
    found: dict = {"name": name, "image": image if "." in image.partition("/")[0] else f"{REGISTRY}/{image}"}
    if port:
        found["ports"] = [{"containerPort": port, "name": "http", "protocol": "TCP"}]
        probe = {"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "periodSeconds": 5}
        found["readinessProbe"] = {**probe, "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3}
    found["resources"] = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}
    return {**found, **parts}


def template(app: str, containers: list[dict], **spec: object) -> dict:
    """A pod template with the labels of an app."""
    return {"metadata": {"labels": labels_of(app)}, "spec": {"containers": containers, **spec}}


def labels_of(app: str) -> dict[str, str]:
    """The labels that everything of an app carries."""
    return {"app": app, "app.kubernetes.io/name": app}


def deployment(world: World, namespace: str, app: str, replicas: int, containers: list[dict], **spec: Any) -> dict:
    """A Deployment whose pods carry the label `app`; `pod` adds to the template's spec, the rest to the spec."""
    pod = spec.pop("pod", {})
    wanted = {"replicas": replicas, "selector": {"matchLabels": {"app": app}}}
    wanted = {**wanted, "template": template(app, containers, **pod), **spec}
    return add(world, "deployments.apps", app, namespace, labels=labels_of(app), spec=wanted)


def service(world: World, namespace: str, app: str, port: int, address: str, target: int = 0) -> dict:
    """A ClusterIP Service in front of the pods labelled `app`."""
    ports = [{"name": "http", "protocol": "TCP", "port": port, "targetPort": target or port}]
    spec = {
        "ports": ports,
        "selector": {"app": app},
        "clusterIP": address,
        "clusterIPs": [address],
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
    }
    return add(world, "services", app, namespace, labels=labels_of(app), spec=spec)


def change_image(world: World, namespace: str, app: str, image: str) -> None:
    """Give the first container of a Deployment another image, as `kubectl set image` does."""
    found = world.get("deployments.apps", namespace, app)
    if found is None:
        return
    inner = found["spec"]["template"]["spec"]
    first = {**inner["containers"][0], "image": f"{REGISTRY}/{image}"}
    inner = {**inner, "containers": [first, *inner["containers"][1:]]}
    spec = {**found["spec"], "template": {**found["spec"]["template"], "spec": inner}}
    metadata = {**found["metadata"], "generation": found["metadata"]["generation"] + 1}
    world.put("deployments.apps", {**found, "metadata": metadata, "spec": spec})
