"""Small screens, large letters and the other direction: nothing is cut off, covered, broken or on the wrong side."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import pod_named
from tests.browser.sites import Site

SMALL = {"width": 320, "height": 640}


def test_the_switches_of_a_log_fit_the_smallest_phone(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(viewport=SMALL)
    page.goto(site.address("olivia", f"shop/pods/{pod_named(site, page, 'worker')}/logs/"))
    switches = page.locator(".tools .button")
    expect(switches).to_have_count(3)
    assert page.evaluate("() => (bar => bar.scrollWidth - bar.clientWidth)(document.querySelector('.tools'))") <= 0


def test_the_button_never_stands_over_what_is_asked(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(viewport=SMALL)
    page.goto(site.address("olivia", "shop/deployments.apps/api/scale/?replicas=500"))
    asked, button = page.locator("label.tick").bounding_box(), page.locator(".act button").bounding_box()
    assert asked
    assert button
    assert asked["y"] + asked["height"] <= button["y"]


@pytest.mark.parametrize(("height", "stays"), [(470, False), (640, True)])
def test_bars_scroll_away_where_the_screen_is_low(
    height: int, stays: bool, site: Site, open_as: Callable[..., Page]
) -> None:
    page = open_as(viewport={"width": 390, "height": height})
    page.goto(site.address("olivia", "shop/pods/image-resizer/"))
    page.evaluate("scrollTo(0, 300)")
    positions = page.evaluate(
        "[...document.querySelectorAll('.top, .tabs')].map(each => each.getBoundingClientRect().bottom > 0)"
    )
    assert positions == [stays, stays]


def test_no_word_of_the_bar_is_broken_by_large_letters(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(viewport=SMALL)
    page.goto(site.address("olivia", "shop/pods/"))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    words = page.evaluate(
        """() => [...document.querySelectorAll(".nav a")].map(each => {
            const range = document.createRange();
            range.selectNodeContents(each.lastChild);
            const box = range.getBoundingClientRect(), place = each.getBoundingClientRect();
            return [range.getClientRects().length, box.left >= place.left && box.right <= place.right];
        })"""
    )
    assert words == [[1, True]] * 4


def test_words_stand_on_the_page_s_side(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(viewport=SMALL)
    page.goto(site.address("olivia", "shop/pods/image-resizer/"))
    page.evaluate("document.documentElement.dir = 'rtl'")
    sides = page.evaluate(
        "[...document.querySelectorAll('.why, .note, .event p')].map(each => getComputedStyle(each).textAlign)"
    )
    assert len(sides) > 1
    assert set(sides) <= {"start", "right"}
    assert page.evaluate("getComputedStyle(document.querySelector('.why')).direction") == "rtl"


def test_a_question_is_read_as_it_was_written(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(viewport=SMALL)
    page.goto(site.address("olivia", "shop/deployments.apps/api/scale/?replicas=500"))
    page.evaluate("document.documentElement.dir = 'rtl'")
    title = page.locator("#ask .word bdi")
    expect(title).to_have_text("500 replicas?")
    mark, number = title.evaluate(
        """each => ["?", "5"].map(character => {
            const text = each.firstChild, range = document.createRange(), place = text.data.indexOf(character);
            range.setStart(text, place);
            range.setEnd(text, place + 1);
            return range.getBoundingClientRect().left;
        })"""
    )
    assert mark > number
