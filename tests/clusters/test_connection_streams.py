"""Answers that come in pieces, rest, and are left in the middle."""

import base64
import threading
import time

import pytest

from clusters.connection import connect
from clusters.credentials import BearerToken, Impersonation
from clusters.errors import ClusterError, NoCredentials, Unreachable
from clusters.models import Cluster
from clusters.names import path
from tests.clusters.fakes import CHUNKED_END, CHUNKED_HEAD, OLIVIA, SOON, chunk, http, until

LOG = path("api", "v1", "log")


def readers():
    """The threads that follow something now."""
    return [thread for thread in threading.enumerate() if thread.name == "porthole-follow" and thread.is_alive()]


@pytest.fixture(autouse=True)
def no_reader_is_left():
    """Whatever happens in a test, its reading thread ends."""
    before = set(readers())
    yield
    until(lambda: set(readers()) <= before, 5)


class Script:
    """A chunked answer that a test writes piece by piece."""

    def __init__(self):
        self.pieces = []
        self.changed = threading.Condition()

    def write(self, *pieces):
        """Let the server send these raw bytes; None ends the answer here."""
        with self.changed:
            self.pieces += pieces
            self.changed.notify_all()

    def __call__(self, _seen):
        """The handler: send what was written, as it is written."""
        yield CHUNKED_HEAD
        while True:
            with self.changed:
                assert self.changed.wait_for(lambda: self.pieces, SOON)
                piece = self.pieces.pop(0)
            if piece is None:
                return
            yield piece


@pytest.fixture
def script():
    script = Script()
    yield script
    script.write(None)


def test_chunks_come_as_they_are_written(asked, script):
    connection, _fake = asked(script)
    with connection.stream(LOG) as chunks:
        script.write(chunk(b"one"))
        assert next(chunks) == b"one"
        script.write(chunk(b"two"))
        assert next(chunks) == b"two"
        script.write(CHUNKED_END)
        assert list(chunks) == []


def test_a_stream_left_in_the_middle_hangs_up_and_is_not_used_again(asked, script):
    connection, fake = asked(script)
    with connection.stream(LOG) as chunks:
        script.write(chunk(b"one"))
        next(chunks)
    script.write(*[chunk(b"x" * 65536)] * 100, None)
    assert fake.hung_up.wait(SOON)
    script.pieces.clear()
    with connection.stream(LOG) as chunks:
        script.write(chunk(b"new"))
        assert next(chunks) == b"new"
    assert [seen.connection for seen in fake.seen] == [1, 2]


def test_a_stream_is_closed_when_its_reader_fails(asked, script):
    connection, fake = asked(script)
    script.write(chunk(b"one"))
    with pytest.raises(ZeroDivisionError), connection.stream(LOG) as chunks:
        len(next(chunks)) / 0
    script.write(*[chunk(b"x" * 65536)] * 100, None)
    assert fake.hung_up.wait(SOON)


def test_a_stream_that_falls_silent_is_given_up(asked, script):
    connection, _fake = asked(script)
    with connection.stream(LOG, read_seconds=0.2) as chunks:
        script.write(chunk(b"one"))
        assert next(chunks) == b"one"
        with pytest.raises(Unreachable, match="broke off: ReadTimeoutError"):
            next(chunks)


@pytest.mark.parametrize("broken", [b"5\r\nab", b"zz\r\n"], ids=["in a chunk", "in a size"])
def test_a_stream_that_breaks_off_says_so(asked, broken):
    def handler(_seen):
        yield CHUNKED_HEAD + chunk(b"one") + broken
        raise OSError("hang up")

    connection, _fake = asked(handler)
    for opened in (connection.stream(LOG), connection.follow(LOG, patience=lambda: SOON)):
        with opened as chunks:
            assert next(chunks) == b"one"
            with pytest.raises(Unreachable, match="broke off"):
                list(chunks)


