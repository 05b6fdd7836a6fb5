"""Websockets through the door: what exec, attach and port-forward stand on, seen from the other end of the wire."""

import hashlib
import socket
from base64 import b64encode

import pytest
from wsproto.connection import Connection as Frames
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from clusters import connection as door
from clusters.connection import USER_AGENT, connect
from clusters.credentials import BearerToken, ClientCertificate, Impersonation, Renewed
from clusters.errors import BadName, Failed, Forbidden, NoCredentials, Unreachable, Untrusted
from clusters.kinds import PODS
from clusters.names import path
from tests.cluster import certificates
from tests.clusters.fakes import OLIVIA, SOON, http, serving, status, until
from tests.clusters.test_connection_tls import ANOTHER_CA, CA, person, server_context

EXEC = [("command", "echo"), ("command", "a b"), ("stdout", "1")]


def welcome(seen, protocol="v5.channel.k8s.io", **more):
    """The head of an answer that agrees (RFC 6455 section 4.2.2)."""
    (key,) = seen.all("Sec-WebSocket-Key")
    accept = b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": accept,
        "Sec-WebSocket-Protocol": protocol,
    } | more
    lines = ["HTTP/1.1 101 Switching Protocols", *(f"{name}: {value}" for name, value in headers.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


class Other:
    """The other end of a websocket, after its handshake."""

    def __init__(self, *greeting):
        self.greeting = greeting
        self.events = []
        self.frames = Frames(ConnectionType.SERVER)

    def __call__(self, seen):
        head = welcome(seen)

        def speak(stream: socket.socket):
            # In one piece: the client reads frames along with the head.
            stream.sendall(head + b"".join(self.frames.send(event) for event in self.greeting))
            while data := stream.recv(65536):
                self.frames.receive_data(data)
                for event in self.frames.events():
                    self.events.append(event)
                    if isinstance(event, BytesMessage) and event.data.startswith(b"say "):
                        stream.sendall(self.frames.send(BytesMessage(event.data[4:])))
                    if isinstance(event, CloseConnection) and self.frames.state is ConnectionState.REMOTE_CLOSING:
                        stream.sendall(self.frames.send(event.response()))

        return speak


def opened(fake, credentials=OLIVIA, **fields):
    return connect(fake.cluster(**fields), credentials).websocket(PODS.path("shop", "x", "exec"), EXEC)


def test_messages_go_both_ways(serve):
    other = Other()
    fake = serve(other)
    with opened(fake) as there:
        assert there.subprotocol == "v5.channel.k8s.io"
        there.send(b"say \x01hello")
        assert there.receive(SOON) == b"\x01hello"
        assert there.receive(0.01) is None
        there.send(b"say \x01again")
        assert there.receive(SOON) == b"\x01again"
    assert fake.hung_up.wait(SOON), "the connection is closed with the block"
    assert [type(event) for event in other.events] == [BytesMessage, BytesMessage, CloseConnection]
    (seen,) = fake.seen
    assert (seen.method, seen.target) == (
        "GET", "/api/v1/namespaces/shop/pods/x/exec?command=echo&command=a%20b&stdout=1",
    )  # fmt: skip
    assert seen.all("Upgrade") == ["websocket"]
    assert seen.all("Connection") == ["Upgrade"]
    assert seen.all("Sec-WebSocket-Version") == ["13"]
    assert seen.all("Sec-WebSocket-Protocol") == ["v5.channel.k8s.io"]
    assert seen.all("User-Agent") == [USER_AGENT]


def test_what_comes_right_behind_the_head_is_not_lost(serve):
    fake = serve(
        Other(BytesMessage(b"\x01first"), BytesMessage(b"\x01sec", message_finished=False), BytesMessage(b"ond"))
    )
    with opened(fake) as there:
        assert [there.receive(SOON), there.receive(SOON)] == [b"\x01first", b"\x01second"]


def test_under_tls_too(serve, tmp_path):
    fake = serve(Other(BytesMessage(b"\x01first")), server_context(tmp_path))
    with opened(fake, certificate_authority=CA.certificate) as there:
        assert there.receive(SOON) == b"\x01first"
        there.send(b"say \x01hello")
        assert there.receive(SOON) == b"\x01hello"
        assert there.receive(0.01) is None


def test_pings_are_answered_and_text_and_empty_messages_are_taken(serve):
    other = Other(Ping(b"are you there"), BytesMessage(b""), TextMessage("é"), BytesMessage(b"x"))
    fake = serve(other)
    with opened(fake) as there:
        assert [there.receive(SOON), there.receive(SOON)] == ["é".encode(), b"x"]
        until(lambda: other.events)
    assert other.events[0] == Pong(b"are you there")


def test_the_other_end_may_close(serve):
    fake = serve(Other(BytesMessage(b"bye"), CloseConnection(code=1000)))
    with opened(fake) as there:
        assert [there.receive(SOON) for _ in range(3)] == [b"bye", b"", b""]
        assert there.closed
        with pytest.raises(Unreachable, match="closed"):
            there.send(b"x")


def test_the_other_end_may_vanish(serve):
    fake = serve(lambda seen: lambda stream: stream.sendall(welcome(seen)))
    with pytest.raises(Unreachable, match="broke off"), opened(fake) as there:
        there.receive(SOON)


def test_what_is_no_frame_is_an_error(serve):
    fake = serve(lambda seen: lambda stream: (stream.sendall(welcome(seen) + b"\xff" * 64), stream.recv(1))[0])
    with pytest.raises(Failed, match="not what an API server would say"), opened(fake) as there:
        there.receive(SOON)


def test_a_message_has_a_measure(serve):
    part = BytesMessage(b"x" * 2**20, message_finished=False)

    def speak(seen):
        frames = Frames(ConnectionType.SERVER)

        def write(stream):
            stream.sendall(welcome(seen))
            for _ in range(9):
                stream.sendall(frames.send(part))

        return write

    fake = serve(speak)
    with pytest.raises(Failed, match="larger than 8 MiB"), opened(fake) as there:
        there.receive(SOON)


def test_check_24_an_impersonated_person_is_named_on_a_websocket_too(serve):
    """Trap 3: the Kubernetes client's own stream helper leaves these headers out, and the dashboard acts as itself."""

    def handle(seen):
        return Other()(seen)

    fake = serve(handle)
    alice = Impersonation(BearerToken("porthole"), "山田", ("dev", "ops,all"), "u-1", {"scopes": ("a", "b")})
    for verb in ("exec", "attach", "portforward"):
        with connect(fake.cluster(), alice).websocket(PODS.path("shop", "x", verb)):
            pass
    assert len(fake.seen) == 3
    for seen in fake.seen:
        assert seen.all("Authorization") == ["Bearer porthole"]
        assert seen.all("Impersonate-User") == ["山田"]
        assert seen.all("Impersonate-Group") == ["dev", "ops,all"]
        assert seen.all("Impersonate-Uid") == ["u-1"]
        assert seen.all("Impersonate-Extra-scopes") == ["a", "b"]


@pytest.mark.parametrize(
    "credentials",
    [
        Impersonation(OLIVIA, "system:admin"),
        Impersonation(OLIVIA, "alice", ("system:masters",)),
        BearerToken(""),
        BearerToken("a\r\nImpersonate-User: b"),
        ClientCertificate("", ""),
        Renewed(lambda: None),
    ],
)
def test_credentials_that_cannot_be_sent_open_nothing(serve, credentials):
    fake = serve(Other())
    with pytest.raises(NoCredentials), opened(fake, credentials):
        pass
    assert fake.connections == 0


def test_an_illegal_name_opens_nothing(serve):
    fake = serve(Other())
    with pytest.raises(BadName), connect(fake.cluster(), OLIVIA).websocket(PODS.path("shop", "..", "exec")):
        pass
    with pytest.raises(TypeError), connect(fake.cluster(), OLIVIA).websocket("/api/v1/pods"):
        pass
    assert fake.connections == 0


def test_a_refusal_is_told_in_the_servers_words(serve):
    fake = serve(lambda _seen: status(403, "Forbidden", 'pods "x" is forbidden: User "victor" cannot create pods/exec'))
    with pytest.raises(Forbidden, match='User "victor" cannot create pods/exec'), opened(fake):
        pass
    assert len(fake.seen) == 1


def test_a_redirect_is_not_followed(serve):
    elsewhere = serve(Other())
    fake = serve(lambda _seen: http(b"", 302, headers=(f"Location: {elsewhere.url}/exec",)))
    with pytest.raises(Failed, match="302"), opened(fake):
        pass
    assert (len(fake.seen), elsewhere.connections) == (1, 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"Sec-WebSocket-Accept": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"Sec-WebSocket-Accept": ""},
        {"Upgrade": "h2c"},
        {"Connection": "close"},
        {"protocol": "v1.channel.k8s.io"},
        {"protocol": ""},
    ],
)
def test_an_answer_that_agrees_to_something_else_is_refused(serve, changed):
    fake = serve(lambda seen: lambda stream: stream.sendall(welcome(seen, **changed)))
    with pytest.raises(Failed, match=r"opens no websocket of v5\.channel\.k8s\.io"), opened(fake):
        pass


