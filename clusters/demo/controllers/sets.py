"""StatefulSets, whose pods come one after the other, and DaemonSets, with one pod on each node."""

from clusters.demo.controllers.events import record
from clusters.demo.controllers.names import ending, template_hash
from clusters.demo.controllers.pods import delete_pod, is_ready, new_pod
from clusters.demo.world.clock import stamp
from clusters.demo.world.world import World

STATEFUL, DAEMON = "statefulsets.apps", "daemonsets.apps"
PAUSE = 0.1
REVISION = "controller-revision-hash"


def reconcile_stateful(world: World, namespace: str, name: str) -> None:
    """One step: make the lowest missing pod, or lose the highest, or renew the highest outdated one."""
    found = world.get(STATEFUL, namespace, name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    revision = f"{name}-{template_hash(found['spec']['template'])}"
    pods = {_ordinal(pod): pod for pod in world.owned(found, "pods")}
    _step(world, found, pods, revision)
    pods = {_ordinal(pod): pod for pod in world.owned(found, "pods")}
    living = [pod for pod in pods.values() if not pod["metadata"].get("deletionTimestamp")]
    ready = sum(map(is_ready, living))
    updated = sum(pod["metadata"]["labels"][REVISION] == revision for pod in living)
    before = found.get("status") or {}
    counts = {"replicas": len(pods), "readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": updated}
    status = {field: count for field, count in counts.items() if count or field in ("replicas", "availableReplicas")}
    status["observedGeneration"] = found["metadata"]["generation"]
    done = updated == len(living)
    status["currentRevision"] = revision if done else before.get("currentRevision", revision)
    status["updateRevision"] = revision
    if done and updated:
        status["currentReplicas"] = updated
    elif len(living) > updated:
        status["currentReplicas"] = len(living) - updated
    status["collisionCount"] = 0
    if status != before:
        world.put(STATEFUL, {**found, "status": status})


def _step(world: World, found: dict, pods: dict[int, dict], revision: str) -> None:
    namespace, name = found["metadata"]["namespace"], found["metadata"]["name"]
    wanted = found["spec"]["replicas"]
    if any(pod["metadata"].get("deletionTimestamp") or not is_ready(pod) for pod in pods.values()):
        surplus = [index for index in pods if index >= wanted]
        if not surplus or any(pod["metadata"].get("deletionTimestamp") for pod in pods.values()):
            return
    missing = [index for index in range(wanted) if index not in pods]
    if missing:
        pod_name = f"{name}-{missing[0]}"
        labels = {
            REVISION: revision,
            "statefulset.kubernetes.io/pod-name": pod_name,
            "apps.kubernetes.io/pod-index": str(missing[0]),
        }
        pod = new_pod(found["spec"]["template"], namespace, pod_name, found, **labels)
        pod["spec"]["hostname"] = pod_name
        _claims(world, found, pod)
        world.put("pods", pod)
        text = f"create Pod {pod_name} in StatefulSet {name} successful"
        record(world, found, "Normal", "SuccessfulCreate", text, "statefulset-controller")
        return
    surplus = [index for index in pods if index >= wanted]
    outdated = [index for index, pod in pods.items() if pod["metadata"]["labels"][REVISION] != revision]
    for index in sorted(surplus or outdated, reverse=True)[:1]:
        delete_pod(world, pods[index])
        text = f"delete Pod {name}-{index} in StatefulSet {name} successful"
        record(world, found, "Normal", "SuccessfulDelete", text, "statefulset-controller")


def _claims(world: World, found: dict, pod: dict) -> None:
    """The pod's volume claims, made once and kept, each bound to a volume of its own."""
    namespace = found["metadata"]["namespace"]
    for template in found["spec"].get("volumeClaimTemplates") or ():
        short = template["metadata"]["name"]
        name = f"{short}-{pod['metadata']['name']}"
        volume = {"name": short, "persistentVolumeClaim": {"claimName": name}}
        pod["spec"]["volumes"] = [volume, *pod["spec"]["volumes"]]
        if world.get("persistentvolumeclaims", namespace, name) is None:
            _bound_claim(world, namespace, name, template["spec"], pod["metadata"]["labels"])


def _bound_claim(world: World, namespace: str, name: str, spec: dict, labels: dict) -> None:
    metadata: dict = {"name": name, "namespace": namespace, "finalizers": ["kubernetes.io/pvc-protection"]}
    metadata["labels"] = {key: value for key, value in labels.items() if key == "app"}
    claim: dict = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": metadata, "spec": spec}
    claim = world.put("persistentvolumeclaims", {**claim, "status": {"phase": "Pending"}})
    volume = f"pvc-{claim['metadata']['uid']}"
    capacity = {"storage": spec["resources"]["requests"]["storage"]}
    bound = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": capacity}
    world.put("persistentvolumeclaims", {**claim, "spec": {**spec, "volumeName": volume}, "status": bound})
    world.put(
        "persistentvolumes",
        {
            "kind": "PersistentVolume",
            "apiVersion": "v1",
            "metadata": {"name": volume, "finalizers": ["kubernetes.io/pv-protection"]},
            "spec": {
                "capacity": capacity,
                "hostPath": {"path": f"/var/lib/volumes/{volume}", "type": ""},
                "accessModes": spec["accessModes"],
                "claimRef": {
                    "kind": "PersistentVolumeClaim",
                    "namespace": namespace,
                    "name": name,
                    "uid": claim["metadata"]["uid"],
                    "apiVersion": "v1",
                },
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": spec["storageClassName"],
                "volumeMode": "Filesystem",
            },
            "status": {"phase": "Bound", "lastPhaseTransitionTime": stamp(world.now())},
        },
    )


def _ordinal(pod: dict) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _is_up(node: dict) -> bool:
    return any(found["type"] == "Ready" and found["status"] == "True" for found in node["status"]["conditions"])


def reconcile_daemon(world: World, namespace: str, name: str) -> None:
    """A pod on every node; an outdated one is replaced, one node after the other."""
    found = world.get(DAEMON, namespace, name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    revision = template_hash(found["spec"]["template"])
    nodes = [node["metadata"]["name"] for node in world.items("nodes") if _is_up(node)]
    pods = {pod["spec"]["nodeName"]: pod for pod in world.owned(found, "pods") if pod["spec"]["nodeName"] in nodes}
    for node in nodes:
        if node not in pods:
            labels = {REVISION: revision, "pod-template-generation": "1"}
            pod = new_pod(found["spec"]["template"], namespace, f"{name}-{ending(world)}", found, **labels)
            pod["spec"]["nodeName"] = node
            pods[node] = world.put("pods", pod)
            text = f"Created pod: {pod['metadata']['name']}"
            record(world, found, "Normal", "SuccessfulCreate", text, "daemonset-controller")
    outdated = [pod for pod in pods.values() if pod["metadata"]["labels"][REVISION] != revision]
    if outdated and all(is_ready(pod) for pod in pods.values()):
        delete_pod(world, outdated[0])
    ready = sum(map(is_ready, pods.values()))
    counts = {
        "currentNumberScheduled": len(pods),
        "numberMisscheduled": 0,
        "desiredNumberScheduled": len(nodes),
        "numberReady": ready,
        "observedGeneration": found["metadata"]["generation"],
        "updatedNumberScheduled": len(pods) - len(outdated),
        "numberAvailable": ready,
    }
    if len(nodes) > ready:
        counts["numberUnavailable"] = len(nodes) - ready
    if counts != found.get("status"):
        world.put(DAEMON, {**found, "status": counts})
