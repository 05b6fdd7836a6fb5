"""A provider that runs as a process of its own (``python -m tests.provider``), as tests see it from outside."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clusters.fakes import until
from tests.lint.places import ROOT

START_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """Where it is, and the file in which it writes down what it is asked; ``authority`` is PEM."""

    url: str
    issuer: str
    client_secret: str
    authority: str
    record: Path

    def asked(self, endpoint: str = "") -> list[dict[str, str]]:
        """The requests so far, of one endpoint or of all."""
        lines = [json.loads(line) for line in self.record.read_text().splitlines()[1:]]
        return [line for line in lines if not endpoint or line["endpoint"] == endpoint]


@contextmanager
def own_process(folder: Path, *arguments: str) -> Iterator[Running]:
    """The provider in a process of its own until the block ends; ``arguments`` are those of ``tests.provider``."""
    record = folder / "provider.jsonl"
    record.touch()
    command = [sys.executable, "-m", "tests.provider", "--record", str(record), *arguments]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        until(lambda: process.poll() is not None or record.read_text().count("\n"), START_SECONDS)
        assert process.poll() is None, "the provider did not start"
        yield Running(**json.loads(record.read_text().splitlines()[0]), record=record)
    finally:
        process.terminate()
        process.wait(timeout=20)
