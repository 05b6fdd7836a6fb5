"""Whom the door trusts, and by whose certificate it is known."""

import ssl
import tempfile
import threading

import pytest
from cryptography.hazmat.primitives import serialization

from clusters.connection import connect
from clusters.credentials import ClientCertificate, Impersonation
from clusters.errors import NoCredentials, Unreachable, Untrusted
from clusters.names import path
from tests.cluster import certificates
from tests.clusters.fakes import CHUNKED_HEAD, OLIVIA, chunk, http, until

HERE = ["127.0.0.1", "localhost"]
CA = certificates.authority("porthole test")
ANOTHER_CA = certificates.authority("somebody else")


def hello(seen):
    subject = (seen.peer_certificate or {}).get("subject", ())
    return http({"you": [value for part in subject for key, value in part if key == "commonName"]})


def server_context(tmp_path, pair=None, *, clients=None):
    """TLS for a fake API server; ``clients`` is the authority whose client certificates it asks for."""
    pair = pair or certificates.issue(CA, "kube-apiserver", hosts=HERE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = tmp_path / "server.pem"
    file.write_text(pair.certificate + pair.key)
    context.load_cert_chain(file)
    if clients:
        context.load_verify_locations(cadata=clients.certificate)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def ask(cluster, credentials=OLIVIA):
    return connect(cluster, credentials).get(path("version"))


def person(name, signer=CA):
    pair = certificates.issue(signer, name)
    return ClientCertificate(pair.certificate, pair.key)


def test_the_clusters_own_authority_is_trusted(serve, tmp_path):
    fake = serve(hello, server_context(tmp_path))
    assert ask(fake.cluster(certificate_authority=CA.certificate)) == {"you": []}
    assert ask(fake.cluster(certificate_authority=ANOTHER_CA.certificate + CA.certificate)) == {"you": []}


@pytest.mark.parametrize("trusted", ["", ANOTHER_CA.certificate], ids=["the system's", "another"])
def test_an_unknown_authority_is_refused_and_no_token_is_sent(serve, tmp_path, trusted):
    fake = serve(hello, server_context(tmp_path))
    with pytest.raises(Untrusted, match="its certificate is not trusted") as caught:
        ask(fake.cluster(certificate_authority=trusted))
    assert "CERTIFICATE_VERIFY_FAILED" in caught.value.message
    assert fake.seen == []


def test_another_hosts_certificate_is_refused_and_no_token_is_sent(serve, tmp_path):
    fake = serve(hello, server_context(tmp_path, certificates.issue(CA, "x", hosts=["api.example.com"])))
    with pytest.raises(Untrusted, match="its certificate is not trusted"):
        ask(fake.cluster(certificate_authority=CA.certificate))
    assert fake.seen == []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_self_signed_certificate_is_refused_unless_it_is_said_not_to_look(serve, tmp_path):
    fake = serve(hello, server_context(tmp_path, certificates.issue(ANOTHER_CA, "x", hosts=["api.example.com"])))
    with pytest.raises(Unreachable):
        ask(fake.cluster())
    assert ask(fake.cluster(insecure_skip_tls_verify=True)) == {"you": []}
    with pytest.raises(Unreachable):
        ask(fake.cluster())
    assert len(fake.seen) == 1


def test_the_servers_name_may_be_another_than_its_address(serve, tmp_path):
    asked_for = []
    context = server_context(tmp_path, certificates.issue(CA, "x", hosts=["api.example.com"]))
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    fake = serve(hello, context)
    ask(fake.cluster(certificate_authority=CA.certificate, tls_server_name="api.example.com"))
    assert asked_for == ["api.example.com"]
    with pytest.raises(Untrusted, match="not trusted"):
        ask(fake.cluster(certificate_authority=CA.certificate, tls_server_name="other.example.com"))
    assert len(fake.seen) == 1


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_cannot_stand_in_for_the_clusters_authority(serve, tmp_path, monkeypatch, variable):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(CA.certificate)
    monkeypatch.setenv(variable, str(bundle))
    fake = serve(hello, server_context(tmp_path))
    with pytest.raises(Untrusted, match="not trusted"):
        ask(fake.cluster(certificate_authority=ANOTHER_CA.certificate))
    assert fake.seen == []


def test_a_client_certificate_says_who_it_is(serve, tmp_path):
    fake = serve(hello, server_context(tmp_path, clients=CA))
    cluster = fake.cluster(certificate_authority=CA.certificate)
    assert ask(cluster, person("olivia")) == {"you": ["olivia"]}
    assert fake.seen[0].all("Authorization") == []


def test_client_certificates_share_no_connection(serve, tmp_path):
    fake = serve(hello, server_context(tmp_path, clients=CA))
    cluster = fake.cluster(certificate_authority=CA.certificate)
    people = [person("olivia"), person("victor"), None]
    for _ in range(2):
        for credentials in people:
            right = [] if credentials is None else ["olivia" if credentials is people[0] else "victor"]
            assert ask(cluster, credentials or OLIVIA) == {"you": right}
    assert fake.connections == 3, "each has one of its own, and keeps it"


def test_an_impersonators_certificate_is_presented_too(serve, tmp_path):
    fake = serve(hello, server_context(tmp_path, clients=CA))
    cluster = fake.cluster(certificate_authority=CA.certificate)
    assert ask(cluster, Impersonation(person("porthole"), "alice")) == {"you": ["porthole"]}
    assert fake.seen[0].all("Impersonate-User") == ["alice"]


def test_a_client_certificate_is_never_left_out_in_silence(serve):
    """Without TLS it cannot be presented: the call would be an anonymous one."""
    fake = serve(hello)
    for credentials in (person("olivia"), Impersonation(person("porthole"), "alice")):
        with pytest.raises(NoCredentials, match="https"):
            ask(fake.cluster(), credentials)
    assert fake.connections == 0


def test_a_certificate_and_another_ones_key_are_refused(serve, tmp_path):
    fake = serve(hello, server_context(tmp_path, clients=CA))
    mixed = ClientCertificate(person("olivia").certificate, person("victor").key)
    with pytest.raises(Unreachable, match="cannot be read"):
        ask(fake.cluster(certificate_authority=CA.certificate), mixed)
    assert fake.connections == 0


@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "é"])
def test_an_authority_that_cannot_be_read_is_an_error(serve, tmp_path, text):
    fake = serve(hello, server_context(tmp_path))
    with pytest.raises(Unreachable, match=r"certificate authority .* of Fake cannot be read"):
        ask(fake.cluster(certificate_authority=text))
    assert fake.connections == 0


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(serve, tmp_path):
    """OpenSSL asks on the terminal where it is given none: that would hold up a server for ever."""
    plain = person("olivia")
    key = serialization.load_pem_private_key(plain.key.encode(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    ).decode()
    fake = serve(hello, server_context(tmp_path, clients=CA))
    with pytest.raises(Unreachable, match="cannot be read"):
        ask(fake.cluster(certificate_authority=CA.certificate), ClientCertificate(plain.certificate, encrypted))


def test_no_key_stays_on_the_disk(serve, tmp_path, monkeypatch):

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    fake = serve(hello, server_context(tmp_path, clients=CA))
    assert ask(fake.cluster(certificate_authority=CA.certificate), person("olivia")) == {"you": ["olivia"]}
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_old_protocol_is_refused(serve, tmp_path):
    context = server_context(tmp_path)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    fake = serve(hello, context)
    with pytest.raises(Unreachable):
        ask(fake.cluster(certificate_authority=CA.certificate))
    assert fake.seen == []


def test_plain_http_where_tls_is_spoken_is_an_error(serve, tmp_path):
    fake = serve(hello, server_context(tmp_path))
    with pytest.raises(Unreachable):
        ask(fake.cluster(server=fake.url.replace("https", "http")))
    assert fake.seen == []


def test_tls_where_plain_http_is_spoken_is_an_error(serve):
    fake = serve(hello)
    with pytest.raises(Unreachable, match="no TLS connection could be made"):
        ask(fake.cluster(server=fake.url.replace("http", "https")))


def test_a_kept_tls_connection_that_was_closed_is_made_anew(serve, tmp_path):
    used = set()

    def once(seen):
        if seen.connection in used:
            return None
        used.add(seen.connection)
        return hello(seen)

    fake = serve(once, server_context(tmp_path))
    cluster = fake.cluster(certificate_authority=CA.certificate)
    assert ask(cluster) == ask(cluster) == {"you": []}
    assert [seen.connection for seen in fake.seen] == [1, 1, 2]


def test_closing_a_tls_stream_that_rests_wakes_its_reader(serve, tmp_path):

    over = threading.Event()

    def rest(_seen):
        yield CHUNKED_HEAD + chunk(b"first")
        over.wait(10)

    fake = serve(rest, server_context(tmp_path))
    connection = connect(fake.cluster(certificate_authority=CA.certificate), OLIVIA)
    try:
        with connection.follow(path("log"), patience=lambda: 0.05) as chunks:
            assert next(chunks) == b"first"
            assert next(chunks) is None
            (reader,) = [thread for thread in threading.enumerate() if thread.name == "porthole-follow"]
        until(lambda: not reader.is_alive(), 3)
    finally:
        over.set()
