"""The state of a row, for each kind that Porthole knows: right values as a person would judge them."""

import pytest

from clusters.kinds import AUTOSCALERS, DEPLOYMENTS, EVENTS, KNOWN, NAMESPACES, PODS
from clusters.kinds.generic import generic_state
from clusters.kinds.kind import TONES
from clusters.kinds.replicas import fraction, number


@pytest.mark.parametrize(
    ("ready", "status", "tone"),
    [
        ("1/1", "Running", "ok"),
        ("2/2", "Running", "ok"),
        ("0/1", "Running", "warn"),
        ("1/2", "Running", "warn"),
        ("0/1", "Pending", "warn"),
        ("0/1", "SchedulingGated", "warn"),
        ("0/1", "ContainerCreating", "busy"),
        ("0/1", "PodInitializing", "busy"),
        ("0/1", "Init:0/1", "busy"),
        ("0/1", "Init:1/2", "busy"),
        ("1/1", "Terminating", "busy"),
        ("0/1", "Completed", "off"),
        ("0/1", "Succeeded", "off"),
        ("0/1", "CrashLoopBackOff", "bad"),
        ("0/1", "ImagePullBackOff", "bad"),
        ("0/1", "ErrImagePull", "bad"),
        ("0/1", "InvalidImageName", "bad"),
        ("0/1", "CreateContainerConfigError", "bad"),
        ("0/1", "CreateContainerError", "bad"),
        ("0/1", "RunContainerError", "bad"),
        ("0/1", "OOMKilled", "bad"),
        ("0/1", "Error", "bad"),
        ("0/1", "Failed", "bad"),
        ("0/1", "Evicted", "bad"),
        ("0/1", "Unknown", "bad"),
        ("0/1", "NodeLost", "bad"),
        ("0/1", "ContainerStatusUnknown", "bad"),
        ("0/1", "DeadlineExceeded", "bad"),
        ("0/1", "NodeAffinity", "bad"),
        ("0/1", "ExitCode:137", "bad"),
        ("0/1", "Signal:9", "bad"),
        ("0/1", "Init:Error", "bad"),
        ("0/1", "Init:CrashLoopBackOff", "bad"),
        ("0/1", "Init:ImagePullBackOff", "bad"),
        ("0/1", "Init:OOMKilled", "bad"),
        ("0/1", "Init:ExitCode:1", "bad"),
        ("0/1", "a status of tomorrow", "bad"),
    ],
)
def test_pods(ready, status, tone):
    assert PODS.state({"ready": ready, "status": status}) == (tone, status)


@pytest.mark.parametrize(
    ("ready", "restarts", "age", "tone"),
    [
        ("1/1", "41 (4m51s ago)", "8d", "warn"),
        ("1/1", "41 (14m ago)", "8d", "warn"),
        ("1/1", "1 (0s ago)", "20s", "warn"),
        ("1/1", "41 (15m ago)", "8d", "ok"),
        ("1/1", "41 (2d3h ago)", "8d", "ok"),
        ("1/1", "41 (<invalid> ago)", "8d", "ok"),
        ("1/1", "41", "8d", "ok"),
        ("0/1", "0", "59s", "busy"),
        ("0/1", "0", "60s", "warn"),
        ("0/1", "0", "5m", "warn"),
        ("0/1", "0", "<unknown>", "warn"),
        ("0/1", "2 (3s ago)", "30s", "warn"),
    ],
)
def test_running_pods(ready, restarts, age, tone):
    cells = {"ready": ready, "status": "Running", "restarts": restarts, "age": age}
    assert PODS.state(cells) == (tone, "Running")


def test_a_new_pod_may_wait_for_a_minute():
    assert PODS.state({"ready": "0/1", "status": "Pending", "age": "3s"}).tone == "busy"
    assert PODS.state({"ready": "0/1", "status": "Pending", "age": "2m"}).tone == "warn"


def test_a_pod_without_a_status_is_not_well():
    assert PODS.state({}) == ("bad", "Unknown")


@pytest.mark.parametrize(
    ("ready", "updated", "tone", "word"),
    [
        ("3/3", "3", "ok", "Ready"),
        ("1/1", "1", "ok", "Ready"),
        ("3/3", "1", "busy", "Rolling out"),
        ("4/3", "3", "busy", "Rolling out"),
        ("2/3", "3", "warn", "2 of 3 ready"),
        ("0/3", "3", "bad", "None ready"),
        ("0/1", "0", "bad", "None ready"),
        ("0/0", "0", "off", "Scaled to zero"),
        ("1/0", "0", "off", "Scaled to zero"),
    ],
)
def test_deployments(ready, updated, tone, word):
    assert DEPLOYMENTS.state({"ready": ready, "up-to-date": updated}) == (tone, word)


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("deployments.apps", {"ready": "0/3", "up-to-date": "3"}),
        ("statefulsets.apps", {"ready": "1/3"}),
        ("replicasets.apps", {"desired": "3", "ready": "0"}),
        ("daemonsets.apps", {"desired": "3", "ready": "2", "up-to-date": "3"}),
    ],
)
def test_what_is_new_is_on_its_way(key, cells):
    assert KNOWN[key].state({**cells, "age": "59s"}).tone == "busy"
    assert KNOWN[key].state({**cells, "age": "60s"}).tone in ("warn", "bad")


