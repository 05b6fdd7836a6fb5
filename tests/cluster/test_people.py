"""Who may do what on the test cluster, by which credential."""

import json
import urllib.parse

import pytest

from tests.cluster import certificates
from tests.cluster.api import Api, ApiError

pytestmark = pytest.mark.cluster

PODS = "/api/v1/namespaces/shop/pods"
SCALE = "/apis/apps/v1/namespaces/shop/deployments/cart/scale"
FORGED = certificates.signing_key()


def status_of(api: Api, method: str, path: str, headers: dict[str, str] | None = None) -> int:
    """The HTTP status of one request; a PATCH changes nothing."""
    body = json.dumps({"metadata": {}}).encode() if method == "PATCH" else None
    content = {"Content-Type": "application/merge-patch+json"} if body else {}
    try:
        with api.open(method, path, body, {**content, **(headers or {})}) as response:
            return response.status
    except ApiError as error:
        return error.status


def who_am_i(api: Api) -> dict:
    """What the API server makes of the caller."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    return api.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review)["status"]["userInfo"]


@pytest.mark.parametrize(
    ("request_line", "olivia", "victor", "nadia", "mallory"),
    [
        (f"GET {PODS}", 200, 200, 200, 403),
        ("GET /api/v1/pods", 200, 200, 403, 403),
        ("GET /api/v1/namespaces", 200, 200, 403, 403),
        ("GET /api/v1/nodes", 200, 200, 403, 403),
        ("GET /api/v1/namespaces/shop/secrets", 200, 403, 200, 403),
        ("GET /api/v1/namespaces/monitoring/pods", 200, 200, 403, 403),
        ("GET /apis/marina.example.com/v1/namespaces/shop/boats", 200, 200, 200, 403),
        (f"GET {SCALE}", 200, 200, 200, 403),
        (f"PATCH {SCALE}", 200, 403, 200, 403),
        (f"GET {PODS}/database-0/log", 200, 200, 200, 403),
        ("GET /api", 200, 200, 200, 200),
    ],
)
def test_each_person_may_do_what_their_role_says(bed, request_line, olivia, victor, nadia, mallory):
    method, path = request_line.split()
    found = {name: status_of(bed.api(token), method, path) for name, token in bed.tokens.items()}
    assert found == {"olivia": olivia, "victor": victor, "nadia": nadia, "mallory": mallory}


def test_an_oidc_token_is_its_person(bed):
    caller = who_am_i(bed.api(bed.mint("nadia")))
    assert caller["username"] == "oidc:nadia@example.com"
    assert caller["uid"] == "nadia"
    assert "oidc:shop-team" in caller["groups"]


@pytest.mark.parametrize(("person", "pods", "nodes"), [("olivia", 200, 200), ("victor", 200, 200), ("nadia", 200, 403)])
def test_an_oidc_token_has_its_persons_roles(bed, person, pods, nodes):
    api = bed.api(bed.mint(person))
    assert (status_of(api, "GET", PODS), status_of(api, "GET", "/api/v1/nodes")) == (pods, nodes)


@pytest.mark.parametrize(
    "fault",
    [
        {"lifetime": -60},
        {"key": FORGED},
        {"aud": "another-client"},
        {"iss": "https://localhost:1"},
        {"email_verified": False},
    ],
    ids=["expired", "forged", "other audience", "other issuer", "e-mail not verified"],
)
def test_a_bad_oidc_token_is_refused(bed, fault):
    with pytest.raises(ApiError) as caught:
        bed.api(bed.mint("olivia", **fault)).get(PODS)
    assert (caught.value.status, caught.value.message) == (401, "Unauthorized")


def test_an_unknown_token_is_refused(bed):
    assert status_of(bed.api("nobody-token"), "GET", PODS) == 401


def test_a_client_certificate_is_its_user_and_groups(bed):
    pair = bed.client_certificate("carol", "shop-team")
    api = Api(bed.server, bed.certificate_authority, pair)
    caller = who_am_i(api)
    assert caller["username"] == "carol"
    assert "shop-team" in caller["groups"]
    assert (status_of(api, "GET", PODS), status_of(api, "GET", "/api/v1/nodes")) == (200, 403)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 403),
        ({"Impersonate-User": "olivia"}, 403),
        ({"Impersonate-User": "olivia", "Impersonate-Group": "operators"}, 200),
        ({"Impersonate-User": "nadia", "Impersonate-Group": "shop-team"}, 200),
        ({"Impersonate-User": "system:serviceaccount:kube-system:default"}, 403),
        ({"Impersonate-User": "olivia", "Impersonate-Group": "operators", "Impersonate-Uid": "1"}, 403),
        ({"Impersonate-User": "olivia", "Impersonate-Extra-Scopes": "x"}, 403),
    ],
)
def test_the_impersonator_may_take_on_users_and_groups_and_nothing_else(bed, headers, expected):
    assert status_of(bed.api(bed.impersonator_token), "GET", PODS, headers) == expected


def test_the_kubeconfig_is_the_administrators(bed):
    document = json.loads(bed.kubeconfig.read_text())
    assert document["clusters"][0]["cluster"]["server"] == bed.server
    assert urllib.parse.urlsplit(bed.server).hostname == "127.0.0.1"
    assert who_am_i(bed.api())["groups"] == ["system:masters", "system:authenticated"]
