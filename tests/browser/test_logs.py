"""A log as it is read on a phone: it sticks to its end, waits for its reader, and survives a locked screen."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import pod_named
from tests.browser.sites import Site

TICK = re.compile(r"tick (\d+)")
TALKER = "monitoring/pods/talker/logs/"
AT_END = "() => Math.abs(scrollY + innerHeight - document.documentElement.scrollHeight) < 3"
# What a phone's browser tells a page when the screen locks and when it is unlocked.
VISIBILITY = """hidden => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    Object.defineProperty(document, "visibilityState", {value: hidden ? "hidden" : "visible", configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def ticks(page: Page) -> list[int]:
    """The numbers of the lines that the page shows, in their order."""
    return [int(found[1]) for line in page.locator("#log .l").all_inner_texts() if (found := TICK.search(line))]


def wait_for_tick(page: Page, number: int) -> list[int]:
    """Wait until the log's last line is this one or a later one, then give the numbers of all that are shown."""
    for _tenth in range(300):
        numbers = ticks(page)
        if numbers and numbers[-1] >= number:
            return numbers
        page.wait_for_timeout(100)
    raise AssertionError(f"tick {number} did not come within 30 seconds; the page shows {ticks(page)[-3:]}")


def wait_for_ticks(page: Page, more: int) -> list[int]:
    """Wait until ``more`` lines came behind the last one, then give the numbers of all that are shown."""
    return wait_for_tick(page, ticks(page)[-1] + more)


def unbroken(numbers: list[int]) -> bool:
    """Whether numbers follow one another, none lost and none repeated."""
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.fixture
def talker(site: Site, open_as: Callable[..., Page]) -> Page:
    """The log of a pod that says one line a second, live."""
    page = open_as()
    page.goto(site.address("olivia", TALKER))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return page


def test_a_log_loses_and_repeats_nothing_while_the_screen_is_locked(talker: Page) -> None:
    before = wait_for_ticks(talker, 2)[-1]
    for _lock in range(2):
        talker.evaluate(VISIBILITY, True)
        expect(talker.locator("#live")).to_have_attribute("data-state", "paused")
        talker.wait_for_timeout(1500)
        talker.evaluate(VISIBILITY, False)
        expect(talker.locator("#live")).to_have_attribute("data-state", "live")
    assert unbroken(wait_for_tick(talker, before + 4))


def test_a_log_loses_and_repeats_nothing_when_the_network_goes(site: Site, talker: Page) -> None:
    before = wait_for_ticks(talker, 2)[-1]
    site.wire.cut()
    try:
        expect(talker.locator("#live")).to_have_attribute("data-state", "wait")
        talker.wait_for_timeout(1500)
    finally:
        site.wire.mend()
    expect(talker.locator("#live")).to_have_attribute("data-state", "live", timeout=20000)
    assert unbroken(wait_for_tick(talker, before + 3))


def test_a_log_sticks_to_its_end_until_the_reader_scrolls_up(talker: Page) -> None:
    wait_for_ticks(talker, 2)
    assert talker.evaluate(AT_END)
    talker.evaluate(
        "document.querySelector('#log').insertAdjacentHTML('afterbegin', '<div class=l>earlier</div>'.repeat(99))"
    )
    talker.mouse.move(200, 400)
    talker.mouse.wheel(0, -900)
    expect(talker.locator("#news button")).to_be_visible(timeout=20000)
    place = talker.evaluate("scrollY")
    wait_for_ticks(talker, 2)
    assert talker.evaluate("scrollY") == place
    expect(talker.locator("#news button")).to_have_text(re.compile(r"^([2-9]|\d\d+) new lines$"))
    talker.locator("#news button").click()
    expect(talker.locator("#news")).to_be_hidden()
    assert talker.evaluate(AT_END)


def test_previous_logs_are_two_taps_from_the_list(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as()
    worker = pod_named(site, page, "worker")
    page.get_by_role("link", name=worker, exact=True).click()
    page.get_by_role("link", name="Previous logs").first.click()
    expect(page.locator("#log")).to_contain_text("Traceback (most recent call last)")
    expect(page.locator("#log")).to_contain_text("KeyError: 'price'")
    assert not page.locator("#stream").count()


def test_times_and_wrapping_are_switches_in_the_address(site: Site, talker: Page) -> None:
    assert not talker.locator("#log time").count()
    talker.get_by_role("link", name="Timestamps").click()
    expect(talker.locator("#log time").last).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    expect(talker.get_by_role("link", name="Timestamps")).to_have_attribute("aria-current", "true")
    talker.get_by_role("link", name="Wrap").click()
    expect(talker.locator("#log")).to_have_class("log nowrap")
    assert {"timestamps=1", "nowrap=1"} <= set(talker.url.partition("?")[2].split("&"))
    wait_for_ticks(talker, 1)
    # Counted at once: the log goes on.
    lines, times = talker.evaluate("['#log .l', '#log time'].map(each => document.querySelectorAll(each).length)")
    assert lines == times > 0


@pytest.mark.parametrize("query", ["nowrap=1", "nowrap=1&timestamps=1", "timestamps=1"])
def test_lines_stand_close_whether_they_came_with_the_page_or_later(
    query: str, site: Site, open_as: Callable[..., Page]
) -> None:
    page = open_as(viewport={"width": 1280, "height": 800})
    page.goto(site.address("olivia", f"{TALKER}?{query}"))
    wait_for_ticks(page, 2)
    distances = page.evaluate(
        """() => {
            const tops = [...document.querySelectorAll("#log .l")].map(each => each.getBoundingClientRect().top);
            return [...new Set(tops.slice(1).map((top, index) => Math.round(top - tops[index])))];
        }"""
    )
    assert distances == [18]


def test_a_switch_keeps_the_readers_place_and_adds_no_step_back(site: Site, talker: Page) -> None:
    wait_for_tick(talker, 60)
    steps = talker.evaluate("history.length")
    talker.evaluate("scrollBy(0, -400)")
    expect(talker.locator("#news button")).to_be_visible(timeout=20000)
    first = """() => [...document.querySelectorAll("#log .l")].find(
        each => each.getBoundingClientRect().bottom > document.querySelector(".tabs").getBoundingClientRect().bottom
    ).dataset.id"""
    place = talker.evaluate(first)
    for switch in ("Timestamps", "Wrap", "Wrap", "Timestamps"):
        with talker.expect_navigation():
            # A tap where it is: Playwright's own would scroll it into the padding first.
            talker.get_by_role("link", name=switch).dispatch_event("click")
        expect(talker.locator("#live")).to_have_attribute("data-state", "live")
        assert talker.evaluate(first) == place
        assert not talker.evaluate(AT_END)
    assert talker.evaluate("history.length") == steps


def test_a_time_shows_milliseconds_and_has_the_rest_in_its_title(talker: Page) -> None:
    talker.get_by_role("link", name="Timestamps").click()
    time = talker.locator("#log time").first
    expect(time).to_have_text(re.compile(r"^\S+:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$"))
    expect(time).to_have_attribute("title", re.compile(r"^\S+:\d\d\.\d{4,9}(Z|[+-]\d\d:\d\d)$"))


def test_a_line_that_is_too_long_is_cut_and_says_so(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(site.address("olivia", "monitoring/pods/long-line/logs/"))
    expect(page.locator("#log .cut")).to_have_count(1)
    longest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('#log .l')].map(each => each.textContent.length))"
    )
    assert longest < 100_000
