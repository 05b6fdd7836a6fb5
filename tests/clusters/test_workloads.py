"""How far a workload is, in numbers and words."""

import msgspec
import pytest

from clusters import workloads
from clusters.kinds import DEPLOYMENTS, KNOWN, REPLICA_SETS
from clusters.workloads import Selector, Workload, autoscaler_of, progress, selector_text, why
from tests.clusters.fakes import http

STATEFUL_SETS, DAEMON_SETS = KNOWN["statefulsets.apps"], KNOWN["daemonsets.apps"]
STUCK = {
    "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
    "message": 'ReplicaSet "web-2" has timed out progressing.',
}  # fmt: skip
QUOTA = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}
WELL = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "message": "all is well"}


def workload(kind, wanted=3, *, generation=2, observed=2, paused=False, **status):
    spec = {"replicas": wanted, "paused": paused}
    metadata = {"name": "web", "generation": generation}
    return msgspec.convert(
        {"kind": kind, "metadata": metadata, "spec": spec, "status": {"observedGeneration": observed} | status},
        Workload,
    )


def deployment(replicas, updated, ready, available, wanted=3, **more):
    counts = {"replicas": replicas, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": available}
    return workload("Deployment", wanted, **counts, **more)


@pytest.mark.parametrize(
    ("found", "tone", "rollout"),
    [
        (deployment(3, 3, 3, 3), "ok", ""),
        (deployment(0, 0, 0, 0, wanted=0), "off", ""),
        (deployment(4, 1, 3, 3), "busy", "1 of 3 replicas are of the new version."),
        (deployment(4, 3, 4, 4), "busy", "1 old replica is still ending."),
        (deployment(3, 3, 2, 2), "warn", "2 of 3 replicas are available."),
        (deployment(3, 3, 3, 2), "ok", "2 of 3 replicas are available."),
        (deployment(3, 3, 0, 0), "bad", "0 of 3 replicas are available."),
        (deployment(3, 3, 3, 3, generation=3), "busy", "Waiting for the change to be noticed."),
        (deployment(3, 1, 3, 3, paused=True), "busy", "The rollout is paused."),
        (deployment(3, 3, 3, 3, wanted=1), "busy", "2 replicas are still ending."),
        (deployment(3, 3, 3, 3, wanted=2), "busy", "1 replica is still ending."),
        (deployment(4, 1, 3, 3, conditions=[STUCK]), "bad", "1 of 3 replicas are of the new version."),
        (deployment(3, 3, 3, 3, conditions=[WELL]), "ok", ""),
    ],
)
def test_a_deployment(found, tone, rollout):
    how = progress(DEPLOYMENTS, found)
    assert (how.state.tone, how.rollout) == (tone, rollout)


@pytest.mark.parametrize(
    ("found", "tones", "tone"),
    [
        (deployment(3, 3, 2, 2), ["ok", "ok", "busy"], "busy"),
        (deployment(3, 3, 2, 2), ["ok", "ok", "warn"], "warn"),
        (deployment(3, 3, 2, 2), ["bad", "ok", "busy"], "warn"),
        (deployment(3, 3, 2, 2), ["ok", "ok"], "warn"),
        (deployment(3, 3, 0, 0), ["busy"], "busy"),
        (deployment(2, 2, 2, 2), ["ok", "ok"], "busy"),
        (deployment(2, 2, 2, 2, observed=1), ["ok", "ok"], "busy"),
        (deployment(2, 2, 2, 2, conditions=[QUOTA]), ["ok", "ok"], "warn"),
        (deployment(3, 3, 2, 2, conditions=[STUCK]), ["ok", "ok", "busy"], "bad"),
        (deployment(3, 3, 3, 3), ["ok", "ok", "busy"], "ok"),
    ],
)
def test_a_deployment_whose_missing_pods_are_on_their_way(found, tones, tone):
    assert progress(DEPLOYMENTS, found, tones).state.tone == tone


def test_numbers_of_a_deployment():
    how = progress(DEPLOYMENTS, deployment(4, 1, 3, 2))
    assert (how.wanted, how.ready, how.updated, how.available) == (3, 3, 1, 2)


def stateful_set(replicas, updated, ready, *, old="web-1", new="web-1", **more):
    counts = {"replicas": replicas, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": ready}
    return workload("StatefulSet", **counts, currentRevision=old, updateRevision=new, **more)


@pytest.mark.parametrize(
    ("found", "tone", "rollout"),
    [
        (stateful_set(3, 0, 3), "ok", ""),
        (stateful_set(3, 1, 3, new="web-2"), "busy", "1 of 3 replicas are of the new version."),
        (stateful_set(2, 0, 2), "warn", "2 of 3 replicas are of the new version."),
        (stateful_set(3, 0, 2), "warn", "2 of 3 replicas are available."),
    ],
)
def test_a_stateful_set(found, tone, rollout):
    how = progress(STATEFUL_SETS, found)
    assert (how.state.tone, how.rollout) == (tone, rollout)


@pytest.mark.parametrize(("ready", "tone"), [(3, "ok"), (1, "warn"), (0, "bad")])
def test_a_replica_set(ready, tone):
    found = workload("ReplicaSet", replicas=3, readyReplicas=ready, availableReplicas=ready)
    assert progress(REPLICA_SETS, found).state.tone == tone


@pytest.mark.parametrize(
    ("wanted", "ready", "updated", "tone", "rollout"),
    [
        (3, 3, 3, "ok", ""),
        (3, 3, 1, "busy", "1 of 3 replicas are of the new version."),
        (3, 2, 3, "warn", "2 of 3 replicas are available."),
        (0, 0, 0, "off", ""),
    ],
)
def test_a_daemon_set(wanted, ready, updated, tone, rollout):
    found = workload(
        "DaemonSet", desiredNumberScheduled=wanted, numberReady=ready, numberAvailable=ready,
        updatedNumberScheduled=updated,
    )  # fmt: skip
    how = progress(DAEMON_SETS, found)
    assert (how.wanted, how.state.tone, how.rollout) == (wanted, tone, rollout)


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [([], ""), ([WELL], ""), ([STUCK], STUCK["message"]), ([WELL, QUOTA], QUOTA["message"])],
)
def test_why_a_workload_does_not_get_on(conditions, sentence):
    assert why(deployment(3, 3, 3, 3, conditions=conditions)) == sentence


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({}, ""),
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        ({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["x", "y"]}]}, "tier in (x,y)"),
        (
            {
                "matchLabels": {"app": "web"},
                "matchExpressions": [
                    {"key": "a", "operator": "NotIn", "values": ["x"]},
                    {"key": "b", "operator": "Exists"},
                    {"key": "c", "operator": "DoesNotExist"},
                ],
            },
            "app=web,a notin (x),b,!c",
        ),
    ],
)
def test_a_selector_as_a_query_has_it(selector, text):
    assert selector_text(msgspec.convert(selector, Selector)) == text


