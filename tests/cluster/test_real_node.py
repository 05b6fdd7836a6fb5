"""The real node runs real containers."""

import re

import pytest

from tests.cluster.populate import wait

pytestmark = pytest.mark.cluster

REAL = "/api/v1/namespaces/real/pods"


def container(bed, name):
    """The status of the one container of a pod on the real node."""
    return bed.api().get(f"{REAL}/{name}")["status"]["containerStatuses"][0]


def status(bed, name):
    """The STATUS cell of a pod on the real node; empty when it is gone."""
    return "".join(row["Status"] for row in bed.api().table(REAL) if row["Name"] == name)


def test_the_node_runs_a_kubelet_on_containerd(real_node):
    node = real_node.api().get("/api/v1/nodes/harbor-real")
    conditions = {condition["type"]: condition["status"] for condition in node["status"]["conditions"]}
    assert conditions["Ready"] == "True"
    assert node["status"]["nodeInfo"]["containerRuntimeVersion"].startswith("containerd://")
    assert node["spec"]["taints"] == [{"key": "bed.porthole.example/real", "value": "true", "effect": "NoSchedule"}]


def test_only_pods_meant_for_it_land_there(real_node):
    landed = real_node.api().get("/api/v1/pods?fieldSelector=spec.nodeName%3Dharbor-real")["items"]
    assert {pod["metadata"]["namespace"] for pod in landed} == {"real"}


def test_a_real_container_talks(real_node):
    with real_node.api().open("GET", f"{REAL}/talking/log?follow=true&tailLines=1") as stream:
        lines = [stream.readline().decode() for _ in range(3)]
    numbers = [int(re.fullmatch(r"line (\d+) of a real container\n", line)[1]) for line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_a_crashing_container_restarts_and_keeps_its_previous_log(real_node):
    assert container(real_node, "crashing")["restartCount"] > 0
    wait("CrashLoopBackOff", lambda: status(real_node, "crashing") == "CrashLoopBackOff")
    assert container(real_node, "crashing")["lastState"]["terminated"]["exitCode"] == 3
    log = real_node.api().text(f"{REAL}/crashing/log?previous=true")
    # Two streams: which line came first is not known.
    assert sorted(log.splitlines()) == [b"about to fail", b"fatal: no such table: orders"]


def test_a_container_over_its_limit_is_killed(real_node):
    assert status(real_node, "hungry") == "OOMKilled"
    ended = container(real_node, "hungry")["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)


def test_a_container_that_will_not_stop_is_terminating_for_its_grace_period(real_node):
    api = real_node.api()
    pod = api.get(f"{REAL}/slow-to-stop")
    again = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "slow-again", "namespace": "real"},
        "spec": {key: value for key, value in pod["spec"].items() if key != "nodeName"},
    }
    api.create(again)
    wait("slow-again runs", lambda: status(real_node, "slow-again") == "Running")
    wait("it has set its trap", lambda: api.text(f"{REAL}/slow-again/log") == b"started\n")
    api.call("DELETE", f"{REAL}/slow-again?gracePeriodSeconds=4")
    assert status(real_node, "slow-again") == "Terminating"
    wait("it ignores SIGTERM", lambda: b"I will not stop" in api.text(f"{REAL}/slow-again/log"), 4)
    wait("it is gone", lambda: not status(real_node, "slow-again"))


def test_a_real_deployment_scales(real_node):
    api = real_node.api()
    path = "/apis/apps/v1/namespaces/real/deployments/web"

    def scale(replicas):
        api.call("PATCH", f"{path}/scale", {"spec": {"replicas": replicas}}, content="application/merge-patch+json")
        wait(f"{replicas} ready", lambda: api.get(path)["status"].get("readyReplicas", 0) == replicas)

    try:
        scale(3)
        addresses = {pod["status"]["podIP"] for pod in api.get(f"{REAL}?labelSelector=app%3Dweb")["items"]}
        assert len(addresses) >= 3
    finally:
        scale(1)
