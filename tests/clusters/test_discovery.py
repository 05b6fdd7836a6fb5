"""Which kinds a server offers."""

import pytest

from clusters import discovery
from clusters.errors import Failed, NotFound
from clusters.kinds import KNOWN, PODS
from tests.clusters.fakes import http, status


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
        match seen.target.strip("/").split("/"):
            case ["api"]:
                return aggregated(core)
            case ["apis"]:
                return aggregated(*groups)
            case ["apis", name] if name in by_name:
                versions = [{"version": each["version"]} for each in by_name[name]["versions"]]
                return http({"kind": "APIGroup", "versions": versions[::-1], "preferredVersion": versions[0]})
            case ["apis", name, version] if name in by_name:
                return resource_list(by_name[name], version)
            case ["api", "v1"]:
                return resource_list(core, "v1")
        return status(404, "NotFound", "the server could not find the requested resource")

    by_name = {each["metadata"]["name"]: each for each in (core, *groups)}

    return handler


def aggregated(*groups):
    return http({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": groups})


def resource_list(group, version):
    """The resources of one version as meta/v1 has them."""
    [found] = [each for each in group["versions"] if each["version"] == version]
    resources = [
        {
            "name": each["resource"],
            "kind": each["responseKind"]["kind"],
            "namespaced": each["scope"] == "Namespaced",
            "verbs": each["verbs"],
        }
        for each in found["resources"]
    ]
    return http({"kind": "APIResourceList", "resources": resources})


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


def test_a_kind_of_a_url_costs_a_call_for_its_group_and_one_for_its_version(asked):
    marina = group(
        "marina.example.com",
        ("v2", [resource("boats", "Boat")]),
        ("v1", [resource("boats", "OldBoat"), resource("piers", "Pier", scope="Cluster")]),
    )
    connection, fake = asked(server(CORE, marina))
    assert discovery.find(connection, "boats.marina.example.com").kind == "Boat"
    assert [seen.target for seen in fake.seen] == ["/apis/marina.example.com", "/apis/marina.example.com/v2"]
    pier = discovery.find(connection, "piers.marina.example.com")
    assert (pier.api_version, pier.namespaced) == ("marina.example.com/v1", False)


def test_a_group_of_endless_versions_is_not_asked_for_all_of_them(asked):
    connection, fake = asked(server(CORE, group("x.example.com", *((f"v{number}", []) for number in range(500)))))
    with pytest.raises(NotFound):
        discovery.find(connection, "boats.x.example.com")
    assert len(fake.seen) < 12


@pytest.mark.parametrize(
    "odd",
    [
        group("x.example.com", ("v1", [resource("a/b"), resource(""), resource(".."), resource("a%2Fb")])),
        group("x.example.com", ("v/1", [resource("boats")]), ("", [resource("boats")])),
        group("x/example.com", ("v1", [resource("boats")])),
        group("..", ("v1", [resource("boats")])),
    ],
)
def test_kinds_that_no_path_could_lead_to_are_left_out(asked, odd):
    marina = group("marina.example.com", ("v1", [resource("boats", "Boat")]))
    connection, _fake = asked(server(CORE, odd, marina))
    assert [kind.key for kind in discovery.kinds(connection)] == ["pods", "boats.marina.example.com"]


@pytest.mark.parametrize("metadata", [{"name": 7}, {"name": None}, {"name": ["x"]}, "x", None])
def test_a_group_without_a_proper_name_is_a_failure(asked, metadata):
    odd = group("x", ("v1", [resource("boats")])) | {"metadata": metadata}
    connection, _fake = asked(lambda _seen: aggregated(odd))
    with pytest.raises(Failed, match="not what an API server would say"):
        discovery.kinds(connection)


def test_more_kinds_than_a_page_can_list_are_left_out(asked):
    many = group("x.example.com", ("v1", [resource(f"boats{number}") for number in range(20_000)]))
    connection, _fake = asked(server(CORE, many))
    assert len(discovery.kinds(connection)) == discovery.MOST_KINDS


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
