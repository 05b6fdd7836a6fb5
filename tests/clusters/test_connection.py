"""What the door promises, seen from the other end of the wire."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from kubernetes.client import CoreV1Api
from kubernetes.dynamic.resource import Resource

from clusters.connection import USER_AGENT, connect
from clusters.credentials import BearerToken, Impersonation
from clusters.errors import BadName, NoCredentials
from clusters.kinds import DEPLOYMENTS, NAMESPACES, PODS
from clusters.names import path
from clusters.wire import TABLE, Table
from tests.clusters.fakes import OLIVIA, chunked, http

WRITES = ["POST", "PUT", "PATCH", "DELETE"]


def hello(_seen):
    return http({"hello": "world"})


def test_a_read_is_one_get_with_the_persons_token(asked):
    connection, fake = asked(hello)
    assert connection.get(PODS.path("shop"), [("limit", "5"), ("labelSelector", "a=b,c in (d)")]) == {"hello": "world"}
    (seen,) = fake.seen
    assert (seen.method, seen.body) == ("GET", b"")
    assert seen.target == "/api/v1/namespaces/shop/pods?limit=5&labelSelector=a%3Db%2Cc%20in%20%28d%29"
    assert seen.all("Authorization") == ["Bearer olivia-token"]


def test_every_call_says_who_asks_and_what_it_takes(asked):
    connection, fake = asked(lambda _seen: http({"kind": "Table"}))
    connection.get(path("version"))
    connection.get(PODS.path("shop"), type=Table, accept=TABLE)
    connection.send("POST", path("x"), {"a": 1})
    assert [seen.all("User-Agent") for seen in fake.seen] == [[USER_AGENT]] * 3
    assert USER_AGENT.startswith("porthole/")
    assert [seen.all("Accept") for seen in fake.seen] == [["application/json"], [TABLE], ["application/json"]]


@pytest.mark.parametrize("method", WRITES)
def test_a_write_sends_its_body_as_json_once(asked, method):
    connection, fake = asked(hello)
    connection.send(method, path("x"), {"spec": {"replicas": 3}}, [("dryRun", "All")])
    (seen,) = fake.seen
    assert (seen.method, seen.target) == (method, "/x?dryRun=All")
    assert seen.body == b'{"spec": {"replicas": 3}}'
    assert seen.all("Content-Type") == ["application/json"]


@pytest.mark.parametrize(
    ("content_type", "body", "sent"),
    [
        ("application/merge-patch+json", {"a": None}, b'{"a": null}'),
        ("application/strategic-merge-patch+json", {"a": [1]}, b'{"a": [1]}'),
        ("application/json-patch+json", [{"op": "remove", "path": "/a"}], b'[{"op": "remove", "path": "/a"}]'),
    ],
)
def test_a_patch_keeps_its_content_type(asked, content_type, body, sent):
    connection, fake = asked(hello)
    connection.send("PATCH", path("x"), body, content_type=content_type)
    assert (fake.seen[0].all("Content-Type"), fake.seen[0].body) == ([content_type], sent)


def test_a_delete_without_a_body_is_sent(asked):
    connection, fake = asked(hello)
    connection.send("DELETE", PODS.path("shop", "x"), None)
    assert (fake.seen[0].method, fake.seen[0].target, fake.seen[0].body) == (
        "DELETE", "/api/v1/namespaces/shop/pods/x", b"",
    )  # fmt: skip


# Traps 1 and 2: what another client would have sent somewhere else.
ILLEGAL = [
    "", ".", "..", "a/b", "../../kube-system/secrets/x", "%2e", "%2e%2e", "%2F", "p?x=1", "p#x", "a\\b", "a\nb", "a\0b",
    "a\x7fb", "a\u2028b", "a\u202eb",
]  # fmt: skip


@pytest.mark.parametrize("name", ILLEGAL)
def test_check_37_an_illegal_name_is_refused_and_nothing_is_sent(asked, name):
    connection, fake = asked(hello)
    with pytest.raises(BadName):
        connection.get(PODS.path("shop", name))
    with pytest.raises(BadName):
        connection.send("DELETE", PODS.path("shop", name), None)
    with pytest.raises(BadName):
        connection.send("PUT", DEPLOYMENTS.path("shop", name, "scale"), {})
    with pytest.raises(BadName):
        connection.get(NAMESPACES.path("", name))
    with pytest.raises(BadName), connection.stream(PODS.path("shop", name, "log")):
        pass
    assert (fake.seen, fake.connections) == ([], 0)


@pytest.mark.parametrize("namespace", ILLEGAL)
def test_check_37_an_illegal_namespace_is_refused_and_nothing_is_sent(asked, namespace):
    connection, fake = asked(hello)
    with pytest.raises(BadName):
        connection.get(PODS.path(namespace, "x"))
    if namespace:  # "" asks for all namespaces in a list
        with pytest.raises(BadName):
            connection.get(PODS.path(namespace))
    assert (fake.seen, fake.connections) == ([], 0)


def test_a_path_that_was_not_checked_is_refused_and_nothing_is_sent(asked):
    connection, fake = asked(hello)
    for unchecked in ("/api/v1/pods", PODS.path("shop") + "/../secrets"):
        with pytest.raises(TypeError):
            connection.get(unchecked)
    assert fake.connections == 0


def test_without_credentials_nothing_is_sent(serve):
    fake = serve(hello)
    with pytest.raises(NoCredentials):
        connect(fake.cluster(), None)
    assert fake.connections == 0


@pytest.mark.parametrize(
    "credentials",
    [
        BearerToken(""),
        BearerToken("a b"),
        BearerToken("a\r\nX: y"),
        BearerToken("a\n"),
        BearerToken("é"),
        Impersonation(BearerToken(""), "alice"),
        Impersonation(BearerToken("t"), ""),
        Impersonation(BearerToken("t"), "alice", ("",)),
        Impersonation(BearerToken("t"), "alice\r\nImpersonate-Group: system:masters"),
        Impersonation(BearerToken("t"), "alice", ("a\r\nb",)),
        Impersonation(BearerToken("t"), "alice", uid="1\r\n2"),
        Impersonation(BearerToken("t"), "alice", extra={"scopes": ("a\nb",)}),
        Impersonation(BearerToken("t"), "system:admin"),
        Impersonation(BearerToken("t"), "alice", ("system:masters",)),
        # The white space around a header's value is no part of it: these would arrive as the names above.
        Impersonation(BearerToken("t"), " system:admin"),
        Impersonation(BearerToken("t"), "alice", (" system:masters",)),
        Impersonation(BearerToken("t"), "alice "),
    ],
)
def test_credentials_that_no_header_may_carry_are_refused_and_nothing_is_sent(serve, credentials):
    fake = serve(hello)
    connection = connect(fake.cluster(), credentials)
    with pytest.raises(NoCredentials):
        connection.get(PODS.path("shop"))
    with pytest.raises(NoCredentials):
        connection.send("DELETE", PODS.path("shop", "x"), None)
    assert fake.connections == 0


def test_several_groups_are_several_headers(serve):
    fake = serve(hello)
    person = Impersonation(
        BearerToken("porthole"), "alice@example.com", ("dev", "ops,all"), "u-1", {"Example.com/Scopes": ("a", "b")}
    )
    connect(fake.cluster(), person).get(path("version"))
    (seen,) = fake.seen
    assert seen.all("Authorization") == ["Bearer porthole"]
    assert seen.all("Impersonate-User") == ["alice@example.com"]
    assert seen.all("Impersonate-Group") == ["dev", "ops,all"]
    assert seen.all("Impersonate-Uid") == ["u-1"]
    assert seen.all("Impersonate-Extra-example.com%2Fscopes") == ["a", "b"]


def test_names_of_other_scripts_arrive_as_utf_8(serve):
    fake = serve(hello)
    connect(fake.cluster(), Impersonation(BearerToken("porthole"), "山田太郎", ("Gäste", "команда", "🚢"))).get(
        path("x")
    )
    (seen,) = fake.seen
    assert seen.all("Impersonate-User") == ["山田太郎"]
    assert seen.all("Impersonate-Group") == ["Gäste", "команда", "🚢"]


def test_one_person_leaves_nothing_behind_for_the_next(serve):
    fake = serve(hello)
    connect(fake.cluster(), Impersonation(BearerToken("porthole"), "alice", ("dev",), "u-1")).get(path("x"))
    connect(fake.cluster(), BearerToken("bob")).get(path("x"))
    assert [seen.connection for seen in fake.seen] == [1, 1], "the pool is shared"
    assert fake.seen[1].all("Authorization") == ["Bearer bob"]
    assert [name for name, _value in fake.seen[1].headers if name.lower().startswith("impersonate")] == []


def test_a_cookie_that_the_server_sets_is_not_sent_back(asked):
    connection, fake = asked(lambda _seen: http({}, headers=("Set-Cookie: session=olivia; Path=/",)))
    connection.get(path("x"))
    connection.get(path("x"))
    assert fake.seen[1].all("Cookie") == []


def test_people_never_cross_on_the_shared_pool(serve):
    fake = serve(lambda seen: http({"you": seen.all("Authorization") + seen.all("Impersonate-User")}))
    meeting = threading.Barrier(8)

    def visit(number):
        meeting.wait()
        token, user = BearerToken(f"token-{number}"), f"user-{number}"
        credentials = Impersonation(token, user) if number % 2 else token
        connection = connect(fake.cluster(), credentials)
        right = [f"Bearer token-{number}", user] if number % 2 else [f"Bearer token-{number}"]
        return [connection.get(path("who")) == {"you": right} for _ in range(40)]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for found in pool.map(visit, range(8)) for answer in found]
    assert answers == [True] * 320
    assert fake.connections <= 8, "connections were kept and shared"


def test_people_never_cross_on_streams(serve):
    fake = serve(lambda seen: chunked(seen.all("Authorization")[0].encode(), b"!"))

    def visit(number):
        with connect(fake.cluster(), BearerToken(f"token-{number}")).stream(path("who")) as chunks:
            return b"".join(chunks)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(visit, range(40)))
    assert found == [f"Bearer token-{number}!".encode() for number in range(40)]


# Trap 5: a hostile or mistaken server sends the caller elsewhere.
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_check_43_a_redirect_is_not_followed(serve, code, method):
    elsewhere = serve(hello)
    fake = serve(lambda _seen: http(b"", code, headers=(f"Location: {elsewhere.url}/secret",)))
    connection = connect(fake.cluster(), Impersonation(OLIVIA, "alice", ("dev",)))
    with pytest.raises(Exception, match=str(code)) as caught:
        connection.get(path("x")) if method == "GET" else connection.send(method, path("x"), {})
    assert (type(caught.value).__name__, caught.value.status) == ("Failed", code)
    assert (len(fake.seen), elsewhere.connections) == (1, 0)


def test_a_redirect_of_a_stream_is_not_followed(serve):
    elsewhere = serve(hello)
    fake = serve(lambda _seen: http(b"", 302, headers=(f"Location: {elsewhere.url}/secret",)))
    connection = connect(fake.cluster(), OLIVIA)
    with pytest.raises(Exception, match="302"), connection.stream(path("x")):
        pass
    with pytest.raises(Exception, match="302"), connection.follow(path("x"), patience=lambda: 1.0):
        pass
    assert (len(fake.seen), elsewhere.connections) == (2, 0)


def test_an_edited_cluster_gets_a_new_pool(serve):
    first, second = serve(hello), serve(hello)
    cluster = first.cluster()
    connect(cluster, OLIVIA).get(path("x"))
    cluster.server = second.url + "/"
    connect(cluster, OLIVIA).get(path("x"))
    assert (len(first.seen), len(second.seen)) == (1, 1)
    assert second.seen[0].target == "/x"


def test_an_api_server_under_a_path_is_asked_there(serve):
    fake = serve(hello)
    connect(fake.cluster(server=fake.url + "/k8s/clusters/c-1/"), OLIVIA).get(PODS.path("shop"))
    assert fake.seen[0].target == "/k8s/clusters/c-1/api/v1/namespaces/shop/pods"


def test_secrets_do_not_show_in_what_is_printed():
    person = Impersonation(BearerToken("hush-hush"), "alice")
    assert "hush" not in repr(person) + repr(BearerToken("hush-hush"))


def test_check_37_both_of_the_kubernetes_clients_would_have_sent_them_elsewhere(serve):
    """Why no call goes by the client's own methods (traps 1 and 2); the client's pool and TLS are all that is used."""
    fake = serve(lambda seen: http({"kind": "APIResourceList", "resources": []} if "api" in seen.target else {}))
    client = connect(fake.cluster(), OLIVIA).client
    core = CoreV1Api(client)
    core.delete_namespaced_pod("..", "default", _preload_content=False).release_conn()
    core.list_namespaced_pod("..", _preload_content=False).release_conn()
    pods = Resource(prefix="api", api_version="v1", kind="Pod", namespaced=True, verbs=["get"], name="pods")
    assert pods.path(name="../../kube-system/secrets/x", namespace="shop") == (
        "/api/v1/namespaces/shop/pods/../../kube-system/secrets/x"
    )
    assert [seen.target for seen in fake.seen] == [
        "/api/v1/namespaces/default/", "/api/v1/pods",
    ], "the namespace would have been deleted, and all namespaces' pods been listed"  # fmt: skip
