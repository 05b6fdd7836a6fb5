"""What becomes of answers that are refusals, nonsense, too large, late or missing."""

import gzip
import itertools
import socket
import threading
import time
import tracemalloc

import pytest

from clusters import errors
from clusters.answers import LARGEST_ANSWER, read_at_most
from clusters.connection import connect
from clusters.kinds import PODS
from clusters.models import Cluster
from clusters.names import path
from clusters.wire import AccessReview, Scale, Table
from tests.clusters.fakes import CHUNKED_HEAD, OLIVIA, chunk, chunked, http, status

PODS_OF_SHOP = PODS.path("shop")


def getting(connection):
    connection.get(PODS_OF_SHOP)


def sending(connection):
    connection.send("PUT", PODS_OF_SHOP, {})


def streaming(connection):
    with connection.stream(PODS_OF_SHOP) as chunks:
        list(chunks)


def following(connection):
    with connection.follow(PODS_OF_SHOP, patience=lambda: 1.0) as chunks:
        list(chunks)


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", errors.Invalid),
        (401, "Unauthorized", errors.Unauthorized),
        (403, "Forbidden", errors.Forbidden),
        (404, "NotFound", errors.NotFound),
        (405, "MethodNotAllowed", errors.Failed),
        (406, "NotAcceptable", errors.Failed),
        (409, "AlreadyExists", errors.Conflict),
        (410, "Expired", errors.Gone),
        (415, "UnsupportedMediaType", errors.Invalid),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.TooManyRequests),
        (500, "InternalError", errors.Failed),
        (503, "ServiceUnavailable", errors.Failed),
        (504, "Timeout", errors.Failed),
    ],
)
@pytest.mark.parametrize("ask", [getting, sending, streaming, following])
def test_a_refusal_is_told_in_the_servers_words(asked, code, reason, kind, ask):
    words = f'pods "x" is forbidden: User "olivia" cannot “{reason}”'
    details = {"name": "x", "kind": "pods", "causes": [{"field": "spec.replicas", "message": "no", "reason": "Bad"}]}
    connection, fake = asked(lambda _seen: status(code, reason, words, details=details))
    with pytest.raises(errors.ClusterError) as caught:
        ask(connection)
    error = caught.value
    assert type(error) is kind
    assert (error.message, error.status, error.reason) == (words, code, reason)
    assert error.details["name"] == "x"
    assert error.details["causes"] == [{"field": "spec.replicas", "message": "no", "reason": "Bad"}]
    assert len(fake.seen) == 1, "a refusal is not asked again"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (http(b"404 page not found\n", 404, type="text/plain"), "404 page not found"),
        (http(b"first line\nsecond", 502, type="text/plain"), "first line"),
        (http(b"\x1b[31mred\x1b[0m\x07", 502, type="text/plain"), "[31mred[0m"),
        (http(b"x" * 5000, 502, type="text/plain"), "x" * 300),
        (http(b"<html><script>alert(1)</script>", 502, reason="Bad Gateway"), "HTTP 502 Bad Gateway"),
        (http(b"", 503, reason="Service Unavailable"), "HTTP 503 Service Unavailable"),
        (http(b"\xff\xfe\x00garbage", 500, reason="Oops"), "��garbage"),
        (http(b'{"message": "\xff\xfe"}', 500, reason="Oops"), "HTTP 500 Oops"),
        (http(b'{"a":' * 50_000, 500, reason="Oops"), "HTTP 500 Oops"),
        (http(b"null", 500, reason="Oops"), "null"),
        (http({"message": {"not": "text"}}, 500, reason="Oops"), "HTTP 500 Oops"),
        (http({"error": "not Kubernetes' way"}, 500, reason="Oops"), "HTTP 500"),
        (http({"kind": "Status", "reason": "Expired"}, 500, reason="Oops"), "Expired"),
    ],
)  # fmt: skip
def test_a_refusal_that_is_no_status_is_told_as_well_as_can_be(asked, answer, message):
    connection, _fake = asked(lambda _seen: answer)
    with pytest.raises(errors.Refused) as caught:
        connection.get(PODS_OF_SHOP)
    assert caught.value.message == message
    assert caught.value.status == int(answer.split()[1])


def test_a_huge_refusal_is_not_read_to_its_end(asked):
    connection, fake = asked(lambda _seen: itertools.chain([CHUNKED_HEAD.replace(b"200 OK", b"500 Oops")], endless()))
    with pytest.raises(errors.Failed, match=r"^x{300}$"):
        connection.get(PODS_OF_SHOP)
    assert fake.hung_up.wait(10), "the connection was closed"


def dripping():
    """A byte now and then, without end."""
    while True:
        yield chunk(b"x")
        time.sleep(0.02)


