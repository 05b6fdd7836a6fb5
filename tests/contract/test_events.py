"""Events: what happened to one object, and to all."""

from tests.contract.asking import deployment


def events_of(server, namespace, kind, name):
    query = f"involvedObject.kind%3D{kind}%2CinvolvedObject.name%3D{name}"
    return server.get(f"/api/v1/namespaces/{namespace}/events?fieldSelector={query}")["items"]


def test_the_events_of_a_pod_that_no_node_can_take(cluster_under_test):
    def found():
        return events_of(cluster_under_test, "shop", "Pod", "recommendations")

    [event, *_] = cluster_under_test.wait("an event", found)
    assert (event["type"], event["reason"]) == ("Warning", "FailedScheduling")
    assert event["message"].partition(": ")[0].endswith("nodes are available")
    involved = event["involvedObject"]
    assert (involved["kind"], involved["namespace"], involved["name"]) == ("Pod", "shop", "recommendations")
    assert event["metadata"]["namespace"] == "shop"


def test_the_events_of_one_uid(cluster_under_test, namespace):
    url = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    made = cluster_under_test.create(url, deployment("web", 2))
    query = f"involvedObject.uid%3D{made['metadata']['uid']}"

    def found():
        return cluster_under_test.get(f"/api/v1/namespaces/{namespace}/events?fieldSelector={query}")["items"]

    [event] = cluster_under_test.wait("the scaling", found)
    assert (event["type"], event["reason"]) == ("Normal", "ScalingReplicaSet")
    assert event["message"].startswith("Scaled up replica set web-")
    assert event["message"].endswith(" from 0 to 2")
    assert event["source"]["component"] == "deployment-controller"
    assert event["count"] == 1


def test_a_replica_set_tells_which_pods_it_made(cluster_under_test, namespace):
    cluster_under_test.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", deployment("web", 2))

    def pods():
        items = cluster_under_test.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        return len(items) == 2 and items

    made = cluster_under_test.wait("two pods", pods)
    owner = made[0]["metadata"]["ownerReferences"][0]
    assert owner["kind"] == "ReplicaSet"

    def messages():
        found = {event["message"] for event in events_of(cluster_under_test, namespace, "ReplicaSet", owner["name"])}
        return len(found) == 2 and found

    expected = {f"Created pod: {pod['metadata']['name']}" for pod in made}
    assert cluster_under_test.wait("two events", messages) == expected


def test_the_row_of_an_event(cluster_under_test):
    query = "involvedObject.name%3Drecommendations"
    rows = cluster_under_test.wait(
        "an event", lambda: cluster_under_test.table(f"/api/v1/namespaces/shop/events?fieldSelector={query}")["rows"]
    )
    cells = rows[0]["cells"]
    assert cells[1:4] == ["Warning", "FailedScheduling", "pod/recommendations"]
    assert "default-scheduler" in cells[5]
    assert isinstance(cells[8], int)
    assert cells[9] == rows[0]["object"]["metadata"]["name"]


def test_warnings_only(cluster_under_test):
    items = cluster_under_test.get("/api/v1/namespaces/shop/events?fieldSelector=type%3DWarning")["items"]
    assert items
    assert {event["type"] for event in items} == {"Warning"}
