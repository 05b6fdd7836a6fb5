"""Porthole as a process: it stops at once and quietly, and says in a sentence why it does not start."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from clusters.demo.server import serving
from tests.prepared import prepare

ROOT = Path(__file__).resolve().parents[2]
KUBECONFIG = """
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
clusters: [{name: nowhere, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: nobody, user: {token: not-a-token}}]
"""


def environment(folder, **more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PORT": "0", "PORTHOLE_STATE": str(folder), **more}


@contextlib.contextmanager
def started(folder, *command, **more):
    """``manage.py command …`` and its output; killed at the end if it still runs. ``demo`` starts with nothing."""
    if command[0] == "serve":
        prepare(folder)
    with subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def port_of(process):
    """The port of the address that is printed."""
    line = process.stdout.readline()
    return urlsplit(re.search(r"http://\S+", line)[0]).port


def sign_in(port):
    """The cookies of somebody who signed in by the demo's form."""
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    connection.request("GET", "/signin/")
    answer = connection.getresponse()
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', answer.read())[1].decode()
    jar = SimpleCookie("; ".join(answer.msg.get_all("Set-Cookie")))
    body = urlencode({"csrfmiddlewaretoken": token, "person": "olivia"})
    headers = {"Cookie": cookies(jar), "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/signin/demo/", body, headers)
    answer = connection.getresponse()
    assert answer.status == 302, answer.read()
    jar.load("; ".join(answer.msg.get_all("Set-Cookie")))
    connection.close()
    return cookies(jar)


def cookies(jar):
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


@contextlib.contextmanager
def open_stream(port, path, cookie):
    """A live page's stream, of which the first event has come."""
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Cookie": cookie})
        with connection.getresponse() as answer:
            assert answer.status == 200, answer.read()
            assert answer.readline().startswith(b"event: beat")
            yield answer


STREAMS = ["shop/deployments.apps/cart/?watch=1", "monitoring/pods/talker/logs/?container=talker&follow=start"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "one process"])
def test_open_streams_do_not_hold_up_the_end(tmp_path, number, whole_group):
    with (
        serving(trials=True) as cluster,
        started(tmp_path, "serve", PORTHOLE_WAYS="demo", PORTHOLE_DEMO_SERVER=cluster.url) as process,
    ):
        port = port_of(process)
        cookie = sign_in(port)
        with (
            open_stream(port, f"/c/demo/{STREAMS[0]}", cookie) as first,
            open_stream(port, f"/c/demo/{STREAMS[1]}", cookie) as second,
        ):
            (os.killpg if whole_group else os.kill)(process.pid, number)
            assert process.wait(timeout=20) == 0
            assert process.stdout.read() == "Stopped.\n"
            # gunicorn kills what does not end within five seconds: reading what was cut off would fail. And a page that
            # is told of an end would not come back.
            assert b"event: end" not in first.read() + second.read()


def test_a_reload_ends_the_streams_of_the_former_worker_and_serves_on(tmp_path):
    with (
        serving(trials=True) as cluster,
        started(tmp_path, "serve", PORTHOLE_WAYS="demo", PORTHOLE_DEMO_SERVER=cluster.url) as process,
    ):
        port = port_of(process)
        cookie = sign_in(port)
        with open_stream(port, f"/c/demo/{STREAMS[0]}", cookie) as former:
            process.send_signal(signal.SIGHUP)
            assert port_of(process) == port
            former.read()
        with open_stream(port, f"/c/demo/{STREAMS[0]}", cookie) as latter:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0
            latter.read()
        assert process.stdout.read() == "Stopped.\n"


def test_the_demo_stops_with_a_word(tmp_path):
    with started(tmp_path, "demo") as process:
        port_of(process)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=8) == 0
        assert process.stdout.read() == "Stopped.\n"


