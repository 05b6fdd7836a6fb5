"""A list that is open stays true by itself, and is worked with keys and thumbs."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.sites import Site
from tests.browser.test_scaling import scale_to

CART = "shop/deployments.apps/cart/"


def test_a_list_shows_a_new_pod_and_a_gone_one_without_a_reload(site: Site, open_as: Callable[..., Page]) -> None:
    watching, acting = open_as("olivia"), open_as("olivia")
    acting.goto(site.address("olivia", f"{CART}scale/"))
    scale_to(acting, 2)
    watching.goto(site.address("olivia", "shop/pods/?q=cart"))
    carts = watching.locator(".row", has_text="cart-")
    expect(carts).to_have_count(2, timeout=40000)
    expect(watching.locator("#live")).to_have_attribute("data-state", "live")
    watching.evaluate("window.sameDocument = true")
    acting.goto(site.address("olivia", f"{CART}scale/"))
    scale_to(acting, 3)
    expect(carts).to_have_count(3, timeout=20000)
    expect(carts.filter(has_text="Running")).to_have_count(3, timeout=40000)
    acting.get_by_role("button", name="Undo").click()
    expect(carts).to_have_count(2, timeout=60000)
    assert watching.evaluate("window.sameDocument")


@pytest.mark.parametrize("late", ["hx-sse", "hx-upsert", "js/porthole"])
def test_a_list_becomes_live_when_a_script_comes_late(late: str, site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia")

    def dawdle(route: Route) -> None:
        time.sleep(0.4)
        route.continue_()

    page.route(re.compile(f"/static/.*{late}"), dawdle)
    page.goto(site.address("olivia", "shop/pods/"))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_a_list_says_when_it_is_cut_off_and_comes_back(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia")
    page.goto(site.address("olivia", "shop/pods/"))
    mark = page.locator("#live")
    expect(mark).to_have_text("Live", use_inner_text=True)
    site.wire.cut()
    try:
        expect(mark).to_have_text("Reconnecting", use_inner_text=True)
        page.context.set_offline(True)
        expect(mark).to_have_text(re.compile(r"Stale since .*\d"), use_inner_text=True)
    finally:
        site.wire.mend()
    page.context.set_offline(False)
    expect(mark).to_have_text("Live", use_inner_text=True, timeout=20000)


def test_a_page_is_not_live_while_the_cluster_is_away(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia")
    page.goto(site.address("olivia", "shop/pods/"))
    mark = page.locator("#live")
    expect(mark).to_have_text("Live", use_inner_text=True)
    page.evaluate(
        """() => {
            window.states = [];
            const look = new MutationObserver(() => states.push(document.querySelector("#live").dataset.state));
            look.observe(document.querySelector("#live"), {attributeFilter: ["data-state"]});
        }"""
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    site.behind.cut()
    try:
        expect(mark).to_have_text(re.compile(r"Stale since .*\d"), use_inner_text=True, timeout=40000)
        asked.clear()
        page.wait_for_timeout(7000)
        assert page.evaluate("states").count("live") == 0
        # At once, after a second, after two, after four: not twice a second.
        assert 1 <= len(asked) <= 6
    finally:
        site.behind.mend()
    expect(mark).to_have_text("Live", use_inner_text=True, timeout=60000)


def test_the_filter_works_as_one_types_and_stands_in_the_address(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia")
    page.goto(site.address("olivia", "shop/pods/"))
    expect(page.locator(".row", has_text="cart-")).to_have_count(2, timeout=40000)  # as other tests leave it, at last
    before = page.locator(".row").count()
    page.keyboard.press("/")
    page.keyboard.type("front")
    expect(page.locator(".row")).to_have_count(3)
    expect(page).to_have_url(site.address("olivia", "shop/pods/?q=front"))
    expect(page.locator("#count")).to_have_text(re.compile(r"3 of \d+"))
    said = int(page.locator("#count").inner_text().split()[-1])
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/shop/pods/frontend-[^/]+/$"))
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("front")
    expect(page.locator(".row")).to_have_count(3)
    page.goto(site.address("olivia", "shop/pods/"))
    now = page.locator(".row").count()  # pods come and go meanwhile
    assert min(before, now) <= said <= max(before, now)


def test_columns_are_sorted_on_a_wide_screen_and_by_the_form_on_a_phone(
    site: Site, open_as: Callable[..., Page]
) -> None:
    page = open_as("olivia", viewport={"width": 1280, "height": 800})
    page.goto(site.address("olivia", "shop/pods/?q=frontend"))
    heading = page.get_by_role("columnheader", name="Name")
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    names = page.locator(".row .name").all_inner_texts()
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert page.locator(".row .name").all_inner_texts() == names[::-1]
    assert len(names) == 3
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("summary").click()
    page.get_by_label("Sort by").select_option("name")
    expect(page).to_have_url(re.compile(r"sort=name"))
    expect(page.locator(".row .name").first).to_have_text(names[0])


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_chosen_state_is_in_sight(direction: str, site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia", viewport={"width": 320, "height": 640})
    page.add_init_script(f"""new MutationObserver(() => document.documentElement.dir = "{direction}")
        .observe(document, {{childList: true}})""")
    page.goto(site.address("olivia", "-/pods/?state=off"))
    chosen = page.locator("#chips [aria-current]")
    expect(chosen).to_have_text(re.compile("Finished"))
    box = chosen.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


def test_the_whole_card_is_the_target(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia")
    page.goto(site.address("olivia", "shop/deployments.apps/"))
    box = page.locator(".row", has_text="frontend").bounding_box()
    assert box
    assert box["width"] > 380
    assert box["height"] >= 48
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    expect(page).to_have_url(site.address("olivia", "shop/deployments.apps/frontend/"))


def test_light_and_dark_are_chosen_and_kept(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia", color_scheme="light")
    page.goto(site.address("olivia", "more/"))
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    dark = page.evaluate(paper)
    assert dark != light
    page.goto(site.address("olivia", "shop/pods/"))
    assert page.evaluate(paper) == dark
    page.goto(site.address("olivia", "more/"))
    page.get_by_role("button", name="System").click()
    expect(page.get_by_role("button", name="System")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(paper) == light


def test_a_first_visit_asks_for_few_and_small_things(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia")
    page.goto(site.address("olivia", "-/pods/"))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    asked = page.evaluate(
        """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .filter(each => !each.name.includes("watch=")).map(each => [each.name, each.encodedBodySize])"""
    )
    assert all(url.startswith(site.url) for url, _size in asked)
    # Beside these the browser may ask for the manifest: ten at most.
    assert len({url for url, _size in asked}) <= 9, asked
    assert sum(dict(asked).values()) < 60_000, asked
