"""The parts of a pod's status that several steps of its life write."""

from hashlib import blake2b

from clusters.demo.world.clock import stamp

CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


def waiting(container: dict, reason: str, message: str = "") -> dict:
    """The status of a container that has not run yet."""
    state = {"reason": reason, **({"message": message} if message else {})}
    return {
        "name": container["name"],
        "state": {"waiting": state},
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "image": container["image"],
        "imageID": "",
        "started": False,
    }


def running(status: dict, uid: str, now: float) -> dict:
    """A container's status once it runs."""
    found = {**status, "state": {"running": {"startedAt": stamp(now)}}, "ready": False, "started": True}
    found["containerID"] = container_id(uid, status["name"], status["restartCount"])
    digest = blake2b(status["image"].encode(), digest_size=32).hexdigest()
    found["imageID"] = f"{status['image'].rpartition(':')[0]}@sha256:{digest}"
    return found


def terminated(status: dict, code: int, reason: str, now: float) -> dict:
    """A container's status once it has ended; what ran must have been running."""
    ended = {
        "exitCode": code,
        "reason": reason,
        "startedAt": status["state"]["running"]["startedAt"],
        "finishedAt": stamp(now),
        "containerID": status["containerID"],
    }
    return {**status, "state": {"terminated": ended}, "ready": False, "started": False}


def container_id(uid: str, name: str, restarts: int) -> str:
    """The identity of one run of a container."""
    return "containerd://" + blake2b(f"{uid} {name} {restarts}".encode(), digest_size=32).hexdigest()


def with_status(pod: dict, now: float, **changes: object) -> dict:
    """A pod with a changed status, its phase and conditions following from its containers."""
    status = {**pod["status"], **changes}
    pod = {**pod, "status": status}
    status["phase"] = phase(pod)
    status["conditions"] = conditions(pod, now)
    return pod


def phase(pod: dict) -> str:
    """Pending, Running, Succeeded or Failed, from the states of the containers."""
    found = pod["status"].get("containerStatuses") or []
    if not found:
        return pod["status"].get("phase", "Pending")
    states = [status["state"] for status in found]
    if all("terminated" in state for state in states) and pod["spec"].get("restartPolicy") != "Always":
        return "Failed" if any(state["terminated"]["exitCode"] for state in states) else "Succeeded"
    started = ["running" in state or "terminated" in state for state in states]
    again = [bool(status["restartCount"] or status["lastState"]) for status in found]
    return "Running" if all(now or before for now, before in zip(started, again, strict=True)) else "Pending"


def conditions(pod: dict, now: float) -> list[dict]:
    """The five conditions of a pod; one that has not changed keeps its transition time."""
    status = pod["status"]
    known = {found["type"]: found for found in status.get("conditions") or ()}
    containers = status.get("containerStatuses") or []
    unready = [found["name"] for found in containers if not found["ready"]]
    sidecars = {found["name"] for found in pod["spec"].get("initContainers") or () if "restartPolicy" in found}
    uninitialised = [
        found["name"]
        for found in status.get("initContainerStatuses") or ()
        if not _initialised(found, sidecar=found["name"] in sidecars)
    ]
    done = status["phase"] in ("Succeeded", "Failed")
    ready: tuple[bool, str, str] = (bool(containers) and not unready, "", "")
    if done:
        ready = (False, "PodCompleted" if status["phase"] == "Succeeded" else "PodFailed", "")
    elif unready:
        ready = (False, "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
    initialised: tuple[bool, str, str] = (not uninitialised, "PodCompleted" if done else "", "")
    if uninitialised:
        text = f"containers with incomplete status: [{' '.join(uninitialised)}]"
        initialised = (False, "ContainersNotInitialized", text)
    answers = {
        "PodReadyToStartContainers": (bool(status.get("podIP")) and not done, "", ""),
        "Initialized": initialised,
        "Ready": ready,
        "ContainersReady": ready,
        "PodScheduled": (True, "", ""),
    }
    return [_condition(name, answers[name], known.get(name), now) for name in CONDITIONS]


def _condition(name: str, answer: tuple[bool, str, str], known: dict | None, now: float) -> dict:
    true, reason, message = answer
    found: dict = {"type": name, "status": str(true), "lastProbeTime": None}
    same = known is not None and known["status"] == found["status"]
    found["lastTransitionTime"] = known["lastTransitionTime"] if known and same else stamp(now)
    if reason:
        found["reason"] = reason
    if message:
        found["message"] = message
    return found


def _initialised(status: dict, *, sidecar: bool) -> bool:
    ended = status["state"].get("terminated")
    return bool(ended and ended["exitCode"] == 0) or bool(sidecar and status.get("started"))
