"""Impersonation on a real API server with exactly the RBAC of deploy/rbac: Porthole itself may do nothing."""

import json
from pathlib import Path

import pytest
import yaml

from clusters import permissions
from clusters.connection import connect
from clusters.credentials import BearerToken, Impersonation, impersonated
from clusters.errors import Forbidden
from clusters.kinds import DEPLOYMENTS, PODS
from clusters.models import Cluster
from clusters.names import path
from tests.cluster import populate

pytestmark = pytest.mark.cluster
MANIFESTS = Path(__file__).parents[2] / "deploy" / "rbac"
ALICE, BOB = "oidc:alice@example.com", "oidc:bob@example.com"
STDOUT, STDERR, STATUS = 1, 2, 3


@pytest.fixture
def cluster(bed):
    return Cluster(name="bed", title="Bed", server=bed.server, certificate_authority=bed.certificate_authority)


def plural(document):
    """Where objects like this are created."""
    group = document["apiVersion"]
    prefix = f"/apis/{group}" if "/" in group else f"/api/{group}"
    namespace = document["metadata"].get("namespace")
    inside = f"/namespaces/{namespace}" if namespace else ""
    return f"{prefix}{inside}/{document['kind'].lower()}s"


def apply(api, *files, kinds=None):
    """Create what these manifests hold, and return what takes it away again."""
    created = []
    for file in files:
        for document in yaml.safe_load_all((MANIFESTS / file).read_text()):
            if kinds is None or document["kind"] in kinds:
                api.call("POST", plural(document), document)
                created.append(f"{plural(document)}/{document['metadata']['name']}")
    return created


def take_away(api, created):
    for where in reversed(created):
        api.call("DELETE", where)
    if any(where.endswith("namespaces/porthole") for where in created):
        populate.wait("the namespace is gone", lambda: not populate.exists(api, "/api/v1/namespaces/porthole"))


@pytest.fixture(scope="module")
def porthole(bed):
    """The token of the ServiceAccount of deploy/rbac/impersonator.yaml, as it stands there."""
    api = bed.api()
    created = apply(api, "impersonator.yaml")
    yield populate.token(api, "porthole", "porthole")
    take_away(api, created)


@pytest.fixture
def file(porthole, settings, tmp_path):
    """That token in a file, as a kubelet puts it into the pod."""
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_TOKEN_FOLDERS": [str(tmp_path)]}
    token = tmp_path / "token"
    token.write_text(porthole)
    return token


def person(cluster, file, name, *groups):
    """Somebody whose verified claims are these, by the cluster's own settings."""
    cluster.impersonator_token_file = str(file)
    cluster.username_claim, cluster.username_prefix = "email", "oidc:"
    cluster.groups_claim, cluster.groups_prefix = "groups", "oidc:"
    return connect(cluster, impersonated(cluster, {"email": f"{name}@example.com", "groups": list(groups)}))


def test_with_this_manifest_calls_are_made_as_the_person(cluster, file):
    alice = person(cluster, file, "alice", "shop-team")
    found = permissions.who_am_i(alice)
    assert (found.username, set(found.groups)) == (ALICE, {"oidc:shop-team", "system:authenticated"})
    assert alice.get(PODS.path("shop"))["items"]
    with pytest.raises(Forbidden, match=f'User "{ALICE}" cannot list resource "pods"'):
        alice.get(PODS.path("kube-system"))
    with pytest.raises(Forbidden, match=f'User "{BOB}" cannot list'):
        person(cluster, file, "bob").get(PODS.path("shop"))


def test_nobody_else_and_no_other_group_can_be_taken_on(cluster, file):
    for name, groups, refused in (
        ("mallory", (), 'users "oidc:mallory@example.com"'),
        ("alice", ("operators",), 'groups "oidc:operators"'),
    ):
        with pytest.raises(Forbidden) as caught:
            person(cluster, file, name, *groups).get(PODS.path("shop"))
        assert "porthole:porthole" in caught.value.message
        assert "cannot impersonate" in caught.value.message
        assert refused.split('"')[1] in caught.value.message


@pytest.mark.parametrize(
    "headers",
    [
        {"Impersonate-User": "admin", "Impersonate-Group": "system:masters"},
        {"Impersonate-User": ALICE, "Impersonate-Group": "system:masters"},
        {"Impersonate-User": "system:admin"},
        {"Impersonate-User": "system:serviceaccount:kube-system:impersonator"},
        {"Impersonate-User": ALICE, "Impersonate-Uid": "0"},
        {"Impersonate-User": ALICE, "Impersonate-Extra-Scopes": "all"},
    ],
)
def test_the_account_itself_cannot_take_on_what_kubernetes_keeps_for_itself(bed, porthole, headers):
    """Past Porthole's own refusal: with the token alone, as a thief of it would."""
    with (
        pytest.raises(Exception, match="403") as caught,
        bed.api(porthole).open("GET", "/api/v1/namespaces/shop/pods", headers=headers),
    ):
        pass
    assert "cannot impersonate" in str(caught.value)


def test_the_account_itself_may_do_nothing(cluster, porthole):
    itself = connect(cluster, BearerToken(porthole))
    for where in (
        PODS.path("shop"),
        PODS.path(""),
        path("api", "v1", "secrets"),
        path("api", "v1", "namespaces", "porthole", "serviceaccounts"),
        path("apis", "rbac.authorization.k8s.io", "v1", "clusterroles"),
    ):
        with pytest.raises(Forbidden, match="system:serviceaccount:porthole:porthole"):
            itself.get(where)
    with pytest.raises(Forbidden):
        itself.send("POST", path("api", "v1", "namespaces", "porthole", "serviceaccounts", "porthole", "token"), {})


