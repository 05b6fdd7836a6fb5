"""Kubeconfigs as people have them: clusters, credentials, plug-ins, and what can be wrong with them."""

import base64
import json
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from clusters import kubeconfig
from clusters.connection import connect
from clusters.credentials import BearerToken, ClientCertificate, Impersonation
from clusters.errors import NoCredentials, Unreachable
from clusters.kubeconfig import KubeconfigError, contexts, credentials
from clusters.names import path
from tests.cluster import certificates
from tests.clusters.fakes import http

CA = certificates.authority("kubeconfig test")
OLIVIA = certificates.issue(CA, "olivia")


def b64(text):
    return base64.b64encode(text.encode()).decode()


def config(*, users=None, clusters=None, contexts=None, current="home"):
    """A kubeconfig with one context, ``home``, unless said otherwise."""
    clusters = clusters or {"c": {"server": "https://10.0.0.1:6443"}}
    contexts = contexts or {"home": {"cluster": "c", "user": "u"}}
    document = {"apiVersion": "v1", "kind": "Config", "current-context": current}
    for section, entries in (("clusters", clusters), ("contexts", contexts), ("users", users or {"u": {"token": "t"}})):
        document[section] = [{"name": name, section[:-1]: value} for name, value in entries.items()]
    return document


@pytest.fixture
def write(tmp_path):
    """`write(document, name="config")` makes a kubeconfig and returns its file's name."""

    def make(document, name="config"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
        return str(file)

    return make


@pytest.fixture
def plugin(tmp_path):
    """`plugin(status)` is the user entry of an exec plug-in, which counts its runs in the file `runs`."""

    def make(status, *, fail=""):
        file = tmp_path / "plugin"
        answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
        file.write_text(
            f"#!{sys.executable}\nimport os, sys\n"
            f"open({str(tmp_path / 'runs')!r}, 'a').write('x')\n"
            f"assert os.environ['FLAVOUR'] == 'sweet' and sys.argv[1:] == ['get', 'token']\n"
            + (f"sys.exit({fail!r})\n" if fail else f"print({json.dumps(answer)!r})\n")
        )
        file.chmod(0o700)
        env = [{"name": "FLAVOUR", "value": "sweet"}]
        return {
            "exec": {"apiVersion": answer["apiVersion"], "command": str(file), "args": ["get", "token"], "env": env}
        }

    return make


def runs(tmp_path):
    return len((tmp_path / "runs").read_text()) if (tmp_path / "runs").exists() else 0


def in_minutes(minutes):
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_context_is_a_cluster(write):
    cluster = {
        "server": "https://api.example.com:6443/k8s/",
        "certificate-authority-data": b64(CA.certificate),
        "tls-server-name": "kubernetes",
        "proxy-url": "http://proxy.example.com:3128",
    }
    home = {"cluster": "c", "user": "u", "namespace": "shop"}
    (found,) = contexts(write(config(clusters={"c": cluster}, contexts={"home": home})))
    assert found.name == "home"
    assert (found.cluster.name, found.cluster.title) == ("home", "home")
    assert found.cluster.server == "https://api.example.com:6443/k8s"
    assert found.cluster.certificate_authority == CA.certificate
    assert found.cluster.tls_server_name == "kubernetes"
    assert found.cluster.proxy_url == "http://proxy.example.com:3128"
    assert found.cluster.default_namespace == "shop"
    assert found.cluster.insecure_skip_tls_verify is False


def test_an_authority_may_be_a_file_beside_the_kubeconfig(write, tmp_path):
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki/ca.crt").write_text(CA.certificate)
    cluster = {"server": "https://10.0.0.1", "certificate-authority": "pki/ca.crt", "insecure-skip-tls-verify": True}
    (found,) = contexts(write(config(clusters={"c": cluster})))
    assert found.cluster.certificate_authority == CA.certificate
    assert found.cluster.insecure_skip_tls_verify is True


def test_the_current_context_comes_first_and_names_fit_into_urls(write):
    entries = ["arn:aws:eks:eu-west-1:1:cluster/shop", "Admin@Home", "admin_home", "!!!", "x" * 80, "x" * 90, "山"]
    found = contexts(write(config(contexts={entry: {"cluster": "c"} for entry in entries}, current="admin_home")))
    names = [context.cluster.name for context in found]
    assert found[0].name == "admin_home"
    assert names[:2] == ["admin-home", "arn-aws-eks-eu-west-1-1-cluster-shop"]
    assert len(set(names)) == len(names) == 7, "no two are alike"
    for context in found:
        context.cluster.clean_fields(exclude=["color"])
    assert [context.cluster.position for context in found] == list(range(7))


@pytest.mark.parametrize("current", ["", None, "gone"])
def test_there_need_not_be_a_current_context(write, current):
    document = config(current=current)
    assert [context.name for context in contexts(write(document))] == ["home"]
    del document["current-context"]
    assert [context.name for context in contexts(write(document, "another"))] == ["home"]
    assert credentials("home", write(document, "another")) == BearerToken("t")


def test_several_files_are_one_and_the_first_of_a_name_counts(write, tmp_path):
    first = write(config(users={"u": {"token": "first"}}, current=""), "a")
    second_clusters = {"c": {"server": "https://second:6443"}, "d": {"server": "https://d:6443"}}
    second_contexts = {"home": {"cluster": "d", "user": "u"}, "work": {"cluster": "d", "user": "w"}}
    second_users = {"u": {"token": "second"}, "w": {"token": "work"}}
    second = write(
        config(clusters=second_clusters, contexts=second_contexts, users=second_users, current="work"), "folder/b"
    )
    write("", "empty")
    third = write(config(contexts={"third": {"cluster": "c", "user": "u"}}, current="third"), "c")
    file = os.pathsep.join([first, str(tmp_path / "absent"), "", str(tmp_path / "empty"), second, third])
    found = contexts(file)
    assert [(context.name, context.cluster.server) for context in found] == [
        ("work", "https://d:6443"),
        ("home", "https://10.0.0.1:6443"),
        ("third", "https://10.0.0.1:6443"),
    ]
    assert credentials("home", file) == BearerToken("first")
    assert credentials("work", file) == BearerToken("work")


def test_the_environment_names_the_file(write, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", write(config()))
    assert [context.name for context in contexts()] == ["home"]
    assert credentials("home") == BearerToken("t")
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", "/somewhere")
    assert kubeconfig.default_file() == "/somewhere/.kube/config"


def test_a_token_file_is_read(write, tmp_path):
    (tmp_path / "token").write_text("from-a-file\n")
    assert credentials("home", write(config(users={"u": {"tokenFile": "token"}}))) == BearerToken("from-a-file")


def test_a_client_certificate_is_read_from_files_or_data(write, tmp_path):
    (tmp_path / "olivia.crt").write_text(OLIVIA.certificate)
    (tmp_path / "olivia.key").write_text(OLIVIA.key)
    right = ClientCertificate(OLIVIA.certificate, OLIVIA.key)
    files = {"client-certificate": "olivia.crt", "client-key": "olivia.key"}
    data = {"client-certificate-data": b64(OLIVIA.certificate), "client-key-data": b64(OLIVIA.key)}
    assert credentials("home", write(config(users={"u": files}))) == right
    assert credentials("home", write(config(users={"u": data}), "data")) == right


def test_keys_given_as_data_are_kept_where_nobody_else_can_look(write):
    data = {"client-certificate-data": b64(OLIVIA.certificate), "client-key-data": b64(OLIVIA.key)}
    credentials("home", write(config(users={"u": data})))
    assert stat.S_IMODE(Path(kubeconfig.scratch_folder()).stat().st_mode) == 0o700


def test_a_token_goes_before_a_certificate(write):
    both = {"token": "t", "client-certificate-data": b64(OLIVIA.certificate), "client-key-data": b64(OLIVIA.key)}
    assert credentials("home", write(config(users={"u": both}))) == BearerToken("t")


def test_impersonation_is_taken_on(write):
    user = {"token": "t", "as": "alice", "as-groups": ["dev", "ops"], "as-uid": 7, "as-user-extra": {"scopes": ["a"]}}
    found = credentials("home", write(config(users={"u": user})))
    assert found == Impersonation(BearerToken("t"), "alice", ("dev", "ops"), "7", {"scopes": ("a",)})
    assert credentials("home", write(config(users={"u": {"token": "t", "as": "bob"}}), "b")) == Impersonation(
        BearerToken("t"), "bob"
    )


def test_a_plugins_token_is_kept_while_it_is_good(write, plugin, tmp_path):
    file = write(config(users={"u": plugin({"token": "fresh", "expirationTimestamp": in_minutes(60)})}))
    assert [credentials("home", file) for _ in range(3)] == [BearerToken("fresh")] * 3
    assert runs(tmp_path) == 1


def test_a_plugin_runs_again_when_its_token_is_about_to_expire(write, plugin, tmp_path):
    file = write(config(users={"u": plugin({"token": "old", "expirationTimestamp": in_minutes(1)})}))
    assert credentials("home", file) == BearerToken("old")
    plugin({"token": "new", "expirationTimestamp": in_minutes(60)})
    assert credentials("home", file) == BearerToken("new")
    before = runs(tmp_path)
    assert credentials("home", file) == BearerToken("new")
    assert runs(tmp_path) == before


def test_a_plugin_may_give_a_certificate(write, plugin):
    status = {"clientCertificateData": OLIVIA.certificate, "clientKeyData": OLIVIA.key}
    file = write(config(users={"u": plugin(status)}))
    assert credentials("home", file) == ClientCertificate(OLIVIA.certificate, OLIVIA.key)


def test_a_plugin_runs_again_when_its_certificate_is_about_to_expire(write, plugin, tmp_path):
    old = {"clientCertificateData": OLIVIA.certificate, "clientKeyData": OLIVIA.key}
    file = write(config(users={"u": plugin({**old, "expirationTimestamp": in_minutes(0.5)})}))
    assert credentials("home", file) == ClientCertificate(OLIVIA.certificate, OLIVIA.key)
    renewed = certificates.issue(CA, "olivia")
    new = {"clientCertificateData": renewed.certificate, "clientKeyData": renewed.key}
    plugin({**new, "expirationTimestamp": in_minutes(60)})
    assert credentials("home", file) == ClientCertificate(renewed.certificate, renewed.key)
    before = runs(tmp_path)
    assert credentials("home", file) == ClientCertificate(renewed.certificate, renewed.key)
    assert runs(tmp_path) == before


def test_a_plugin_that_fails_is_told_and_tried_again(write, plugin):
    file = write(config(users={"u": plugin({}, fail="please sign in")}))
    with pytest.raises(NoCredentials, match="kubectl get pods"):
        credentials("home", file)
    plugin({"token": "signed-in"})
    assert credentials("home", file) == BearerToken("signed-in"), "no waiting for minutes"


@pytest.mark.parametrize("user", [{"exec": {"apiVersion": "v1", "command": "/nowhere/plugin"}}, {"exec": {}}, {}])
def test_without_a_usable_way_in_there_are_no_credentials(write, user):
    with pytest.raises(NoCredentials):
        credentials("home", write(config(users={"u": user})))


def test_a_password_is_no_bearer_token(write):
    with pytest.raises(NoCredentials):
        credentials("home", write(config(users={"u": {"username": "olivia", "password": "secret"}})))


def test_listing_contexts_runs_no_plugin(write, plugin, tmp_path):
    users = {"u": plugin({"token": "t"})}
    assert len(contexts(write(config(users=users)))) == 1
    assert runs(tmp_path) == 0


def test_one_broken_context_does_not_hide_the_others(write, caplog):
    clusters = {
        "c": {"server": "https://10.0.0.1"},
        "lost": {"server": "https://x", "certificate-authority": "gone.crt"},
    }
    broken = {"home": {"cluster": "c"}, "stale": {"cluster": "deleted"}, "lost": {"cluster": "lost"}, "none": {}}
    file = write(config(clusters=clusters, contexts=broken))
    assert [context.name for context in contexts(file)] == ["home"]
    assert "deleted" in caplog.text
    assert "gone.crt" in caplog.text


def test_a_change_is_seen(write):
    file = write(config())
    assert (contexts(file)[0].cluster.server, credentials("home", file)) == ("https://10.0.0.1:6443", BearerToken("t"))
    write(config(clusters={"c": {"server": "https://moved"}}, users={"u": {"token": "rotated"}}))
    os.utime(file, (1, Path(file).stat().st_mtime + 5))
    assert (contexts(file)[0].cluster.server, credentials("home", file)) == ("https://moved", BearerToken("rotated"))


def test_who_asks_may_change_what_they_got(write):
    file = write(config())
    contexts(file)[0].cluster.title = "changed"
    assert contexts(file)[0].cluster.title == "home"


ONE_CONTEXT = "contexts: [{name: a, context: {cluster: c}}]\n"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "a: b: c",
        "just words",
        "- a\n- b",
        "clusters: 5\ncontexts: 7",
        "contexts: [5]",
        "contexts: [{name: 1}]",
        "contexts: [{name: a, context: 5}]",
        "contexts: [{context: {cluster: c}}]",
        "contexts: []",
        "\x00",
        "!!python/object/apply:os.system ['false']",
        ONE_CONTEXT + "clusters: [{name: c, cluster: {server: ''}}]",
        ONE_CONTEXT + "clusters: [{name: c}]",
        ONE_CONTEXT + "clusters: [{name: c, cluster: {server: x, certificate-authority-data: 5}}]",
        ONE_CONTEXT + "clusters: [{name: c, cluster: {server: x, certificate-authority-data: '%'}}]",
    ],
)
def test_what_is_no_kubeconfig_is_told(write, text):
    file = write(text)
    with pytest.raises(KubeconfigError):
        contexts(file)
    with pytest.raises((KubeconfigError, NoCredentials)):
        credentials("home", file)


