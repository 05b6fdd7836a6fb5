"""Porthole's HTTP layer in front of a demo cluster, with every byte between them seen.

Each file has a cluster of its own: one that turns the clock or scales changes nothing for another, in whatever order
and process they run.
"""

import logging
import time
from collections.abc import Callable, Iterator
from importlib import reload
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import override_settings
from django.urls import clear_url_caches

import dashboard.urls
from clusters.demo.server import Handle, serving
from clusters.demo.world.clock import ManualClock
from clusters.demo.world.people import TOKENS
from dashboard.attempts import WINDOW, window
from dashboard.views.streams import OPEN
from tests.dashboard.wire import Tap, tapped


@pytest.fixture(scope="module")
def demo() -> Iterator[Handle]:
    """The demo cluster; its time stands still unless a test turns it."""
    with serving(clock=ManualClock(), trials=True) as handle:
        yield handle


@pytest.fixture(scope="module")
def module_tap(demo: Handle) -> Iterator[Tap]:
    """The wire to the demo cluster."""
    with tapped(demo.url) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def porthole(module_tap: Tap) -> Iterator[None]:
    """Porthole's settings for the whole file; the URLs are read anew, since they depend on the ways in."""
    config = {
        **settings.CONFIG,
        "PORTHOLE_WAYS": ["demo", "kubeconfig", "token"],
        "PORTHOLE_DEMO_SERVER": module_tap.url,
    }
    with override_settings(CONFIG=config):
        reload(dashboard.urls)
        clear_url_caches()
        yield


@pytest.fixture
def tap(module_tap: Tap) -> Iterator[Tap]:
    """The wire to the demo cluster, with nothing seen yet."""
    module_tap.seen.clear()
    yield module_tap
    assert not module_tap.canned


class Browser(Client):
    """Django's test client that remembers everything it was given."""

    def __init__(self, shown: list[str], **options: Any):
        super().__init__(**options)
        self.shown = shown

    def request(self, **request: Any) -> Any:
        """Send a request and keep what came back."""
        response = super().request(**request)
        self.shown.append(str(response.headers) + str(response.cookies))
        if not response.streaming:
            self.shown.append(response.content.decode(errors="replace"))
        return response


@pytest.fixture
def shown() -> list[str]:
    """Everything that browsers were given in this test."""
    return []


@pytest.fixture(autouse=True)
def no_token_leaks(shown: list[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No response and no log line of any test here, at DEBUG level, holds a token."""
    for name in ("", "urllib3", "kubernetes", "django", "porthole"):
        caplog.set_level(logging.DEBUG, name)
    yield
    written = "\n".join([*shown, *(record.getMessage() for record in caplog.get_records("call"))])
    assert [token for token in TOKENS if token in written] == []
    assert "Bearer " not in written


@pytest.fixture
def browser(db: None, shown: list[str]) -> Callable[..., Browser]:
    """``browser()``: a browser in which nobody is signed in."""

    def new(**options: Any) -> Browser:
        return Browser(shown, **options)

    return new


@pytest.fixture
def signed_in(browser: Callable[..., Browser]) -> Callable[..., Browser]:
    """``signed_in("olivia")``: a browser in which a demo person is signed in, by the form."""

    def new(person: str, **options: Any) -> Browser:
        client = browser(**options)
        assert client.post("/signin/demo/", {"person": person}).status_code == 302
        return client

    return new


@pytest.fixture
def olivia(signed_in: Callable[..., Browser]) -> Browser:
    """The browser of the person who may do everything."""
    return signed_in("olivia")


@pytest.fixture
def victor(signed_in: Callable[..., Browser]) -> Browser:
    """The browser of the person who may see everything but Secrets."""
    return signed_in("victor")


@pytest.fixture
def nadia(signed_in: Callable[..., Browser]) -> Browser:
    """The browser of the person who may do most things in the namespace shop, and nothing elsewhere."""
    return signed_in("nadia")


@pytest.fixture
def kubeconfig(settings: Any, tmp_path: Path, module_tap: Tap) -> Callable[..., Path]:
    """``kubeconfig({"name": (server, token)})``: the kubeconfig that is served, with a context for each."""

    def write(contexts: dict[str, tuple[str, str]] | None = None) -> Path:
        found = contexts or {"home": (module_tap.url, "olivia-token")}
        file = tmp_path / "kubeconfig"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": next(iter(found)),
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in found],
            "clusters": [{"name": name, "cluster": {"server": server}} for name, (server, _) in found.items()],
            "users": [{"name": name, "user": {"token": token}} for name, (_, token) in found.items()],
        }
        file.write_text(yaml.safe_dump(document))
        settings.CONFIG = {**settings.CONFIG, "KUBECONFIG": str(file)}
        return file

    return write


@pytest.fixture
def read(shown: list[str]) -> Callable[[HttpResponseBase], Iterator[str]]:
    """``read(response)``: the messages of a stream as they come."""

    def messages(response: HttpResponseBase) -> Iterator[str]:
        assert response.streaming, response.content
        for chunk in response.streaming_content:  # type: ignore[attr-defined]
            shown.append(chunk.decode())
            yield chunk.decode()

    return messages


@pytest.fixture
def early_in_a_window() -> None:
    """Failed sign-ins are counted by quarters of an hour: a test that counts does not begin at the end of one."""
    while int(time.time() + 30) // WINDOW != window():
        time.sleep(0.1)


@pytest.fixture
def nothing_left_open() -> Iterator[None]:
    """Every stream gives its place back."""
    yield
    assert OPEN.count == 0
