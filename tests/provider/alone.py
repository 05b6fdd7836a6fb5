"""Run a provider as a process of its own, until it is told to stop, and write down what it is asked.

The first line of ``--record`` says where it is; each further one is a request, without anybody's secrets.
"""

import argparse
import json
import signal
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from tests.provider.asked import Asked
from tests.provider.entra import entra
from tests.provider.provider import Provider, provider

KINDS = {"plain": provider, "entra": entra}
SHOWN = ("scope", "grant_type", "prompt", "redirect_uri", "post_logout_redirect_uri", "code_challenge_method")


class Diary(list[Asked]):
    """What was asked so far, each line written down as it comes."""

    def __init__(self, file: TextIO) -> None:
        super().__init__()
        self.file = file

    def append(self, asked: Asked) -> None:
        """Write down one request: its endpoint, and of its parameters those that are no secrets."""
        super().append(asked)
        fields = {**asked.query, **asked.form}
        write(self.file, {"endpoint": asked.endpoint, **{name: fields[name] for name in SHOWN if name in fields}})


def write(file: TextIO, line: dict[str, str]) -> None:
    """Add a line at once."""
    file.write(f"{json.dumps(line)}\n")
    file.flush()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="plain")
    parser.add_argument("--lifetime", type=float, default=300.0, help="of tokens, in seconds")
    parser.add_argument("--redirect-uri", action="append", default=[])
    parser.add_argument("--post-logout-redirect-uri", action="append", default=[])
    parser.add_argument("--record", type=Path, required=True)
    options = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    running: AbstractContextManager[Provider] = KINDS[options.kind](
        lifetime=options.lifetime,
        redirect_uris=options.redirect_uri,
        post_logout_redirect_uris=options.post_logout_redirect_uri,
    )
    with options.record.open("w") as file, running as op:
        op.seen = Diary(file)
        authority = op.authority_file.read_text()
        write(file, {"url": op.url, "issuer": op.issuer, "client_secret": op.client_secret, "authority": authority})
        over.wait()
