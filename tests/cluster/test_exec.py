"""Commands in containers, over a websocket as kubectl does it (v5.channel.k8s.io: the first octet is the channel)."""

import json
import ssl
from urllib.parse import urlencode

import pytest
import websocket

from tests.cluster.bed import Bed

pytestmark = pytest.mark.cluster

STDOUT, STDERR, STATUS = 1, 2, 3


def execute(bed: Bed, pod: str, *command: str, token: str = "") -> dict[int, bytes]:
    """What each channel held when the command in this pod (``namespace/name``) had ended."""
    namespace, _, name = pod.partition("/")
    query = [("stdout", "1"), ("stderr", "1"), *(("command", word) for word in command)]
    url = f"{bed.server.replace('https', 'wss')}/api/v1/namespaces/{namespace}/pods/{name}/exec?{urlencode(query)}"
    context = ssl.create_default_context(cadata=bed.certificate_authority)
    connection = websocket.create_connection(
        url,
        subprotocols=["v5.channel.k8s.io"],
        header={"Authorization": f"Bearer {token or bed.tokens['olivia']}"},
        sslopt={"context": context},
        timeout=30,
        http_no_proxy=["127.0.0.1"],
    )
    channels: dict[int, bytes] = {}
    try:
        while STATUS not in channels:
            opcode, data = connection.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            channels[data[0]] = channels.get(data[0], b"") + data[1:]
    finally:
        connection.close()
    return channels


def test_a_command_runs_in_a_simulated_container(bed):
    channels = execute(bed, "monitoring/talker", "sh", "-c", "echo out; echo err >&2")
    assert (channels[STDOUT], channels[STDERR]) == (b"out\n", b"err\n")
    assert json.loads(channels[STATUS])["status"] == "Success"


def test_the_exit_code_of_a_command_comes_back(real_node):
    failure = json.loads(execute(real_node, "real/talking", "sh", "-c", "exit 7")[STATUS])
    assert (failure["status"], failure["reason"]) == ("Failure", "NonZeroExitCode")
    assert failure["details"]["causes"] == [{"reason": "ExitCode", "message": "7"}]


def test_nobody_executes_without_leave(bed):
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        execute(bed, "monitoring/talker", "true", token=bed.tokens["victor"])
    assert caught.value.status_code == 403


def test_a_command_runs_in_a_real_container(real_node):
    channels = execute(real_node, "real/talking", "hostname")
    assert channels[STDOUT] == b"talking\n"
    served = execute(real_node, "real/talking", "cat", "/www/index.html")
    assert served[STDOUT] == b"hello from a real container\n"
