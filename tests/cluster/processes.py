"""Start the bed's programs, each with its own log file, and stop exactly those again by their pid."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


class ProcessFailed(Exception):
    """A program ended, or never became ready; the message holds the end of its log."""


@dataclass(frozen=True)
class Process:
    """One running program; ``started`` (clock ticks since boot) tells it from a later process with the same pid."""

    name: str
    pid: int
    started: int


def free_port() -> int:
    """A TCP port on loopback that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when there is none or it is a zombie (proc(5), stat)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def is_running(process: Process) -> bool:
    """Whether this very process still runs."""
    with suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    return start_ticks(process.pid) == process.started


def log_path(folder: Path, name: str) -> Path:
    """The log file of one program of the bed in ``folder``."""
    return folder / "logs" / f"{name}.log"


def spawn(
    folder: Path,
    name: str,
    command: Sequence[object],
    *,
    die_with_parent: bool,
    environment: dict[str, str] | None = None,
) -> Process:
    """Start a program in its own session, logging to ``logs/<name>.log``, its pid noted in ``processes/<name>.json``.

    With ``die_with_parent`` the kernel kills it when the calling thread ends, even by SIGKILL (prctl(2),
    PR_SET_PDEATHSIG): call from the main thread.
    """
    prefix = ["setpriv", "--pdeathsig", "KILL", "--"] if die_with_parent else []
    for place in ("logs", "processes"):
        (folder / place).mkdir(exist_ok=True)
    with log_path(folder, name).open("ab") as log:
        child = subprocess.Popen(
            [*prefix, *(str(word) for word in command)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    process = Process(name, child.pid, start_ticks(child.pid))
    (folder / "processes" / f"{name}.json").write_text(json.dumps(asdict(process)))
    # It is waited for by pid: tell Popen that its end is no concern of its own.
    child.returncode = 0
    return process


def recorded(folder: Path) -> list[Process]:
    """The processes noted in a bed's folder, latest first."""
    files = sorted((folder / "processes").glob("*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [Process(**json.loads(file.read_text())) for file in files]


def stop(folder: Path, patience: float = 3.0) -> None:
    """End every process noted in the folder: SIGTERM to all, SIGKILL to those alive after ``patience`` seconds."""
    waiting = [process for process in recorded(folder) if is_running(process)]
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 10.0)):
        for process in waiting:
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)
        deadline = time.monotonic() + seconds
        while waiting and time.monotonic() < deadline:
            time.sleep(0.05)
            waiting = [process for process in waiting if is_running(process)]
    if waiting:
        raise ProcessFailed(f"still running after SIGKILL: {', '.join(f'{p.name} ({p.pid})' for p in waiting)}")
    for process in recorded(folder):
        (folder / "processes" / f"{process.name}.json").unlink()


def log_tail(folder: Path, name: str, lines: int = 15) -> str:
    """The last lines that a program wrote."""
    return "\n".join(log_path(folder, name).read_text(errors="replace").splitlines()[-lines:])


def wait_until(folder: Path, process: Process, ready: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until ``ready()`` is true; raises ProcessFailed when the program ends first or the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not is_running(process):
            raise ProcessFailed(f"{process.name} ended:\n{log_tail(folder, process.name)}")
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{process.name} not ready in {seconds:.0f} s:\n{log_tail(folder, process.name)}")
        time.sleep(0.05)


def accepts(port: int) -> bool:
    """Whether something listens on this loopback port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
