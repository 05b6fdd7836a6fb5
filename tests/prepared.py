"""A state folder as a first start of Porthole leaves it, so that most servers of the tests need not make it again.

``make demo`` and ``make run`` are tested in empty folders.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "tests"
PREPARE = """
import django
django.setup()
from django.db import connections
from dashboard.management.serving import prepare
prepare()
connections.close_all()
"""


def prepare(folder: Path) -> None:
    """Put the database and the static files into ``folder``, which may be absent; what is there stays."""
    shutil.copytree(prepared(), folder, dirs_exist_ok=True)


def prepared() -> Path:
    """The folder that they are kept in from run to run, made anew where what they are made of has changed."""
    found = KEPT / f"prepared-{fingerprint()}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            for former in KEPT.glob("prepared-*"):
                shutil.rmtree(former)
            draft = KEPT / "prepared-draft"
            environment = {"PORTHOLE_STATE": str(draft), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
            kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
            subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, env={**kept, **environment}, check=True)
            (draft / "secret-key").unlink()  # each server makes one of its own
            draft.rename(found)
    return found


def fingerprint() -> str:
    """Changes with the migrations, the static files and the libraries."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    sources = [*ROOT.glob("*/migrations/*.py"), *(ROOT / "static").rglob("*")]
    for file in sorted(file for file in sources if file.is_file()):
        digest.update(f"{file.relative_to(ROOT)}\0{file.stat().st_mtime_ns}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
