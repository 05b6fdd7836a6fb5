"""Home stays true while somebody looks at it, and says so."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sites import Site
from tests.browser.test_logs import VISIBILITY


@pytest.fixture
def home(site: Site, open_as: Callable[..., Page]) -> Page:
    """Home, live, with a clock that the test turns."""
    page = open_as()
    page.clock.install()
    page.goto(site.address("olivia", ""))
    expect(page.locator("#live")).to_have_text("Live", use_inner_text=True)
    page.evaluate("document.querySelector('h1').textContent = 'of old'; window.sameDocument = true")
    return page


def test_home_is_read_anew_every_twenty_seconds(home: Page) -> None:
    home.clock.run_for(19_000)
    expect(home.locator("h1")).to_have_text("of old")
    home.clock.run_for(2_000)
    expect(home.locator("h1")).not_to_have_text("of old")
    expect(home.locator("#live")).to_have_text("Live", use_inner_text=True)
    assert home.evaluate("window.sameDocument")


def test_home_rests_while_nobody_looks_and_is_read_at_once_then(home: Page) -> None:
    home.evaluate(VISIBILITY, True)
    expect(home.locator("#live")).to_have_text("Paused", use_inner_text=True)
    home.clock.run_for(60_000)
    expect(home.locator("h1")).to_have_text("of old")
    home.evaluate(VISIBILITY, False)
    expect(home.locator("h1")).not_to_have_text("of old")
    expect(home.locator("#live")).to_have_text("Live", use_inner_text=True)


def test_home_says_since_when_it_is_stale_and_keeps_what_it_shows(site: Site, home: Page) -> None:
    rows = home.locator(".row").count()
    assert rows
    home.context.set_offline(True)
    expect(home.locator("#live")).to_have_text(re.compile(r"Stale since .*\d"), use_inner_text=True)
    home.clock.run_for(21_000)
    assert home.locator(".row").count() == rows
    home.context.set_offline(False)
    expect(home.locator("h1")).not_to_have_text("of old")
    expect(home.locator("#live")).to_have_text("Live", use_inner_text=True)


def test_home_keeps_what_it_shows_when_porthole_fails(site: Site, home: Page) -> None:
    rows = home.locator(".row").count()
    address = site.address("olivia", "")
    home.route(address, lambda route: route.fulfill(status=502, body="Bad Gateway"))
    home.clock.run_for(21_000)
    expect(home.locator("#live")).to_have_text(re.compile(r"Stale since .*\d"), use_inner_text=True)
    assert home.locator(".row").count() == rows
    home.unroute(address)
    home.clock.run_for(21_000)
    expect(home.locator("#live")).to_have_text("Live", use_inner_text=True)
