"""The life of a pod on its node: pull, start, become ready, fail, back off, start again, stop."""

from collections.abc import Callable

from clusters.demo.controllers import statuses
from clusters.demo.controllers.events import record
from clusters.demo.world.clock import stamp
from clusters.demo.world.images import Image, image_of
from clusters.demo.world.world import World

NOTICE = 0.2
FIRST_BACK_OFF, LONGEST_BACK_OFF = 10.0, 300.0
Step = Callable[[World, dict], None]
ContainerStep = Callable[[World, dict, dict], None]
LISTS = (("initContainers", "initContainerStatuses"), ("containers", "containerStatuses"))


def identity(pod: dict) -> tuple[str, str, str]:
    """(namespace, name, uid): what a planned step remembers of its pod."""
    metadata = pod["metadata"]
    return metadata["namespace"], metadata["name"], metadata["uid"]


def find(world: World, namespace: str, name: str, uid: str) -> dict | None:
    """The pod, unless it is gone or another of the same name has taken its place."""
    pod = world.get("pods", namespace, name)
    return pod if pod and pod["metadata"]["uid"] == uid else None


def assigned(world: World, pod: dict) -> None:
    """Plan the first step of a pod that has just been given to a node."""
    _plan(world, pod, NOTICE, "admit", _admit)


def deletion_asked(world: World, pod: dict) -> None:
    """Plan the stop of a pod that is to go."""
    images = [image_of(container["image"]) for container in pod["spec"]["containers"]]
    grace = pod["metadata"].get("deletionGracePeriodSeconds", 0)
    seconds = min(max((image.stops_in for image in images if image), default=0.0), grace)
    for container in pod["spec"]["containers"]:
        if "running" in _status(pod, container["name"])[2].get("state", {}):
            _tell(world, pod, "Normal", "Killing", f"Stopping container {container['name']}", container["name"])
    _plan(world, pod, seconds, "stop", _stop)


def spec_changed(world: World, before: dict, pod: dict) -> None:
    """Restart the containers whose image has been changed in place."""
    images = {container["name"]: container["image"] for container in before["spec"]["containers"]}
    for container in pod["spec"]["containers"]:
        status = _status(pod, container["name"])[2]
        if status and images.get(container["name"]) != container["image"]:
            changed = _write(world, pod, container["name"], statuses.waiting(container, "ContainerCreating"))
            _begin(world, changed, container)


def _admit(world: World, pod: dict) -> None:
    node = world.get("nodes", "", pod["spec"]["nodeName"])
    addresses = node["status"]["addresses"] if node else []
    host = next((found["address"] for found in addresses if found["type"] == "InternalIP"), "")
    inits = pod["spec"].get("initContainers") or []
    reason = "PodInitializing" if inits else "ContainerCreating"
    changes: dict = {
        "startTime": stamp(world.now()),
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "qosClass": _quality(pod),
        "containerStatuses": [statuses.waiting(container, reason) for container in pod["spec"]["containers"]],
    }
    if inits:
        changes["initContainerStatuses"] = [statuses.waiting(container, "PodInitializing") for container in inits]
    world.put("pods", statuses.with_status(pod, world.now(), **changes))
    _next_container(world, *identity(pod))


def _next_container(world: World, namespace: str, name: str, uid: str) -> None:
    """Begin the init container whose turn it is, or all others once those are done."""
    pod = find(world, namespace, name, uid)
    if pod is None or pod["metadata"].get("deletionTimestamp"):
        return
    for container in pod["spec"].get("initContainers") or ():
        status = _status(pod, container["name"])[2]
        ended = status["state"].get("terminated")
        if (ended and ended["exitCode"] == 0) or (status.get("started") and container.get("restartPolicy") == "Always"):
            continue
        if status["state"].get("waiting", {}).get("reason") == "PodInitializing":
            _begin(world, pod, container)
        return
    for container in pod["spec"]["containers"]:
        if _status(pod, container["name"])[2]["state"].get("waiting", {}).get("reason") in (
            "PodInitializing",
            "ContainerCreating",
        ):
            _begin(world, pod, container)


def _begin(world: World, pod: dict, container: dict) -> None:
    if container.get("imagePullPolicy") == "Never" and image_of(container["image"]) is None:
        _never_pulled(world, pod, container)
        return
    _tell(world, pod, "Normal", "Pulling", f'Pulling image "{container["image"]}"', container["name"])
    image = image_of(container["image"])
    _plan_container(world, pod, container["name"], image.pull if image else 1.0, _pulled)


