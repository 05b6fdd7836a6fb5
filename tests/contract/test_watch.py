"""Watching: each change once, as objects and as Tables, and a clear end."""

import threading
from itertools import takewhile

import pytest

from tests.contract.asking import MERGE, TABLE, config_map, deployment


@pytest.fixture
def maps(namespace):
    """The URL of the namespace's ConfigMaps."""
    return f"/api/v1/namespaces/{namespace}/configmaps"


def version_of(server, url):
    return server.get(f"{url}?limit=1")["metadata"]["resourceVersion"]


def change(server, maps):
    """Make a ConfigMap, change it, take it away."""
    server.create(maps, config_map("one", step="1"))
    server.patch(f"{maps}/one", {"metadata": {"labels": {"step": "2"}}})
    server.ask("DELETE", f"{maps}/one")


def named(event):
    return event["object"]["metadata"].get("name") == "one"


def test_each_change_is_one_event(cluster_under_test, maps):
    since = version_of(cluster_under_test, maps)
    with cluster_under_test.watch(f"{maps}?watch=true&resourceVersion={since}") as events:
        change(cluster_under_test, maps)
        found = [event for event in (next(events) for _ in range(3)) if named(event)]
    assert [event["type"] for event in found] == ["ADDED", "MODIFIED", "DELETED"]
    assert all((event["object"]["kind"], event["object"]["apiVersion"]) == ("ConfigMap", "v1") for event in found)
    assert [event["object"]["metadata"]["labels"] for event in found] == [{"step": "1"}, {"step": "2"}, {"step": "2"}]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in found]
    assert versions == sorted(set(versions))


