"""Scaling with a thumb: the stepper, what the cluster says, the rollout as it goes, and the way back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import inaccessible
from tests.browser.sites import Site

CART = "shop/deployments.apps/cart/"


def scale_to(page: Page, number: int) -> None:
    """Post the number on the page of the stepper."""
    page.get_by_role("spinbutton", name="Replicas").fill(str(number))
    page.get_by_role("button", name="Scale").click()


@pytest.fixture
def cart(site: Site, open_as: Callable[..., Page]) -> Page:
    """The Deployment cart with two replicas, as olivia sees it."""
    page = open_as("olivia")
    page.goto(site.address("olivia", f"{CART}scale/"))
    if page.get_by_role("spinbutton", name="Replicas").input_value() != "2":
        scale_to(page, 2)
    page.goto(site.address("olivia", CART))
    expect(page.locator("#rows .row")).to_have_count(2, timeout=40000)
    return page


def test_a_deployment_is_scaled_watched_and_put_back(cart: Page) -> None:
    cart.get_by_role("link", name="Scale").click()
    cart.get_by_role("button", name="One replica more").click()
    expect(cart.get_by_role("spinbutton", name="Replicas")).to_have_value("3")
    cart.get_by_role("button", name="Scale").click()
    expect(cart.get_by_role("status").filter(has_text="Scaled from 2 to 3")).to_be_visible()
    # No reload from here on: the page follows the rollout by itself.
    cart.evaluate("window.sameDocument = true")
    expect(cart.locator("#rows .row")).to_have_count(3, timeout=20000)
    expect(cart.locator("#state")).to_contain_text("3/3", timeout=40000)
    assert cart.evaluate("window.sameDocument")
    cart.get_by_role("button", name="Undo").click()
    expect(cart.locator("#rows .row")).to_have_count(2, timeout=40000)
    expect(cart.locator("#state")).to_contain_text("2/2", timeout=40000)


def test_the_page_of_a_pod_that_is_deleted_says_so_and_leads_on(
    site: Site, cart: Page, open_as: Callable[..., Page]
) -> None:
    watching = open_as("olivia")
    watching.goto(site.address("olivia", "shop/pods/?q=cart"))
    watching.locator(".row", has_text="cart-").first.get_by_role("link").click()
    expect(watching.locator("#live")).to_have_attribute("data-state", "live")
    expect(watching.locator(".act")).to_be_visible()
    cart.goto(site.address("olivia", f"{CART}scale/?replicas=0"))
    cart.get_by_role("checkbox").check()
    cart.get_by_role("button", name="Stop all").click()
    expect(watching.locator("#state .word")).to_have_text("This pod is gone", timeout=60000)
    expect(watching.locator("#live")).to_have_attribute("data-state", "done")
    assert not watching.locator(".act").count()
    cart.get_by_role("button", name="Undo").click()
    expect(cart.locator("#rows .row")).to_have_count(2, timeout=40000)
    watching.locator("#state").get_by_role("link", name="Pods").click()
    expect(watching).to_have_url(site.address("olivia", "shop/pods/"))


def test_zero_wants_a_confirmation(site: Site, cart: Page) -> None:
    cart.goto(site.address("olivia", f"{CART}scale/"))
    scale_to(cart, 0)
    expect(cart.get_by_role("alert")).to_contain_text("Scale to zero?")
    expect(cart.get_by_text("Now: 2 replicas")).to_be_visible()
    cart.get_by_role("checkbox").check()
    expect(cart.get_by_role("button", name="Stop all")).to_have_css("background-color", "rgb(179, 38, 30)")
    cart.get_by_role("button", name="Stop all").click()
    expect(cart.get_by_role("status").filter(has_text="Scaled from 2 to 0")).to_be_visible()
    cart.get_by_role("button", name="Undo").click()
    expect(cart.locator("#rows .row")).to_have_count(2, timeout=40000)


def test_the_stepper_stops_at_zero(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia")
    page.goto(site.address("olivia", f"{CART}scale/?replicas=1"))
    less, number = page.get_by_role("button", name="One replica less"), page.get_by_role("spinbutton", name="Replicas")
    less.click()
    expect(number).to_have_value("0")
    less.click(force=True)
    expect(number).to_have_value("0")
    page.get_by_role("button", name="One replica more").press("Space")
    expect(number).to_have_value("1")


def test_an_autoscaler_is_pointed_out(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia")
    page.goto(site.address("olivia", "shop/deployments.apps/api/scale/"))
    expect(page.get_by_text("An autoscaler owns this number")).to_be_visible()
    expect(page.get_by_text(re.compile("between 2 and 6"))).to_be_visible()


def test_who_may_not_scale_gets_no_button_and_no_form(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("victor")
    page.goto(site.address("victor", CART))
    expect(page.locator("#state")).to_be_visible()
    assert not page.get_by_role("link", name="Scale").count()
    page.goto(site.address("victor", f"{CART}scale/"))
    expect(page.get_by_role("heading", name="You may not scale cart")).to_be_visible()
    assert not page.get_by_role("spinbutton").count()
    page.get_by_role("link", name="Back to cart").click()
    expect(page.locator("#state")).to_be_visible()


def test_a_page_that_was_opened_at_zero_shows_the_pods_that_come(
    site: Site, cart: Page, open_as: Callable[..., Page]
) -> None:
    cart.goto(site.address("olivia", f"{CART}scale/?replicas=0"))
    cart.get_by_role("checkbox").check()
    cart.get_by_role("button", name="Stop all").click()
    expect(cart.locator("#rows .row")).to_have_count(0, timeout=40000)
    watching = open_as("olivia")
    watching.goto(site.address("olivia", CART))
    expect(watching.get_by_text("No pods", exact=True)).to_be_visible()
    assert not inaccessible(watching, "light")
    cart.get_by_role("button", name="Undo").click()
    expect(watching.locator("#rows .row")).to_have_count(2, timeout=40000)
    expect(watching.get_by_text("No pods", exact=True)).to_be_hidden()
