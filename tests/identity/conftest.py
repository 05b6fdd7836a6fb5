"""What tests of real sign-ins share: the bed's cluster, and the browser."""

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.cluster.fixtures import bed

__all__ = ["bed"]


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Browser:
    """The session's Chromium."""
    return chromium.shared(pytestconfig)
