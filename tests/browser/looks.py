"""What is looked at on every page: does it fit, can a thumb hit it, can everybody read it."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Each size, and the schemes in which axe reads it. The two phones have one layout, so each is read in one scheme.
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
    "light": {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"target-size": {"enabled": False}}},
    "dark": {"runOnly": ["color-contrast"]},  # all else is as in light
}
RUN = """rules => axe.run(document, {...rules, resultTypes: ["violations"]}).then(results => results.violations)"""


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways; nothing where it fits."""
    return page.evaluate(WIDER)


def too_small(page: Page) -> list[str]:
    """Targets under 44 by 44 pixels."""
    return [f"{box[1]}x{box[2]} {box[0]}" for box in page.evaluate(TARGETS) if box[1] < TARGET or box[2] < TARGET]


def inaccessible(page: Page, scheme: str) -> list[str]:
    """What axe finds in ``light`` or ``dark``, each with the element."""
    page.emulate_media(color_scheme=scheme)
    # A list that is being read anew is dimmed for that moment, and a live one may be at any time.
    page.wait_for_selector(".htmx-request", state="detached")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN, RULES[scheme])
    return [f"{rule['id']}: {rule['help']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]


def look_at(page: Page) -> list[str]:
    """What is wrong with a page, at each size and in each scheme."""
    faults: list[str] = []
    for (width, height), schemes in LOOKS.items():
        page.set_viewport_size({"width": width, "height": height})
        faults += [f"{width}: sideways: {each}" for each in too_wide(page)]
        faults += [f"{width}: too small: {each}" for each in too_small(page)]
        for scheme in schemes:
            faults += [f"{width} {scheme}: {each}" for each in inaccessible(page, scheme)]
    return faults
