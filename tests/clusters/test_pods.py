"""A pod's state and why, container by container."""

import msgspec
import pytest

from clusters import pods
from clusters.kinds import PODS
from clusters.pods import (
    ContainerStatus,
    Doing,
    Pod,
    Probe,
    Terminated,
    doing,
    exit_words,
    probe_words,
    quantities,
    restarted,
    why,
)
from clusters.tables import Query, page

KILLED = {"exitCode": 137, "reason": "OOMKilled"}
FAILED = {"exitCode": 1, "reason": "Error"}
DONE = {"exitCode": 0, "reason": "Completed"}


NOT_READY = Doing("warn", "Running, not ready", "Its readiness probe does not succeed (yet).")


def status(name="web", *, ready=False, last=None, **state):
    """A container status; ``state`` is waiting, running or terminated."""
    return {"name": name, "ready": ready, "state": state, "lastState": {"terminated": last} if last else {}}


def pod(*statuses, init=(), conditions=(), names=None, **more):
    """A pod with these containers."""
    names = names or [each["name"] for each in statuses]
    document = {
        "kind": "Pod",
        "spec": {
            "containers": [{"name": name} for name in names],
            "initContainers": [{"name": each["name"]} for each in init],
        },
        "status": {"containerStatuses": statuses, "initContainerStatuses": init, "conditions": conditions, **more},
    }
    return msgspec.convert(document, Pod)


@pytest.mark.parametrize(
    ("state", "ready", "init", "right"),
    [
        ({"running": {}}, True, False, Doing("ok", "Running")),
        ({"running": {}}, False, True, Doing("ok", "Running")),
        ({"running": {}}, False, False, NOT_READY),
        ({"waiting": {"reason": "ContainerCreating"}}, False, False, Doing("busy", "ContainerCreating")),
        ({"waiting": {"reason": "PodInitializing"}}, False, False, Doing("busy", "PodInitializing")),
        (
            {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting"}}, False, False,
            Doing("bad", "CrashLoopBackOff", "back-off 5m0s restarting"),
        ),
        ({"waiting": {"reason": "ErrImagePull"}}, False, False, Doing("bad", "ErrImagePull")),
        ({"waiting": {}}, False, False, Doing("bad", "Waiting")),
        ({"terminated": DONE}, False, True, Doing("off", "Completed")),
        ({"terminated": {"exitCode": 0}}, False, False, Doing("off", "Completed")),
        ({"terminated": FAILED}, False, False, Doing("bad", "Error", "Ended with exit code 1.")),
        ({"terminated": {"exitCode": 3}}, False, False, Doing("bad", "Error", "Ended with exit code 3.")),
        (
            {"terminated": KILLED}, False, False,
            Doing("bad", "OOMKilled", "Used more memory than its limit and was killed (exit code 137)."),
        ),
        ({}, False, False, Doing("busy", "Not started")),
    ],
)  # fmt: skip
def test_what_a_container_does(state, ready, init, right):
    assert doing(msgspec.convert(status(ready=ready, **state), ContainerStatus), init=init) == right


def test_a_container_without_a_status_has_not_started():
    assert doing(None) == Doing("busy", "Not started")


@pytest.mark.parametrize(
    ("terminated", "words"),
    [
        ({"exitCode": 0}, "Ended with exit code 0."),
        ({"exitCode": 2, "message": "no such table"}, "Ended with exit code 2. no such table"),
        ({"exitCode": 137, "signal": 9}, "Ended by signal 9."),
        ({"exitCode": 1, "reason": "OOMKilled"}, "Used more memory than its limit and was killed (exit code 1)."),
    ],
)
def test_how_a_container_ended(terminated, words):
    assert exit_words(msgspec.convert(terminated, Terminated)) == words


CRASHING = status("worker", last=FAILED, waiting={"reason": "CrashLoopBackOff", "message": "back-off 5m0s"})
PULLING = status("web", waiting={"reason": "ImagePullBackOff", "message": 'Back-off pulling image "shop/web:9"'})
WELL = status("web", ready=True, running={})
UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/3 nodes: no memory",
}


