"""Every page at every size, in light and dark: it fits, a thumb hits it, axe finds nothing."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser.conftest import PHONE, listen
from tests.browser.looks import look_at, too_wide
from tests.browser.places import PLACES, pod_named
from tests.browser.sites import Site


@pytest.fixture(scope="module")
def pages(site: Site, browser: Browser) -> Iterator[dict[str, Page]]:
    """A page for each person, signed in once."""
    found = {}
    contexts = []
    for person in ("olivia", "nadia", "victor"):
        contexts.append(browser.new_context(viewport=PHONE, reduced_motion="reduce"))
        found[person] = contexts[-1].new_page()
        site.sign_in(found[person], person)
    yield found
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def names(site: Site, pages: dict[str, Page]) -> dict[str, str]:
    """Names of pods that a Deployment made up."""
    return {name: pod_named(site, pages["olivia"], name) for name in ("worker", "frontend")}


@pytest.mark.parametrize("place", PLACES)
def test_every_page_fits_and_can_be_hit_and_read(
    place: str, site: Site, pages: dict[str, Page], names: dict[str, str]
) -> None:
    person, path, status = PLACES[place]
    complaints: list[str] = []
    page = pages[person]

    def watch(message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            complaints.append(message.text)

    page.on("console", watch)
    answer = page.goto(site.address(person, path.format(**names)))
    assert answer
    assert answer.status == status
    faults = look_at(page)
    page.remove_listener("console", watch)
    assert not faults + complaints, "\n".join(faults + complaints)


@pytest.mark.parametrize(
    "place", ["pods of all namespaces", "a failing pod", "scaling to zero, with an autoscaler", "more"]
)
def test_pages_reflow_at_320_pixels_and_with_text_twice_as_large(
    place: str, site: Site, pages: dict[str, Page], names: dict[str, str]
) -> None:
    person, path, _status = PLACES[place]
    page = pages[person]
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(site.address(person, path.format(**names)))
    assert not too_wide(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert not too_wide(page)


@pytest.mark.parametrize(
    "place", ["pods of all namespaces", "a deployment with an autoscaler", "scaling to zero, with an autoscaler"]
)
def test_words_may_be_twice_as_long_and_run_the_other_way(
    place: str, site: Site, pages: dict[str, Page], names: dict[str, str]
) -> None:
    person, path, _status = PLACES[place]
    page = pages[person]
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(site.address(person, path.format(**names)))
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert not too_wide(page)
    page.evaluate(
        """() => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const texts = [];
            while (walker.nextNode()) if (walker.currentNode.textContent.trim()) texts.push(walker.currentNode);
            for (const text of texts) text.textContent += " " + text.textContent;
        }"""
    )
    assert not too_wide(page)


def test_the_sign_in_page_and_the_list_of_clusters(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    listen(page, complaints)
    page.goto(f"{site.url}/signin/")
    faults = look_at(page)
    site.sign_in(page, "olivia")
    page.goto(f"{site.url}/clusters/")
    faults += look_at(page)
    page.goto(f"{site.url}/sessions/")
    faults += look_at(page)
    page.goto(f"{site.url}/there-is-no-such-page/")
    faults += look_at(page)
    context.close()
    assert not faults + complaints, "\n".join(faults + complaints)


def test_the_first_screen_of_a_failing_pod_says_why(
    site: Site, open_as: Callable[..., Page], names: dict[str, str]
) -> None:
    page = open_as("olivia", viewport={"width": 360, "height": 740})
    page.goto(site.address("olivia", "shop/pods/image-resizer/"))
    bottom = page.wait_for_function(
        """() => {
            const state = document.querySelector("#state");
            return state?.innerText.includes("OOMKilled") && state.getBoundingClientRect().bottom;
        }"""
    )
    assert bottom.json_value() < 740