def endless():
    """Chunks without end."""
    return itertools.repeat(chunk(b"x" * 65536))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><title>Sign in</title>",
        b"ok",
        b"[1, 2]",
        b'"ok"',
        b"null",
        b'{"a": 1',
        b'{"kind": "\xff"}',
        b'{"rows": {"a": 1}, "kind": "Table"}',
        b'{"kind": "PodList", "items": []}',
        b'{"kind": "Table", "rows": ' + b"[" * 50_000,
        b'{"kind": "Table", "columnDefinitions": ' + b'{"a":' * 50_000,
        b'{"kind": "Table", "rows": [{"cells": [' + b"[" * 50_000,
    ],
)
def test_a_200_that_is_not_the_table_asked_for_is_an_error(asked, body):
    connection, _fake = asked(lambda _seen: http(body))
    with pytest.raises(errors.Failed) as caught:
        connection.get(PODS_OF_SHOP, type=Table)
    assert caught.value.reason == "NotKubernetes"


@pytest.mark.parametrize("type", [Table, Scale, AccessReview, dict])
def test_a_200_of_another_kind_is_never_taken_for_an_empty_one(asked, type):
    """Nothing is so easily believed as an empty list."""
    body = [] if type is dict else {"kind": "Welcome", "version": "1.0"}
    connection, _fake = asked(lambda _seen: http(body))
    with pytest.raises(errors.Failed) as caught:
        connection.get(PODS_OF_SHOP, type=type)
    assert caught.value.reason == "NotKubernetes"


def test_an_answer_that_is_too_large_is_left(asked):
    connection, fake = asked(lambda _seen: itertools.chain([CHUNKED_HEAD], endless()))
    with pytest.raises(errors.Failed, match="larger than 8 MiB") as caught:
        connection.get(PODS_OF_SHOP)
    assert caught.value.reason == "TooLarge"
    assert fake.hung_up.wait(10), "the connection was closed"


def test_a_small_answer_that_unpacks_to_a_huge_one_is_left(asked):
    bomb = gzip.compress(bytes(4 * LARGEST_ANSWER), 1)
    assert len(bomb) < 1024 * 1024
    connection, _fake = asked(lambda _seen: http(bomb, headers=("Content-Encoding: gzip",)))
    tracemalloc.start()
    try:
        with pytest.raises(errors.Failed, match="larger than 8 MiB"):
            connection.get(PODS_OF_SHOP)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * LARGEST_ANSWER, "it was not unpacked whole"


def test_a_packed_answer_is_unpacked(asked):
    connection, _fake = asked(lambda _seen: http(gzip.compress(b'{"a": 1}'), headers=("Content-Encoding: gzip",)))
    assert connection.get(PODS_OF_SHOP) == {"a": 1}


def test_an_answer_that_cannot_be_unpacked_is_an_error(asked):
    connection, _fake = asked(lambda _seen: http(b'{"a": 1}', headers=("Content-Encoding: gzip",)))
    with pytest.raises(errors.Unreachable):
        connection.get(PODS_OF_SHOP)


@pytest.mark.parametrize("whole", [http(b'{"a": 1}').replace(b"Length: 8", b"Length: 80"), CHUNKED_HEAD + b'8\r\n{"a"'])
def test_an_answer_that_breaks_off_is_an_error(asked, whole):
    def half(_seen):
        yield whole
        raise OSError("hang up")

    connection, _fake = asked(half)
    with pytest.raises(errors.Unreachable, match="broke off"):
        connection.get(PODS_OF_SHOP)


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_a_server_that_does_not_speak_http_is_an_error(asked, garbage):
    def speak(_seen):
        yield garbage
        raise OSError("hang up")

    connection, _fake = asked(speak)
    with pytest.raises(errors.Unreachable, match=r"Fake \(http://127.0.0.1:\d+\) could not be reached: it broke off"):
        connection.get(PODS_OF_SHOP)


def closing_kept_connections():
    """Answer the first request of each connection, hang up on the second."""
    used = set()

    def handler(seen):
        if seen.connection in used:
            return None
        used.add(seen.connection)
        return http({"connection": seen.connection})

    return handler


def test_a_read_is_asked_once_more_when_a_kept_connection_was_closed(asked):
    connection, fake = asked(closing_kept_connections())
    assert connection.get(path("x")) == {"connection": 1}
    assert connection.get(path("x")) == {"connection": 2}
    assert [seen.connection for seen in fake.seen] == [1, 1, 2]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_is_never_asked_again(asked, method):
    connection, fake = asked(closing_kept_connections())
    connection.get(path("x"))
    with pytest.raises(errors.Unreachable, match="broke off"):
        connection.send(method, path("x"), {})
    assert [seen.method for seen in fake.seen] == ["GET", method]


