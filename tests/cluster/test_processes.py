"""What a test starts ends with it, and nothing else does."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cluster import processes
from tests.cluster.populate import wait


def test_stop_ends_what_was_started_and_forgets_it(tmp_path):
    process = processes.spawn(tmp_path, "sleeper", ["sleep", "60"], die_with_parent=True)
    assert processes.is_running(process)
    assert processes.recorded(tmp_path) == [process]
    processes.stop(tmp_path)
    assert not processes.is_running(process)
    assert processes.recorded(tmp_path) == []


def test_stop_kills_what_ignores_it(tmp_path):
    command = ["sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.1; done"]
    process = processes.spawn(tmp_path, "deaf", command, die_with_parent=True)
    processes.wait_until(tmp_path, process, lambda: "ready" in processes.log_tail(tmp_path, "deaf"))
    processes.stop(tmp_path, patience=0.3)
    assert not processes.is_running(process)


def test_stop_spares_another_process_with_the_same_pid(tmp_path):
    process = processes.spawn(tmp_path, "reused", ["sleep", "60"], die_with_parent=True)
    record = tmp_path / "processes" / "reused.json"
    honest = record.read_text()
    record.write_text(honest.replace(str(process.started), str(process.started - 1)))
    processes.stop(tmp_path)
    assert processes.is_running(process)
    record.write_text(honest)
    processes.stop(tmp_path)
    assert not processes.is_running(process)


def test_a_program_that_ends_too_soon_is_reported_with_its_log(tmp_path):
    process = processes.spawn(tmp_path, "short", ["sh", "-c", "echo no such option >&2; exit 2"], die_with_parent=True)
    with pytest.raises(processes.ProcessFailed, match="no such option"):
        processes.wait_until(tmp_path, process, lambda: False)


def test_children_die_with_a_parent_that_is_killed(tmp_path):
    code = (
        "import pathlib, time\n"
        "from tests.cluster import processes\n"
        f"processes.spawn(pathlib.Path({str(tmp_path)!r}), 'orphan', ['sleep', '60'], die_with_parent=True)\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout.readline() == "started\n"
        (orphan,) = processes.recorded(tmp_path)
        # Between fork and exec it has not yet asked the kernel to die with its parent.
        command = Path(f"/proc/{orphan.pid}/cmdline")
        wait("it has become itself", lambda: command.read_bytes().startswith(b"sleep"), 5)
        parent.send_signal(signal.SIGKILL)
        wait("it has ended", lambda: not processes.is_running(orphan), 5)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        with suppress(ProcessLookupError):
            os.kill(orphan.pid, 0)
            processes.stop(tmp_path)
