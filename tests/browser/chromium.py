"""One Chromium for the whole test session, whichever folder's tests ask for it: Playwright runs once in a process."""

import os
import shutil
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
PHONE = {"width": 390, "height": 844}
BROWSER = pytest.StashKey[Browser]()


def shared(config: pytest.Config) -> Browser:
    """Debian's Chromium, or the one that CHROMIUM names, started once and closed when pytest ends."""
    if BROWSER not in config.stash:
        program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        if not program:
            reason = "no Chromium is installed: apt-get install chromium, or name one in CHROMIUM"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        stack = ExitStack()
        config.add_cleanup(stack.close)
        playwright = stack.enter_context(sync_playwright())
        config.stash[BROWSER] = playwright.chromium.launch(executable_path=program, args=ARGUMENTS.split())
        stack.callback(config.stash[BROWSER].close)
    return config.stash[BROWSER]
