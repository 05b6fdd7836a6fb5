"""Run a command with DATABASE_URL leading to a PostgreSQL of its own, which lives as long as the command.

python -m tests.postgresql -- python -m pytest -m store
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.processes import accepts, free_port

START_SECONDS = 60
UNPRIVILEGED = "postgres"  # PostgreSQL does not run as root; Debian's packages make this user


class NoPostgresql(Exception):
    """PostgreSQL is not installed, or did not start; the message says which."""


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, which Debian keeps out of PATH. Raises NoPostgresql."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(places[-1]) if places else shutil.which(name)
    if not found:
        raise NoPostgresql(f"{name} is not installed: install the Debian package postgresql, or PostgreSQL 14 or newer")
    return found


def prefix() -> list[str]:
    """How a program is started as somebody who is not root, and ended by the kernel when this process is killed."""
    if os.geteuid():
        return ["setpriv", "--pdeathsig", "KILL", "--"]
    return ["setpriv", "--reuid", UNPRIVILEGED, "--regid", UNPRIVILEGED, "--init-groups", "--pdeathsig", "KILL", "--"]


@contextmanager
def postgresql() -> Iterator[str]:
    """A running server on loopback, empty and without durability; gives its DATABASE_URL. Raises NoPostgresql."""
    initdb, server = program("initdb"), program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="porthole-postgresql-"))
    try:
        if not os.geteuid():
            os.chown(folder, pwd.getpwnam(UNPRIVILEGED).pw_uid, pwd.getpwnam(UNPRIVILEGED).pw_gid)
        data, port = folder / "data", free_port()
        made = subprocess.run(
            [*prefix(), initdb, "--auth=trust", "--username=porthole", "--no-sync", "-D", data],
            capture_output=True,
            text=True,
            cwd=folder,
        )
        if made.returncode:
            raise NoPostgresql(f"initdb failed: {made.stderr}")
        options = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-k", folder, "-p", str(port)]
        with (folder / "log").open("w") as log:
            running = subprocess.Popen([*prefix(), server, "-D", data, *options], stdout=log, stderr=log, cwd=folder)
        try:
            wait_for(running, port, folder / "log")
            yield f"postgres://porthole@127.0.0.1:{port}/postgres"
        finally:
            running.send_signal(signal.SIGINT)  # its fast shutdown: whoever is connected is let go
            running.wait(30)
    finally:
        shutil.rmtree(folder)


def wait_for(running: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the server listens. Raises NoPostgresql where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while not accepts(port):
        if running.poll() is not None or time.monotonic() > deadline:
            raise NoPostgresql(f"PostgreSQL did not start:\n{log.read_text()}")
        time.sleep(0.05)


def main() -> int:
    """Run the command that is named behind ``--``; without PostgreSQL say why it was not, which in CI is a failure."""
    command = sys.argv[sys.argv.index("--") + 1 :]
    try:
        with postgresql() as url:
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}).returncode
    except NoPostgresql as error:
        print(f"not run on PostgreSQL: {error}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