def _never_pulled(world: World, pod: dict, container: dict) -> None:
    reference = container["image"]
    message = f'Container image "{reference}" is not present with pull policy of Never'
    waiting = {"reason": "ErrImageNeverPull", "message": message}
    _write(world, pod, container["name"], {"state": {"waiting": waiting}})
    _tell(world, pod, "Warning", "ErrImageNeverPull", message, container["name"])
    _tell(world, pod, "Warning", "Failed", "Error: ErrImageNeverPull", container["name"])


def _pulled(world: World, pod: dict, container: dict) -> None:
    image = image_of(container["image"])
    if image is None:
        _pull_failed(world, pod, container)
        return
    text = (
        f'Successfully pulled image "{container["image"]}" in {image.pull:g}s ({image.pull:g}s including waiting). '
        f"Image size: {image.size} bytes."
    )
    _tell(world, pod, "Normal", "Pulled", text, container["name"])
    _start(world, pod, container)


def _pull_failed(world: World, pod: dict, container: dict) -> None:
    reference = container["image"]
    cause = (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{reference}": failed to resolve reference '
        f'"{reference}": {reference}: not found'
    )
    _tell(world, pod, "Warning", "Failed", f'Failed to pull image "{reference}": {cause}', container["name"])
    _tell(world, pod, "Warning", "Failed", "Error: ErrImagePull", container["name"])
    _write(world, pod, container["name"], {"state": {"waiting": {"reason": "ErrImagePull", "message": cause}}})
    _plan_container(world, pod, container["name"], 1.5, _pull_back_off)


def _pull_back_off(world: World, pod: dict, container: dict) -> None:
    reference = container["image"]
    key = ("pulls", pod["metadata"]["uid"], container["name"])
    tries = world.memory[key] = world.memory.get(key, 0) + 1
    failed = _status(pod, container["name"])[2]["state"]["waiting"].get("message", "")
    text = f'Back-off pulling image "{reference}"'
    _tell(world, pod, "Normal", "BackOff", text, container["name"])
    _tell(world, pod, "Warning", "Failed", "Error: ImagePullBackOff", container["name"])
    waiting = {"reason": "ImagePullBackOff", "message": f"{text}: ErrImagePull: {failed}"}
    _write(world, pod, container["name"], {"state": {"waiting": waiting}})
    _plan_container(world, pod, container["name"], _back_off(tries), _begin)


def _start(world: World, pod: dict, container: dict) -> None:
    _tell(world, pod, "Normal", "Created", "Container created", container["name"])
    _tell(world, pod, "Normal", "Started", "Container started", container["name"])
    if not pod["status"].get("podIP"):
        address = pod["status"]["hostIP"] if pod["spec"].get("hostNetwork") else world.next_address(pod)
        pod = {**pod, "status": {**pod["status"], "podIP": address, "podIPs": [{"ip": address}]}}
    status = _status(pod, container["name"])[2]
    pod = _write(world, pod, container["name"], statuses.running(status, pod["metadata"]["uid"], world.now()))
    image = image_of(container["image"]) or Image()
    _plan_container(world, pod, container["name"], image.ready_after, _ready)
    if image.runs_for:
        _plan_container(world, pod, container["name"], image.runs_for, _exited)
    if container.get("restartPolicy") == "Always":
        _next_container(world, *identity(pod))


def _ready(world: World, pod: dict, container: dict) -> None:
    status = _status(pod, container["name"])[2]
    is_init = container in (pod["spec"].get("initContainers") or ()) and container.get("restartPolicy") != "Always"
    if "running" in status["state"] and not is_init:
        _write(world, pod, container["name"], {"ready": True})


def _exited(world: World, pod: dict, container: dict) -> None:
    status = _status(pod, container["name"])[2]
    if "running" not in status["state"]:
        return
    image = image_of(container["image"]) or Image()
    ended = statuses.terminated(status, image.exit_code, image.exit_reason, world.now())
    pod = _write(world, pod, container["name"], ended)
    policy = pod["spec"].get("restartPolicy", "Always")
    is_init = container in (pod["spec"].get("initContainers") or ())
    if image.exit_code == 0 and (is_init or policy != "Always"):
        _next_container(world, *identity(pod))
    elif policy != "Never":
        _plan_container(world, pod, container["name"], 0.8, _restart_or_wait)


