"""How each refusal is worded: Porthole shows these words to people."""

import base64
import json

import pytest

from clusters import errors
from clusters.names import path
from tests.contract.asking import JSON_PATCH, MERGE, STRATEGIC, TABLE, config_map, deployment, status

SHOP = "/api/v1/namespaces/shop"
FRONTEND = "/apis/apps/v1/namespaces/shop/deployments/frontend"
UNKNOWN_RESOURCE = "the server could not find the requested resource"
WRONG_METHOD = "the server does not allow this method on the requested resource"


@pytest.mark.parametrize(
    ("person", "method", "url", "message", "details"),
    [
        (
            "nadia", "GET", "/api/v1/pods",
            'pods is forbidden: User "nadia" cannot list resource "pods" in API group "" at the cluster scope',
            {"kind": "pods"},
        ),
        (
            "nadia", "GET", "/api/v1/namespaces",
            ('namespaces is forbidden: User "nadia" cannot list resource "namespaces" in API group "" at the '
            "cluster scope"),
            {"kind": "namespaces"},
        ),
        (
            "victor", "GET", f"{SHOP}/secrets/database-credentials",
            ('secrets "database-credentials" is forbidden: User "victor" cannot get resource "secrets" in API group "" '
            'in the namespace "shop"'),
            {"name": "database-credentials", "kind": "secrets"},
        ),
        (
            "victor", "PATCH", f"{FRONTEND}/scale",
            ('deployments.apps "frontend" is forbidden: User "victor" cannot patch resource "deployments/scale" in API '
            'group "apps" in the namespace "shop"'),
            {"name": "frontend", "group": "apps", "kind": "deployments"},
        ),
        (
            "mallory", "GET", f"{SHOP}/pods/any/log",
            ('pods "any" is forbidden: User "mallory" cannot get resource "pods/log" in API group "" in the namespace '
            '"shop"'),
            {"name": "any", "kind": "pods"},
        ),
        (
            "mallory", "GET", f"{SHOP}/pods?watch=true",
            'pods is forbidden: User "mallory" cannot watch resource "pods" in API group "" in the namespace "shop"',
            {"kind": "pods"},
        ),
        (
            "nadia", "GET", f"{SHOP}/unknowns",
            ('unknowns is forbidden: User "nadia" cannot list resource "unknowns" in API group "" in the '
            'namespace "shop"'),
            {"kind": "unknowns"},
        ),
    ],
)  # fmt: skip
def test_403_names_who_what_and_where(cluster_under_test, person, method, url, message, details):
    body = {} if method == "PATCH" else None
    reply = cluster_under_test.ask(method, url, body, person=person, content=MERGE)
    assert reply.code == 403
    assert reply.json == status(403, "Forbidden", message, **details)


def test_403_of_a_path_that_is_no_resource(cluster_under_test):
    reply = cluster_under_test.ask("GET", "/metrics", person="mallory")
    assert reply.json == status(403, "Forbidden", 'forbidden: User "mallory" cannot get path "/metrics"') | {
        "details": {}
    }


def test_without_a_token_one_is_anonymous(cluster_under_test):
    reply = cluster_under_test.ask("GET", "/api/v1/pods", token="")
    assert reply.code == 403
    assert reply.message == (
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope'
    )
    assert cluster_under_test.ask("GET", "/version", token="").code == 200
    assert cluster_under_test.ask("GET", "/api", token="").code == 403


def test_401_for_a_token_that_nobody_has(cluster_under_test):
    reply = cluster_under_test.ask("GET", "/api/v1/pods", token="nobodys-token")
    assert reply.json == status(401, "Unauthorized", "Unauthorized")


@pytest.mark.parametrize(
    ("url", "message", "details"),
    [
        (f"{SHOP}/pods/absent", 'pods "absent" not found', {"name": "absent", "kind": "pods"}),
        (
            "/apis/apps/v1/namespaces/shop/deployments/absent",
            'deployments.apps "absent" not found',
            {"name": "absent", "group": "apps", "kind": "deployments"},
        ),
        (
            "/apis/marina.example.com/v1/namespaces/shop/boats/absent",
            'boats.marina.example.com "absent" not found',
            {"name": "absent", "group": "marina.example.com", "kind": "boats"},
        ),
        ("/api/v1/unknowns", UNKNOWN_RESOURCE, {}),
        ("/api/v1/pods/any", UNKNOWN_RESOURCE, {}),
        (f"{SHOP}/nodes", UNKNOWN_RESOURCE, {}),
        (f"{SHOP}/pods/any/unknown", UNKNOWN_RESOURCE, {}),
        ("/api/v2", UNKNOWN_RESOURCE, {}),
    ],
)
def test_404(cluster_under_test, url, message, details):
    reply = cluster_under_test.ask("GET", url)
    assert reply.code == 404
    assert reply.json == status(404, "NotFound", message) | {"details": details}


