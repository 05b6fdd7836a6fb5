"""Creating, patching, replacing and deleting objects."""

import pytest

from tests.contract.asking import JSON_PATCH, MERGE, STRATEGIC, config_map, deployment

RESTARTED = "kubectl.kubernetes.io/restartedAt"


@pytest.fixture
def maps(namespace):
    """The URL of the namespace's ConfigMaps."""
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.fixture
def deployments(namespace):
    """The URL of the namespace's Deployments."""
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"


def test_what_is_created_has_an_identity_and_a_version(cluster_under_test, maps, namespace):
    made = cluster_under_test.create(maps, config_map("one"))
    assert made["metadata"]["namespace"] == namespace
    assert made["metadata"]["uid"]
    assert int(made["metadata"]["resourceVersion"]) > 0
    found = cluster_under_test.get(f"{maps}/one")
    assert {**found, "metadata": {**found["metadata"], "managedFields": []}} == {
        **made,
        "metadata": {**made["metadata"], "managedFields": []},
    }


def test_creating_as_a_dry_run_leaves_nothing(cluster_under_test, maps):
    reply = cluster_under_test.ask("POST", f"{maps}?dryRun=All", config_map("one"))
    assert (reply.code, reply.json["metadata"]["name"]) == (201, "one")
    assert "resourceVersion" not in reply.json["metadata"]
    assert cluster_under_test.ask("GET", f"{maps}/one").code == 404


def test_creating_in_an_absent_namespace(cluster_under_test):
    reply = cluster_under_test.ask("POST", "/api/v1/namespaces/absent/configmaps", config_map("one"))
    assert (reply.code, reply.message) == (404, 'namespaces "absent" not found')


def test_creating_a_name_from_a_prefix(cluster_under_test, maps):
    made = cluster_under_test.create(maps, {**config_map("x"), "metadata": {"generateName": "some-"}})
    assert made["metadata"]["name"].startswith("some-")
    assert len(made["metadata"]["name"]) == 10


