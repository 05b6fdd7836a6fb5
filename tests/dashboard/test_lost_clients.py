"""Clients whose connections fail under gunicorn's worker as Porthole bounds it: it goes on, and so do all others."""

import ctypes
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dashboard.worker import Worker
from tests.dashboard.test_worker import asked, serving

PATIENCE = 20.0
CLOSING = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
KEEPING = CLOSING.replace(b"close", b"keep-alive")
DESCRIPTORS = 64
ATTACH_FILTER = 26  # SO_ATTACH_FILTER of socket(7), which Python does not name
# Of the kernel's classic filters: segments with more than their 60 bytes of header are dropped before TCP sees them.
NOTHING_BUT_HEADERS = ((0x80, 0, 0, 0), (0x25, 0, 1, 60), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))


class Forgetful(Worker):
    """The same, that gives up soon on whoever acknowledges nothing, and late on whoever says nothing."""

    send_seconds = 1


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Where it listens."""
    with serving(tmp_path, "tests.dashboard.test_lost_clients.Forgetful") as found:
        yield found


def lose(client: socket.socket) -> None:
    """Let nothing that the server says arrive or be acknowledged any more, as where a phone has lost its network."""
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in NOTHING_BUT_HEADERS))
    filters = struct.pack("HP", len(NOTHING_BUT_HEADERS), ctypes.addressof(program))
    client.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, filters)


def wait_for_end(client: socket.socket) -> None:
    """Send until the server's system says that it knows no such connection."""
    end = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end:
            client.send(b"a")
            time.sleep(0.05)
    except ConnectionError:
        return
    pytest.fail("the server kept the connection")


@pytest.mark.parametrize("head", [CLOSING, KEEPING])
def test_a_client_that_gets_out_of_reach_takes_nobody_along(place, head):
    process = asked(place, path="/process")
    with socket.create_connection(place, timeout=20) as client:
        lose(client)
        client.sendall(head)
        wait_for_end(client)
    assert asked(place, path="/process") == process


def test_more_clients_than_there_are_descriptors_are_served_later(tmp_path):
    with (
        serving(tmp_path, "dashboard.worker.Worker", "prlimit", f"--nofile={DESCRIPTORS}") as place,
        ExitStack() as stack,
    ):
        process = asked(place, path="/process")
        for _each in range(DESCRIPTORS):
            stack.enter_context(socket.create_connection(place, timeout=20))
        end = time.monotonic() + PATIENCE
        while "No room for another connection" not in (tmp_path / "log").read_text():
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.05)
        stack.close()
        assert asked(place, path="/process") == process
