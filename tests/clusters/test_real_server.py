"""The traps of other clients, against a real API server: it must take what the door sends as it was meant."""

import json

import pytest

from clusters import permissions
from clusters.connection import connect
from clusters.credentials import BearerToken, ClientCertificate, Impersonation
from clusters.errors import BadName, ClusterError, Forbidden, NoCredentials, NotFound, Unauthorized, Unreachable
from clusters.kinds import DEPLOYMENTS, NAMESPACES, PODS
from clusters.models import Cluster
from clusters.names import path
from clusters.wire import TABLE, Table

pytestmark = pytest.mark.cluster


@pytest.fixture
def cluster(bed):
    return Cluster(name="bed", title="Bed", server=bed.server, certificate_authority=bed.certificate_authority)


@pytest.fixture
def olivia(cluster, bed):
    return connect(cluster, BearerToken(bed.tokens["olivia"]))


def uids(bed, *paths):
    """The uid of every object in these lists."""
    return {item["metadata"]["uid"] for path in paths for item in bed.api().get(path)["items"]}


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../kube-system/secrets/x", "a/b", "%2e", "%2e%2e", "database-0?x=1", "database-0#x"]
)
def test_no_name_leads_to_another_object(olivia, bed, name):
    """Other clients would have deleted the namespace, all its pods, or another namespace's secret."""
    lists = ["/api/v1/namespaces", "/api/v1/namespaces/empty/pods", "/api/v1/namespaces/kube-system/serviceaccounts"]
    before = uids(bed, *lists)
    with pytest.raises(BadName):
        olivia.get(PODS.path("empty", name))
    with pytest.raises(BadName):
        olivia.send("DELETE", PODS.path("empty", name), None)
    with pytest.raises(BadName):
        olivia.send("DELETE", PODS.path(name or "..", "database-0"), None)
    assert uids(bed, *lists) == before


@pytest.mark.parametrize(
    "name", ["a b", "é", "A", "a_b", "-", "a:b", "a+b", "a&b=c", "a;b", "~", "a@b", "...", "x" * 300]
)
def test_a_strange_name_is_an_object_that_is_not_there(olivia, name):
    with pytest.raises(NotFound) as caught:
        olivia.get(PODS.path("shop", name))
    assert caught.value.details["name"] == name, "the whole name arrived, as a name"


def test_a_name_with_a_colon_is_found(olivia):
    roles = ("apis", "rbac.authorization.k8s.io", "v1", "clusterroles")
    assert olivia.get(path(*roles, "system:basic-user"))["metadata"]["name"] == "system:basic-user"


def test_several_groups_arrive_as_several(cluster, bed):
    groups = ("porthole-a", "porthole-b,porthole-c", "команда", "グループ")
    person = Impersonation(BearerToken(bed.impersonator_token), "山田太郎@example.com", groups)
    found = permissions.who_am_i(connect(cluster, person))
    assert found.username == "山田太郎@example.com"
    assert set(found.groups) == {*groups, "system:authenticated"}


def test_an_impersonated_person_may_what_their_groups_may(cluster, bed):
    actor = BearerToken(bed.impersonator_token)
    as_viewer = connect(cluster, Impersonation(actor, "someone", ("viewers",)))
    as_nobody = connect(cluster, Impersonation(actor, "someone"))
    assert as_viewer.get(PODS.path("shop"), type=Table, accept=TABLE).rows
    with pytest.raises(Forbidden, match='User "someone" cannot list resource "pods"'):
        as_nobody.get(PODS.path("shop"))


@pytest.mark.parametrize("group", ["system:masters", " system:masters", "\tsystem:masters", "system:masters "])
def test_nobody_becomes_a_master(cluster, bed, group):
    """With all power, so that the API server itself would not refuse it."""
    admin = Impersonation(BearerToken(bed.tokens["olivia"]), "mallory", (group,))
    with pytest.raises(NoCredentials):
        permissions.who_am_i(connect(cluster, admin))


def test_what_the_api_server_trims_is_never_sent(bed):
    """Why white space is refused: the API server takes the header for the name without it."""
    review = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).encode()
    headers = {"Impersonate-User": "mallory", "Impersonate-Group": "  porthole-a", "Content-Type": "application/json"}
    url = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    with bed.api(bed.tokens["olivia"]).open("POST", url, review, headers) as response:
        assert "porthole-a" in json.load(response)["status"]["userInfo"]["groups"]


def test_a_bad_token_is_told_in_the_servers_words(cluster):
    with pytest.raises(Unauthorized) as caught:
        connect(cluster, BearerToken("nobody")).get(PODS.path("shop"))
    assert (caught.value.message, caught.value.reason) == ("Unauthorized", "Unauthorized")


def test_a_client_certificate_is_who_it_says(cluster, bed):
    pair = bed.client_certificate("carol", "shop-team")
    found = permissions.who_am_i(connect(cluster, ClientCertificate(pair.certificate, pair.key)))
    assert (found.username, "shop-team" in found.groups) == ("carol", True)
    assert permissions.who_am_i(connect(cluster, BearerToken(bed.tokens["nadia"]))).username == "nadia"


def test_the_real_server_is_not_trusted_without_its_authority(bed):
    with pytest.raises(Unreachable, match="not trusted"):
        connect(Cluster(name="b", title="B", server=bed.server), BearerToken(bed.tokens["olivia"])).get(path("version"))


@pytest.mark.parametrize(
    "where", [("healthz", "..", "api"), ("api", "v1", "namespaces", "shop", "pods", "."), ("api", "", "v1")]
)
def test_no_path_is_made_of_such_segments(where):
    with pytest.raises(BadName):
        path(*where)


def test_the_servers_words_are_kept(cluster, olivia, bed):
    victor = connect(cluster, BearerToken(bed.tokens["victor"]))
    with pytest.raises(Forbidden) as caught:
        victor.send(
            "PATCH", DEPLOYMENTS.path("shop", "frontend", "scale"), {}, content_type="application/merge-patch+json"
        )
    assert caught.value.message.startswith('deployments.apps "frontend" is forbidden: User "victor" cannot patch')
    with pytest.raises(ClusterError, match="404 page not found"):
        olivia.get(path("apis", "nowhere.example.com", "v1", "things"))
    with pytest.raises(NotFound) as caught:
        olivia.get(NAMESPACES.path("", "nowhere"))
    assert caught.value.message == 'namespaces "nowhere" not found'
