"""Fill a running cluster with thousands of pods, as simulated Deployments on simulated nodes of their own."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import processes
from tests.cluster.api import Api, ApiError
from tests.cluster.bed import Bed
from tests.cluster.populate import exists, wait

NAMESPACE = "load"
REPLICAS = 250  # of one Deployment
PODS_PER_NODE = 400  # a node takes 500
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


class LoadFailed(Exception):
    """The pods were not Running in time; the message says how many were."""


@dataclass(frozen=True)
class Figures:
    """What a load took: ``seconds`` until all ran, pods in the whole cluster, resident MiB of each program."""

    seconds: float
    pods: int
    memory: dict[str, int]


def node(number: int) -> dict[str, Any]:
    """A big simulated node that only the load's pods choose."""
    room = {"cpu": "64", "memory": "256Gi", "pods": "500"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": f"load-{number:02d}",
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"type": "load", "kubernetes.io/hostname": f"load-{number:02d}"},
        },
        "spec": {"taints": [{"key": "bed.porthole.example/load", "effect": "NoSchedule"}]},
        "status": {"allocatable": room, "capacity": room},
    }


def deployment(number: int, replicas: int) -> dict[str, Any]:
    """One Deployment of the load."""
    labels = {"app": f"load-{number:02d}", "load": "true", "shift": ("early", "late", "night")[number % 3]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"load-{number:02d}", "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": labels["app"]}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "nodeSelector": {"type": "load"},
                    "tolerations": [{"key": "bed.porthole.example/load", "operator": "Exists"}],
                    "automountServiceAccountToken": False,
                    # A namespace that is deleted waits for half of the longest grace period before it looks again.
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{"name": "load", "image": f"registry.example.com/load:{number}"}],
                },
            },
        },
    }


def create_unless_there(api: Api, document: dict[str, Any]) -> bool:
    """Create an object; false when there is one of this name already."""
    try:
        api.create(document)
    except ApiError as error:
        if error.status != 409:
            raise
        return False
    return True


def request(api: Api, pods: int) -> None:
    """Ask for exactly so many pods, by creating Deployments and scaling those that are there."""
    create_unless_there(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for number in range(1, math.ceil(pods / PODS_PER_NODE) + 1):
        create_unless_there(api, node(number))
    present = len(api.get(DEPLOYMENTS)["items"])
    for number in range(1, max(present, math.ceil(pods / REPLICAS)) + 1):
        replicas = min(REPLICAS, max(0, pods - (number - 1) * REPLICAS))
        document = deployment(number, replicas)
        if not create_unless_there(api, document):
            path = f"{DEPLOYMENTS}/{document['metadata']['name']}/scale"
            api.call("PATCH", path, {"spec": {"replicas": replicas}}, content="application/merge-patch+json")


def unload(api: Api, patience: float) -> None:
    """Delete whatever ``request`` made; the nodes last, for nobody ends the pods of a node that is gone."""
    if exists(api, f"/api/v1/namespaces/{NAMESPACE}"):
        api.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
    wait("the load is gone", lambda: not exists(api, f"/api/v1/namespaces/{NAMESPACE}"), patience)
    api.call("DELETE", "/api/v1/nodes?labelSelector=type%3Dload")


def progress(api: Api) -> tuple[int, int]:
    """How many pods of the load exist, and how many of them are ready."""
    found = [item["status"] for item in api.get(DEPLOYMENTS)["items"]]
    return sum(s.get("replicas", 0) for s in found), sum(s.get("readyReplicas", 0) for s in found)


def count_pods(api: Api) -> int:
    """All pods of the cluster."""
    metadata = api.get("/api/v1/pods?limit=1")["metadata"]
    return 1 + metadata.get("remainingItemCount", 0)


def memory(folder: Path) -> dict[str, int]:
    """The resident memory of each of the bed's programs, in MiB."""
    return {process.name: resident(process.pid) // 1024 for process in processes.recorded(folder)}


def resident(pid: int) -> int:
    """The resident memory of a process and all its descendants, in KiB (proc(5))."""
    place = Path(f"/proc/{pid}")
    sizes = [line.split()[1] for line in (place / "status").read_text().splitlines() if line.startswith("VmRSS:")]
    children = (place / "task" / str(pid) / "children").read_text().split()
    return sum(map(int, sizes)) + sum(resident(int(child)) for child in children)


def load(bed: Bed, pods: int, patience: float = 1200.0) -> Figures:
    """Put ``pods`` pods into the cluster and wait until they are Running; raises LoadFailed.

    With no pods, the load's namespace and its nodes go too.
    """
    api, began = bed.api(), time.monotonic()
    if not pods:
        unload(api, patience)
        return Figures(time.monotonic() - began, count_pods(api), memory(bed.folder))
    request(api, pods)
    while (now := progress(api)) != (pods, pods):
        if time.monotonic() - began > patience:
            raise LoadFailed(f"{now[1]} of {pods} pods ready after {patience:.0f} s")
        time.sleep(1)
    return Figures(time.monotonic() - began, count_pods(api), memory(bed.folder))