def test_a_read_is_asked_twice_at_most(asked):
    connection, fake = asked(lambda _seen: None)
    with pytest.raises(errors.Unreachable):
        connection.get(path("x"))
    assert len(fake.seen) == 2


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_refusal_that_says_when_to_come_back_is_not_retried_either(asked, code):
    answer = http({"kind": "Status", "message": "later"}, code, headers=("Retry-After: 1",))
    connection, fake = asked(lambda _seen: answer)
    with pytest.raises(errors.Refused, match="later"):
        connection.get(path("x"))
    with pytest.raises(errors.Refused, match="later"):
        connection.send("POST", path("x"), {})
    assert len(fake.seen) == 2


def test_a_server_that_does_not_answer_is_given_up(asked):
    never = threading.Event()

    def wait(_seen):
        never.wait(10)

    connection, fake = asked(wait)
    try:
        with (
            pytest.raises(errors.Unreachable, match="took too long to answer") as caught,
            connection.stream(path("x"), read_seconds=0.2),
        ):
            pass
    finally:
        never.set()
    assert (caught.value.status, caught.value.reason, len(fake.seen)) == (0, "ReadTimeoutError", 1)


def test_a_server_that_takes_no_connection_is_given_up():
    """A listener whose queue is full does not answer a new caller at all, as behind a firewall."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filling in (first, second):
            filling.setblocking(False)
            filling.connect_ex(listener.getsockname())
        cluster = Cluster(name="c", title="C", server=f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(errors.Unreachable, match="it took too long to answer"):
            connect(cluster, OLIVIA).get(path("x"))


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    cluster = Cluster(name="c", title="Home", server=f"http://127.0.0.1:{port}")
    with pytest.raises(errors.Unreachable) as caught:
        connect(cluster, OLIVIA).get(path("x"))
    assert (
        caught.value.message == f"Home (http://127.0.0.1:{port}) could not be reached: nothing answers at its address."
    )


def test_a_name_that_nobody_knows():
    cluster = Cluster(name="c", title="Home", server="http://nowhere.invalid:6443")
    with pytest.raises(errors.Unreachable, match="its name is not known"):
        connect(cluster, OLIVIA).get(path("x"))


def test_no_message_holds_the_token(asked):
    connection, _fake = asked(lambda _seen: None)
    with pytest.raises(errors.Unreachable) as caught:
        connection.get(path("x"))
    assert "olivia-token" not in str(caught.value) + repr(caught.value) + repr(connection)


def test_a_stream_that_ends_well_has_everything(asked):
    connection, _fake = asked(lambda _seen: chunked(b"a", b"bc", b"d" * 100_000))
    with connection.stream(path("x")) as chunks:
        assert b"".join(chunks) == b"abc" + b"d" * 100_000


def test_an_answer_that_drips_in_for_too_long_is_left(asked):
    """Each part comes soon enough; it is the whole that never ends."""
    connection, fake = asked(lambda _seen: itertools.chain([CHUNKED_HEAD], dripping()))
    answer = connection.client.call_api("GET", f"{connection.client.configuration.host}{PODS_OF_SHOP}").response
    with pytest.raises(errors.Failed, match="did not end within 0 seconds") as caught:
        read_at_most(answer, LARGEST_ANSWER, seconds=0.2)
    assert caught.value.reason == "TooSlow"
    assert fake.hung_up.wait(10), "the connection was closed"


def test_a_stream_that_drips_past_its_time_is_left(asked):
    connection, fake = asked(lambda _seen: itertools.chain([CHUNKED_HEAD], dripping()))
    with (
        pytest.raises(errors.Failed, match="did not end within 0 seconds"),
        connection.stream(path("x"), total_seconds=0.2) as chunks,
    ):
        for _chunk in chunks:
            pass
    assert fake.hung_up.wait(10), "the connection was closed"


def test_a_refusal_whose_words_drip_in_is_told_without_waiting_for_all(asked):
    head = CHUNKED_HEAD.replace(b"200 OK", b"403 Forbidden")
    connection, fake = asked(lambda _seen: itertools.chain([head], dripping()))
    with pytest.raises(errors.Forbidden, match=r"^x+$"):
        connection.get(PODS_OF_SHOP)
    assert fake.hung_up.wait(10), "the connection was closed"


def test_all_that_is_asked_of_a_slow_server_has_one_end(asked):
    """Each answer alone would be soon enough."""
    _connection, fake = asked(lambda _seen: itertools.chain([CHUNKED_HEAD], dripping()))
    connection = connect(fake.cluster(), OLIVIA, seconds=0.5)
    for _ in range(3):
        with pytest.raises(errors.Failed) as caught:
            connection.get(PODS_OF_SHOP)
        assert caught.value.reason == "TooSlow"
    with pytest.raises(errors.Failed), connection.stream(PODS_OF_SHOP):
        raise AssertionError("nothing is asked any more")
    assert len(fake.seen) == 1
    with connection.lasting().stream(PODS_OF_SHOP) as chunks:
        assert next(chunks) == b"x"
