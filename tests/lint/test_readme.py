"""Every command that the README and CONTRIBUTING show is run by something that notices when it breaks."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.lint.places import ROOT

# What runs each command: a test (file::function), or a line of .ci/run.
RUN_BY = {
    "make demo": "tests/lint/test_readme.py::test_both_serve_from_a_fresh_clone",
    "make run": "tests/lint/test_readme.py::test_both_serve_from_a_fresh_clone",
    "env $(grep -v '^#' porthole.env) make run": "tests/lint/test_readme.py::test_a_recipe_serves",
    "make cluster": "tests/lint/test_make_cluster.py::test_a_cluster_is_left_running_loaded_and_stopped",
    "make cluster-load": "tests/lint/test_make_cluster.py::test_a_cluster_is_left_running_loaded_and_stopped",
    "make cluster-stop": "tests/lint/test_make_cluster.py::test_a_cluster_is_left_running_loaded_and_stopped",
    "make lint": ".ci/run",
    "make test": ".ci/run",
    "make test-cluster": ".ci/run",
}

FENCE = re.compile(r"^```(?:sh|shell|bash|console)\n(.*?)^```$", re.M | re.S)
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
clusters: [{name: nowhere, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: nobody, user: {token: not-a-token}}]
"""


def commands_in(text):
    """The commands of the fenced shell blocks, without prompts, comments, and settings in front (``PORT=9000``)."""
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"(^|\s)#.*", "", line).removeprefix("$ ").strip()
            if command:
                yield re.sub(r"^(?:[A-Z_]+=\S+ )+", "", " ".join(command.split()))


def test_the_commands_of_a_text_are_found():
    shell = "```sh\n# one\n$ make demo  # comment\nPORT=1 A=b make run\na \\\n  b\n```\n"
    text = shell + "```python\nx\n```\n```console\nc\n```\n"
    assert list(commands_in(text)) == ["make demo", "make run", "a b", "c"]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_command_is_run_by_something(name):
    commands = set(commands_in((ROOT / name).read_text()))
    assert commands, f"{name} shows no command"
    assert {command for command in commands if command not in RUN_BY and not is_way_to_the_clone(command)} == set()


def is_way_to_the_clone(command):
    """``git clone`` and ``cd``: the fixture ``clone`` does the same."""
    return re.fullmatch(r"git clone \S+|cd porthole", command) is not None


@pytest.mark.parametrize(("command", "place"), RUN_BY.items())
def test_what_is_said_to_run_a_command_exists(command, place):
    path, _, function = place.partition("::")
    source = (ROOT / path).read_text()
    wanted = rf"^def {function}\(" if function else rf"^{re.escape(command)}$"
    assert re.search(wanted, source, re.M)


@pytest.fixture
def fresh_clone(tmp_path_factory):
    """What a newcomer has: the last commit of the repository in a folder of its own."""
    folder = tmp_path_factory.mktemp("fresh") / "porthole"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A fresh clone that borrows the environment of these tests, which saves the minute of setting one up."""
    folder = tmp_path_factory.mktemp("clone") / "porthole"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return folder


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return response.status, response.read().decode()


def make(clone, target, **environment):
    """Run a make target that serves, as ``running`` does."""
    return running(clone, ["make", target], target, **environment)


@contextlib.contextmanager
def running(clone, command, target, **environment):
    """Run what serves, as a person in ``clone`` would; gives its port and the file of what it prints.

    The group of processes is ended by its own number, however the test goes.
    """
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "DJANGO"))}
    printed = clone.parent / f"{target}.txt"
    with printed.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=clone,
            env={**inherited, "PORT": str(port), "PORTHOLE_STATE": str(clone.parent / "state"), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until_served(process, port, printed)
            yield port, printed
        finally:
            stop(process)


def wait_until_served(process, port, printed, seconds=300):
    """Wait for /healthz: setting up .venv may take a while, and a make that ended is a failure at once."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"make ended:\n{printed.read_text()}"
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            assert fetch(port, "/healthz")[0] == 200
            return
        time.sleep(0.2)
    pytest.fail(f"nothing serves after {seconds} s:\n{printed.read_text()}")


def stop(process):
    """Ctrl-C, as a person does; whatever is left after that is killed."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def nothing_listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def check_demo(clone):
    """The address is printed, the page behind it is Porthole's, and Ctrl-C leaves nothing behind."""
    with make(clone, "demo") as (port, printed):
        assert f":{port}/" in printed.read_text(), "the address to open is not printed"
        status, page = fetch(port, "/")
        assert status == 200
        assert "Porthole" in page
    assert nothing_listens(port), "Ctrl-C left a server running"
    assert not list(clone.glob("*.sqlite3*")), "the demo leaves files in the checkout"


def check_run(clone):
    """The address is printed, and Ctrl-C leaves nothing behind."""
    kubeconfig = clone.parent / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    with make(clone, "run", KUBECONFIG=str(kubeconfig)) as (port, printed):
        assert f":{port}/" in printed.read_text(), "the address to open is not printed"
    assert nothing_listens(port), "Ctrl-C left a server running"


def test_make_demo_serves(clone):
    check_demo(clone)


def test_make_run_serves(clone):
    check_run(clone)


def test_a_recipe_serves(clone):
    [command] = [each for each in RUN_BY if "porthole.env" in each]
    recipe = (ROOT / "deploy" / "token" / "porthole.env").read_text()
    clusters = clone.parent / "clusters.yaml"
    clusters.write_text('[{name: home, server: "https://127.0.0.1:1"}]')
    ours = recipe.replace("0.0.0.0", "127.0.0.1").replace("/etc/porthole/clusters.yaml", str(clusters))
    (clone / "porthole.env").write_text(ours.replace("porthole.example.com", "127.0.0.1"))
    with running(clone, ["sh", "-c", command], "recipe") as (port, printed):
        status, page = fetch(port, "/signin/token/")
        assert status == 200, printed.read_text()
        assert "home" in page
    assert nothing_listens(port), "Ctrl-C left a server running"


@pytest.mark.cluster  # it needs no cluster, but the time that those tests have
def test_both_serve_from_a_fresh_clone(fresh_clone):
    check_demo(fresh_clone)
    check_run(fresh_clone)
