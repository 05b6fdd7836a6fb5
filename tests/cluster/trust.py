"""Make the bed's API server believe further OpenID Connect issuers while it runs.

It reloads the file of ``--authentication-config`` when it changes, and takes the new one only when every issuer in it
answers (kubernetes/pkg/kubeapiserver/options/authentication.go): one that is gone would keep all others out.
"""

import fcntl
import hashlib
import json
import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.api import Api
from tests.cluster.issuer import Trusted, authentication_configuration

APPLIED = "apiserver_authentication_config_controller_last_config_info"
RELOAD_SECONDS = (
    90.0  # the API server looks again at its issuers each 10 s, and at a file that it could not use each 60
)


class NotTrusted(Exception):
    """The API server did not take the new configuration; the message says which issuers it named."""


@contextmanager
def trusting(folder: Path, api: Api, *issuers: Trusted) -> Iterator[None]:
    """The bed in ``folder`` believes ``issuers``, which must answer already, as long as the block lasts.

    Several processes may do so at once with one bed. It takes 10 to 20 seconds. Raises NotTrusted.
    """
    added = authentication_configuration(*issuers)["jwt"]
    change(folder, api, added=added)
    try:
        yield
    finally:
        change(folder, api, removed=added, wait=False)


def change(
    folder: Path, api: Api, *, added: list[Any] | None = None, removed: list[Any] | None = None, wait: bool = True
) -> None:
    """Put entries into the file and take others out, and wait until the API server goes by it."""
    file = folder / "pki" / "authentication.json"
    gone = {url_of(entry) for entry in [*(added or []), *(removed or [])]}
    with (folder / "pki" / "authentication.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        document = json.loads(file.read_text())
        own, *others = document["jwt"]
        others = [entry for entry in others if url_of(entry) not in gone and answers(entry)]
        text = json.dumps({**document, "jwt": [own, *others, *(added or [])]})
        if text == file.read_text():
            return
        fresh = file.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(file)  # at once: the API server may read at any moment
        if wait:
            wait_until_applied(api, text)


def url_of(entry: dict[str, Any]) -> str:
    """The issuer that an entry of ``jwt`` is about."""
    return str(entry["issuer"]["url"])


def answers(entry: dict[str, Any]) -> bool:
    """Whether an issuer still serves its discovery document: a test session that was killed leaves its own behind."""
    context = ssl.create_default_context(cadata=entry["issuer"]["certificateAuthority"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(f"{url_of(entry).rstrip('/')}/.well-known/openid-configuration", timeout=5):
            return True
    except OSError:
        return False


def wait_until_applied(api: Api, text: str) -> None:
    """Wait until the API server says that this very file is the one that it goes by (its metrics carry the digest)."""
    digest = f'hash="sha256:{hashlib.sha256(text.encode()).hexdigest()}"'
    deadline = time.monotonic() + RELOAD_SECONDS
    while not any(line.startswith(APPLIED) and digest in line for line in api.text("/metrics").decode().splitlines()):
        if time.monotonic() > deadline:
            named = ", ".join(url_of(entry) for entry in json.loads(text)["jwt"])
            raise NotTrusted(f"the API server did not take these issuers in {RELOAD_SECONDS:.0f} s: {named}")
        time.sleep(0.5)
