"""Who one is, what one may, and speaking for somebody else."""

import pytest

from clusters.connection import connect
from clusters.credentials import BearerToken, Impersonation
from clusters.names import path
from clusters.wire import SelfSubjectReview

REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
REVIEW = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
EVERYBODY = "system:authenticated"


def who(server, *headers, **options):
    """The user that a request is taken for."""
    reply = server.ask("POST", REVIEWS, REVIEW, headers=headers, **options)
    assert reply.code == 201, reply.body
    return reply.json["status"]["userInfo"]


def access(**attributes):
    spec = {"resourceAttributes": attributes}
    return {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": spec}


@pytest.mark.parametrize(
    ("person", "groups"),
    [
        ("olivia", ["operators", EVERYBODY]),
        ("victor", ["viewers", EVERYBODY]),
        ("nadia", ["shop-team", EVERYBODY]),
        ("mallory", [EVERYBODY]),
    ],
)
def test_who_one_is(cluster_under_test, person, groups):
    found = who(cluster_under_test, person=person)
    assert (found["username"], found["uid"]) == (person, person)
    # A static token file without groups gives one group without a name.
    assert set(found["groups"]) - {""} == set(groups)


# (who, verb, group, resource, subresource, namespace): allowed
ALLOWED = [
    (("olivia", "delete", "", "nodes", "", ""), True),
    (("olivia", "patch", "apps", "deployments", "scale", "shop"), True),
    (("victor", "list", "", "pods", "", ""), True),
    (("victor", "get", "", "pods", "log", "jobs"), True),
    (("victor", "list", "", "nodes", "", ""), True),
    (("victor", "get", "", "secrets", "", "shop"), False),
    (("victor", "get", "apps", "deployments", "scale", "shop"), True),
    (("victor", "patch", "apps", "deployments", "scale", "shop"), False),
    (("victor", "delete", "", "pods", "", "shop"), False),
    (("nadia", "list", "", "pods", "", "shop"), True),
    (("nadia", "get", "", "pods", "log", "shop"), True),
    (("nadia", "patch", "apps", "deployments", "scale", "shop"), True),
    (("nadia", "get", "", "secrets", "", "shop"), True),
    (("nadia", "delete", "", "pods", "", "shop"), True),
    (("nadia", "list", "", "pods", "", "jobs"), False),
    (("nadia", "list", "", "pods", "", ""), False),
    (("nadia", "list", "", "namespaces", "", ""), False),
    (("mallory", "list", "", "pods", "", "shop"), False),
    (("mallory", "create", "authorization.k8s.io", "selfsubjectaccessreviews", "", ""), True),
]


@pytest.mark.parametrize(("question", "allowed"), ALLOWED, ids=[" ".join(filter(None, q)) for q, _ in ALLOWED])
def test_what_one_may(cluster_under_test, question, allowed):
    person, verb, group, resource, subresource, namespace = question
    asked = access(verb=verb, group=group, resource=resource, subresource=subresource, namespace=namespace)
    reply = cluster_under_test.ask("POST", ACCESS, asked, person=person)
    assert reply.code == 201
    assert reply.json["status"]["allowed"] is allowed


def test_a_review_says_why(cluster_under_test):
    asked = access(verb="get", resource="pods", subresource="log", namespace="shop")
    reply = cluster_under_test.ask("POST", ACCESS, asked, person="nadia")
    reason = 'RBAC: allowed by RoleBinding "shop-team/shop" of ClusterRole "edit" to Group "shop-team"'
    assert reply.json["status"] == {"allowed": True, "reason": reason}
    assert cluster_under_test.ask("POST", ACCESS, asked, person="mallory").json["status"] == {"allowed": False}


def test_a_review_of_nothing_is_refused(cluster_under_test):
    asked = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": {}}
    reply = cluster_under_test.ask("POST", ACCESS, asked)
    assert reply.code == 422
    assert reply.message == (
        '.authorization.k8s.io "" is invalid: spec: Invalid value: null: exactly one of nonResourceAttributes or '
        "resourceAttributes must be specified"
    )


def test_the_rules_of_a_namespace(cluster_under_test):
    asked = {"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "spec": {"namespace": "shop"}}
    reply = cluster_under_test.ask("POST", RULES, asked, person="mallory")
    assert reply.code == 201
    found = {
        (verb, name)
        for rule in reply.json["status"]["resourceRules"]
        for verb in rule["verbs"]
        for name in rule["resources"]
    }
    assert found == {
        ("create", "selfsubjectaccessreviews"),
        ("create", "selfsubjectrulesreviews"),
        ("create", "selfsubjectreviews"),
    }
    assert reply.json["status"]["incomplete"] is False
    asked["spec"] = {}
    assert cluster_under_test.ask("POST", RULES, asked).message == "no namespace on request"


def test_impersonating_a_user_with_several_groups(cluster_under_test):
    headers = [("Impersonate-User", "zoe"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b")]
    found = who(cluster_under_test, *headers)
    assert (found["username"], found["groups"]) == ("zoe", ["a", "b", EVERYBODY])


def test_impersonating_through_the_door(cluster_under_test):
    actor = BearerToken(cluster_under_test.tokens["impersonator"])
    zoe = Impersonation(actor, "zoe", ("a", "b", "shop-team"))
    connection = connect(cluster_under_test.cluster, zoe)
    url = path("apis", "authentication.k8s.io", "v1", "selfsubjectreviews")
    found = connection.send("POST", url, REVIEW, type=SelfSubjectReview).status.user_info
    assert (found.username, found.groups) == ("zoe", ["a", "b", "shop-team", EVERYBODY])
    assert connection.get(path("api", "v1", "namespaces", "shop", "pods"), [("limit", "1")])["items"]


def test_impersonating_names_of_any_script(cluster_under_test):
    actor = BearerToken(cluster_under_test.tokens["impersonator"])
    connection = connect(cluster_under_test.cluster, Impersonation(actor, "山田", ("Größe", "مشغلون")))
    url = path("apis", "authentication.k8s.io", "v1", "selfsubjectreviews")
    found = connection.send("POST", url, REVIEW, type=SelfSubjectReview).status.user_info
    assert (found.username, found.groups) == ("山田", ["Größe", "مشغلون", EVERYBODY])


def test_impersonating_with_a_uid_and_extras(cluster_under_test):
    headers = [
        ("Impersonate-User", "zoe"),
        ("Impersonate-Uid", "12"),
        ("Impersonate-Extra-Scopes", "x"),
        ("Impersonate-Extra-Scopes", "y"),
    ]
    found = who(cluster_under_test, *headers)
    assert (found["uid"], found["extra"]) == ("12", {"scopes": ["x", "y"]})


def test_impersonating_a_service_account(cluster_under_test):
    found = who(cluster_under_test, ("Impersonate-User", "system:serviceaccount:shop:default"))
    assert found["groups"] == ["system:serviceaccounts", "system:serviceaccounts:shop", EVERYBODY]


def test_impersonating_nobody(cluster_under_test):
    reply = cluster_under_test.ask("POST", REVIEWS, REVIEW, headers=[("Impersonate-User", "system:anonymous")])
    assert reply.code == 403
    assert 'User "system:anonymous" cannot create resource "selfsubjectreviews"' in reply.message


def test_impersonating_groups_of_nobody(cluster_under_test):
    reply = cluster_under_test.ask("GET", "/api/v1/pods", headers=[("Impersonate-Group", "operators")])
    assert reply.code == 400
    assert reply.message == (
        'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"operators"}, Extra:map[string][]string(nil)} '
        "without impersonating a user name"
    )


def test_who_may_not_impersonate(cluster_under_test):
    headers = [("Impersonate-User", "olivia"), ("Impersonate-Group", "operators")]
    for person in ("victor", "mallory"):
        reply = cluster_under_test.ask("GET", "/api/v1/namespaces/shop/pods", person=person, headers=headers)
        assert reply.code == 403
        assert reply.message == (
            f'pods is forbidden: User "{person}" cannot impersonate-on:user-info:list resource "pods" in API group "" '
            'in the namespace "shop"'
        )


def test_an_impersonator_may_only_what_its_role_says(cluster_under_test):
    actor = "system:serviceaccount:kube-system:impersonator"
    user = ("Impersonate-User", "nadia")
    cluster_under_test.get(
        "/api/v1/namespaces/shop/pods?limit=1",
        person="impersonator",
        headers=[user, ("Impersonate-Group", "shop-team")],
    )
    for header, name, kind in (
        (("Impersonate-Uid", "x"), "uids", "uids"),
        (("Impersonate-Extra-A", "x"), "userextras", "userextras/a"),
    ):
        url = "/api/v1/namespaces/shop/pods"
        reply = cluster_under_test.ask("GET", url, person="impersonator", headers=[user, header])
        assert reply.message == (
            f'{name}.authentication.k8s.io "x" is forbidden: User "{actor}" cannot impersonate resource "{kind}" in '
            'API group "authentication.k8s.io" at the cluster scope'
        )


def test_impersonation_takes_the_rights_of_the_one_spoken_for(cluster_under_test):
    nadia = [("Impersonate-User", "nadia"), ("Impersonate-Group", "shop-team")]
    assert cluster_under_test.ask("GET", "/api/v1/namespaces/shop/pods?limit=1", headers=nadia).code == 200
    assert cluster_under_test.ask("GET", "/api/v1/pods", headers=nadia).message == (
        'pods is forbidden: User "nadia" cannot list resource "pods" in API group "" at the cluster scope'
    )