def _restart_or_wait(world: World, pod: dict, container: dict) -> None:
    """The first restart comes at once; each later one waits twice as long, at most five minutes."""
    status = _status(pod, container["name"])[2]
    restarts = status["restartCount"]
    if restarts == 0:
        _restart(world, pod, container)
        return
    namespace, name, uid = identity(pod)
    seconds = _back_off(restarts)
    waits = f"{seconds // 60:g}m{seconds % 60:g}s" if seconds >= 60 else f"{seconds:g}s"
    failed = f"restarting failed container={container['name']} pod={name}_{namespace}({uid})"
    waiting = {"reason": "CrashLoopBackOff", "message": f"back-off {waits} {failed}"}
    _write(world, pod, container["name"], {"state": {"waiting": waiting}, "lastState": status["state"]})
    text = f"Back-off restarting failed container {container['name']} in pod {name}_{namespace}({uid})"
    _tell(world, pod, "Warning", "BackOff", text, container["name"])
    _plan_container(world, pod, container["name"], seconds, _restart)


def _restart(world: World, pod: dict, container: dict) -> None:
    status = _status(pod, container["name"])[2]
    last = status["state"] if "terminated" in status["state"] else status["lastState"]
    pod = _write(world, pod, container["name"], {"restartCount": status["restartCount"] + 1, "lastState": last})
    text = f'Container image "{container["image"]}" already present on machine and can be accessed by the pod'
    _tell(world, pod, "Normal", "Pulled", text, container["name"])
    _start(world, pod, container)


def _stop(world: World, pod: dict) -> None:
    namespace, name, _ = identity(pod)
    if pod["metadata"].get("finalizers"):
        return
    changes = {}
    for _, field in LISTS:
        found = pod["status"].get(field)
        if found:
            changes[field] = [
                statuses.terminated(status, 0, "Completed", world.now()) if "running" in status["state"] else status
                for status in found
            ]
    world.put("pods", statuses.with_status(pod, world.now(), **changes))
    world.remove("pods", namespace, name)


def _plan(world: World, pod: dict, seconds: float, step: str, action: Step) -> None:
    namespace, name, uid = identity(pod)

    def run(found: World) -> None:
        current = find(found, namespace, name, uid)
        if current is not None:
            action(found, current)

    world.later(seconds, (step, uid), run)


def _plan_container(world: World, pod: dict, container: str, seconds: float, action: ContainerStep) -> None:
    namespace, name, uid = identity(pod)

    def run(found: World) -> None:
        current = find(found, namespace, name, uid)
        if current is not None and not current["metadata"].get("deletionTimestamp"):
            action(found, current, _container(current, container))

    world.later(seconds, (action.__name__, uid, container), run)


def _container(pod: dict, name: str) -> dict:
    spec = pod["spec"]
    return next(found for found in [*(spec.get("initContainers") or ()), *spec["containers"]] if found["name"] == name)


def _status(pod: dict, name: str) -> tuple[str, int, dict]:
    """(field, index, status) of a container."""
    for _, field in LISTS:
        for index, status in enumerate(pod["status"].get(field) or ()):
            if status["name"] == name:
                return field, index, status
    return "", 0, {}


def _write(world: World, pod: dict, container: str, changes: dict) -> dict:
    field, index, status = _status(pod, container)
    changed = list(pod["status"][field])
    changed[index] = {**status, **changes}
    return world.put("pods", statuses.with_status(pod, world.now(), **{field: changed}))


def _back_off(times: int) -> float:
    return min(FIRST_BACK_OFF * 2 ** (min(times, 10) - 1), LONGEST_BACK_OFF)


def _tell(world: World, pod: dict, kind: str, reason: str, message: str, container: str) -> None:
    field = (
        "initContainers"
        if any(c["name"] == container for c in pod["spec"].get("initContainers") or ())
        else "containers"
    )
    node = pod["spec"].get("nodeName", "")
    record(world, pod, kind, reason, message, "kubelet", node, f"spec.{field}{{{container}}}")


def _quality(pod: dict) -> str:
    resources = [container.get("resources") or {} for container in pod["spec"]["containers"]]
    if all(
        found.get("limits") and found.get("limits") == found.get("requests", found["limits"]) for found in resources
    ):
        return "Guaranteed"
    return "Burstable" if any(found.get("requests") or found.get("limits") for found in resources) else "BestEffort"
