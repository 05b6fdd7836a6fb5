"""A real Keycloak that the real API server believes, and a phone's browser in front of Porthole."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import chromium
from tests.browser.conftest import PHONE
from tests.cluster import certificates
from tests.cluster.bed import Bed
from tests.cluster.fixtures import bed
from tests.cluster.issuer import Trusted
from tests.identity.keycloak import Keycloak, running_keycloak

__all__ = ["bed"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if "tests/identity/" in item.path.as_posix():
            item.add_marker("cluster")


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Browser:
    """The session's Chromium."""
    return chromium.shared(pytestconfig)


@pytest.fixture(scope="session")
def keycloak(bed: Bed) -> Iterator[Keycloak]:
    """A Keycloak of the whole test session, whose tokens for ``porthole`` the bed's API server believes."""
    with running_keycloak(certificates.authority("keycloak's authority")) as running:
        believed = Trusted(running.issuer, running.authority.certificate, audiences=("porthole", "seed-001"))
        with bed.trust(believed):
            yield running


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[[], Page]]:
    """``phone()``: a page in a browser of its own, at a phone's size, that takes the tests' certificates."""
    contexts: list[BrowserContext] = []

    def new() -> Page:
        context = browser.new_context(viewport=PHONE, reduced_motion="reduce", ignore_https_errors=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20000)
        return page

    yield new
    for context in contexts:
        context.close()
