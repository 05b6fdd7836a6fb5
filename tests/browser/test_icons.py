"""Every icon that a template or the bottom bar names is in the sprite, and the sprite holds no other."""

import re

from tests.browser.sites import ROOT

TONES = {"ok", "busy", "warn", "bad", "off"}


def test_the_sprite_has_the_icons_that_are_used() -> None:
    templates = "".join(path.read_text() for path in sorted((ROOT / "templates").rglob("*.html")))
    used = set(re.findall(r'{% icon "([a-z0-9-]+)"', templates))
    bar = set(re.findall(r'"([a-z0-9-]+)"\),?\n', (ROOT / "dashboard" / "context.py").read_text()))
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static" / "icons" / "sprite.svg").read_text()))
    assert len(used) > 10
    assert {"house", "ellipsis"} <= bar
    assert drawn == used | bar | TONES
