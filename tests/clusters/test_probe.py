"""The connection test: what it says of an API server, good or bad, with nobody's credentials."""

import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from clusters.errors import Unreachable, Untrusted
from clusters.probe import probe
from tests.cluster import certificates
from tests.clusters.fakes import http
from tests.clusters.test_connection_tls import ANOTHER_CA, CA, HERE, server_context


@pytest.fixture
def api(serve, tmp_path):
    """An API server that nothing must be asked of."""
    return serve(lambda _seen: http(b"never"), server_context(tmp_path))


def trusting(api, **more):
    return api.cluster(certificate_authority=CA.certificate, **more)


def test_a_trusted_api_server_shows_its_tls_and_how_long_it_is_valid(api):
    found = probe(trusting(api))
    assert found.tls_version == "TLSv1.3"
    assert found.valid_until > datetime.now(UTC)
    assert api.seen == []


def test_one_that_is_not_verified_has_no_validity(api):
    assert probe(api.cluster(insecure_skip_tls_verify=True)).valid_until is None


def test_the_name_in_the_certificate_may_be_another(serve, tmp_path):
    pair = certificates.issue(CA, "kube-apiserver", hosts=["kubernetes"])
    api = serve(lambda _seen: http(b"never"), server_context(tmp_path, pair))
    assert probe(trusting(api, tls_server_name="kubernetes")).valid_until
    with pytest.raises(Untrusted, match="its certificate is not trusted"):
        probe(trusting(api))


def test_another_authority_is_not_trusted(api):
    with pytest.raises(Untrusted, match="its certificate is not trusted"):
        probe(api.cluster(certificate_authority=ANOTHER_CA.certificate))


def test_plain_http_is_no_tls(serve):
    plain = serve(lambda _seen: http(b"never"))
    with pytest.raises(Unreachable, match="it does not speak TLS as it should"):
        probe(trusting(plain, server=f"https://127.0.0.1:{plain.port}"))


def test_where_nothing_listens_the_address_is_named(api):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=f"nothing answers at 127.0.0.1 port {port}: Connection refused"):
        probe(trusting(api, server=f"https://127.0.0.1:{port}"))


def test_a_name_that_nobody_knows(api):
    with pytest.raises(Unreachable, match=r"the name api\.invalid is not known here"):
        probe(trusting(api, server="https://api.invalid:6443"))


@pytest.fixture
def proxy():
    """A proxy that leads everything to one place; ``asked`` is what it was told."""
    listener = socket.create_server((HERE[0], 0))
    asked = []
    leads_to = []

    def copy(source, target):
        with suppress(OSError):  # either side may go at any time
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve():
        client, _address = listener.accept()
        with client, client.makefile("rb") as reader:
            asked.append(reader.readline())
            while reader.readline().strip():
                pass
            with socket.create_connection(leads_to[0]) as target:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=copy, args=(target, client), daemon=True)
                back.start()
                copy(client, target)
                back.join()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked, leads_to
    thread.join(10)
    listener.close()


def test_a_cluster_behind_a_proxy_is_tested_through_it(api, proxy):
    url, asked, leads_to = proxy
    leads_to.append(("127.0.0.1", api.port))
    cluster = trusting(api, server="https://api.invalid:6443", proxy_url=url, tls_server_name="localhost")
    assert probe(cluster).valid_until
    assert asked[0].startswith(b"CONNECT api.invalid:6443 HTTP/1.")


def test_a_proxy_that_refuses_says_so(api, serve):
    refusing = serve(lambda _seen: http(b"", 403, reason="Forbidden"))
    with pytest.raises(Unreachable, match=r"nothing answers at 127\.0\.0\.1 port .*403 Forbidden"):
        probe(trusting(api, proxy_url=refusing.url))
    with pytest.raises(Unreachable, match="a proxy that speaks TLS itself"):
        probe(trusting(api, proxy_url="https://127.0.0.1:1"))
