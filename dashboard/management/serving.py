"""What has to be done before Porthole serves, and the step over to gunicorn."""

import hashlib
import os
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

BASE = Path(__file__).resolve().parent.parent.parent


def prepare() -> None:
    """Bring the database up to date, and the static files where they changed; what is written is the owner's alone."""
    os.umask(0o077)
    call_command("migrate", verbosity=0, interactive=False)
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
