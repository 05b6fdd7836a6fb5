"""The demo API server and Porthole, each in its own process, and a browser's part in a few lines."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"https?://\S+")
FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[tuple[int, str]]:
    """A Python program of ours: its process id and the first address that it prints. Stopped at the end."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stdout or ():
            if found := ADDRESS.search(line):
                yield process.pid, found[0].rstrip("/")
                break
        else:
            raise RuntimeError(f"{' '.join(arguments)} ended and printed no address")
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout:
            process.stdout.close()


def signed_in(site: str, person: str) -> OpenerDirector:
    """A browser that is signed in to the demo as ``person``."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    token = FORM_TOKEN.search(read(browser, f"{site}/signin/").decode())
    if not token:
        raise RuntimeError("the sign-in page has no form")
    form = urlencode({"csrfmiddlewaretoken": token[1], "person": person}).encode()
    with browser.open(Request(f"{site}/signin/demo/", form, {"Referer": f"{site}/signin/"})) as answer:
        answer.read()
    return browser


def read(browser: OpenerDirector, url: str) -> bytes:
    """The body of a page."""
    with browser.open(url) as answer:
        return answer.read()
