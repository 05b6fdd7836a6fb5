"""What the pages of single objects read beside their rows."""

from urllib.parse import quote

from tests.contract.asking import TABLE, names


def test_a_node_says_what_it_has_and_what_of_it_pods_may_take(cluster_under_test):
    status = cluster_under_test.get("/api/v1/nodes/harbor-1")["status"]
    for kind in ("capacity", "allocatable"):
        assert {"cpu", "memory", "pods"} <= set(status[kind])
        assert all(isinstance(quantity, str) for quantity in status[kind].values())


def test_the_selector_of_a_job_finds_its_pods(cluster_under_test):
    url = "/apis/batch/v1/namespaces/jobs/jobs/import"
    job = cluster_under_test.get(url)
    labels = job["spec"]["selector"]["matchLabels"]
    assert labels == {"batch.kubernetes.io/controller-uid": job["metadata"]["uid"]}
    selector = quote(",".join(f"{key}={value}" for key, value in labels.items()))
    found = names(cluster_under_test.get(f"/api/v1/namespaces/jobs/pods?labelSelector={selector}"))
    assert found
    assert all(name.startswith("import-") for name in found)
    failed = [each for each in job["status"]["conditions"] if each["type"] == "Failed"]
    assert failed[0]["message"] == "Job has reached the specified backoff limit"


def test_the_pods_of_a_node_are_listed_and_watched_by_a_field(cluster_under_test):
    chosen = "fieldSelector=spec.nodeName%3Dharbor-1"
    pods = cluster_under_test.get(f"/api/v1/pods?{chosen}")["items"]
    assert len(pods) > 1
    assert {pod["spec"]["nodeName"] for pod in pods} == {"harbor-1"}
    part = cluster_under_test.table(f"/api/v1/pods?{chosen}&limit=1")
    assert len(part["rows"]) == 1
    assert part["metadata"]["continue"]
    assert "remainingItemCount" not in part["metadata"]
    right = {pod["metadata"]["name"] for pod in pods}
    with cluster_under_test.watch(f"/api/v1/pods?watch=true&{chosen}", accept=TABLE) as events:
        first = [next(events) for _ in right]
    assert {event["type"] for event in first} == {"ADDED"}
    assert {row["object"]["metadata"]["name"] for event in first for row in event["object"]["rows"]} == right