def test_a_stream_shorter_than_announced_says_so(asked):
    def handler(_seen):
        yield http(b"x" * 10).replace(b"Length: 10", b"Length: 99")
        raise OSError("hang up")

    connection, _fake = asked(handler)
    with connection.stream(LOG) as chunks, pytest.raises(Unreachable, match="broke off"):
        list(chunks)


def test_what_is_followed_ticks_while_it_rests(asked, script):
    connection, _fake = asked(script)
    with connection.follow(LOG, patience=lambda: 0.02) as chunks:
        script.write(chunk(b"one"))
        assert next(piece for piece in chunks if piece) == b"one"
        assert [next(chunks) for _ in range(3)] == [None, None, None]
        script.write(chunk(b"two"))
        assert next(piece for piece in chunks if piece) == b"two"
        script.write(CHUNKED_END)
        assert [piece for piece in chunks if piece is not None] == []


def test_patience_is_asked_before_each_wait(asked, script):
    connection, _fake = asked(script)
    patience = iter([0.01, 0.01, SOON])
    with connection.follow(LOG, patience=lambda: next(patience)) as chunks:
        assert (next(chunks), next(chunks)) == (None, None)
        script.write(chunk(b"one"))
        assert next(chunks) == b"one"


def test_what_is_followed_to_its_end_ends(asked):
    """The container has ended, and with it the answer; the connection is back in the pool by then."""
    connection, fake = asked(lambda _seen: http(b"all there is"))
    for _ in range(2):
        with connection.follow(LOG, patience=lambda: SOON) as chunks:
            assert b"".join(chunks) == b"all there is"
    assert len(fake.seen) == 2


def test_an_empty_answer_is_followed_to_its_end(asked):
    connection, _fake = asked(lambda _seen: http(b""))
    with connection.follow(LOG, patience=lambda: SOON) as chunks:
        assert list(chunks) == []


def test_leaving_what_rests_wakes_its_reader_at_once(asked, script):
    connection, fake = asked(script)
    with connection.follow(LOG, patience=lambda: 0.02) as chunks:
        assert next(chunks) is None
        (reader,) = readers()
        assert reader.is_alive()
        began = time.monotonic()
    assert time.monotonic() - began < SOON / 2
    until(lambda: not reader.is_alive())
    script.write(*[chunk(b"x" * 65536)] * 100, None)
    assert fake.hung_up.wait(SOON)


def test_leaving_what_flows_stops_its_reader(asked):
    """More than is read ahead: the reading thread waits for room when its reader leaves."""

    def flood(_seen):
        yield CHUNKED_HEAD
        while True:
            yield chunk(b"x" * 65536)

    connection, fake = asked(flood)
    with connection.follow(LOG, patience=lambda: SOON) as chunks:
        next(chunks)
        (reader,) = readers()
        time.sleep(0.1)  # it fills its box meanwhile
        del chunks
    until(lambda: not reader.is_alive())
    assert fake.hung_up.wait(SOON)


def test_a_slow_reader_slows_the_sender(asked):
    sent = []

    def flood(_seen):
        yield CHUNKED_HEAD
        for _ in range(1000):
            sent.append(1)
            yield chunk(b"x" * 65536)

    connection, _fake = asked(flood)
    with connection.follow(LOG, patience=lambda: SOON) as chunks:
        next(chunks)
        time.sleep(0.3)
        assert len(sent) < 900, "not all 64 MB were taken in"


def test_leaving_before_anything_was_read_leaves_no_thread(asked, script):
    connection, _fake = asked(script)
    with connection.follow(LOG, patience=lambda: SOON):
        pass
    assert readers() == []


