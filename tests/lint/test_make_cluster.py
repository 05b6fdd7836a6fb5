"""The three targets for work by hand, on a cluster of their own beside the tests' one."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.cluster import build
from tests.lint.places import ROOT


def make(cache, *arguments):
    """Run make with its own cache folder; gives what it printed, and fails with that where make fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    answer = subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env={**inherited, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stdout
    return answer.stdout


@pytest.fixture
def cache():
    """A cache folder with the programs that are built already; its path is short, as containerd's sockets need."""
    with tempfile.TemporaryDirectory(prefix="ph-") as folder:
        programs = Path(folder) / "porthole" / "cluster"
        programs.parent.mkdir()
        programs.symlink_to(build.cache_folder().parent, target_is_directory=True)
        yield Path(folder)


@pytest.mark.cluster
def test_a_cluster_is_left_running_loaded_and_stopped(cache, bed):
    try:
        started = make(cache, "cluster")
        assert "API server" in started
        assert "kubeconfig" in started
        assert bed.server not in started, "this is the tests' own cluster"
        said = make(cache, "cluster-load", "ARGS=--pods 20")
        assert re.search(r"\b20 pods of load Running after \d+ s; \d{2,} pods in the cluster", said)
    finally:
        make(cache, "cluster-stop")
    assert not (cache / "porthole" / "bed").exists()
