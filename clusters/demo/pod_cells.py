"""What kubectl says about a pod: its STATUS word, how many containers are ready, how often they restarted.

The order of the questions is that of `printPod` in Kubernetes' pkg/printers/internalversion.
"""

from clusters.demo.ages import since

NONE = "<none>"


def pod_cells(pod: dict, now: float) -> list:
    """The cells of a pod's row."""
    status, spec = pod.get("status", {}), pod["spec"]
    word, ready, restarts, last = _containers(pod)
    restarted = f"{restarts} ({since(last, now)} ago)" if restarts and last else str(restarts)
    total = len(spec["containers"]) + sum(map(_is_sidecar, spec.get("initContainers") or ()))
    gates = spec.get("readinessGates") or ()
    true = {found["type"] for found in status.get("conditions") or () if found["status"] == "True"}
    return [
        pod["metadata"]["name"],
        f"{ready}/{total}",
        _overall(pod, word),
        restarted,
        since(pod["metadata"].get("creationTimestamp"), now),
        next((address["ip"] for address in status.get("podIPs") or ()), NONE),
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        f"{sum(gate['conditionType'] in true for gate in gates)}/{len(gates)}" if gates else NONE,
    ]


def row_conditions(pod: dict) -> list[dict]:
    """Table row conditions: a pod that has ended is marked Completed."""
    messages = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}
    phase = pod.get("status", {}).get("phase")
    if phase not in messages:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": messages[phase]}]


def _containers(pod: dict) -> tuple[str, int, int, str]:
    """(word, ready, restarts, time of the last restart) from the statuses of all containers."""
    status = pod.get("status", {})
    word = status.get("reason") or status.get("phase", "")
    conditions = status.get("conditions") or ()
    if any(found["type"] == "PodScheduled" and found.get("reason") == "SchedulingGated" for found in conditions):
        word = "SchedulingGated"
    statuses = status.get("initContainerStatuses") or []
    sidecars = {found["name"] for found in pod["spec"].get("initContainers") or () if _is_sidecar(found)}
    stuck, sidecars_ready = _initialising(statuses, sidecars, len(pod["spec"].get("initContainers") or ()))
    if stuck and not any(found["type"] == "Initialized" and found["status"] == "True" for found in conditions):
        reached = next(index for index, found in enumerate(statuses) if _blocks(found, sidecars))
        counted = statuses[: reached + 1]
        return stuck, sidecars_ready, _restarts(counted), _last_restart(counted)
    main = status.get("containerStatuses") or []
    counted = [found for found in statuses if found["name"] in sidecars] + main
    ready = sidecars_ready + sum(bool(found.get("ready")) and "running" in found["state"] for found in main)
    return _main_word(main, stuck or word, conditions), ready, _restarts(counted), _last_restart(counted)


def _main_word(statuses: list[dict], word: str, conditions: tuple | list) -> str:
    running, error = False, ""
    for found in reversed(statuses):
        state = found["state"]
        if state.get("waiting", {}).get("reason"):
            word = state["waiting"]["reason"]
        elif "terminated" in state:
            word = _ended(state["terminated"])
            if state["terminated"]["exitCode"]:
                error = word
        elif found.get("ready") and "running" in state:
            running = True
    if word != "Completed":
        return word
    if running and any(found["type"] == "Ready" and found["status"] == "True" for found in conditions):
        return "Running"
    return error or ("NotReady" if running else word)


def _initialising(statuses: list[dict], sidecars: set[str], total: int) -> tuple[str, int]:
    """(the word of the init container that holds the pod up, or empty; sidecars ready before it)."""
    ready = 0
    for index, found in enumerate(statuses):
        if not _blocks(found, sidecars):
            ready += bool(found["name"] in sidecars and found.get("started") and found.get("ready"))
            continue
        state = found["state"]
        if "terminated" in state:
            return f"Init:{_ended(state['terminated'])}", ready
        reason = state.get("waiting", {}).get("reason")
        if reason and reason != "PodInitializing":
            return f"Init:{reason}", ready
        return f"Init:{index}/{total}", ready
    return "", ready


def _blocks(found: dict, sidecars: set[str]) -> bool:
    """Whether the containers after this init container still have to wait for it."""
    if "terminated" in found["state"] and found["state"]["terminated"]["exitCode"] == 0:
        return False
    return not (found["name"] in sidecars and found.get("started"))


def _ended(terminated: dict) -> str:
    if terminated.get("reason"):
        return terminated["reason"]
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated['exitCode']}"


def _overall(pod: dict, word: str) -> str:
    status = pod.get("status", {})
    if not pod["metadata"].get("deletionTimestamp"):
        return word
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return word if status.get("phase") in ("Succeeded", "Failed") else "Terminating"


def _is_sidecar(container: dict) -> bool:
    return container.get("restartPolicy") == "Always"


def _restarts(statuses: list[dict]) -> int:
    return sum(found.get("restartCount", 0) for found in statuses)


def _last_restart(statuses: list[dict]) -> str:
    # RFC 3339 times in UTC with whole seconds sort as text.
    ended = (found.get("lastState", {}).get("terminated", {}).get("finishedAt") or "" for found in statuses)
    return max(ended, default="")
