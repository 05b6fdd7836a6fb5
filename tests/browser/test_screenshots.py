"""The README's pictures, taken of the demo as it runs: SCREENSHOTS=docs/screenshots puts them there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import pod_named
from tests.browser.sites import ROOT, Site

PNG = b"\x89PNG\r\n\x1a\n"


PICTURES = [
    ("home", "dark", ""),
    ("pods", "light", "shop/pods/"),
    ("pod", "light", "shop/pods/{worker}/"),
    ("logs", "dark", "shop/pods/{frontend}/logs/"),
]


@pytest.mark.parametrize(("name", "scheme", "path"), PICTURES)
def test_pictures_for_the_readme(
    name: str, scheme: str, path: str, site: Site, open_as: Callable[..., Page], tmp_path: Path
) -> None:
    folder = ROOT / os.environ["SCREENSHOTS"] if os.environ.get("SCREENSHOTS") and site.kind == "demo" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    page = open_as("olivia", color_scheme=scheme, device_scale_factor=2)
    names = {beginning: pod_named(site, page, beginning) for beginning in ("worker", "frontend")}
    page.goto(site.address("olivia", path.format(**names)))
    if page.locator("#stream").count():
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
    picture = folder / f"{name}-{scheme}.png"
    page.screenshot(path=picture)
    content = picture.read_bytes()
    assert content.startswith(PNG)
    assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == (780, 1688)
