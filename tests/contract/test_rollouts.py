"""Deployments move: ReplicaSets, pods, names, owners, status and conditions."""

import pytest

from tests.contract.asking import STRATEGIC, deployment

REVISION = "deployment.kubernetes.io/revision"
RESTARTED = "kubectl.kubernetes.io/restartedAt"


@pytest.fixture
def web(cluster_under_test, namespace):
    """The URL of a Deployment of two that is complete."""
    url = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    cluster_under_test.create(url, deployment("web", 2))
    cluster_under_test.wait("the first rollout", lambda: complete(cluster_under_test, f"{url}/web"))
    return f"{url}/web"


def complete(server, url):
    """The Deployment once its rollout is done, as `kubectl rollout status` decides it."""
    found = server.get(url)
    spec, status = found["spec"], found.get("status", {})
    done = (
        status.get("observedGeneration") == found["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == spec["replicas"]
        and status.get("replicas", 0) == spec["replicas"]
        and status.get("availableReplicas", 0) == spec["replicas"]
    )
    return done and found


def sets_of(server, namespace):
    return server.get(f"/apis/apps/v1/namespaces/{namespace}/replicasets")["items"]


def test_a_complete_deployment(cluster_under_test, web, namespace):
    found = complete(cluster_under_test, web)
    status = found["status"]
    assert (status["replicas"], status["readyReplicas"], status["updatedReplicas"]) == (2, 2, 2)
    assert "unavailableReplicas" not in status
    assert found["metadata"]["annotations"][REVISION] == "1"
    conditions = {one["type"]: one for one in status["conditions"]}
    [one] = sets_of(cluster_under_test, namespace)
    assert (conditions["Available"]["status"], conditions["Available"]["reason"]) == (
        "True",
        "MinimumReplicasAvailable",
    )
    assert conditions["Available"]["message"] == "Deployment has minimum availability."
    progressing = conditions["Progressing"]
    assert (progressing["status"], progressing["reason"]) == ("True", "NewReplicaSetAvailable")
    assert progressing["message"] == f'ReplicaSet "{one["metadata"]["name"]}" has successfully progressed.'


def test_names_and_owners_from_deployment_to_pod(cluster_under_test, web, namespace):
    uid = cluster_under_test.get(web)["metadata"]["uid"]
    [one] = sets_of(cluster_under_test, namespace)
    [owner] = one["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == ("Deployment", "web", uid, True)
    digest = one["metadata"]["labels"]["pod-template-hash"]
    assert one["metadata"]["name"] == f"web-{digest}"
    for pod in cluster_under_test.get(f"/api/v1/namespaces/{namespace}/pods")["items"]:
        metadata = pod["metadata"]
        assert metadata["labels"] == {"app": "web", "pod-template-hash": digest}
        assert metadata["name"].startswith(f"web-{digest}-")
        assert metadata["generateName"] == f"web-{digest}-"
        assert metadata["ownerReferences"][0]["name"] == one["metadata"]["name"]
        assert pod["spec"]["nodeName"]


def test_a_running_pod(cluster_under_test, web, namespace):
    pod = cluster_under_test.get(f"/api/v1/namespaces/{namespace}/pods")["items"][0]
    status = pod["status"]
    assert status["phase"] == "Running"
    conditions = {one["type"]: one["status"] for one in status["conditions"]}
    for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled"):
        assert conditions[kind] == "True"
    [container] = status["containerStatuses"]
    assert (container["name"], container["ready"], container["restartCount"]) == ("web", True, 0)
    assert "startedAt" in container["state"]["running"]
    assert status["podIP"] == status["podIPs"][0]["ip"]


def test_another_image_rolls_out_in_a_new_replica_set(cluster_under_test, web, namespace):
    template = {"spec": {"containers": [{"name": "web", "image": "docker.io/library/nginx:1.30"}]}}
    cluster_under_test.patch(web, {"spec": {"template": template}}, STRATEGIC)
    found = cluster_under_test.wait("the second rollout", lambda: complete(cluster_under_test, web))
    assert found["metadata"]["annotations"][REVISION] == "2"
    by_revision = {one["metadata"]["annotations"][REVISION]: one for one in sets_of(cluster_under_test, namespace)}
    assert {revision: one["spec"]["replicas"] for revision, one in by_revision.items()} == {"1": 0, "2": 2}


def test_going_back_takes_the_old_replica_set_again(cluster_under_test, web, namespace):
    [first] = sets_of(cluster_under_test, namespace)
    for image in ("docker.io/library/nginx:1.30", "docker.io/library/nginx:1.29"):
        template = {"spec": {"containers": [{"name": "web", "image": image}]}}
        cluster_under_test.patch(web, {"spec": {"template": template}}, STRATEGIC)
        cluster_under_test.wait(image, lambda: complete(cluster_under_test, web))
    sets = {one["metadata"]["name"]: one for one in sets_of(cluster_under_test, namespace)}
    assert len(sets) == 2
    assert sets[first["metadata"]["name"]]["metadata"]["annotations"][REVISION] == "3"


def test_a_restart_by_annotation(cluster_under_test, web, namespace):
    before = {
        pod["metadata"]["name"] for pod in cluster_under_test.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    }
    template = {"metadata": {"annotations": {RESTARTED: "2026-01-02T03:04:05Z"}}}
    cluster_under_test.patch(web, {"spec": {"template": template}}, STRATEGIC)
    cluster_under_test.wait("the restart", lambda: complete(cluster_under_test, web))

    def renewed():
        items = cluster_under_test.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        names = {pod["metadata"]["name"] for pod in items}
        return len(names) == 2 and not names & before

    cluster_under_test.wait("new pods only", renewed)


def test_a_deleted_pod_is_replaced(cluster_under_test, web, namespace):
    pods = f"/api/v1/namespaces/{namespace}/pods"
    gone = cluster_under_test.get(pods)["items"][0]["metadata"]["name"]
    cluster_under_test.ask("DELETE", f"{pods}/{gone}")

    def replaced():
        names = {pod["metadata"]["name"] for pod in cluster_under_test.get(pods)["items"]}
        return len(names) == 2 and gone not in names

    cluster_under_test.wait("another pod", replaced)
    cluster_under_test.wait("both ready", lambda: complete(cluster_under_test, web))


def test_a_paused_deployment_scales_but_does_not_roll(cluster_under_test, web, namespace):
    cluster_under_test.patch(web, {"spec": {"paused": True}})
    template = {"spec": {"containers": [{"name": "web", "image": "docker.io/library/nginx:1.30"}]}}
    cluster_under_test.patch(web, {"spec": {"replicas": 3, "template": template}}, STRATEGIC)

    def scaled():
        status = cluster_under_test.get(web)["status"]
        return status.get("readyReplicas") == 3 and status

    status = cluster_under_test.wait("three ready", scaled)
    assert "updatedReplicas" not in status
    [one] = sets_of(cluster_under_test, namespace)
    assert one["spec"]["replicas"] == 3


def test_a_stateful_set_numbers_its_pods(cluster_under_test, namespace):
    url = f"/apis/apps/v1/namespaces/{namespace}/statefulsets"
    made = {**deployment("db", 2), "kind": "StatefulSet"}
    made["spec"]["serviceName"] = "db"
    cluster_under_test.create(url, made)
    cluster_under_test.wait(
        "two ready", lambda: cluster_under_test.get(f"{url}/db")["status"].get("readyReplicas") == 2
    )
    pods = f"/api/v1/namespaces/{namespace}/pods"
    names = [pod["metadata"]["name"] for pod in cluster_under_test.get(pods)["items"]]
    assert names == ["db-0", "db-1"]
    cluster_under_test.patch(f"{url}/db/scale", {"spec": {"replicas": 1}})
    cluster_under_test.wait("one left", lambda: len(cluster_under_test.get(pods)["items"]) == 1)
    assert cluster_under_test.get(pods)["items"][0]["metadata"]["name"] == "db-0"