def test_a_deployment_gets_its_defaults(cluster_under_test, deployments):
    made = cluster_under_test.create(deployments, deployment("web"))
    spec = made["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (1, 10, 600)
    rolling = {"maxUnavailable": "25%", "maxSurge": "25%"}
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}
    template = spec["template"]["spec"]
    assert (template["restartPolicy"], template["terminationGracePeriodSeconds"]) == ("Always", 30)
    assert template["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    assert made["metadata"]["generation"] == 1


def test_a_merge_patch_sets_and_takes_away(cluster_under_test, maps):
    cluster_under_test.create(maps, config_map("one", a="1", b="2"))
    found = cluster_under_test.patch(f"{maps}/one", {"metadata": {"labels": {"a": None, "c": "3"}}, "data": {"x": "y"}})
    assert found["metadata"]["labels"] == {"b": "2", "c": "3"}
    assert found["data"] == {"a": "b", "x": "y"}


def test_a_json_patch_changes_by_pointer(cluster_under_test, maps):
    cluster_under_test.create(maps, config_map("one", a="1"))
    operations = [
        {"op": "add", "path": "/metadata/annotations", "value": {"example.com/a": "1"}},
        {"op": "replace", "path": "/metadata/annotations/example.com~1a", "value": "2"},
        {"op": "copy", "from": "/data/a", "path": "/data/c"},
        {"op": "move", "from": "/data/a", "path": "/data/d"},
        {"op": "remove", "path": "/metadata/labels/a"},
    ]
    found = cluster_under_test.patch(f"{maps}/one", operations, JSON_PATCH)
    assert found["metadata"]["annotations"] == {"example.com/a": "2"}
    assert found["data"] == {"c": "b", "d": "b"}
    assert "labels" not in found["metadata"]


def test_a_strategic_merge_patch_finds_containers_by_name(cluster_under_test, deployments):
    made = deployment("web")
    made["spec"]["template"]["spec"]["containers"].append({"name": "helper", "image": "docker.io/library/busybox:1.37"})
    cluster_under_test.create(deployments, made)
    container = {"name": "helper", "image": "docker.io/library/busybox:1.38", "env": [{"name": "A", "value": "1"}]}
    template = {"metadata": {"annotations": {RESTARTED: "2026-01-02T03:04:05Z"}}, "spec": {"containers": [container]}}
    found = cluster_under_test.patch(f"{deployments}/web", {"spec": {"template": template}}, STRATEGIC)
    images = {found["name"]: found["image"] for found in found["spec"]["template"]["spec"]["containers"]}
    assert images == {"web": "docker.io/library/nginx:1.29", "helper": "docker.io/library/busybox:1.38"}
    assert found["spec"]["template"]["metadata"]["annotations"] == {RESTARTED: "2026-01-02T03:04:05Z"}
    assert found["metadata"]["generation"] == 2
    gone = {"spec": {"template": {"spec": {"containers": [{"name": "helper", "$patch": "delete"}]}}}}
    found = cluster_under_test.patch(f"{deployments}/web", gone, STRATEGIC)
    assert [container["name"] for container in found["spec"]["template"]["spec"]["containers"]] == ["web"]


def test_replacing_needs_the_latest_version(cluster_under_test, maps):
    made = cluster_under_test.create(maps, config_map("one"))
    made["data"] = {"new": "1"}
    reply = cluster_under_test.ask("PUT", f"{maps}/one", made)
    assert (reply.code, reply.json["data"]) == (200, {"new": "1"})
    reply = cluster_under_test.ask("PUT", f"{maps}/one", made)
    assert reply.code == 409
    assert reply.message == (
        'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to '
        "the latest version and try again"
    )


def test_a_change_as_a_dry_run_changes_nothing(cluster_under_test, maps):
    made = cluster_under_test.create(maps, config_map("one"))
    answer = cluster_under_test.patch(f"{maps}/one?dryRun=All", {"data": {"a": "c"}})
    assert answer["data"] == {"a": "c"}
    assert cluster_under_test.get(f"{maps}/one")["data"] == made["data"]


def test_a_change_that_changes_nothing_keeps_the_version(cluster_under_test, maps):
    made = cluster_under_test.create(maps, config_map("one"))
    after = cluster_under_test.patch(f"{maps}/one", {"data": {"a": "b"}})
    assert after["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_deleting_answers_with_what_was_deleted(cluster_under_test, maps):
    made = cluster_under_test.create(maps, config_map("one"))
    dry = cluster_under_test.ask("DELETE", f"{maps}/one?dryRun=All")
    details = {"name": "one", "kind": "configmaps", "uid": made["metadata"]["uid"]}
    assert dry.json == {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    assert cluster_under_test.ask("DELETE", f"{maps}/one").json == dry.json
    reply = cluster_under_test.ask("DELETE", f"{maps}/one")
    assert (reply.code, reply.message) == (404, 'configmaps "one" not found')


@pytest.mark.parametrize(
    ("precondition", "words"),
    [
        (
            {"uid": "another"},
            (
                "the UID in the precondition (another) does not match the UID in record ({uid}). "
                "The object might have been deleted and then recreated"
            ),
        ),
        (
            {"resourceVersion": "1"},
            (
                "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record "
                "({resourceVersion}). The object might have been modified"
            ),
        ),
    ],
)
def test_deleting_only_what_was_seen(cluster_under_test, maps, precondition, words):
    made = cluster_under_test.create(maps, config_map("one"))
    reply = cluster_under_test.ask("DELETE", f"{maps}/one", {"preconditions": precondition})
    assert (reply.code, reply.json["reason"]) == (409, "Conflict")
    assert reply.message == 'Operation cannot be fulfilled on ConfigMap "one": ' + words.format(**made["metadata"])


def test_deleting_a_deployment_takes_its_pods_along(cluster_under_test, deployments, namespace):
    cluster_under_test.create(deployments, deployment("web", 2))
    pods = f"/api/v1/namespaces/{namespace}/pods"
    cluster_under_test.wait("two pods", lambda: len(cluster_under_test.get(pods)["items"]) == 2)
    assert cluster_under_test.ask("DELETE", f"{deployments}/web").code == 200
    cluster_under_test.wait("no pods", lambda: not cluster_under_test.get(pods)["items"])
    assert not cluster_under_test.get(deployments.replace("deployments", "replicasets"))["items"]


def test_a_pod_has_its_grace_and_a_finalizer_holds_it(cluster_under_test, namespace):
    url = f"/api/v1/namespaces/{namespace}/pods"
    spec = {"containers": [{"name": "one", "image": "docker.io/library/nginx:1.29"}]}
    pod = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "one", "finalizers": ["example.com/hold"]},
        "spec": spec,
    }
    cluster_under_test.create(url, pod)
    cluster_under_test.wait("running", lambda: cluster_under_test.get(f"{url}/one")["status"]["phase"] == "Running")
    reply = cluster_under_test.ask("DELETE", f"{url}/one")
    assert (reply.code, reply.json["metadata"]["deletionGracePeriodSeconds"]) == (200, 30)
    [row] = cluster_under_test.table(f"{url}/one")["rows"]
    assert row["cells"][2] == "Terminating"
    cluster_under_test.ask("PATCH", f"{url}/one", {"metadata": {"finalizers": None}}, content=MERGE)
    cluster_under_test.wait("gone", lambda: cluster_under_test.ask("GET", f"{url}/one").code == 404)


def test_without_grace_a_pod_goes_at_once(cluster_under_test, namespace):
    url = f"/api/v1/namespaces/{namespace}/pods"
    spec = {"containers": [{"name": "one", "image": "docker.io/library/nginx:1.29"}]}
    cluster_under_test.create(url, {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "one"}, "spec": spec})
    assert cluster_under_test.ask("DELETE", f"{url}/one?gracePeriodSeconds=0").code == 200
    assert cluster_under_test.ask("GET", f"{url}/one").code == 404
