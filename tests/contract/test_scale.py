"""The scale subresource: reading, changing, refusing, dry runs and conflicts."""

import pytest

from clusters.names import path
from clusters.wire import Scale
from tests.contract.asking import JSON_PATCH, MERGE, deployment

WORKLOADS = "/apis/apps/v1/namespaces"
FRONTEND = f"{WORKLOADS}/shop/deployments/frontend"


@pytest.fixture
def pair(cluster_under_test, namespace):
    """The URL of a Deployment of two."""
    url = f"{WORKLOADS}/{namespace}/deployments"
    cluster_under_test.create(url, deployment("pair", 2))
    return f"{url}/pair"


def ready(server, url):
    return server.get(url).get("status", {}).get("readyReplicas", 0)


def wait_for_pods(server, url, replicas):
    pods = url.replace("/apis/apps/v1", "/api/v1").partition("/deployments")[0] + "/pods"
    server.wait(f"{replicas} ready", lambda: ready(server, url) == replicas)
    server.wait(f"{replicas} pods", lambda: len(server.get(pods)["items"]) == replicas)


def test_a_scale_says_what_is_wanted_and_what_there_is(cluster_under_test):
    scale = cluster_under_test.get(f"{FRONTEND}/scale")
    found = cluster_under_test.get(FRONTEND)["metadata"]
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    assert scale["metadata"] == {field: found[field] for field in kept}
    assert scale["spec"] == {"replicas": 3}
    assert scale["status"] == {"replicas": 3, "selector": "app=frontend"}


@pytest.mark.parametrize("url", ["statefulsets/database", "deployments/api"])
def test_other_scales(cluster_under_test, url):
    scale = cluster_under_test.get(f"{WORKLOADS}/shop/{url}/scale")
    assert scale["spec"]["replicas"] >= 1
    assert scale["status"]["selector"] == f"app={url.partition('/')[2]}"


def test_a_daemon_set_has_no_scale(cluster_under_test):
    url = f"{WORKLOADS}/kube-system/daemonsets/kube-proxy/scale"
    assert cluster_under_test.ask("GET", url).message == "the server could not find the requested resource"


def test_scaling_up_down_and_to_nothing(cluster_under_test, pair):
    for replicas in (3, 1, 0, 2):
        scale = cluster_under_test.patch(f"{pair}/scale", {"spec": {"replicas": replicas}})
        assert scale["spec"] == ({"replicas": replicas} if replicas else {})
        wait_for_pods(cluster_under_test, pair, replicas)
    assert cluster_under_test.get(pair)["metadata"]["generation"] == 5


def test_putting_a_scale(cluster_under_test, pair):
    def put():
        """One try; while the pods start, the Deployment may have changed between reading and writing."""
        scale = cluster_under_test.get(f"{pair}/scale")
        scale["spec"]["replicas"] = 1
        reply = cluster_under_test.ask("PUT", f"{pair}/scale", scale)
        return reply.code == 200 and (scale, reply)

    scale, reply = cluster_under_test.wait("a quiet moment", put)
    assert reply.json["spec"] == {"replicas": 1}
    reply = cluster_under_test.ask("PUT", f"{pair}/scale", scale)
    assert (reply.code, reply.json["reason"]) == (409, "Conflict")


def test_a_json_patch_that_scales_only_from_what_was_seen(cluster_under_test, pair):
    seen = [
        {"op": "test", "path": "/spec/replicas", "value": 2},
        {"op": "replace", "path": "/spec/replicas", "value": 3},
    ]
    assert cluster_under_test.patch(f"{pair}/scale", seen, JSON_PATCH)["spec"]["replicas"] == 3
    reply = cluster_under_test.ask("PATCH", f"{pair}/scale", seen, content=JSON_PATCH)
    assert (reply.code, reply.json["reason"]) == (422, "Invalid")


