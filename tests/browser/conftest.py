"""Browser tests: a real Chromium, a real Porthole, and the demo cluster or the real control plane behind it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.browser import chromium
from tests.browser.chromium import PHONE
from tests.browser.sites import Site, bed_site, demo_site
from tests.cluster.fixtures import bed

__all__ = ["bed"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Browser:
    """The session's Chromium."""
    return chromium.shared(pytestconfig)


@pytest.fixture(scope="session", params=["demo", pytest.param("bed", marks=pytest.mark.cluster)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    """Porthole over the demo cluster, and over the real one where tests on the real one run."""
    folder = tmp_path_factory.mktemp(f"porthole-{request.param}")
    if request.param == "demo":
        with demo_site(folder) as running:
            yield running
    else:
        with bed_site(folder, request.getfixturevalue("bed")) as running:
            yield running


@pytest.fixture
def open_as(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """``open_as(person, **options)``: a page of an own browser, signed in; what its console complains of fails.

    A person signs in once for all tests; ``session="own"`` signs in anew, for a test that ends the session.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def signed_in(person: str = "olivia", *, session: str = "shared", **options: object) -> Page:
        state = site.sessions.get(person) if session == "shared" else None
        context = browser.new_context(**{"viewport": PHONE, "reduced_motion": "reduce", **options}, storage_state=state)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15000)
        listen(page, complaints)
        if options.get("java_script_enabled", True):
            page.goto = patient(page)  # type: ignore[method-assign]
        if not state:
            site.sign_in(page, person)
        if session == "shared":
            site.sessions[person] = context.storage_state()
        return page

    yield signed_in
    for context in contexts:
        context.close()
    assert not complaints


def patient(page: Page) -> Callable[..., Response | None]:
    """``page.goto`` that waits for the scripts, too: they come after the page, and tests are quicker than people."""
    goto = page.goto

    def patiently(url: str, **options: Any) -> Response | None:
        response = goto(url, **options)
        page.wait_for_selector("html[data-scripts], html:not(:has(#scripts))", state="attached")
        return response

    return patiently


# What a test brings about itself: answers of 4xx, and wires that it cuts.
EXPECTED = ("Failed to load resource", "net::ERR_", "htmx:sse:error")


def listen(page: Page, complaints: list[str]) -> None:
    """Collect scripts' errors and what the browser refuses, such as a breach of the Content-Security-Policy."""

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(each in message.text for each in EXPECTED):
            complaints.append(f"{page.url}: {message.text}")

    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("console", heard)