@pytest.mark.parametrize(
    ("ready", "tone", "word"),
    [
        ("1/1", "ok", "Ready"),
        ("1/3", "warn", "1 of 3 ready"),
        ("0/1", "bad", "None ready"),
        ("0/0", "off", "Scaled to zero"),
    ],
)
def test_stateful_sets(ready, tone, word):
    assert KNOWN["statefulsets.apps"].state({"ready": ready}) == (tone, word)


@pytest.mark.parametrize(
    ("desired", "ready", "tone"), [("2", "2", "ok"), ("2", "1", "warn"), ("2", "0", "bad"), ("0", "0", "off")]
)
def test_replica_sets(desired, ready, tone):
    assert KNOWN["replicasets.apps"].state({"desired": desired, "ready": ready}).tone == tone


@pytest.mark.parametrize(
    ("desired", "ready", "updated", "tone"),
    [
        ("3", "3", "3", "ok"),
        ("3", "3", "1", "busy"),
        ("3", "2", "3", "warn"),
        ("3", "0", "3", "bad"),
        ("0", "0", "0", "off"),
    ],
)
def test_daemon_sets(desired, ready, updated, tone):
    cells = {"desired": desired, "ready": ready, "up-to-date": updated}
    assert KNOWN["daemonsets.apps"].state(cells).tone == tone


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("Complete", "off"),
        ("SuccessCriteriaMet", "off"),
        ("Running", "busy"),
        ("Terminating", "busy"),
        ("Suspended", "warn"),
        ("Failed", "bad"),
        ("FailureTarget", "bad"),
        ("", ""),
    ],
)
def test_jobs(status, tone):
    assert KNOWN["jobs.batch"].state({"status": status}) == (tone, status)


@pytest.mark.parametrize(
    ("status", "tone", "word"),
    [
        ("Ready", "ok", "Ready"),
        ("Ready,SchedulingDisabled", "warn", "Ready,SchedulingDisabled"),
        ("NotReady", "bad", "NotReady"),
        ("NotReady,SchedulingDisabled", "bad", "NotReady,SchedulingDisabled"),
        ("Unknown", "bad", "Unknown"),
        ("", "bad", "Unknown"),
    ],
)
def test_nodes(status, tone, word):
    assert KNOWN["nodes"].state({"status": status}) == (tone, word)


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ({"status": "Active"}, ("ok", "Active")),
        ({"status": "Terminating"}, ("busy", "Terminating")),
        ({"status": "Bound"}, ("ok", "Bound")),
        ({"phase": "Failed"}, ("bad", "Failed")),
        ({"ready": "True"}, ("ok", "True")),
        ({"ready": "False"}, ("bad", "False")),
        ({"ready": "Unknown"}, ("warn", "Unknown")),
        ({"ready": "2/2"}, ("", "")),
        ({"state": "Sailing"}, ("", "")),
        ({"status": "Issued", "ready": "False"}, ("bad", "False")),
        ({"status": "<none>"}, ("", "")),
        ({"name": "failed"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_kinds_of_which_nothing_is_known(cells, state):
    assert generic_state(cells) == state


def test_every_tone_is_one_of_the_known_ones():
    rows = [{"status": word, "ready": word} for word in ("Running", "Failed", "1/1", "0/1", "", "True", "Ready")]
    assert {kind.state(row).tone for kind in KNOWN.values() for row in rows} <= {*TONES, ""}


@pytest.mark.parametrize(("text", "right"), [("3", 3), ("", 0), ("<none>", 0), ("-1", 0), ("3d", 0)])
def test_numbers_of_cells(text, right):
    assert number(text) == right


@pytest.mark.parametrize(("text", "right"), [("2/3", (2, 3)), ("2", (2, 0)), ("", (0, 0)), ("a/b", (0, 0))])
def test_fractions_of_cells(text, right):
    assert fraction(text) == right


@pytest.mark.parametrize(
    ("kind", "where", "right"),
    [
        (PODS, (), "/api/v1/pods"),
        (PODS, ("shop",), "/api/v1/namespaces/shop/pods"),
        (PODS, ("shop", "web-1"), "/api/v1/namespaces/shop/pods/web-1"),
        (PODS, ("shop", "web-1", "log"), "/api/v1/namespaces/shop/pods/web-1/log"),
        (DEPLOYMENTS, ("shop", "web", "scale"), "/apis/apps/v1/namespaces/shop/deployments/web/scale"),
        (NAMESPACES, (), "/api/v1/namespaces"),
        (NAMESPACES, ("", "shop"), "/api/v1/namespaces/shop"),
        (NAMESPACES, ("shop", "shop"), "/api/v1/namespaces/shop"),
        (EVENTS, ("shop",), "/api/v1/namespaces/shop/events"),
        (AUTOSCALERS, ("shop", "api"), "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/api"),
    ],
)
def test_paths(kind, where, right):
    assert kind.path(*where) == right


def test_keys_and_versions():
    assert (PODS.key, PODS.api_version) == ("pods", "v1")
    assert (DEPLOYMENTS.key, DEPLOYMENTS.api_version) == ("deployments.apps", "apps/v1")
    scalable = {key for key, kind in KNOWN.items() if kind.scalable}
    assert scalable == {"deployments.apps", "statefulsets.apps", "replicasets.apps"}
    assert all(KNOWN[key].key == key for key in KNOWN)
