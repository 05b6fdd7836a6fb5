"""A real server between a socket and Porthole: headers as they come over the wire, which a test client cannot send."""

import re
import signal
import socket
from contextlib import closing

import pytest
import yaml

from tests.cluster.certificates import authority, issue
from tests.clusters.fakes import serving, status
from tests.dashboard.issuer import server_context
from tests.dashboard.test_serving import port_of, started

PODS, CLUSTERS = "/c/home/shop/pods/", "/clusters/"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Porthole behind a proxy on loopback, and the API server that it leads to, which denies everything."""
    folder = tmp_path_factory.mktemp("served")
    ca = authority()
    context = server_context(issue(ca, "kube-apiserver", hosts=("127.0.0.1",)), folder)
    with serving(lambda seen: status(403, "Forbidden", "denied by the API server"), context) as server:
        file = folder / "clusters.yaml"
        file.write_text(
            yaml.safe_dump([{"name": "home", "server": server.url, "certificate_authority": ca.certificate}])
        )
        settings = {
            "PROXY_AUTH": "true",
            "PROXY_AUTH_TRUSTED_NETWORKS": "127.0.0.1/32",
            "PROXY_AUTH_GROUP_HEADER": "X-Forwarded-Groups",
            "PORTHOLE_CLUSTERS_FILE": str(file),
            "IN_CLUSTER": "false",
        }
        with started(folder, "serve", **settings) as process:
            yield port_of(process), server
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)


@pytest.fixture
def asked(served):
    """``asked(b"X-Forwarded-User: olivia")``: the status, the page, and which credentials went upstream."""
    port, server = served

    def ask(*lines: bytes, path: str = PODS) -> tuple[int, str, set[str]]:
        server.seen.clear()
        request = [f"GET {path} HTTP/1.1".encode(), b"Host: localhost", *lines]
        if not any(line.lower().startswith(b"connection:") for line in lines):
            request.append(b"Connection: close")
        with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
            connection.sendall(b"\r\n".join(request) + b"\r\n\r\n")
            answer = whole(connection)
        found = re.match(r"HTTP/1\.1 (\d+)", answer)
        assert found, answer
        return int(found[1]), answer, {value for seen in server.seen for value in seen.all("Authorization")}

    return ask


def whole(connection: socket.socket) -> str:
    """An answer up to its end; one on a connection that stays is over when nothing more has come for a while."""
    data = b""
    connection.settimeout(3)
    try:
        while piece := connection.recv(65536):
            data += piece
            if b"</html>" in data:
                break
    except TimeoutError:
        return data.decode()
    return data.decode()


USER, TOKEN = b"X-Forwarded-User: olivia", b"X-Forwarded-Id-Token: olivia-token"


def test_what_the_proxy_forwards_goes_upstream_and_its_denial_comes_back(asked):
    code, page, sent = asked(USER, TOKEN)
    assert code == 423
    assert "X-Porthole-Status: 403" in page
    assert "denied by the API server" in page
    assert sent == {"Bearer olivia-token"}


def test_check_28_an_underscore_makes_no_header(asked):
    code, _page, sent = asked(b"X_Forwarded_User: olivia", b"X_Forwarded_Id_Token: olivia-token")
    assert (code, sent) == (424, set())
    lines = b"X-Forwarded-User: victor", b"X_Forwarded_User: olivia", b"X_Forwarded_Id_Token: olivia-token"
    _code, page, sent = asked(*lines, path=CLUSTERS)
    assert "victor (not verified)" in page
    assert "olivia" not in page
    assert sent == set()
    code, _page, sent = asked(USER, TOKEN, b"X_Forwarded_Id_Token: victor-token", b"X.Forwarded.Id.Token: victor-token")
    assert (code, sent) == (423, {"Bearer olivia-token"})


@pytest.mark.parametrize(
    "twice", [b"X-Forwarded-User: victor", b"x-forwarded-user: victor", b"X-FORWARDED-USER:victor"]
)
def test_check_28_a_user_who_comes_twice_is_nobody(asked, twice):
    for lines in ((USER, twice), (twice, USER)):
        code, page, sent = asked(*lines, TOKEN)
        assert code == 424
        assert "names more than one person" in page
        assert sent == set()


def test_check_28_a_token_that_comes_twice_is_none(asked):
    code, _page, sent = asked(USER, TOKEN, b"X-Forwarded-Id-Token: victor-token")
    assert (code, sent) == (424, set())


@pytest.mark.parametrize(
    "line",
    [
        b"X-Forwarded-User: victor\r\n olivia",  # a folded line (RFC 9112 section 5.2)
        b"X-Forwarded-User: victor\rX-Forwarded-Id-Token: olivia-token",
        b"X-Forwarded-User: vic\x00tor",
        b"X-Forwarded-User : olivia",
        b"X-Forwarded-User: \xff\xfe",
        b"X-Forwarded-User: system:admin",
    ],
)
def test_check_28_line_ends_and_control_characters_name_nobody(asked, line):
    code, page, sent = asked(line, path=CLUSTERS)
    assert code in {400, 424}
    assert "(not verified)" not in page
    assert sent == set()


def test_check_28_a_connection_header_never_makes_another_user(asked):
    # Proxies take away what it names (RFC 9110 section 7.6.1): what is left names nobody, and nobody else.
    connection = b"Connection: close, X-Forwarded-User, X-Forwarded-Id-Token"
    assert asked(connection)[0::2] == (424, set())
    code, _page, sent = asked(USER, TOKEN, connection)
    assert (code, sent) == (423, {"Bearer olivia-token"})


def test_names_beyond_latin_1_arrive_as_they_are(asked):
    _code, page, _sent = asked("X-Forwarded-User: Юлия".encode(), TOKEN, path=CLUSTERS)
    assert "Юлия (not verified)" in page
