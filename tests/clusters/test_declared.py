"""Clusters that an operator set up: in the admin, in a file, and the one around Porthole."""

import logging
import os

import pytest
import yaml

from clusters.declared import configured, host_in_url
from clusters.errors import Misconfigured
from clusters.models import Cluster
from tests.cluster import certificates

pytestmark = pytest.mark.django_db
CA = certificates.authority("declared test").certificate
HOME = {"name": "home", "server": "https://10.0.0.1:6443"}
OFFICE = {"name": "office", "server": "https://10.0.0.2:6443", "position": 1}


@pytest.fixture
def config(settings, tmp_path):
    """``config(IN_CLUSTER=True, …)``: the settings; there is a folder for a ServiceAccount and one for tokens."""
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    quiet = {"PORTHOLE_CLUSTERS_FILE": "", "IN_CLUSTER": False}
    places = {"PORTHOLE_SERVICE_ACCOUNT_FOLDER": str(folder), "PORTHOLE_TOKEN_FOLDERS": [str(tmp_path)]}

    def change(**values):
        settings.CONFIG = {**settings.CONFIG, **values}
        return folder

    change(**quiet, **places)
    return change


@pytest.fixture
def write(config, tmp_path):
    """``write(entries or text)``: the file of clusters, replaced as a whole as a kubelet does it."""
    file = tmp_path / "clusters.yaml"
    config(PORTHOLE_CLUSTERS_FILE=str(file))

    def put(content):
        draft = tmp_path / "draft"
        draft.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        draft.rename(file)
        return file

    return put


def names():
    return [cluster.name for cluster in configured()]


def refused():
    with pytest.raises(Misconfigured) as caught:
        configured()
    return caught.value.message


def test_without_anything_there_are_none(config):
    assert names() == []


def test_the_admins_rows_come_first_to_last(config):
    Cluster.objects.create(**OFFICE)
    Cluster.objects.create(**HOME)
    assert names() == ["home", "office"]


def test_a_file_has_each_field_under_its_own_name(write, tmp_path):
    fields = {
        **HOME,
        "title": "At home",
        "certificate_authority": CA,
        "tls_server_name": "kubernetes",
        "insecure_skip_tls_verify": True,
        "proxy_url": "http://10.0.0.9:3128",
        "color": "#aa3366",
        "production": True,
        "position": 3,
        "default_namespace": "shop",
        "presents": "impersonation",
        "issuer": "https://id.example.com/",
        "audience": "kubernetes",
        "scope": "openid groups",
        "username_claim": "email",
        "username_prefix": "-",
        "groups_claim": "groups",
        "groups_prefix": "oidc:",
        "impersonator_token_file": str(tmp_path / "token"),
    }
    write([fields])
    (cluster,) = configured()
    assert {name: getattr(cluster, name) for name in fields} == fields
    assert cluster.pk is None, "it is no row"


def test_fields_of_a_file_have_the_admins_defaults(write):
    write([HOME])
    (cluster,) = configured()
    fresh = Cluster(**HOME)
    for field in ("color", "production", "position", "presents", "groups_prefix", "certificate_authority"):
        assert getattr(cluster, field) == getattr(fresh, field)


def test_an_authority_may_stand_in_a_file_beside_it(write, tmp_path):
    (tmp_path / "ca.crt").write_text(CA)
    write([{**HOME, "certificate_authority_file": "ca.crt"}])
    assert configured()[0].certificate_authority == CA
    other = certificates.authority("another").certificate
    (tmp_path / "ca.crt").write_text(other + "\n")
    assert configured()[0].certificate_authority == other + "\n", "it is read again when it changes"


def test_rows_and_a_file_stand_side_by_side(write):
    Cluster.objects.create(**OFFICE)
    write([HOME])
    assert names() == ["home", "office"]