@pytest.mark.parametrize("url", ["/unknown", "/apis/unknown.example.com/v1/things", "/apis/unknown.example.com"])
def test_404_without_a_status_outside_the_api(cluster_under_test, url):
    reply = cluster_under_test.ask("GET", url)
    assert (reply.code, reply.body) == (404, b"404 page not found\n")


def test_an_unknown_namespace_is_an_empty_one(cluster_under_test):
    assert cluster_under_test.get("/api/v1/namespaces/absent/pods")["items"] == []


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("PUT", f"{SHOP}/pods"),
        ("PATCH", f"{SHOP}/pods"),
        ("POST", f"{SHOP}/pods/any"),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
        ("POST", "/version"),
    ],
)
def test_405(cluster_under_test, method, url):
    body = None if method == "GET" else {}
    reply = cluster_under_test.ask(method, url, body)
    assert reply.json == status(405, "MethodNotAllowed", WRONG_METHOD) | {"details": {}}


def test_406_for_a_form_of_the_answer_that_is_not_offered(cluster_under_test):
    reply = cluster_under_test.ask("GET", f"{SHOP}/pods", accept="application/json;as=Table;v=v9;g=meta.k8s.io")
    message = (
        "only the following media types are accepted: application/json, application/yaml, "
        "application/vnd.kubernetes.protobuf"
    )
    assert reply.json == status(406, "NotAcceptable", message)
    assert cluster_under_test.ask("GET", f"{SHOP}/pods", accept="text/html").json["reason"] == "NotAcceptable"


def test_409_when_it_exists_already(cluster_under_test):
    reply = cluster_under_test.ask("POST", f"{SHOP}/configmaps", config_map("shop-settings"))
    message = 'configmaps "shop-settings" already exists'
    assert reply.json == status(409, "AlreadyExists", message, name="shop-settings", kind="configmaps")


def test_409_when_it_has_changed_since(cluster_under_test):
    old = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 3}}
    message = (
        'Operation cannot be fulfilled on deployments.apps "frontend": the object has been modified; please apply your '
        "changes to the latest version and try again"
    )
    expected = status(409, "Conflict", message, name="frontend", group="apps", kind="deployments")
    for url in (FRONTEND, f"{FRONTEND}/scale"):
        assert cluster_under_test.ask("PATCH", url, old, content=MERGE).json == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("labelSelector=a%20in", "unable to parse requirement: found '' expected: '('"),
        ("labelSelector=a%3Db%2C", "found '', expected: identifier after ','"),
        ("labelSelector=(a)", "found '(', expected: !, identifier, or 'end of string'"),
        ("labelSelector=a%20b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("fieldSelector=spec.colour%3Dred", "field label not supported: spec.colour"),
        ("fieldSelector=red", "invalid selector: 'red'; can't understand 'red'"),
        ("limit=many", 'strconv.ParseInt: parsing "many": invalid syntax'),
        (
            "resourceVersion=new",
            (
                'invalid resource version: resourceVersion: Invalid value: "new": strconv.ParseUint: parsing "new": '
                "invalid syntax"
            ),
        ),
    ],
)
def test_400_for_a_query_that_cannot_be_read(cluster_under_test, query, message):
    reply = cluster_under_test.ask("GET", f"{SHOP}/pods?{query}")
    assert reply.json == status(400, "BadRequest", message)


def test_400_for_a_label_value_that_no_label_can_have(cluster_under_test):
    reply = cluster_under_test.ask("GET", f"{SHOP}/pods?labelSelector=app%3D%25")
    assert reply.code == 400
    assert reply.message.startswith(
        'unable to parse requirement: values[0][app]: Invalid value: "%": a valid label must be an empty string or '
        "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character"
    )


def test_400_for_an_include_object_that_does_not_exist(cluster_under_test):
    reply = cluster_under_test.ask("GET", f"{SHOP}/pods?includeObject=Half", accept=TABLE)
    assert reply.code == 400
    assert reply.message == (
        "Unable to convert to Table as requested: includeObject: Invalid value: \"Half\": must be 'Metadata', "
        "'Object', 'None', or empty"
    )