@pytest.mark.parametrize(
    ("text", "words"), [("a: 1\nb: [\n", "line 3: "), ("a: 1\nb: c: d\n", "line 2: "), ("\x00", "")]
)
def test_a_fault_of_yaml_is_one_line_that_names_file_and_line(write, text, words):
    file = write(text)
    with pytest.raises(KubeconfigError) as caught:
        contexts(file)
    assert f"{file} cannot be read: {words}" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "config").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KubeconfigError, match="cannot be read"):
        contexts(str(tmp_path / "config"))


@pytest.mark.parametrize("text", [None, ""])
def test_a_missing_or_empty_file_is_told_with_what_to_do(tmp_path, text):
    file = tmp_path / "config"
    if text is not None:
        file.write_text(text)
    with pytest.raises(KubeconfigError, match=r"There is no kubeconfig at .*make demo"):
        contexts(str(file))


def test_a_context_that_is_not_there_is_told(write):
    with pytest.raises(KubeconfigError, match="nowhere"):
        credentials("nowhere", write(config()))


def test_missing_certificate_files_are_told(write):
    user = {"client-certificate": "gone.crt", "client-key": "gone.key"}
    with pytest.raises(KubeconfigError, match=r"gone\.crt"):
        credentials("home", write(config(users={"u": user})))