@pytest.mark.parametrize(
    ("pod", "sentence"),
    [
        (pod(WELL), ""),
        (pod(status("web", ready=True, last=KILLED, running={})), ""),
        (pod(status("web", terminated=DONE)), ""),
        (pod(CRASHING), "worker: CrashLoopBackOff. Last time: Ended with exit code 1."),
        (
            pod(status("web", last=DONE, waiting={"reason": "CrashLoopBackOff"})),
            "web: CrashLoopBackOff. Last time: Ended with exit code 0.",
        ),
        (pod(PULLING), 'web: ImagePullBackOff. Back-off pulling image "shop/web:9"'),
        (pod(status("web", waiting={"reason": "CreateContainerConfigError"})), "web: CreateContainerConfigError."),
        (
            pod(status("web", terminated=KILLED)),
            "web: OOMKilled. Used more memory than its limit and was killed (exit code 137).",
        ),
        (pod(WELL, CRASHING), "worker: CrashLoopBackOff. Last time: Ended with exit code 1."),
        (
            pod(status("web", waiting={"reason": "PodInitializing"}), init=[status("migrate", terminated=FAILED)]),
            "migrate: Error. Ended with exit code 1.",
        ),
        (pod(status("web", waiting={"reason": "PodInitializing"}), init=[status("migrate", running={})]), ""),
        (pod(names=["web"], conditions=[UNSCHEDULABLE]), "0/3 nodes: no memory"),
        (pod(names=["web"], conditions=[UNSCHEDULABLE | {"message": ""}]), "Unschedulable"),
        (pod(names=["web"], conditions=[UNSCHEDULABLE | {"status": "True"}]), ""),
        (pod(CRASHING, reason="Evicted", message="The node was low on memory."), "The node was low on memory."),
        (pod(names=["web"], reason="NodeLost"), "NodeLost"),
        (pod(names=["web"]), ""),
    ],
)
def test_why_a_pod_is_not_well(pod, sentence):
    assert why(pod) == sentence


@pytest.mark.parametrize(
    ("pod", "sentence"),
    [
        (pod(WELL), ""),
        (pod(status("web", ready=True, last=DONE, running={})), ""),
        (pod(CRASHING), ""),
        (
            pod(WELL, status("worker", ready=True, last=FAILED, running={})),
            "worker was restarted. Last time: Ended with exit code 1.",
        ),
    ],
)
def test_how_the_last_run_of_what_runs_again_ended(pod, sentence):
    assert restarted(pod) == sentence


@pytest.mark.parametrize(
    ("resources", "right"),
    [
        ({}, []),
        ({"requests": {"cpu": "100m"}}, [("cpu", "100m, no limit")]),
        ({"limits": {"memory": "1Gi"}}, [("memory", "at most 1Gi")]),
        (
            {"requests": {"memory": "64Mi", "cpu": 1}, "limits": {"memory": "128Mi", "cpu": "2"}},
            [("cpu", "1, at most 2"), ("memory", "64Mi, at most 128Mi")],
        ),
    ],
)
def test_quantities(resources, right):
    assert quantities(msgspec.convert({"resources": resources}, pods.Container)) == right


@pytest.mark.parametrize(
    ("probe", "right"),
    [
        ({"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTPS"}}, "https://:8080/healthz"),
        ({"httpGet": {"port": "web"}}, "http://:web/"),
        ({"tcpSocket": {"port": 5432}}, "tcp :5432"),
        ({"grpc": {"port": 9000, "service": "shop"}}, "grpc :9000 shop"),
        ({"grpc": {"port": 9000, "service": None}}, "grpc :9000"),
        ({"exec": {"command": ["pg_isready", "-q"]}}, "pg_isready -q"),
    ],
)
def test_probes(probe, right):
    assert probe_words(msgspec.convert(probe, Probe)) == f"{right} · every 10s, 3 failures allowed"
    slow = probe_words(msgspec.convert({**probe, "periodSeconds": 60, "failureThreshold": 5}, Probe))
    assert slow == f"{right} · every 60s, 5 failures allowed"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("image-resizer", "Used more memory than its limit"),
        ("recommendations", "nodes are available"),
        ("worker", "worker: CrashLoopBackOff. Last time: Ended with exit code 1."),
        ("checkout", "ImagePull"),
    ],
)
def test_the_demos_troubles_are_explained(olivia, name, sentence):
    rows = page(olivia, PODS, "shop", Query(text=name)).rows
    sentences = [why(pods.read(olivia, row.namespace, row.name)) for row in rows]
    assert any(sentence in each for each in sentences), sentences


def test_containers_are_in_the_order_in_which_they_start(olivia):
    name = page(olivia, PODS, "shop", Query(text="api-")).rows[0].name
    found = pods.read(olivia, "shop", name)
    assert [container.name for container in pods.containers(found)] == ["migrate", "api", "log-shipper"]
    assert set(pods.statuses(found)) == {"migrate", "api", "log-shipper"}


def test_the_values_of_environment_variables_are_not_even_read():
    document = {
        "kind": "Pod",
        "spec": {"containers": [{"name": "web", "env": [{"name": "PASSWORD", "value": "hush"}]}]},
    }
    assert "hush" not in repr(msgspec.convert(document, Pod))
