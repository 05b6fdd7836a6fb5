"""``python -m tests.cluster``, and what becomes of a cluster whose test session is killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import bed as beds
from tests.cluster import loads, node, processes
from tests.cluster.populate import wait

SESSION = """
import time
from tests.cluster.bed import running_bed
with running_bed() as bed:
    print(bed.folder, flush=True)
    time.sleep(600)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the commands to its end."""
    return subprocess.run([sys.executable, "-m", "tests.cluster", *arguments], capture_output=True, text=True)


def test_help_names_the_commands():
    answer = run("--help")
    assert answer.returncode == 0
    assert all(word in answer.stdout for word in ("start", "load", "stop"))


def test_a_load_needs_a_running_cluster(tmp_path):
    answer = run("--folder", str(tmp_path), "load")
    assert answer.returncode == 1
    assert answer.stderr == f"error: no cluster runs in {tmp_path}: python -m tests.cluster start\n"


@pytest.mark.parametrize("pods", ["many", "-1", "100001"])
def test_a_load_of_no_sensible_size_is_refused(tmp_path, pods):
    answer = run("--folder", str(tmp_path), "load", "--pods", pods)
    assert answer.returncode == 2
    assert "not a number from 0 to 100000" in answer.stderr


@pytest.mark.parametrize("command", ["start", "stop"])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path, command):
    letter = tmp_path / "letter"
    letter.write_text("dear")
    answer = run("--folder", str(tmp_path), command)
    assert answer.returncode == 1
    assert "not the folder of a test cluster" in answer.stderr
    assert letter.read_text() == "dear"


def test_stopping_what_does_not_run_is_no_error(tmp_path):
    assert run("--folder", str(tmp_path / "none"), "stop").returncode == 0


@pytest.mark.cluster
def test_start_finds_the_cluster_that_runs(bed):
    answer = run("--folder", str(bed.folder), "start")
    assert answer.returncode == 0
    for word in (bed.server, str(bed.kubeconfig), *bed.tokens.values()):
        assert word in answer.stdout


@pytest.mark.cluster
def test_a_load_comes_and_goes(bed):
    before = loads.count_pods(bed.api())
    try:
        figures = loads.load(bed, 300, patience=120)
        assert loads.progress(bed.api()) == (300, 300)
        assert figures.pods >= before + 290
        assert figures.memory["kube-apiserver"] > 50
    finally:
        loads.load(bed, 0, patience=120)
    assert not bed.api().get("/api/v1/nodes?labelSelector=type%3Dload")["items"]


@pytest.mark.cluster
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_session_that_is_killed_leaves_nothing_running(bed, number):
    session = subprocess.Popen(
        [sys.executable, "-c", SESSION],
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != beds.REUSE},
    )
    try:
        folder = Path(session.stdout.readline().strip())
        started = processes.recorded(folder)
        assert len(started) >= 7
        assert json.loads((folder / "bed.json").read_text())["server"] != bed.server
        session.send_signal(number)
        session.wait(timeout=30)
        wait("every program has ended", lambda: not any(map(processes.is_running, started)), 10)
    finally:
        session.kill()
        session.wait()
        session.stdout.close()
    beds.sweep()
    assert not folder.exists()
    assert not [root for root in node.control_groups() if (root / node.group_name(folder)).exists()]