def refused(tmp_path, command, **more):
    """What a start that is refused says, in one line and with exit code 2."""
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=environment(tmp_path, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("PORT", "abc", "write a port number from 0 to 65535"),
        ("SECRET_KEY", "guessable", "write at least 32 random characters"),
        ("DATABASE_URL", "nosql://me:hunter2@host/name", "write one as in postgres://"),
        ("DATABASE_URL", "mysql://me:hunter2@host/name", "keeps its data in PostgreSQL or SQLite, not in mysql. Write"),
        ("CSRF_TRUSTED_ORIGINS", "porthole.example.com", "is written as https://porthole.example.com"),
        ("DATABASE_URL", "sqlite:////proc/nowhere/porthole.sqlite3", "The database cannot be used"),
        ("PORTHOLE_STATE", "/proc/nowhere", "Name a folder that you may write to"),
        ("HOST", "192.0.2.1", "is no address of this machine"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path, name, text, words):
    line = refused(tmp_path, "demo", **{name: text})
    assert words in line
    assert name in line
    assert "hunter2" not in line
    assert "Errno" not in line
    assert "guessable" not in line


def test_a_kubeconfig_that_cannot_be_read_is_one_sentence(tmp_path):
    (tmp_path / "config").write_text("contexts:\n- name: a\n  context: [\n")
    assert f"{tmp_path / 'config'}" in refused(tmp_path, "serve", KUBECONFIG=str(tmp_path / "config"))
    assert "try `make demo`" in refused(tmp_path, "serve", KUBECONFIG=str(tmp_path / "absent"))


def test_a_state_folder_that_takes_no_files_is_one_sentence(tmp_path):
    (tmp_path / "static").write_text("in the way")
    line = refused(tmp_path, "demo")
    assert f"{tmp_path / 'static'} cannot be written: " in line
    assert "PORTHOLE_STATE" in line


def test_a_port_that_is_taken_is_told_with_another_to_try(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(tmp_path, "demo", PORT=str(port))
    assert f"Port {port} is taken" in line
    assert re.search(r"PORT=\d+ make demo$", line)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_a_kubeconfig_is_not_served_to_the_network(tmp_path, host):
    (tmp_path / "config").write_text(KUBECONFIG)
    line = refused(tmp_path, "serve", KUBECONFIG=str(tmp_path / "config"), HOST=host)
    assert "act as you" in line


def test_a_demo_for_the_network_prints_an_address_that_works(tmp_path):
    with started(tmp_path, "demo", HOST="0.0.0.0") as process:
        port = port_of(process)
        line = process.stdout.readline()
        host = urlsplit(re.search(r"http://\S+", line)[0]).hostname
        assert host not in ("localhost", "127.0.0.1")
        for name, status in ((host, 200), ("elsewhere.example", 400)):
            connection = http.client.HTTPConnection(host, port, timeout=20)
            connection.request("GET", "/signin/", headers={"Host": name})
            answer = connection.getresponse()
            page = answer.read().decode()
            assert answer.status == status
            connection.close()
    assert "ALLOWED_HOSTS=" in page
    assert "elsewhere" not in page


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"ALLOWED_HOSTS": "127.0.0.1"}, "as http://127.0.0.1:PORT/"),
        ({"ALLOWED_HOSTS": ".example.com,kube.example.com"}, "as http://kube.example.com:PORT/"),
        ({"ALLOWED_HOSTS": "kube.example.com", "PORTHOLE_HTTPS": "true"}, "as https://kube.example.com/"),
        ({"ALLOWED_HOSTS": ".example.com"}, "as .example.com"),
    ],
)
def test_the_address_to_open_is_one_that_porthole_answers_to(tmp_path, names, said):
    with (
        serving(trials=True) as cluster,
        started(tmp_path, "serve", PORTHOLE_WAYS="demo", PORTHOLE_DEMO_SERVER=cluster.url, **names) as process,
    ):
        line = process.stdout.readline()
        port = re.match(r"Porthole serves on http://127\.0\.0\.1:(\d+)", line)[1]
        assert line.endswith(f"{said.replace('PORT', port)}\n")
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", "/signin/", headers={"Host": "elsewhere.example"})
            answer = connection.getresponse()
            page = answer.read().decode()
        assert answer.status == 400
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read().splitlines()
    assert "ALLOWED_HOSTS=porthole.example.com" in page
    assert "make" not in page
    [told, stopped] = rest
    assert "Invalid HTTP_HOST header: 'elsewhere.example'" in told
    assert stopped == "Stopped."


def test_a_markup_for_a_name_is_not_given_back(client):
    response = client.get("/signin/", headers={"Host": "<b>bold</b>"})
    assert response.status_code == 400
    assert "<b>bold" not in response.content.decode()


def account(tmp_path, **more):
    """What making an account ends with."""
    password = {"DJANGO_SUPERUSER_PASSWORD": "a long one", "DJANGO_SUPERUSER_EMAIL": "root@example.com"}
    return subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username", "root"],
        cwd=ROOT,
        env=environment(tmp_path / "new", **password, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_account_can_be_made_before_the_first_start_in_files_that_are_the_owner_s_alone(tmp_path):
    done = account(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Superuser created successfully.\n"
    assert not [file for file in (tmp_path / "new").glob("*") if file.stat().st_mode & 0o077]
    assert account(tmp_path).stderr == "CommandError: Error: That username is already taken.\n"


def test_an_account_without_a_database_is_one_sentence(tmp_path):
    done = account(tmp_path, DATABASE_URL="sqlite:////proc/nowhere/porthole.sqlite3")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "The database cannot be used: " in line


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_help_says_what_can_be_set_and_how_it_ends(tmp_path, command):
    done = subprocess.run(
        [sys.executable, "manage.py", command, "--help"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    for words in ("KUBECONFIG", "ALLOWED_HOSTS", "[8000]", "Exit codes: 0"):
        assert words in done.stdout
