"""What has to be done before Porthole serves, and the step over to gunicorn."""

import errno
import fcntl
import hashlib
import os
import socket
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import CheckMessage, run_checks
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter
from django.db import OperationalError, connection

from dashboard import checks
from dashboard.config import SETTINGS, Setting

MIGRATION_LOCK = 0x706F7274  # a number of our own among PostgreSQL's advisory locks
BASE = Path(__file__).resolve().parent.parent.parent


def check_address(command: str) -> None:
    """Refuse an address that cannot be served on, before anything else is done. Raises CommandError."""
    host, port = settings.CONFIG["HOST"], settings.CONFIG["PORT"]
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                wrong = f"Port {port} is taken. Try another one: PORT={port + 1 if port < 65535 else 8000} {command}"
            elif error.errno == errno.EACCES:
                wrong = f"You may not serve on port {port}. Try one above 1023: PORT=8000 {command}"
            else:
                wrong = f"HOST={host} is no address of this machine. Try: HOST=127.0.0.1 {command}"
            raise CommandError(wrong, returncode=2) from error


def prepare() -> None:
    """Bring the database up to date, and the static files where they changed. Raises CommandError."""
    prepare_database()
    try:
        collect_static_files()
    except OSError as error:
        wrong = f"{settings.STATIC_ROOT} cannot be written: {error.strerror}. Make room, or set PORTHOLE_STATE."
        raise CommandError(wrong, returncode=2) from error


def prepare_database() -> None:
    """Bring the database up to date; what this process writes is the owner's alone from now on. Raises CommandError."""
    os.umask(0o077)
    try:
        with alone():
            call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        reason = " ".join(str(error).split())
        raise CommandError(f"The database cannot be used: {reason}. Look at DATABASE_URL.", returncode=2) from error


@contextmanager
def alone() -> Iterator[None]:
    """A block that of all replicas that start at once one runs at a time. Raises OperationalError."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
    else:
        file = Path(connection.settings_dict["NAME"]).with_suffix(".lock")
        try:
            lock = file.open("w")
        except OSError as error:
            raise OperationalError(f"{file}: {error.strerror}") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def collect_static_files() -> None:
    """Collect them anew where any has changed. Raises OSError."""
    stamp = settings.STATIC_ROOT / "stamp"
    fingerprint = static_fingerprint()
    if not stamp.exists() or stamp.read_text() != fingerprint:
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(fingerprint)


def static_fingerprint() -> str:
    """Changes when any static file does."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list(ignore_patterns=None), key=lambda found: found[0]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def plain_help(summary: str, more: str, flags: bool = False) -> str:
    """The help of a command: what it does, how it is set up, by flags too where it takes them, and how it ends."""
    listed = "\n".join(help_of(each, flags) for each in SETTINGS)
    title = "Flags and environment" if flags else "Environment"
    return f"{summary}\n{more}\n\n{title}:\n{listed}\n\nExit codes: 0 stopped, 1 failed, 2 a setting cannot be used."


def help_of(setting: Setting, flags: bool) -> str:
    """One setting of the help."""
    names = [*(f"-{flag}" for flag in setting.flags if flags), *setting.names]
    if setting.secret:
        names += [*(f"-{flag}-file" for flag in setting.flags if flags), setting.file_name]
    default = f" [{setting.default}]" if setting.default else ""
    return f"  {', '.join(names)}\n      {setting.help}{default}"


def check_settings() -> None:
    """Run Porthole's checks, then Django's: warnings are written to the terminal. Raises CommandError for errors."""
    own = run_checks(tags=["porthole"])
    report(own)
    report([message for message in run_checks() if message not in own])


def check_clusters() -> None:
    """Write a warning where nobody would find a cluster; the database is there by now."""
    report(run_checks(tags=[checks.NAMED_CLUSTERS], databases=["default"]))


def report(messages: list[CheckMessage]) -> None:
    """Write what may be served nevertheless. Raises CommandError with exit code 2 for all that may not."""
    found = [message for message in messages if not message.is_silenced()]
    errors = [message for message in found if message.is_serious()]
    for message in found:
        if message not in errors:
            sys.stderr.write(f"Warning: {sentence_of(message)}\n")
    if errors:
        raise CommandError("\n".join(map(sentence_of, errors)), returncode=2)


def sentence_of(message: CheckMessage) -> str:
    """A check's message with what to do, on one line."""
    hint = f" {message.hint}" if message.hint else ""
    return f"{message.msg}{hint} ({message.id})"


class ServingCommand(BaseCommand):
    """A command that serves; its help keeps its lines as they are written."""

    requires_system_checks = []  # ``check_settings`` runs them, and says what they find without a trace

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The parser of the command's options."""
        return super().create_parser(prog_name, subcommand, formatter_class=PlainHelp, **kwargs)


class PlainHelp(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's order of options, and a description with lines of its own."""


def gunicorn_command() -> list[str]:
    """The command line that serves Porthole, from any folder."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--chdir",
        str(BASE),
        "--config",
        "python:dashboard.server",
        "dashboard.wsgi",
    ]


def gunicorn_environment(more: dict[str, str]) -> dict[str, str]:
    """The environment that gunicorn runs in: ours, and ``more``.

    glibc gives threads memory pools of their own, which keep what dozens of threads needed once: two are enough here.
    """
    return {"MALLOC_ARENA_MAX": "2", **os.environ, **more}


def become_gunicorn(more: dict[str, str]) -> None:
    """Replace this process by gunicorn; does not return. ``more`` is added to the environment."""
    os.chdir(BASE)
    sys.stdout.flush()
    os.execve(sys.executable, gunicorn_command(), gunicorn_environment(more))  # noqa: S606 - no shell
