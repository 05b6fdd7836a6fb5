"""Which kinds a server offers."""

import pytest

from clusters import discovery
from clusters.errors import Failed, NotFound
from clusters.kinds import KNOWN, PODS
from tests.clusters.fakes import http


def group(name, *versions):
    """One entry of an APIGroupDiscoveryList; versions are (version, [resource dict])."""
    found = [{"version": version, "resources": resources, "freshness": "Current"} for version, resources in versions]
    return {"metadata": {"name": name, "creationTimestamp": None}, "versions": found}


def resource(plural, kind="", verbs=("get", "list", "watch"), scope="Namespaced"):
    answers_with = {"group": "", "version": "", "kind": kind}
    return {"resource": plural, "responseKind": answers_with, "scope": scope, "verbs": verbs}


def server(core, *groups):
    """A fake API server with these kinds."""

    def handler(seen):
        items = [core] if seen.target == "/api" else list(groups)
        return http({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})

    return handler


CORE = group("", ("v1", [resource("pods", "Pod"), resource("bindings", "Binding", ["create"])]))


def test_kinds_are_found_at_their_preferred_version(asked):
    marina = group(
        "marina.example.com",
        ("v2", [resource("boats", "Boat")]),
        ("v1", [resource("boats", "OldBoat"), resource("piers", "Pier", scope="Cluster")]),
    )
    connection, fake = asked(server(CORE, marina))
    found = discovery.kinds(connection)
    assert [(kind.key, kind.api_version, kind.kind, kind.namespaced) for kind in found] == [
        ("pods", "v1", "Pod", True),
        ("boats.marina.example.com", "marina.example.com/v2", "Boat", True),
        ("piers.marina.example.com", "marina.example.com/v1", "Pier", False),
    ]
    assert found[0] is PODS
    assert [seen.target for seen in fake.seen] == ["/api", "/apis"]
    assert fake.seen[0].all("Accept") == ["application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"]


def test_a_kind_of_a_url(asked):
    connection, fake = asked(server(CORE, group("marina.example.com", ("v1", [resource("boats", "Boat")]))))
    assert discovery.find(connection, "pods") is PODS
    assert discovery.find(connection, "deployments.apps") is KNOWN["deployments.apps"]
    assert fake.seen == [], "what is known costs no call"
    boats = discovery.find(connection, "boats.marina.example.com")
    assert boats.path("shop", "kittiwake") == "/apis/marina.example.com/v1/namespaces/shop/boats/kittiwake"
    assert (boats.title, boats.title_plural) == ("Boat", "Boats")
    for unknown in ("boats", "bindings", "", "..", "boats.marina.example.com.", "Pods"):
        with pytest.raises(NotFound):
            discovery.find(connection, unknown)


def test_a_server_that_discovers_in_the_old_way_is_told_and_not_taken_for_empty(asked):
    connection, _fake = asked(lambda _seen: http({"kind": "APIGroupList", "groups": []}))
    with pytest.raises(Failed, match="not what an API server would say"):
        discovery.kinds(connection)


def test_an_aggregated_api_that_does_not_answer_is_left_out(asked):
    stale = group("metrics.k8s.io", ("v1beta1", None))
    stale["versions"][0] = {"version": "v1beta1", "freshness": "Stale"}
    connection, _fake = asked(server(CORE, stale))
    assert [kind.key for kind in discovery.kinds(connection)] == ["pods"]


def test_the_demos_kinds(olivia):
    found = {kind.key: kind for kind in discovery.kinds(olivia)}
    assert set(KNOWN) <= set(found)
    assert found["boats.marina.example.com"].kind == "Boat"
    assert found["nodes"].namespaced is False