def test_a_uid_and_extra_arrive_where_rbac_lets_them(bed, cluster):
    """The bed's own impersonator may take on users and groups; uids and extras get a role for this test."""
    api = bed.api()
    rules = [
        {
            "apiGroups": ["authentication.k8s.io"],
            "resources": ["uids"],
            "verbs": ["impersonate"],
            "resourceNames": ["7"],
        },
        {
            "apiGroups": ["authentication.k8s.io"],
            "resources": ["userextras/example.com/scopes"],
            "verbs": ["impersonate"],
        },
    ]
    who = Impersonation(
        BearerToken(bed.impersonator_token), "山田", ("Gäste", "a,b"), "7", {"Example.com/Scopes": ("x", "ÿ")}
    )
    with pytest.raises(Forbidden, match="cannot impersonate"):
        permissions.who_am_i(connect(cluster, who))
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "more"}}
    where = "/apis/rbac.authorization.k8s.io/v1"
    api.call("POST", f"{where}/clusterroles", {**role, "rules": rules})
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "more"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "more"},
        "subjects": [{"kind": "ServiceAccount", "name": "impersonator", "namespace": "kube-system"}],
    }
    api.call("POST", f"{where}/clusterrolebindings", binding)
    try:
        populate.wait("the role counts", lambda: found_or_none(cluster, who) is not None)
        found = permissions.who_am_i(connect(cluster, who))
    finally:
        api.call("DELETE", f"{where}/clusterrolebindings/more")
        api.call("DELETE", f"{where}/clusterroles/more")
    assert (found.username, found.uid) == ("山田", "7")
    assert set(found.groups) == {"Gäste", "a,b", "system:authenticated"}
    assert found.extra == {"example.com/scopes": ["x", "ÿ"]}


def found_or_none(cluster, who):
    try:
        return permissions.who_am_i(connect(cluster, who))
    except Forbidden:
        return None


@pytest.fixture
def constrained(bed, file):
    """The same account under deploy/rbac/constrained.yaml, in place of the first ClusterRole's binding."""
    api = bed.api()
    api.call("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/porthole-impersonator")
    created = apply(api, "constrained.yaml")
    yield file
    take_away(api, created)
    apply(api, "impersonator.yaml", kinds=["ClusterRoleBinding"])


def test_constrained_impersonation_binds_what_is_done_as_the_person(cluster, constrained):
    """Kubernetes 1.36 and newer (KEP-5284): the person may delete, but not through Porthole."""
    alice = person(cluster, constrained, "alice", "shop-team")
    populate.wait("the roles count", lambda: allowed(alice))
    assert permissions.who_am_i(alice).username == ALICE
    assert alice.get(path("apis"))["groups"]
    scale = DEPLOYMENTS.path("shop", "frontend", "scale")
    dry = [("dryRun", "All")]
    patch = {"spec": {"replicas": 2}}
    alice.send("PATCH", scale, patch, dry, content_type="application/merge-patch+json")
    with pytest.raises(Forbidden, match=f'User "{ALICE}" cannot list'):
        alice.get(PODS.path("kube-system"))
    deployment = DEPLOYMENTS.path("shop", "frontend")
    with pytest.raises(Forbidden, match="cannot impersonate"):
        alice.send("DELETE", deployment, None, dry)
    with pytest.raises(Forbidden, match="cannot impersonate"):
        person(cluster, constrained, "mallory").get(PODS.path("shop"))


def allowed(connection):
    try:
        return bool(connection.get(PODS.path("shop")))
    except Forbidden:
        return False


def execute(connection, namespace, pod, *command):
    """What each channel held when the command had ended."""
    query = [("stdout", "1"), ("stderr", "1"), *(("command", word) for word in command)]
    channels = {}
    with connection.websocket(PODS.path(namespace, pod, "exec"), query) as there:
        while STATUS not in channels and (message := there.receive(30)):
            channels[message[0]] = channels.get(message[0], b"") + message[1:]
    return channels


def test_check_24_an_impersonated_person_runs_a_command_or_is_refused_as_themselves(real_node, cluster, bed):
    """The impersonator of the bed may not exec; whoever may is the person, and is named by the refusal."""
    itself = connect(cluster, BearerToken(bed.impersonator_token))
    with pytest.raises(Forbidden, match="system:serviceaccount:kube-system:impersonator"):
        execute(itself, "real", "talking", "echo", "hello")
    olivia = connect(cluster, Impersonation(BearerToken(bed.impersonator_token), "olivia", ("operators",)))
    channels = execute(olivia, "real", "talking", "echo", "hello from a real container")
    assert channels[STDOUT] == b"hello from a real container\n"
    assert json.loads(channels[STATUS])["status"] == "Success"
    victor = connect(cluster, Impersonation(BearerToken(bed.impersonator_token), "victor", ("viewers",)))
    with pytest.raises(Forbidden, match=r'User "victor" cannot (create|get) resource "pods/exec"'):
        execute(victor, "real", "talking", "echo", "hello")


def test_a_person_with_a_token_runs_a_command_too(real_node, cluster, bed):
    olivia = connect(cluster, BearerToken(bed.tokens["olivia"]))
    channels = execute(olivia, "real", "talking", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (channels[STDOUT], channels[STDERR]) == (b"out\n", b"err\n")
    assert json.loads(channels[STATUS])["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
