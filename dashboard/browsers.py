"""A browser in a few words, so that somebody knows their own phone again in a list."""

import re

from django.utils.translation import gettext as _

# The first that is found counts: Edge calls itself Chrome, Chrome calls itself Safari.
PROGRAMS = (
    (re.compile(r"Edg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"OPR/|OPT/|Opera"), "Opera"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),  # untranslated: its name
    (re.compile(r"DuckDuckGo/|Ddg/"), "DuckDuckGo"),
    (re.compile(r"Vivaldi/"), "Vivaldi"),
    (re.compile(r"FxiOS/|Firefox/"), "Firefox"),
    (re.compile(r"CriOS/|Chrome/|Chromium/"), "Chrome"),
    (re.compile(r"Version/[\d.]+.* Safari/"), "Safari"),
    (re.compile(r"curl/"), "curl"),
)
# Android calls itself Linux, an iPhone "like Mac OS X".
SYSTEMS = (
    (re.compile(r"iPhone|iPod"), "iPhone"),
    (re.compile(r"iPad"), "iPad"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Macintosh|Mac OS X"), "macOS"),
    (re.compile(r"Linux|X11"), "Linux"),
)


def browser_words(user_agent: str) -> str:
    """``Safari on iPhone`` of a User-Agent header; it may say what it likes, so this is for showing only."""
    program = next((name for pattern, name in PROGRAMS if pattern.search(user_agent)), "")
    system = next((name for pattern, name in SYSTEMS if pattern.search(user_agent)), "")
    if program and system:
        return _("%(browser)s on %(system)s") % {"browser": program, "system": system}
    return program or system or _("A browser that does not say which")
