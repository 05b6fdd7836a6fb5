import os
import re
import shutil
import subprocess

import pytest

from tests.lint.places import ROOT

TARGETS = {
    "demo", "run", "test", "test-cluster", "lint", "bench", "cluster", "cluster-load", "cluster-stop", "requirements",
    "help",
}  # fmt: skip


def make(folder, *arguments):
    """Run make as a person in ``folder`` would, without the settings of a make that may be running these tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=clean, capture_output=True, text=True)


# A Python that knows what make asks of it: it makes environments of itself, and says what it was told to install.
PYTHON = """#!/bin/sh
case "$*" in
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python";;
"-m pip install "*) cat requirements.txt && ! grep -q broken requirements.txt;;
esac
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with the Makefile, requirements, and a Python to make the environment with."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").write_text("first==1\n")
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def test_help_lists_every_target(folder):
    listed = set(re.findall(r"^  make ([a-z-]+) ", make(folder).stdout, re.MULTILINE))
    assert listed >= TARGETS
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert set(phony) - {"venv", "venv-dev"} == listed


OLD_PYTHON = """#!/bin/sh
case "$*" in
--version) echo Python 3.10.13;;
*version_info*) exit 1;;
esac
"""
BROKEN_PYTHON = "#!/bin/sh\nexit 127\n"


@pytest.mark.parametrize("script", [OLD_PYTHON, BROKEN_PYTHON], ids=["old", "broken"])
def test_an_unfit_python_is_refused_with_what_to_do(folder, script):
    (folder / "python").write_text(script)
    result = make(folder, "venv", "PYTHON=./python")
    assert result.returncode == 2
    assert re.search(r"3\.11 or newer.*make demo PYTHON=python3\.12", result.stderr, re.DOTALL)
    assert not (folder / ".venv").exists()


def test_the_environment_is_filled_once_and_again_when_the_pins_change(folder):
    assert "first==1" in make(folder, "venv", "PYTHON=./python").stdout

    os.utime(folder / "requirements.txt", (0, 0))
    os.utime(folder / ".venv/requirements.txt", (1, 1))
    assert make(folder, "venv", "PYTHON=./python").stdout == ""

    (folder / "requirements.txt").write_text("second==2\n")
    assert "second==2" in make(folder, "venv", "PYTHON=./python").stdout
    assert make(folder, "venv", "PYTHON=./python").stdout == ""


def test_an_installation_that_failed_is_tried_again(folder):
    (folder / "requirements.txt").write_text("broken==1\n")
    for _ in range(2):
        result = make(folder, "venv", "PYTHON=./python")
        assert result.returncode == 2
        assert "broken==1" in result.stdout


def test_an_environment_whose_python_is_gone_is_made_anew(folder):
    make(folder, "venv", "PYTHON=./python")
    (folder / ".venv/bin/python").unlink()
    (folder / ".venv/bin/python").symlink_to("/no/such/python")
    assert "first==1" in make(folder, "venv", "PYTHON=./python").stdout
    assert (folder / ".venv/bin/python").exists()
