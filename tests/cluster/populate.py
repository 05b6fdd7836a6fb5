"""Make the world of the tests: the objects of ``world/*.yaml``, and those states that no controller brings about."""

import datetime
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import node
from tests.cluster.api import Api, ApiError

WORLD = Path(__file__).parent / "world"
FILES = ("namespaces", "boats", "people", "nodes", "shop", "jobs", "system", "monitoring")
TOKEN_SECONDS = 30 * 24 * 3600

SHOP = "/api/v1/namespaces/shop/pods"


class NotPopulated(Exception):
    """The world did not come about in time; the message says what is lacking."""


def documents(name: str) -> Iterator[dict[str, Any]]:
    """The objects of one file of the world."""
    yield from yaml.safe_load_all((WORLD / f"{name}.yaml").read_text())


def now(ago: float = 0.0) -> str:
    """The time ``ago`` seconds before now, as the API writes it."""
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=ago)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def create_all(api: Api) -> None:
    """Create every object of the world, in order; raises ApiError."""
    for name in FILES:
        for document in documents(name):
            if document["kind"] == "Event":
                document |= {"firstTimestamp": now(600), "lastTimestamp": now(30)}
            api.create(document)
            if document["kind"] == "Boat":
                api.set_status(document, {"state": "Sailing" if document["spec"]["length"] > 10 else "Moored"})


def phase(api: Api, name: str) -> str:
    """The phase of a pod in namespace shop."""
    return api.get(f"{SHOP}/{name}")["status"].get("phase", "")


def wait(what: str, ready: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until ``ready()``; raises NotPopulated."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise NotPopulated(f"{what}: not so after {seconds:.0f} s")
        time.sleep(0.1)


def lose_payments(api: Api) -> None:
    """Put the pod on the silent node into the state Unknown: last seen running, then deleted, with nobody to end it.

    The API server prints Unknown for a deleted pod with the reason NodeLost (pkg/printers/internalversion/printers.go).
    """
    pod = api.get(f"{SHOP}/payments")
    running = {"name": "payments", "image": pod["spec"]["containers"][0]["image"], "imageID": "", "restartCount": 0}
    status = {
        "phase": "Running",
        "reason": "NodeLost",
        "message": "Node harbor-4 which was running pod payments is unresponsive",
        "startTime": now(7200),
        "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": now(3600)}],
        "containerStatuses": [{**running, "ready": False, "state": {"running": {"startedAt": now(7200)}}}],
    }
    api.set_status({**pod, "apiVersion": "v1", "kind": "Pod"}, status)
    api.call("DELETE", f"{SHOP}/payments")


def leave_mailer_terminating(api: Api) -> None:
    """Delete the pod that kwok never finishes off, once it runs."""
    wait("pod mailer runs", lambda: phase(api, "mailer") == "Running")
    api.call("DELETE", f"{SHOP}/mailer")


def report_events(api: Api) -> None:
    """Add the events that a kubelet would have reported about the unhappy pods."""
    pods = {pod["metadata"]["name"]: pod for pod in api.get(SHOP)["items"]}
    for name, pod in pods.items():
        app = pod["metadata"]["labels"]["app"]
        for reason, message, count in {
            "worker": (("BackOff", f"Back-off restarting failed container worker in pod {name}_shop", 287),),
            "checkout": (
                ("Failed", 'Failed to pull image "registry.example.com/shop/checkout:3.0.0-typo": not found', 6),
                ("BackOff", 'Back-off pulling image "registry.example.com/shop/checkout:3.0.0-typo"', 84),
            ),
        }.get(app, ()):
            api.create(event(pod, reason, message, count))


def event(pod: dict[str, Any], reason: str, message: str, count: int) -> dict[str, Any]:
    """A Warning of a kubelet about ``pod``, which happened ``count`` times in the last hour."""
    metadata = pod["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
        "type": "Warning",
        "reason": reason,
        "message": message,
        "count": count,
        "firstTimestamp": now(3600),
        "lastTimestamp": now(20),
        "source": {"component": "kubelet", "host": pod["spec"].get("nodeName", "")},
    }


def token(api: Api, namespace: str, account: str) -> str:
    """A bearer token of a service account, good for as long as the cluster is."""
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": TOKEN_SECONDS},
    }
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    return api.call("POST", path, body)["status"]["token"]


# The STATUS column of each pod or app of namespace shop, once the world has come about.
STATUSES = {
    "frontend": "Running",
    "api": "Running",
    "database": "Running",
    "cart": "Running",
    "worker": "CrashLoopBackOff",
    "checkout": "ImagePullBackOff",
    "image-resizer": "OOMKilled",
    "recommendations": "Pending",
    "migrations": "Init:0/1",
    "mailer": "Terminating",
    "payments": "Unknown",
}


def statuses(api: Api) -> dict[str, set[str]]:
    """The STATUS cells of the pods of namespace shop, by the app that their name begins with."""
    shown: dict[str, set[str]] = {app: set() for app in STATUSES}
    for row in api.table(SHOP):
        for app, cells in shown.items():
            if row["Name"] == app or row["Name"].startswith(f"{app}-"):
                cells.add(row["Status"])
    return shown


def rolled_out(api: Api) -> bool:
    """Whether the healthy Deployments of namespace shop have all their replicas, and every pod its state."""
    if any(shown != {STATUSES[app]} for app, shown in statuses(api).items()):
        return False
    for deployment in api.get("/apis/apps/v1/namespaces/shop/deployments")["items"]:
        healthy = STATUSES[deployment["metadata"]["name"]] == "Running"
        if healthy and deployment["status"].get("availableReplicas") != deployment["spec"]["replicas"]:
            return False
    return True


def populate(api: Api) -> None:
    """Make the whole world and wait until it has come about; raises ApiError or NotPopulated."""
    accounts = "/api/v1/namespaces/kube-system/serviceaccounts"
    wait("controllers make service accounts", lambda: exists(api, f"{accounts}/default"))
    create_all(api)
    lose_payments(api)
    leave_mailer_terminating(api)
    try:
        wait("states of namespace shop", lambda: rolled_out(api))
    except NotPopulated as error:
        raise NotPopulated(f"{error}; shown are {statuses(api)}") from None
    report_events(api)


# What the STATUS column shows of the pods of the real node, one after another.
REAL = {
    "talking": {"Running"},
    "crashing": {"CrashLoopBackOff", "Error"},
    "hungry": {"OOMKilled"},
    "slow-to-stop": {"Running"},
    "web": {"Running"},
}


def populate_real_node(api: Api) -> None:
    """Start the containers of ``world/real.yaml`` and wait until each is what it shall be.

    A kubelet refuses to announce a loopback address, but keeps one that it finds: the API server reaches it there.
    """
    wait("real node joins", lambda: exists(api, f"/api/v1/nodes/{node.NAME}"))
    addresses = [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": node.NAME}]
    document = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.NAME}}
    api.set_status(document, {"addresses": addresses})
    for document in documents("real"):
        api.create(document)

    def settled() -> bool:
        shown = {row["Name"]: row for row in api.table("/api/v1/namespaces/real/pods")}
        states = {app: {row["Status"] for name, row in shown.items() if name.startswith(app)} for app in REAL}
        return all(states[app] and states[app] <= REAL[app] for app in REAL) and restarted()

    def restarted() -> bool:
        status = api.get("/api/v1/namespaces/real/pods/crashing")["status"]
        return status["containerStatuses"][0]["restartCount"] > 0

    wait("states of namespace real", settled)


def exists(api: Api, path: str) -> bool:
    """Whether there is an object at this path."""
    try:
        api.get(path)
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return True