def test_a_kubeconfig_leads_to_its_cluster(write, serve):
    fake = serve(lambda seen: http({"you": seen.all("Authorization")}))
    file = write(config(clusters={"c": {"server": fake.url}}))
    answer = connect(contexts(file)[0].cluster, credentials("home", file)).get(path("version"))
    assert answer == {"you": ["Bearer t"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("insecure-skip-tls-verify", "false"),
        ("insecure-skip-tls-verify", 1),
        ("tls-server-name", ["x"]),
        ("proxy-url", 5),
    ],
)
def test_a_field_of_a_cluster_that_is_something_else_is_told(write, field, value):
    cluster = {"server": "https://10.0.0.1:6443", field: value}
    with pytest.raises(KubeconfigError, match=f"{field} of the context home"):
        contexts(write(config(clusters={"c": cluster})))


@pytest.mark.parametrize("field", ["cluster", "namespace"])
def test_a_field_of_a_context_that_is_something_else_is_told(write, field):
    context = {"cluster": "c", "user": "u", field: {"a": 1}}
    with pytest.raises(KubeconfigError, match=f"{field} of the context home"):
        contexts(write(config(contexts={"home": context})))


@pytest.mark.parametrize(("field", "value"), [("as-groups", 5), ("as-groups", "admins"), ("as-user-extra", {"a": "b"})])
def test_who_to_act_as_must_be_said_plainly(write, field, value):
    user = {"token": "t", "as": "olivia", field: value}
    with pytest.raises(KubeconfigError, match=f"{field} of the context home"):
        credentials("home", write(config(users={"u": user})))


def test_a_user_that_is_no_name_is_told(write):
    with pytest.raises(KubeconfigError, match="home"):
        credentials("home", write(config(contexts={"home": {"cluster": "c", "user": ["u"]}})))


@pytest.mark.parametrize("proxy", ["2026-01-01T00:00:00", "http://[", "ftp://proxy.example", "http://é\n/"])
def test_a_proxy_that_cannot_be_one_is_told(write, proxy):
    file = write(config(clusters={"c": {"server": "https://10.0.0.1:6443", "proxy-url": proxy}}))
    with pytest.raises(Unreachable, match="proxy"):
        connect(contexts(file)[0].cluster, credentials("home", file))
