"""Where a cluster may be: refused when it is entered, and once more when its name leads somewhere else by then."""

import socket

import pytest

from clusters.addresses import resolved
from clusters.connection import connect
from clusters.errors import Failed, Unreachable, Untrusted
from clusters.models import Cluster
from clusters.names import path
from clusters.probe import probe
from tests.cluster import certificates
from tests.clusters.fakes import OLIVIA, http
from tests.clusters.test_connection_tls import ANOTHER_CA, CA, server_context
from tests.clusters.test_models import problems


@pytest.fixture
def resolver(monkeypatch):
    """``resolver(name=[addresses])``: what the machine's resolver answers; other names as they are."""
    real = socket.getaddrinfo
    names = {}

    def answer(host, port, *args, **options):
        if host not in names:
            return real(host, port, *args, **options)
        return [found for address in names[host] for found in real(address, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return names


@pytest.mark.parametrize(
    "server",
    [
        "http://10.0.0.1:6443", "http://127.0.0.1:8080", "https://169.254.169.254", "https://[fd00:ec2::254]",
        "https://metadata.google.internal", "https://0xa9fea9fe/", "https://[::ffff:169.254.169.254]",
        "https://olivia@10.0.0.1", "https://olivia:secret@10.0.0.1", "https://10.0.0.1#@evil.example",
    ],
)  # fmt: skip
def test_check_43_an_address_that_is_no_api_servers_cannot_be_entered(server):
    assert problems(server=server) == ["server"]


@pytest.mark.parametrize("server", ["https://localhost:6443", "https://127.0.0.1:6443", "https://192.168.1.2:6443"])
def test_check_43_this_machine_and_the_home_network_have_api_servers(server):
    """k3s writes https://127.0.0.1:6443; docs/decisions.md says why these are let in."""
    assert problems(server=server) == []


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "168.63.129.16"]
)
def test_check_43_a_name_that_leads_to_metadata_by_now_is_sent_nothing(resolver, address):
    resolver["api.example.com"] = ["192.0.2.1", address]
    server = "https://api.example.com:6443"
    assert problems(server=server) == [], "the name looked harmless when it was entered"
    cluster = server_at(server)
    for ask in (lambda: connect(cluster, OLIVIA).get(path("version")), lambda: probe(cluster)):
        with pytest.raises(Unreachable, match=r"api\.example\.com leads to .*, where clouds serve their metadata"):
            ask()


def server_at(server):
    return Cluster(name="home", title="Home", server=server, certificate_authority=CA.certificate)


def test_check_43_a_proxy_that_leads_to_metadata_by_now_is_sent_nothing(resolver):
    resolver["proxy.example.com"] = ["169.254.169.254"]
    cluster = server_at("https://api.example.com:6443")
    cluster.proxy_url = "http://proxy.example.com:3128"
    for ask in (lambda: connect(cluster, OLIVIA).get(path("version")), lambda: probe(cluster)):
        with pytest.raises(Unreachable, match="where clouds serve their metadata"):
            ask()


def test_check_43_what_was_looked_at_is_what_is_connected_to(resolver, serve, tmp_path):
    """A resolver that answers something else each time cannot slip another address in between."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    class Rebinding(dict):
        def __contains__(self, name):
            return name == "api.example.com"

        def __getitem__(self, name):
            return answers.pop(0)

    names = Rebinding()
    pair = certificates.issue(CA, "x", hosts=["api.example.com"])
    fake = serve(lambda _seen: http({"ok": 1}), server_context(tmp_path, pair))
    real = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            socket,
            "getaddrinfo",
            lambda host, port, *rest, **more: real(names[host][0] if host in names else host, port, *rest, **more),
        )
        cluster = server_at(f"https://api.example.com:{fake.port}")
        assert connect(cluster, OLIVIA).get(path("version")) == {"ok": 1}
        assert len(answers) == 1, "the name was asked for once"
    assert fake.seen[0].all("Host") == [f"api.example.com:{fake.port}"]


def test_the_next_address_is_tried_where_one_does_not_answer(resolver, serve, tmp_path):
    pair = certificates.issue(CA, "x", hosts=["api.example.com"])
    fake = serve(lambda _seen: http({"ok": 1}), server_context(tmp_path, pair))
    resolver["api.example.com"] = ["127.0.0.2", "::1", "127.0.0.1"]
    cluster = server_at(f"https://api.example.com:{fake.port}")
    assert connect(cluster, OLIVIA).get(path("version")) == {"ok": 1}
    assert probe(cluster).tls_version
    resolver["api.example.com"] = []
    for ask in (lambda: connect(server_at(cluster.server + "/x"), OLIVIA).get(path("version")), lambda: probe(cluster)):
        with pytest.raises(Unreachable):
            ask()


def test_check_43_a_redirect_is_an_error_and_not_followed(serve):
    elsewhere = serve(lambda _seen: http({}))
    fake = serve(lambda _seen: http(b"", 302, headers=(f"Location: {elsewhere.url}/latest/meta-data/",)))
    with pytest.raises(Failed, match="302"):
        connect(fake.cluster(), OLIVIA).get(path("version"))
    assert (len(fake.seen), elsewhere.connections) == (1, 0)


def test_check_43_a_wrong_authority_or_host_name_is_sent_nothing_unless_it_is_said_not_to_look(serve, tmp_path):
    fake = serve(lambda _seen: http({"ok": 1}), server_context(tmp_path))
    named = serve(lambda _seen: http({"ok": 1}), server_context(tmp_path, certificates.issue(CA, "x", hosts=["other"])))
    for cluster in (
        fake.cluster(certificate_authority=ANOTHER_CA.certificate),
        fake.cluster(),
        named.cluster(certificate_authority=CA.certificate),
    ):
        with pytest.raises(Untrusted):
            connect(cluster, OLIVIA).get(path("version"))
    assert (fake.seen, named.seen) == ([], [])


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_check_43_only_the_flag_leaves_the_certificate_unchecked(serve, tmp_path):
    fake = serve(
        lambda _seen: http({"ok": 1}), server_context(tmp_path, certificates.issue(ANOTHER_CA, "x", hosts=["y"]))
    )
    assert connect(fake.cluster(insecure_skip_tls_verify=True), OLIVIA).get(path("version")) == {"ok": 1}


@pytest.mark.parametrize("name", ["x" * 64 + ".example.com", "a..b"])
def test_a_name_that_cannot_be_one_is_not_known(name):
    with pytest.raises(socket.gaierror):
        resolved(name, 443)


def test_addresses_are_their_own(serve):
    assert resolved("127.0.0.1", 1) == ["127.0.0.1"]
    assert resolved("[::1]", 1) == ["::1"]
