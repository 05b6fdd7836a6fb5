"""Events: what happened to whom, counted when it happens again."""

from hashlib import blake2b

from clusters.demo.world.clock import moment, stamp
from clusters.demo.world.world import World

# The API server keeps events for an hour (--event-ttl).
KEPT_SECONDS = 3600


def record(
    world: World,
    involved: dict,
    kind: str,
    reason: str,
    message: str,
    component: str,
    host: str = "",
    container: str = "",
) -> None:
    """Write an Event about an object, or count the one that says the same already. `kind` is Normal or Warning."""
    reference = reference_to(involved)
    if container:
        reference["fieldPath"] = container
    namespace = involved["metadata"].get("namespace") or "default"
    name = _name(involved, reason, message, container)
    now = stamp(world.now())
    known = world.get("events", namespace, name)
    if known is None:
        known = {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": reference,
            "reason": reason,
            "message": message,
            "source": {"component": component, **({"host": host} if host else {})},
            "firstTimestamp": now,
            "count": 0,
            "type": kind,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        }
    world.put("events", {**known, "lastTimestamp": now, "count": known["count"] + 1})
    world.later(KEPT_SECONDS, ("event", namespace, name), lambda found: _expire(found, namespace, name))


def reference_to(obj: dict) -> dict:
    """An ObjectReference."""
    metadata = obj["metadata"]
    reference = {"kind": obj["kind"]}
    if metadata.get("namespace"):
        reference["namespace"] = metadata["namespace"]
    return {
        **reference,
        "name": metadata["name"],
        "uid": metadata["uid"],
        "apiVersion": obj["apiVersion"],
        "resourceVersion": metadata["resourceVersion"],
    }


def _name(involved: dict, reason: str, message: str, container: str) -> str:
    words = f"{involved['metadata']['uid']} {reason} {message} {container}"
    return f"{involved['metadata']['name']}.{blake2b(words.encode(), digest_size=8).hexdigest()}"


def _expire(world: World, namespace: str, name: str) -> None:
    event = world.get("events", namespace, name)
    if event is None:
        return
    left = moment(event["lastTimestamp"]) + KEPT_SECONDS - world.now()
    if left <= 0:
        world.remove("events", namespace, name)
    else:
        world.later(left, ("event", namespace, name), lambda found: _expire(found, namespace, name))
