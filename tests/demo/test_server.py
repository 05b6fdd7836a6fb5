"""The HTTP side: sockets, keep-alive, streams, and an end without leftovers."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest

from clusters.demo.server import serve, serving
from clusters.demo.world.clock import ManualClock, RealClock

OLIVIA = {"Authorization": "Bearer olivia-token"}


@pytest.fixture(scope="module")
def handle():
    with serving(clock=RealClock(speed=20.0)) as found:
        yield found


def connection(handle):
    return http.client.HTTPConnection(urlsplit(handle.url).netloc, timeout=20)


def test_one_connection_serves_many_requests(handle):
    client = connection(handle)
    sockets = set()
    for path in ("/version", "/api/v1/namespaces/shop/pods", "/nowhere", "/api/v1/namespaces/shop/pods/absent"):
        client.request("GET", path, headers=OLIVIA)
        reply = client.getresponse()
        assert int(reply.headers["Content-Length"]) == len(reply.read())
        sockets.add(client.sock)
    assert len(sockets) == 1
    client.close()


def test_a_head_has_no_body(handle):
    client = connection(handle)
    client.request("HEAD", "/version", headers=OLIVIA)
    reply = client.getresponse()
    assert (reply.status, reply.read()) == (200, b"")
    client.request("GET", "/version", headers=OLIVIA)
    assert client.getresponse().status == 200
    client.close()


def test_a_body_too_large_is_not_read(handle):
    client = connection(handle)
    client.putrequest("POST", "/api/v1/namespaces/shop/configmaps")
    client.putheader("Authorization", "Bearer olivia-token")
    client.putheader("Content-Length", str(4 * 1024 * 1024))
    client.endheaders()
    assert client.getresponse().status == 413
    client.close()


def test_only_loopback_is_listened_on(handle):
    assert handle.url.startswith("http://127.0.0.1:")
    assert handle.server.server_address[0] == "127.0.0.1"


def test_closing_ends_streams_and_threads():
    threads = set(threading.enumerate())
    handle = serve(clock=RealClock(speed=20.0))
    clients = [connection(handle) for _ in range(2)]
    paths = ("/api/v1/namespaces/empty/secrets?watch=true", "/api/v1/namespaces/shop/pods/database-0/log?follow=true")
    replies = []
    for client, path in zip(clients, paths, strict=True):
        client.request("GET", path, headers=OLIVIA)
        replies.append(client.getresponse())
    assert [reply.status for reply in replies] == [200, 200]
    handle.close()
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) - threads:
        assert time.monotonic() < deadline, threading.enumerate()
        time.sleep(0.02)
    for client in clients:
        client.close()
    with pytest.raises(ConnectionRefusedError):
        connection(handle).connect()


def test_a_watch_that_its_client_left_is_given_up():
    threads = set(threading.enumerate())
    with serving(clock=RealClock(speed=20.0)) as handle:
        own = threads | set(handle.threads)
        client = connection(handle)
        client.request("GET", "/api/v1/namespaces/empty/secrets?watch=true", headers=OLIVIA)
        reply = client.getresponse()
        assert set(threading.enumerate()) - own
        reply.close()
        client.close()
        deadline = time.monotonic() + 10
        while set(threading.enumerate()) - own:
            assert time.monotonic() < deadline, threading.enumerate()
            time.sleep(0.02)


def test_a_watch_moves_with_a_clock_turned_by_hand():
    with serving(clock=ManualClock()) as handle:
        client = connection(handle)
        client.request("GET", "/api/v1/namespaces/shop/pods", headers=OLIVIA)
        version = json.loads(client.getresponse().read())["metadata"]["resourceVersion"]
        url = f"/api/v1/namespaces/shop/pods?watch=true&resourceVersion={version}"
        client.request("GET", url, headers=OLIVIA)
        reply = client.getresponse()
        handle.world.advance(400)
        assert json.loads(reply.readline())["type"] in ("ADDED", "MODIFIED")
        reply.close()
        client.close()


def test_the_command_serves_until_it_is_told_to_stop():
    command = [sys.executable, "-m", "clusters.demo", "--port", "0", "--pods", "50", "--trials"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().rpartition(" ")[2].strip()
            client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
            client.request("GET", "/api/v1/namespaces/load/pods?limit=1", headers=OLIVIA)
            assert json.loads(client.getresponse().read())["metadata"]["remainingItemCount"] == 49
            client.close()
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