def through(proxy, monkeypatch, **variables):
    """Set the environment's proxy settings, all others taken out."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value or proxy.url)


# Clients are kept by address; one made under a test's proxy must not serve a later fake that gets the same port.
APART = {"tls_server_name": "by-the-environment"}


def test_the_environments_proxy_is_used(serve, monkeypatch):
    proxy = serve(lambda _seen: http({"by": "proxy"}))
    through(proxy, monkeypatch, http_proxy="")
    fake = serve(lambda _seen: http({"by": "server"}))
    assert connect(fake.cluster(**APART), OLIVIA).get(LOG) == {"by": "proxy"}
    assert proxy.seen[0].target == fake.url + "/api/v1/log"


def test_the_environments_exceptions_are_kept(serve, monkeypatch):
    proxy = serve(lambda _seen: http({"by": "proxy"}))
    through(proxy, monkeypatch, http_proxy="", no_proxy="127.0.0.0/8")
    fake = serve(lambda _seen: http({"by": "server"}))
    assert connect(fake.cluster(**APART), OLIVIA).get(LOG) == {"by": "server"}
    assert proxy.connections == 0


def test_a_clusters_own_proxy_goes_before_the_environments(serve, monkeypatch):
    environments = serve(lambda _seen: http({"by": "environment"}))
    through(environments, monkeypatch, http_proxy="")
    own = serve(lambda _seen: http({"by": "own"}))
    assert connect(own.cluster(server="http://api.invalid:6443", proxy_url=own.url), OLIVIA).get(LOG) == {"by": "own"}
    assert environments.connections == 0


@pytest.mark.parametrize("server", ["http://api.invalid:6443", "https://api.invalid:6443"])
def test_a_proxys_password_goes_to_the_proxy(serve, monkeypatch, server):
    proxy = serve(lambda _seen: http(b"", 407, reason="Proxy Authentication Required"))
    through(proxy, monkeypatch)
    url = proxy.url.replace("http://", "http://olivia%40home:pass%3Aword@")
    with pytest.raises(ClusterError) as caught:
        connect(proxy.cluster(server=server, proxy_url=url), OLIVIA).get(LOG)
    expected = base64.b64encode(b"olivia@home:pass:word").decode()
    assert proxy.seen[0].all("Proxy-Authorization") == [f"Basic {expected}"]
    assert "pass" not in str(caught.value)


def test_several_groups_are_not_sent_through_a_proxy_that_would_make_them_one(serve, monkeypatch):
    proxy = serve(lambda _seen: http({"by": "proxy"}))
    through(proxy, monkeypatch)
    someone = Impersonation(BearerToken("porthole"), "alice", ("dev", "ops"))
    with pytest.raises(NoCredentials, match="needs https where a proxy stands between"):
        connect(Cluster(name="far", server="http://api.invalid:6443", proxy_url=proxy.url), someone)
    assert connect(Cluster(name="far", server="https://api.invalid:6443", proxy_url=proxy.url), someone)
    assert proxy.connections == 0


def test_a_tls_servers_token_never_shows_to_the_proxy(serve, monkeypatch):
    proxy = serve(lambda _seen: http(b"", 403, reason="Forbidden"))
    through(proxy, monkeypatch, https_proxy="")
    fake = serve(lambda _seen: http({}))
    with pytest.raises(Unreachable, match="the proxy did not lead there"):
        connect(fake.cluster(server="https://api.invalid:6443"), OLIVIA).get(LOG)
    assert [(seen.method, seen.target) for seen in proxy.seen] == [("CONNECT", "api.invalid:6443")] * len(proxy.seen)
    assert proxy.seen[0].all("Authorization") == []


def dripping_head():
    """A head that never ends, a few bytes at a time."""
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(200):
        yield b"X-%d: y\r\n" % number if number < 60 else b"z"
        time.sleep(0.05)


def test_a_head_that_drips_in_is_not_awaited_to_its_end(asked):
    connection, fake = asked(lambda _seen: dripping_head())
    with pytest.raises(Unreachable, match="took too long"), connection.stream(LOG, read_seconds=0.5):
        raise AssertionError("there was no answer")
    assert len(fake.seen) == 1, "asked once"
    assert fake.hung_up.wait(SOON)