def test_a_dry_run_answers_as_if_and_changes_nothing(cluster_under_test):
    before = cluster_under_test.get(FRONTEND)
    answer = cluster_under_test.patch(f"{FRONTEND}/scale?dryRun=All", {"spec": {"replicas": 9}})
    assert answer["spec"] == {"replicas": 9}
    assert answer["status"]["replicas"] == 3
    assert answer["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert cluster_under_test.get(FRONTEND) == before
    answer = cluster_under_test.patch(f"{FRONTEND}/scale?dryRun=All", {"spec": {"replicas": 0}})
    assert answer["spec"] == {}


def test_only_all_is_a_dry_run(cluster_under_test):
    reply = cluster_under_test.ask("PATCH", f"{FRONTEND}/scale?dryRun=Some", {"spec": {"replicas": 9}}, content=MERGE)
    assert reply.code == 422
    message = 'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"'
    assert reply.message == message


def test_what_one_changes_by_hand_stays_when_nothing_else_changes(cluster_under_test, pair):
    cluster_under_test.wait("two ready", lambda: ready(cluster_under_test, pair) == 2)

    def unchanged():
        before = cluster_under_test.get(pair)["metadata"]["resourceVersion"]
        after = cluster_under_test.patch(f"{pair}/scale", {"spec": {"replicas": 2}})["metadata"]["resourceVersion"]
        return before == after

    cluster_under_test.wait("a patch that leaves the version", unchanged)
    assert cluster_under_test.get(pair)["metadata"]["generation"] == 1


@pytest.mark.parametrize("query", ["", "?dryRun=All"])
def test_a_negative_number_is_refused(cluster_under_test, query):
    refused = {"spec": {"replicas": -1}}
    reply = cluster_under_test.ask("PATCH", f"{FRONTEND}/scale{query}", refused, content=MERGE)
    text = "Invalid value: -1: must be greater than or equal to 0"
    assert reply.code == 422
    assert reply.message == f'Scale.autoscaling "frontend" is invalid: spec.replicas: {text}'
    cause = {"reason": "FieldValueInvalid", "message": text, "field": "spec.replicas"}
    assert reply.json["details"] == {"name": "frontend", "group": "autoscaling", "kind": "Scale", "causes": [cause]}
    reply = cluster_under_test.ask("PATCH", FRONTEND + query, refused, content=MERGE)
    assert reply.message == f'Deployment.apps "frontend" is invalid: spec.replicas: {text}'


@pytest.mark.parametrize(
    ("value", "shown"), [("x", "string"), (1.5, "number 1.5"), (99999999999, "number 99999999999")]
)
def test_what_is_no_number_is_refused(cluster_under_test, value, shown):
    reply = cluster_under_test.ask("PATCH", f"{FRONTEND}/scale", {"spec": {"replicas": value}}, content=MERGE)
    assert reply.code == 422
    text = f"json: cannot unmarshal {shown} into Go struct field ScaleSpec.spec.replicas of type int32"
    assert reply.message.startswith(' "" is invalid: patch: Invalid value: "{')
    assert reply.message.endswith(text)


def test_an_absent_workload_has_no_scale(cluster_under_test):
    url = f"{WORKLOADS}/shop/deployments/absent/scale"
    reply = cluster_under_test.ask("PATCH", url, {"spec": {"replicas": 1}}, content=MERGE)
    assert (reply.code, reply.message) == (404, 'deployments.apps "absent" not found')


def test_scaling_another_than_the_one_in_the_url(cluster_under_test):
    scale = {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": "other"}, "spec": {"replicas": 3}}
    reply = cluster_under_test.ask("PUT", f"{FRONTEND}/scale", scale)
    message = "the name of the object (other) does not match the name on the URL (frontend)"
    assert (reply.code, reply.message) == (400, message)


def test_the_door_reads_a_scale(cluster_under_test):
    url = path("apis", "apps", "v1", "namespaces", "shop", "deployments", "frontend", "scale")
    found = cluster_under_test.connection("victor").get(url, type=Scale)
    assert (found.metadata.name, found.spec.replicas, found.status.replicas) == ("frontend", 3, 3)