def test_of_two_with_one_name_the_file_s_counts_and_the_log_says_once_what_to_do(write, caplog):
    row = Cluster.objects.create(**{**OFFICE, "name": "home"})
    file = write([HOME])
    said = f"The admin's cluster home is left out: {file} has one of that name. Rename or delete one."
    with caplog.at_level(logging.WARNING, "clusters"):
        for _ in range(3):
            assert [(cluster.name, cluster.server) for cluster in configured()] == [("home", HOME["server"])]
        assert caplog.messages == [said]
        Cluster.objects.update(name="office")
        assert names() == ["home", "office"]
        Cluster.objects.filter(pk=row.pk).update(name="home")
        assert names() == ["home"]
    assert caplog.messages == [said, said], "it is told again once it comes back"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- name: [", "line 1: "),
        ("name: home", "it is not a list of clusters, each with name and server"),
        ("just text", "it is not a list of clusters"),
        ("- home", "entry 1 is not a mapping"),
        (yaml.safe_dump([{"server": "https://10.0.0.1"}]), "entry 1, name: This field cannot be blank"),
        (yaml.safe_dump([{"name": "home"}]), "home, server: This field cannot be blank"),
        (yaml.safe_dump([HOME, {**HOME, "server": "http://10.0.0.1"}]), "home, server: Write the API server's address"),
        (yaml.safe_dump([HOME, HOME]), "two clusters have the name home"),
        (yaml.safe_dump([{**HOME, "sever": "x"}]), "home, sever: there is no such field, only name, title, server"),
        (yaml.safe_dump([{**HOME, "id": 7}]), "home, id: there is no such field"),
        (yaml.safe_dump([{**HOME, "production": "false"}]), "home, production: write true or false"),
        (yaml.safe_dump([{**HOME, "title": True}]), "home, title: write text"),
        (yaml.safe_dump([{**HOME, "title": {"a": "b"}}]), "home, title: write text"),
        (yaml.safe_dump([{**HOME, "name": 7}]), "entry 1, name: write text"),
        (yaml.safe_dump([{**HOME, "position": "1"}]), "home, position: write a whole number"),
        (yaml.safe_dump([{**HOME, "position": True}]), "home, position: write a whole number"),
        (yaml.safe_dump([{**HOME, "position": -1}]), "home, position: Ensure this value is greater"),
        (yaml.safe_dump([{**HOME, "certificate_authority": "x"}]), "home, certificate_authority: This is not a PEM"),
        (yaml.safe_dump([{**HOME, "certificate_authority_file": "absent"}]), "home, certificate_authority_file: "),
        (
            yaml.safe_dump([{**HOME, "certificate_authority_file": "a", "certificate_authority": CA}]),
            "home, certificate_authority_file: write either this or certificate_authority",
        ),
        (yaml.safe_dump([{**HOME, "presents": "all"}]), "home, presents: Value 'all' is not a valid choice"),
        (
            yaml.safe_dump([{**HOME, "presents": "impersonation"}]),
            "home, impersonator_token_file: Name the file with the token",
        ),
        (yaml.safe_dump([{**HOME, "impersonator_token_file": "/etc/shadow"}]), "home, impersonator_token_file: Tokens"),
        (yaml.safe_dump([{7: "x"}]), "entry 1, 7: there is no such field"),
        ("\0", ""),
    ],
)  # fmt: skip
def test_what_a_file_has_wrong_is_said_with_file_cluster_and_field(write, content, said):
    file = write(content)
    message = refused()
    assert message.startswith(f"The clusters of {file} (PORTHOLE_CLUSTERS_FILE) cannot be used: ")
    assert said in message


def test_a_file_does_not_send_the_pod_s_own_token_to_another_cluster(write, config, tmp_path):
    folder = config(KUBERNETES_SERVICE_HOST="10.96.0.1", KUBERNETES_SERVICE_PORT=443)
    own = {"impersonator_token_file": str(folder / "token")}
    write([{**HOME, **own}])
    assert "home, impersonator_token_file: This file cannot be used here: the token of Porthole's own pod" in refused()
    write([{**HOME, **own, "server": "https://kubernetes.default.svc"}])
    assert names() == ["home"]


def test_all_that_is_wrong_is_said_at_once(write):
    write([{**HOME, "server": "x", "color": "red"}, {**OFFICE, "color": "blue"}])
    message = refused()
    assert all(part in message for part in ("home, server:", "home, color:", "office, color:"))


def test_a_file_that_is_not_there_is_an_error(config, tmp_path):
    config(PORTHOLE_CLUSTERS_FILE=str(tmp_path / "absent.yaml"))
    assert "absent.yaml" in refused()


