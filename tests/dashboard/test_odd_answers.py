"""A cluster may answer what Kubernetes never would: a page says so or leaves out a link, and never fails itself."""

import json

import pytest

from tests.dashboard.pages import tree

SHOP = "/c/demo/shop"
NESTED = json.loads("[" * 400 + "]" * 400)
LATE = "9999-12-31T23:59:59-14:00"


def changed(thing, place, value):
    """A copy of an object with one value at ``place`` (``spec.nodeName``)."""
    copy = json.loads(json.dumps(thing))
    *parents, last = place.split(".")
    inner = copy
    for name in parents:
        inner = inner[int(name)] if name.isdecimal() else inner.setdefault(name, {})
    inner[last] = value
    return copy


def pod(**spec):
    return {
        "kind": "Pod",
        "metadata": {"name": "odd", "namespace": "shop", "uid": "u"},
        "spec": {"containers": [{"name": "web"}], **spec},
        "status": {"phase": "Running"},
    }


def workload():
    return {"kind": "Deployment", "metadata": {"name": "odd", "namespace": "shop"}, "spec": {}, "status": {}}


@pytest.fixture
def object_page(olivia, tap):
    """`object_page(thing)` is the page of a pod or a Deployment that a cluster describes like this."""

    def ask(thing):
        kind = {"Pod": "pods", "Deployment": "deployments.apps"}[thing["kind"]]
        table = {"kind": "Table", "columnDefinitions": [{"name": "Status"}], "rows": [{"cells": ["Running"]}]}
        answers = iter([thing, table])  # a pod is asked for twice: for itself, and as kubectl prints it
        path = rf"GET /api[^?]*/namespaces/shop/{kind.partition('.')[0]}/odd$"
        with tap.answering(path, 200, lambda: [json.dumps(next(answers)).encode()], "application/json"):
            return olivia.get(f"{SHOP}/{kind}/odd/")

    return ask


@pytest.fixture
def listed(olivia, tap):
    """`listed(metadata, address)` is a list whose only row has this metadata."""

    def ask(address="/c/demo/-/pods/", **metadata):
        row = {"cells": ["odd", "1/1", "Running", "0", "1m"], "object": {"metadata": metadata}}
        columns = [{"name": name} for name in ("Name", "Ready", "Status", "Restarts", "Age")]
        table = {"kind": "Table", "columnDefinitions": columns, "rows": [row]}
        with tap.answering(r"GET /api/v1/(pods|namespaces)\?", 200, table):
            return olivia.get(address)

    return ask


@pytest.mark.parametrize("name", ["a/b", "..", "a?b", "a#b", "50%"])
def test_a_row_that_no_object_can_have_has_no_link(listed, name):
    for metadata in ({"name": name, "namespace": "shop"}, {"name": "odd", "namespace": name}):
        response = listed(**metadata)
        assert response.status_code == 200
        rows = tree(response.content).by_id("rows")
        assert rows.all("a") == []
        assert metadata["name"] in rows.one("td", class_="name").text


def test_a_namespace_that_cannot_be_one_is_no_choice(listed):
    response = listed("/c/demo/namespaces/", name="a/b")
    assert response.status_code == 200
    assert "a/b" not in tree(response.content).text


def test_a_time_without_a_zone_is_not_kubernetes(listed):
    for query in ("", "?sort=age", "?q=odd"):
        response = listed(f"/c/demo/-/pods/{query}", name="odd", creationTimestamp="2026-01-01T00:00:00")
        assert response.status_code == 502
        assert "not what an API server would say" in tree(response.content).text


def test_the_first_and_the_last_moment_are_times_too(listed):
    for moment in (LATE, "0001-01-01T00:00:00+14:00"):
        for query in ("", "?sort=age"):
            assert listed(f"/c/demo/-/pods/{query}", name="odd", creationTimestamp=moment).status_code == 200