def test_410_for_a_continue_token_too_old(cluster_under_test):
    wanted = json.dumps({"v": "meta.k8s.io/v1", "rv": 5, "start": "a\0"}).encode()
    token = base64.urlsafe_b64encode(wanted).decode().rstrip("=")
    cluster_under_test.forget()
    reply = cluster_under_test.ask("GET", f"{SHOP}/pods?limit=1&continue={token}")
    assert reply.code == 410
    assert reply.json["reason"] == "Expired"
    assert reply.message.startswith("The provided continue parameter is too old to display a consistent list result.")
    connection, url = cluster_under_test.connection(), path("api", "v1", "namespaces", "shop", "pods")
    with pytest.raises(errors.Gone):
        connection.get(url, [("continue", token)])
    # The token that comes with the refusal goes on from there, with what exists now.
    rest = cluster_under_test.get(f"{SHOP}/pods?continue={reply.json['metadata']['continue']}")
    assert {"mailer", "payments"} <= {item["metadata"]["name"] for item in rest["items"]}


def test_400_for_a_continue_token_of_nobody(cluster_under_test):
    reply = cluster_under_test.ask("GET", f"{SHOP}/pods?limit=1&continue=bad")
    assert reply.code == 400
    assert reply.message.startswith("invalid continue token: continue key is not valid: ")


@pytest.mark.parametrize(
    ("url", "content", "message"),
    [
        (FRONTEND, "text/plain", "415: Unsupported Media Type"),
        (f"{SHOP}/pods/absent", "application/json", "415: Unsupported Media Type"),
        (
            "/apis/marina.example.com/v1/namespaces/shop/boats/petrel",
            STRATEGIC,
            (
                "the body of the request was in an unknown format - accepted media types include: "
                "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
            ),
        ),
    ],
)
def test_415_for_a_patch_in_an_unknown_form(cluster_under_test, url, content, message):
    reply = cluster_under_test.ask("PATCH", url, {}, content=content)
    assert (reply.code, reply.json["reason"], reply.message) == (415, "UnsupportedMediaType", message)


def test_422_for_a_name_that_cannot_be(cluster_under_test):
    reply = cluster_under_test.ask("POST", f"{SHOP}/configmaps", config_map("Bad_Name"))
    assert reply.code == 422
    assert reply.message.startswith(
        'ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain '
        "must consist of lower case alphanumeric characters, '-' or '.', and must start and end with "
        "an alphanumeric character"
    )
    assert [cause["field"] for cause in reply.json["details"]["causes"]] == ["metadata.name"]


def test_422_for_a_selector_that_does_not_match_its_template(cluster_under_test):
    found = deployment("odd")
    found["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    reply = cluster_under_test.ask("POST", "/apis/apps/v1/namespaces/shop/deployments?dryRun=All", found)
    assert reply.code == 422
    assert reply.message == (
        'Deployment.apps "odd" is invalid: spec.template.metadata.labels: Invalid value: {"app":"odd"}: `selector` '
        "does not match template `labels`"
    )


def test_422_for_a_json_patch_that_does_not_fit(cluster_under_test):
    for operation in (
        {"op": "test", "path": "/spec/replicas", "value": 77},
        {"op": "remove", "path": "/spec/absent"},
        {"op": "unknown", "path": "/spec"},
    ):
        reply = cluster_under_test.ask("PATCH", FRONTEND, [operation], content=JSON_PATCH)
        message = "the server rejected our request due to an error in our request"
        assert reply.json == status(422, "Invalid", message) | {"details": {}}


@pytest.mark.parametrize(
    ("content", "body", "message"),
    [
        (MERGE, b"{broken", "invalid JSON patch"),
        (STRATEGIC, b"{broken", "invalid JSON patch"),
        (
            MERGE, b"[1]",
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (
            JSON_PATCH, b"{}",
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
    ],
)  # fmt: skip
def test_400_for_a_patch_that_is_none(cluster_under_test, content, body, message):
    reply = cluster_under_test.ask("PATCH", FRONTEND, body, content=content)
    assert reply.json == status(400, "BadRequest", message)


def test_the_door_turns_each_into_its_own_error(cluster_under_test):
    olivia, nadia = cluster_under_test.connection(), cluster_under_test.connection("nadia")
    with pytest.raises(errors.NotFound, match='pods "absent" not found'):
        olivia.get(path("api", "v1", "namespaces", "shop", "pods", "absent"))
    with pytest.raises(errors.Forbidden, match='User "nadia" cannot list resource "pods"'):
        nadia.get(path("api", "v1", "pods"))
    scale = path("apis", "apps", "v1", "namespaces", "shop", "deployments", "frontend", "scale")
    with pytest.raises(errors.Conflict) as conflict:
        olivia.send("PATCH", scale, {"metadata": {"resourceVersion": "1"}}, content_type=MERGE)
    assert conflict.value.details["kind"] == "deployments"
    with pytest.raises(errors.Invalid, match="must be greater than or equal to 0"):
        olivia.send("PATCH", scale, {"spec": {"replicas": -1}}, content_type=MERGE)