def test_an_empty_file_has_no_clusters(write):
    write("")
    assert names() == []


def test_a_file_is_read_again_when_it_changes(write):
    write([HOME])
    assert names() == ["home"]
    write([HOME, OFFICE])
    assert names() == ["home", "office"]


def test_once_good_a_file_that_is_wrong_changes_nothing_and_the_log_says_so_once(write, caplog):
    write([HOME])
    assert names() == ["home"]
    file = write([{**OFFICE, "server": "http://x"}])
    with caplog.at_level(logging.WARNING, "clusters"):
        assert [names() for _ in range(3)] == [["home"]] * 3
        (said,) = caplog.messages
        assert "office, server" in said
        assert said.endswith("The clusters stay as they were.")
        file.unlink()
        assert [names() for _ in range(2)] == [["home"]] * 2
    assert len(caplog.messages) == 2
    write([OFFICE])
    assert names() == ["office"]


def test_who_changes_a_cluster_changes_no_one_elses(write):
    write([HOME])
    configured()[0].color = "#000000"
    assert configured()[0].color != "#000000"


def test_a_change_of_the_same_size_at_the_same_time_is_seen(write):
    """As a kubelet swaps a ConfigMap: another file takes the place."""
    file = write([HOME])
    before = file.stat()
    assert names() == ["home"]
    write([{**HOME, "name": "cave"}])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert names() == ["cave"]


@pytest.fixture
def around(config):
    """``around(host, port)``: a cluster around Porthole, as its pod sees it."""

    def put(host="10.96.0.1", port=443, *, token=True, **more):
        folder = config(IN_CLUSTER=True, KUBERNETES_SERVICE_HOST=host, KUBERNETES_SERVICE_PORT=port, **more)
        (folder / "ca.crt").write_text(CA)
        if token:
            (folder / "token").write_text("porthole")
        return folder

    return put


@pytest.mark.parametrize(
    ("host", "port", "server"),
    [
        ("10.96.0.1", 443, "https://10.96.0.1:443"),
        ("fd00::1", 6443, "https://[fd00::1]:6443"),
        ("kubernetes.default.svc", 443, "https://kubernetes.default.svc:443"),
    ],
)
def test_the_cluster_around_porthole_is_found_by_what_every_pod_is_told(around, host, port, server):
    folder = around(host, port)
    (cluster,) = configured()
    assert (cluster.name, cluster.server, cluster.certificate_authority) == ("main", server, CA)
    assert cluster.impersonator_token_file == str(folder / "token")
    assert cluster.presents == "", "nobody's name is taken on unless somebody says so"


def test_the_cluster_around_has_the_name_that_headlamp_gave_it(around):
    around(IN_CLUSTER_CONTEXT_NAME="k3s")
    assert names() == ["k3s"]


def test_without_a_token_there_is_nobody_to_impersonate_with(around):
    around(token=False)
    assert configured()[0].impersonator_token_file == ""


def test_who_describes_the_cluster_around_knows_better(around, write):
    around()
    write([{**HOME, "name": "main"}])
    assert [cluster.server for cluster in configured()] == [HOME["server"]]
    write([HOME])
    Cluster.objects.create(**{**OFFICE, "name": "main"})
    assert [cluster.server for cluster in configured()] == [HOME["server"], OFFICE["server"]]


def test_a_cluster_around_that_cannot_be_used_is_an_error_with_the_way_out(around):
    folder = around()
    (folder / "ca.crt").unlink()
    assert "ca.crt" in refused()
    assert refused().endswith("set IN_CLUSTER=false.")
    (folder / "ca.crt").write_text("nonsense")
    assert "certificate_authority: This is not a PEM certificate bundle" in refused()
    (folder / "ca.crt").write_text(CA)
    around(host="")
    assert "server: " in refused()


def test_outside_of_one_there_is_no_cluster_around(around, config):
    around()
    config(IN_CLUSTER=False)
    assert names() == []


def test_only_addresses_of_the_sixth_version_stand_in_brackets():
    assert [host_in_url(host) for host in ("::1", "127.0.0.1", "a.b")] == ["[::1]", "127.0.0.1", "a.b"]
