"""Names, logs and messages that try to be more than text: they are shown, and do nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sites import Site

# What hostile text would leave behind: an element that no template of ours makes, a handler, a foreign address.
TRACES = """() => ({
    scripts: [...document.scripts].filter(each => !each.src).length,
    strangers: document.querySelectorAll("main :is(img, iframe, object, embed, script, style, link, base)").length,
    handlers: [...document.querySelectorAll("*")].flatMap(each => each.getAttributeNames())
        .filter(name => name.startsWith("on")),
    templates: document.querySelectorAll("main :is(template, hx-partial, [hx-on], [hx-vals])").length,
    foreign: [...document.querySelectorAll("[src], [href]")].map(each => each.src || each.href)
        .filter(each => typeof each === "string" && new URL(each, location).origin !== location.origin),
})"""
# Our own script is the one that lets the others come.
CLEAN = {"scripts": 1, "strangers": 0, "handlers": [], "templates": 0, "foreign": []}


@pytest.mark.parametrize("path", ["", "logs/", "logs/?timestamps=1&nowrap=1", "events/", "yaml/"])
def test_hostile_text_is_inert(path: str, site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.address("olivia", f"monitoring/pods/hostile/{path}"))
    page.wait_for_timeout(300)
    assert page.evaluate(TRACES) == CLEAN
    assert not dialogs
    assert all(url.startswith(site.url) for url in asked)


def test_a_hostile_log_is_shown_as_it_was_written(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(site.address("olivia", "monitoring/pods/hostile/logs/"))
    expect(page.locator("#log")).to_contain_text("<script>")
    text = page.locator("#log").inner_text()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert page.locator("#log [class^=ansi-]").count()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "'\"`{{7*7}}${7*7}",
        "\u202eevil \u2066\U0001f3f4\u200d\u2620\ufe0f",
        "<hx-partial hx-target=body>",
    ],
)
def test_what_is_typed_into_a_filter_stays_text(text: str, site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as()
    page.goto(site.address("olivia", "shop/pods/"))
    with page.expect_response(lambda answer: "q=" in answer.url):
        page.get_by_role("searchbox").fill(text)
    expect(page.locator(".empty")).to_be_visible()
    assert page.evaluate(TRACES) == CLEAN
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value(text.strip())
    assert page.evaluate(TRACES) == CLEAN