# What stays a page, though without a link, and what is told to be no answer of an API server.
ODD_PODS = [
    ("spec.nodeName", "a/b", 200),
    ("spec.nodeName", "..", 200),
    ("metadata.name", "a/b", 200),
    ("metadata.namespace", "a/b", 200),
    ("metadata.name", "", 200),
    ("metadata.creationTimestamp", LATE, 200),
    ("metadata.creationTimestamp", "2026-01-01T00:00:00", 502),
    ("metadata.labels", {"a": ["b"]}, 502),
    ("spec.containers", "none", 502),
    ("spec.containers.0.resources", {"limits": {"cpu": NESTED}}, 502),
    ("spec.containers.0.livenessProbe", {"httpGet": ["/"]}, 502),
    ("spec.containers.0.livenessProbe", {"exec": {"command": NESTED}}, 502),
    ("spec.containers.0.livenessProbe", {"periodSeconds": NESTED}, 502),
    ("spec.containers.0.ports", [{"containerPort": 10**4000}], 502),
    ("status.containerStatuses", [{"name": "web", "restartCount": 10**4000}], 502),
    ("status.conditions", [{"lastTransitionTime": "yesterday"}], 502),
]


@pytest.mark.parametrize(
    ("place", "value", "status"), ODD_PODS, ids=[f"{place}-{n}" for n, (place, *_) in enumerate(ODD_PODS)]
)
def test_an_odd_pod(object_page, place, value, status):
    response = object_page(changed(pod(), place, value))
    assert response.status_code == status
    if status == 502:
        assert "not what an API server would say" in tree(response.content).text


def test_a_node_that_cannot_be_one_has_no_link(object_page):
    response = object_page(pod(nodeName="a/b"))
    assert response.context["page"].node.url == ""
    assert "a/b" in tree(response.content).text


@pytest.mark.parametrize("name", ["a/b", "", "..", "a%2fb"])
def test_an_owner_that_cannot_be_one_has_no_link(object_page, name):
    owner = {"kind": "ReplicaSet", "apiVersion": "apps/v1", "name": name, "controller": True}
    response = object_page(changed(pod(), "metadata.ownerReferences", [owner]))
    assert response.status_code == 200
    assert response.context["page"].owner.url == ""


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("spec.selector.matchExpressions", [{"key": "app", "operator": "Like"}]),
        ("spec.selector.matchExpressions", [{"operator": "Exists"}]),
        ("spec.strategy", {"type": NESTED}),
        ("spec.strategy", []),
        ("spec.replicas", 10**4000),
        ("status.replicas", "many"),
    ],
)
def test_an_odd_workload(object_page, place, value):
    response = object_page(changed(workload(), place, value))
    assert response.status_code == 502
    assert "not what an API server would say" in tree(response.content).text


@pytest.mark.parametrize(
    "event",
    [
        {"series": {"lastObservedTime": "rubbish"}},
        {"series": {"lastObservedTime": 1e300}},
        {"series": {"count": [1]}},
        {"series": []},
        {"lastTimestamp": "2026-01-01T00:00:00"},
        {"source": {"component": 5}},
    ],
)
def test_odd_events_leave_the_rest_of_the_page(olivia, tap, event):
    with tap.answering(r"GET /api/v1/namespaces/shop/events\?", 200, {"kind": "EventList", "items": [event]}):
        for page in ("", "events/"):
            response = olivia.get(f"{SHOP}/deployments.apps/frontend/{page}")
            assert response.status_code == 200
            assert "not what an API server would say" in tree(response.content).text


@pytest.mark.parametrize(
    "status",
    [None, "fine", [], {"phase": {"a": 1}}, {"conditions": {"Ready": True}}, {"conditions": [{"type": NESTED}]}],
)
def test_an_object_of_a_custom_kind_may_have_any_status(olivia, tap, status):
    boat = {"kind": "Boat", "metadata": {"name": "odd", "namespace": "shop"}, "status": status}
    with tap.answering(r"GET /apis/marina.example.com/[^/]*/namespaces/shop/boats/odd$", 200, boat):
        response = olivia.get(f"{SHOP}/boats.marina.example.com/odd/")
    assert response.status_code == 200
    assert response.context["page"].state.word == ""
