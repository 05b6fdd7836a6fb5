"""What the API server says a person may do, and who it takes them for."""

import json

import pytest

from clusters.connection import connect
from clusters.credentials import BearerToken, Impersonation
from clusters.errors import Unauthorized
from clusters.kinds import DEPLOYMENTS, NAMESPACES, PODS
from clusters.models import Cluster
from clusters.permissions import allowed, who_am_i
from tests.clusters.fakes import http


def person(demo, name):
    return connect(Cluster(name="demo", title="Demo", server=demo.url), BearerToken(f"{name}-token"))


@pytest.mark.parametrize(
    ("verb", "kind", "namespace", "subresource", "who"),
    [
        ("list", PODS, "shop", "", {"olivia", "victor", "nadia"}),
        ("list", PODS, "", "", {"olivia", "victor"}),
        ("list", PODS, "jobs", "", {"olivia", "victor"}),
        ("list", NAMESPACES, "", "", {"olivia", "victor"}),
        ("get", PODS, "shop", "log", {"olivia", "victor", "nadia"}),
        ("update", DEPLOYMENTS, "shop", "scale", {"olivia", "nadia"}),
        ("update", DEPLOYMENTS, "jobs", "scale", {"olivia"}),
    ],
)
def test_each_person_may_what_their_role_says(demo, verb, kind, namespace, subresource, who):
    people = ("olivia", "victor", "nadia", "mallory")
    may = {name for name in people if allowed(person(demo, name), verb, kind, namespace, "", subresource)}
    assert may == who


def test_the_question_names_everything(asked):
    connection, fake = asked(lambda _seen: http({"kind": "SelfSubjectAccessReview", "status": {"allowed": True}}, 201))
    assert allowed(connection, "update", DEPLOYMENTS, "shop", "web", "scale") is True
    assert fake.seen[0].target == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert json.loads(fake.seen[0].body)["spec"]["resourceAttributes"] == {
        "verb": "update", "group": "apps", "resource": "deployments", "subresource": "scale",
        "namespace": "shop", "name": "web",
    }  # fmt: skip


@pytest.mark.parametrize("status", [{}, {"allowed": False, "reason": "no"}, {"allowed": False, "denied": True}])
def test_what_is_not_allowed_is_not(asked, status):
    connection, _fake = asked(lambda _seen: http({"kind": "SelfSubjectAccessReview", "status": status}))
    assert allowed(connection, "get", PODS) is False


def test_who_i_am(demo):
    olivia = who_am_i(person(demo, "olivia"))
    assert (olivia.username, "operators" in olivia.groups) == ("olivia", True)
    with pytest.raises(Unauthorized):
        who_am_i(person(demo, "nobody"))
    cluster = Cluster(name="demo", title="Demo", server=demo.url)
    someone = who_am_i(connect(cluster, Impersonation(BearerToken("impersonator-token"), "someone", ("a", "b"))))
    assert (someone.username, {"a", "b"} <= set(someone.groups)) == ("someone", True)
