"""What is looked at on every page: does it fit, can a thumb hit it, can everybody read it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Each size with the schemes in which axe reads it. The two phones have one layout, so each is read in one scheme.
LOOKS = {(360, 740): ["light"], (390, 844): ["dark"], (1280, 800): ["light", "dark"]}
TARGET = 44

# Everything that can be tapped, with the box that takes the tap: a row's link covers its row, a label its box. Links
# inside a sentence are excepted, as in WCAG 2.5.8. Rounded, since half a pixel is nobody's thumb.
TARGETS = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")].flatMap(
each => {
    if (each.matches(".skip") || each.closest("[hidden]") || each.closest("p.why, p.said, td.name ~ td")) return [];
    const area = (each.closest(".row .name") && each.closest("tr")) || each.closest("label.tick") || each;
    const box = area.getBoundingClientRect();
    return box.width ? [[each.outerHTML.slice(0, 100), Math.round(box.width), Math.round(box.height)]] : [];
})"""

# Elements that reach out of the screen, unless they stand in a box that scrolls by itself.
WIDER = """() => {
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
    const scrolls = each => each &&
        (["auto", "scroll"].includes(getComputedStyle(each).overflowX) || scrolls(each.parentElement));
    return !wide ? [] : [...document.querySelectorAll("body *")]
        .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && !scrolls(each))
        .map(each => each.outerHTML.slice(0, 100)).concat(["the page scrolls sideways"]);
}"""

# Without axe's own rule on targets: it takes what a sticky bar covers for small, and 24 pixels for enough; see TARGETS.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {
    "runOnly": {"type": "tag", "values": TAGS},
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": False}},
}


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways; nothing where it fits."""
    return page.evaluate(WIDER)


def too_small(page: Page) -> list[str]:
    """Targets under 44 by 44 pixels."""
    return [f"{box[1]}x{box[2]} {box[0]}" for box in page.evaluate(TARGETS) if box[1] < TARGET or box[2] < TARGET]


def inaccessible(page: Page, axe: Axe) -> list[str]:
    """What axe finds, each with the element."""
    found = axe.run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {rule['help']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]