def test_an_answer_that_opens_nothing_is_refused(serve):
    fake = serve(lambda _seen: http({"kind": "Pod"}))
    with pytest.raises(Failed), opened(fake):
        pass


def test_a_command_is_never_begun_twice(serve):
    """A server that closes a kept connection is asked again for what is only read, but not for this."""
    answers = [http({}), None, http({})]
    fake = serve(lambda _seen: answers.pop(0))
    connect(fake.cluster(), OLIVIA).get(path("x"))
    with pytest.raises(Unreachable, match="broke off"), opened(fake):
        pass
    assert len(fake.seen) == 2


def test_an_unknown_authority_is_sent_nothing(serve, tmp_path):
    fake = serve(Other(), server_context(tmp_path))
    for fields in ({}, {"certificate_authority": ANOTHER_CA.certificate}):
        with pytest.raises(Untrusted), opened(fake, **fields):
            pass
    named = serve(Other(), server_context(tmp_path, certificates.issue(CA, "x", hosts=["api.example.com"])))
    with pytest.raises(Untrusted), opened(named, certificate_authority=CA.certificate):
        pass
    assert (fake.seen, named.seen) == ([], [])


def test_a_client_certificate_opens_one_too(serve, tmp_path):
    fake = serve(Other(BytesMessage(b"x")), server_context(tmp_path, clients=CA))
    with opened(fake, person("olivia"), certificate_authority=CA.certificate) as there:
        assert there.receive(SOON) == b"x"
    subject = dict(part[0] for part in fake.seen[0].peer_certificate["subject"])
    assert subject["commonName"] == "olivia"


def test_a_websocket_ends_with_the_process():
    with serving(Other()) as fake, opened(fake) as there:
        door.hang_up()
        with pytest.raises(Unreachable, match="broke off"):
            there.receive(SOON)


def test_the_connection_is_not_used_again(serve):
    """A frame on a connection that others share would be read as their answer."""

    def handle(seen):
        return Other()(seen) if seen.all("Upgrade") else http({})

    fake = serve(handle)
    with opened(fake):
        pass
    connect(fake.cluster(), OLIVIA).get(path("x"))
    assert [seen.connection for seen in fake.seen] == [1, 2]