def test_as_tables_only_the_first_event_has_columns(cluster_under_test, maps):
    since = version_of(cluster_under_test, maps)
    with cluster_under_test.watch(f"{maps}?watch=true&resourceVersion={since}", accept=TABLE) as events:
        change(cluster_under_test, maps)
        found = [next(events) for _ in range(3)]
    assert [event["type"] for event in found] == ["ADDED", "MODIFIED", "DELETED"]
    tables = [event["object"] for event in found]
    assert all(table["kind"] == "Table" for table in tables)
    assert [column["name"] for column in tables[0]["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert [table["columnDefinitions"] for table in tables[1:]] == [None, None]
    for table in tables:
        [row] = table["rows"]
        assert row["cells"][:2] == ["one", 1]
        assert row["object"]["kind"] == "PartialObjectMetadata"
        assert row["object"]["metadata"]["resourceVersion"] == table["metadata"]["resourceVersion"]


def test_without_a_version_what_exists_comes_first(cluster_under_test, maps):
    cluster_under_test.create(maps, config_map("one"))
    cluster_under_test.create(maps, config_map("two"))
    with cluster_under_test.watch(f"{maps}?watch=true&labelSelector=absent!%3Dx") as events:
        found = {event["object"]["metadata"]["name"]: event["type"] for event in (next(events) for _ in range(3))}
    assert found == {"one": "ADDED", "two": "ADDED", "kube-root-ca.crt": "ADDED"}


def test_what_enters_and_leaves_a_selection(cluster_under_test, maps):
    since = version_of(cluster_under_test, maps)
    url = f"{maps}?watch=true&resourceVersion={since}&labelSelector=colour%3Dred"
    with cluster_under_test.watch(url) as events:
        cluster_under_test.create(maps, config_map("one", colour="blue"))
        for colour in ("red", "blue", "red"):
            cluster_under_test.patch(f"{maps}/one", {"metadata": {"labels": {"colour": colour}}})
        cluster_under_test.ask("DELETE", f"{maps}/one")
        found = [next(events) for _ in range(4)]
    assert [event["type"] for event in found] == ["ADDED", "DELETED", "ADDED", "DELETED"]
    assert all(event["object"]["metadata"]["labels"]["colour"] == "red" for event in found)


def test_one_object_is_watched_by_its_name(cluster_under_test, maps):
    since = version_of(cluster_under_test, maps)
    url = f"{maps}?watch=true&resourceVersion={since}&fieldSelector=metadata.name%3Dtwo"
    with cluster_under_test.watch(url) as events:
        cluster_under_test.create(maps, config_map("one"))
        cluster_under_test.create(maps, config_map("two"))
        assert next(events)["object"]["metadata"]["name"] == "two"


def test_a_watch_ends_at_its_time(cluster_under_test, maps):
    since = version_of(cluster_under_test, maps)
    with cluster_under_test.watch(f"{maps}?watch=true&resourceVersion={since}&timeoutSeconds=1") as events:
        assert [event["type"] for event in events] == []


def first_bookmark(server, maps, accept):
    """The object of the first bookmark; a real server sends it some seconds before the watch ends, or each minute."""
    since = version_of(server, maps)
    server.create(maps, config_map("one"))
    url = f"{maps}?watch=true&resourceVersion={since}&timeoutSeconds=10&allowWatchBookmarks=true"
    with server.watch(url, accept=accept) as events:
        bookmark = next(event["object"] for event in events if event["type"] == "BOOKMARK")
    assert int(bookmark["metadata"]["resourceVersion"]) > int(since)
    return bookmark


def test_a_bookmark_says_how_far_the_watch_is(cluster_under_test, maps):
    bookmark = first_bookmark(cluster_under_test, maps, "application/json")
    assert (bookmark["kind"], bookmark["apiVersion"]) == ("ConfigMap", "v1")
    assert list(bookmark["metadata"]) == ["resourceVersion"]


def test_a_bookmark_as_a_table(cluster_under_test, maps):
    bookmark = first_bookmark(cluster_under_test, maps, TABLE)
    assert bookmark["kind"] == "Table"
    [row] = bookmark["rows"]
    assert row["object"]["metadata"] == bookmark["metadata"]


def test_a_version_too_old_is_an_error_event(cluster_under_test):
    # Boats, since a young server may still remember all there ever was of its built-in kinds.
    url = "/apis/marina.example.com/v1/namespaces/shop/boats?watch=true&resourceVersion=1"
    for accept in ("application/json", TABLE):
        with cluster_under_test.watch(url, accept=accept) as events:
            [event] = list(events)
        assert event["type"] == "ERROR"
        assert (event["object"]["kind"], event["object"]["code"]) == ("Status", 410)
        assert event["object"]["reason"] == "Expired"
        assert event["object"]["message"].startswith("too old resource version: 1 (")


def test_a_version_that_is_none(cluster_under_test):
    reply = cluster_under_test.ask("GET", "/api/v1/namespaces/shop/pods?watch=true&resourceVersion=new")
    assert reply.code == 500
    assert reply.message == 'resourceVersion: Invalid value: "new": strconv.ParseUint: parsing "new": invalid syntax'


def test_scaling_shows_pods_come_to_life_row_by_row(cluster_under_test, namespace):
    deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    cluster_under_test.create(deployments, deployment("web", 0))
    pods = f"/api/v1/namespaces/{namespace}/pods"
    since = version_of(cluster_under_test, pods)
    with cluster_under_test.watch(f"{pods}?watch=true&resourceVersion={since}", accept=TABLE) as events:
        cluster_under_test.patch(f"{deployments}/web/scale", {"spec": {"replicas": 1}})
        seen = []
        for event in events:
            [row] = event["object"]["rows"]
            seen.append((event["type"], row["cells"][2], row["cells"][1]))
            if seen[-1][1:] == ("Running", "1/1"):
                break
        cluster_under_test.ask("PATCH", f"{deployments}/web/scale", {"spec": {"replicas": 0}}, content=MERGE)
        last = [event["type"] for event in takewhile(lambda event: event["type"] != "DELETED", events)]
    assert seen[0] == ("ADDED", "Pending", "0/1")
    assert {kind for kind, *_ in seen[1:]} == {"MODIFIED"}
    assert set(last) <= {"MODIFIED"}


def test_a_watch_that_rests_is_woken_by_the_next_change(cluster_under_test, maps):
    since = version_of(cluster_under_test, maps)
    with cluster_under_test.watch(f"{maps}?watch=true&resourceVersion={since}") as events:
        threading.Timer(0.3, lambda: cluster_under_test.create(maps, config_map("late"))).start()
        assert next(events)["object"]["metadata"]["name"] == "late"
