"""gunicorn's worker as Porthole bounds it, in a process of its own with two threads."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dashboard.worker import BODY_BYTES, HEAD_BYTES, Worker

THREADS = 2
LARGE = 64 << 20
COMMAND = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--threads", str(THREADS), "--no-control-socket"]


class Hasty(Worker):
    """The same, for people with less patience."""

    read_seconds = 1.0
    send_seconds = 1


def application(environ, start_response):
    """Answer with the length of the body, with the process, or with much; refuse bodies as Porthole does."""
    length = len(environ["wsgi.input"].read())
    if int(environ.get("CONTENT_LENGTH") or 0) > BODY_BYTES:
        start_response("413 Content Too Large", [])
        return [f"{length} bytes read".encode()]
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/large":
        return [b"x" * LARGE]
    return [f"{os.getpid() if environ['PATH_INFO'] == '/process' else length}".encode()]


@contextmanager
def serving(folder: Path, worker: str, *before: str) -> Iterator[tuple[str, int]]:
    """Where a worker of that class listens; ``before`` begins its command. Raises AssertionError where it fails."""
    log = folder / "log"
    root = Path(__file__).parent.parent.parent
    command = [*before, *COMMAND, "--worker-class", worker, "tests.dashboard.test_worker:application"]
    with log.open("wb") as file:
        server = subprocess.Popen(command, cwd=root, env=os.environ.copy(), stderr=file)
    try:
        while "Listening at: http://" not in log.read_text():
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
        host, port = log.read_text().partition("Listening at: http://")[2].split()[0].split(":")
        yield host, int(port)
    finally:
        server.terminate()
        server.wait()
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Where it listens."""
    with serving(tmp_path_factory.mktemp("worker"), "tests.dashboard.test_worker.Hasty") as found:
        yield found


def asked(place: tuple[str, int], body: bytes = b"", method: str = "POST", path: str = "/") -> tuple[int, bytes]:
    """The answer to a whole request."""
    connection = http.client.HTTPConnection(*place, timeout=20)
    connection.request(method, path, body)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def test_requests_with_and_without_a_body_are_answered(place):
    assert asked(place, method="GET") == (200, b"0")
    assert asked(place, b"a" * BODY_BYTES) == (200, str(BODY_BYTES).encode())


def test_a_connection_serves_one_request_after_another(place):
    connection = http.client.HTTPConnection(*place, timeout=20)
    for body in (b"", b"abc", b"", b"a" * 5000):
        connection.request("POST", "/", body)
        assert connection.getresponse().read() == str(len(body)).encode()
    connection.close()


def test_the_longest_body_after_the_longest_head_is_taken(place):
    head = {f"X-{number}": "a" * 8000 for number in range(HEAD_BYTES // 8192)}
    connection = http.client.HTTPConnection(*place, timeout=20)
    for _each in range(2):
        connection.request("POST", "/", b"a" * BODY_BYTES, head)
        assert connection.getresponse().read() == str(BODY_BYTES).encode()
    connection.close()


def test_a_body_that_is_too_long_is_refused_before_it_comes(place):
    with ExitStack() as stack:
        halves = [stack.enter_context(socket.create_connection(place, timeout=20)) for _each in range(2 * THREADS)]
        for half in halves:
            half.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\na=" % (BODY_BYTES + 1))
        for half in halves:
            with half.makefile("rb") as reader:
                answer = reader.read()
            assert answer.startswith(b"HTTP/1.1 413 ")
            assert b"Connection: close" in answer
            assert b"0 bytes read" in answer


CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("beginning", "rest", "status"),
    [
        (CHUNKED + b"%x\r\n" % (4 * BODY_BYTES), b"a", b"413"),
        (CHUNKED, b"1\r\na\r\n", b"413"),
        (CHUNKED + b"0\r\n", b"X-A: a\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-A: %b\r\n" % (b"a" * 8000), b"431"),
    ],
    ids=["one chunk", "many chunks", "trailers", "head"],
)
def test_what_says_no_length_is_read_so_far_and_no_further(place, beginning, rest, status):
    with socket.create_connection(place, timeout=20) as client:
        client.sendall(beginning + rest * (2 * BODY_BYTES // len(rest)))
        with client.makefile("rb") as reader:
            assert reader.readline().startswith(b"HTTP/1.1 %b " % status)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\na=",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_half_a_request_does_not_keep_others_out(place, beginning):
    with ExitStack() as stack:
        halves = [stack.enter_context(socket.create_connection(place, timeout=20)) for _each in range(2 * THREADS)]
        for half in halves:
            half.sendall(beginning)
        assert asked(place, b"abc") == (200, b"3")
        if beginning:
            # Each is let go without an answer of a view, and not kept until its client goes.
            assert {half.recv(65536).partition(b"\r\n")[0] for half in halves} <= {b"", b"HTTP/1.1 400 Bad Request"}


def test_a_client_that_takes_nothing_does_not_keep_others_out(place):
    with ExitStack() as stack:
        for _each in range(2 * THREADS):
            idle = stack.enter_context(socket.socket())
            idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            idle.connect(place)
            idle.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked(place, b"abc") == (200, b"3")


def test_a_client_that_takes_its_time_gets_it_all(place):
    connection = http.client.HTTPConnection(*place, timeout=20)
    connection.request("GET", "/large")
    response = connection.getresponse()
    time.sleep(0.3)
    assert len(response.read()) == LARGE
    connection.close()


def test_clients_that_were_answered_and_do_not_go_do_not_keep_others_out(place):
    with ExitStack() as stack:
        for _each in range(16):
            idle = stack.enter_context(socket.create_connection(place, timeout=20))
            idle.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            with idle.makefile("rb") as reader:
                assert reader.read().endswith(b"\r\n0\r\n\r\n"), "the whole answer, and its end"
        assert asked(place, b"abc") == (200, b"3")


def test_who_still_sends_gets_the_answer_whole(place):
    with socket.create_connection(place, timeout=20) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (8 * BODY_BYTES))
        for _each in range(8):
            client.sendall(b"a" * BODY_BYTES)
        with client.makefile("rb") as reader:
            assert reader.readline().startswith(b"HTTP/1.1 413 ")
            assert b"0 bytes read" in reader.read()