def test_the_autoscaler_of_this_very_workload_is_found(asked):
    def autoscaler(name, kind, target):
        spec = {"scaleTargetRef": {"kind": kind, "name": target}, "minReplicas": 2, "maxReplicas": 6}
        return {"metadata": {"name": name}, "spec": spec}

    items = [
        autoscaler("other", "Deployment", "web-2"),
        autoscaler("set", "StatefulSet", "web"),
        autoscaler("right", "Deployment", "web"),
    ]
    connection, _fake = asked(lambda _seen: http({"kind": "HorizontalPodAutoscalerList", "items": items}))
    found = autoscaler_of(connection, DEPLOYMENTS, "shop", "web")
    assert (found.metadata.name, found.spec.min_replicas, found.spec.max_replicas) == ("right", 2, 6)
    assert autoscaler_of(connection, DEPLOYMENTS, "shop", "api") is None


def test_the_demos_workloads(olivia):
    frontend = workloads.read(olivia, DEPLOYMENTS, "shop", "frontend")
    how = progress(DEPLOYMENTS, frontend)
    assert (how.wanted, how.ready, how.state.tone) == (3, 3, "ok")
    assert selector_text(frontend.spec.selector)
    assert autoscaler_of(olivia, DEPLOYMENTS, "shop", "api").spec.max_replicas == 6
    assert progress(DEPLOYMENTS, workloads.read(olivia, DEPLOYMENTS, "shop", "checkout")).state.tone == "bad"
