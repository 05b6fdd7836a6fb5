"""Signing in with a token, one's sessions, and what a page says once a session is over: looked at, and worked."""

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clusters.demo.world.people import TOKENS, Person
from tests.browser.conftest import PHONE, listen, patient
from tests.browser.looks import look_at, too_wide
from tests.browser.sites import ROOT, Site, demo_site

NAME = "system:serviceaccount:a-namespace-with-a-rather-long-name:an-account-whose-name-is-longer-still"
PASTE = "/signin/token/"
SMALL = {"width": 320, "height": 640}
ROWS = """
from clusters.models import Cluster
for place, (name, title) in enumerate([("home", "Home"), ("away", "The one in the north, whose title is a long one")]):
    server = "{server}" if name == "home" else "http://127.0.0.1:9"
    Cluster.objects.create(name=name, title=title, server=server, position=place)
"""


def encoded(part: dict[str, object]) -> str:
    """A part of a JSON Web Token."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def token() -> Iterator[str]:
    """A token that the demo's API server takes for the ServiceAccount's of NAME."""
    claims = {"iss": "https://kubernetes.default.svc", "sub": NAME, "exp": int(time.time()) + 3600, "aud": ["k3s"]}
    made = f"{encoded({'alg': 'RS256'})}.{encoded(claims)}.c2lnbmVk"
    groups = ("system:serviceaccounts", "operators", "a-group-" + "of-many-words-" * 6)
    TOKENS[made] = Person(NAME, groups, "0b8bbd1c-3f0f-4a25-9f8f-98d2eb39d6a6", (("example.com/key", ("x" * 80,)),))
    yield made
    del TOKENS[made]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    """Porthole with the demo's people and pasted tokens, and two clusters that an operator set up: one is away."""
    folder = tmp_path_factory.mktemp("porthole-token")
    with demo_site(folder, PORTHOLE_WAYS="demo,token") as running:
        add_clusters(folder, f"http://127.0.0.1:{running.behind.port}")
        yield replace(running, clusters=dict.fromkeys(running.clusters, "home"))


def add_clusters(folder: Path, server: str) -> None:
    """Put ROWS into the store of the Porthole whose state is in ``folder``."""
    environment = {**os.environ, "PORTHOLE_STATE": str(folder), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    command = [sys.executable, "manage.py", "shell", "-c", ROWS.format(server=server)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


@pytest.fixture
def opened(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """``opened(**options)``: a page of a browser of its own in which nobody is signed in."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def new(**options: object) -> Page:
        contexts.append(browser.new_context(**{"viewport": PHONE, "reduced_motion": "reduce", **options}))
        page = contexts[-1].new_page()
        page.set_default_timeout(15000)
        listen(page, complaints)
        if options.get("java_script_enabled", True):
            page.goto = patient(page)  # type: ignore[method-assign]
        return page

    yield new
    for context in contexts:
        context.close()
    assert not complaints


def paste(page: Page, site: Site, token: str, cluster: str = "home") -> None:
    """Fill in the form and send it."""
    page.goto(f"{site.url}{PASTE}")
    page.get_by_label("Cluster").select_option(cluster)
    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_role("button", name="Check and use it").click()


def sign_in(page: Page, site: Site, token: str) -> None:
    """Sign in with a token, and be at the cluster's home."""
    paste(page, site, token)
    page.wait_for_url(site.address("olivia", ""))


def faults_of(page: Page, url: str) -> list[str]:
    """What is wrong with a page at each size, at 320 pixels, with letters twice as large, and right to left."""
    page.goto(url)
    for fold in page.locator("details").all():
        fold.evaluate("each => each.open = true")
    faults = look_at(page)
    page.set_viewport_size(SMALL)
    faults += too_wide(page)
    page.evaluate("document.documentElement.dir = 'rtl'")
    faults += too_wide(page)
    page.set_viewport_size(PHONE)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    return [f"{url}: {fault}" for fault in faults + too_wide(page)]


def test_the_pages_of_who_is_not_signed_in(site: Site, opened: Callable[..., Page]) -> None:
    page = opened()
    faults = faults_of(page, f"{site.url}/signin/?next=/c/home/&ended=1")
    faults += faults_of(page, f"{site.url}{PASTE}")
    paste(page, site, "no.such.token")
    expect(page.get_by_role("alert")).to_contain_text("Home does not know this token")
    expect(page.get_by_label("Token", exact=True)).to_have_value("")
    assert not faults + look_at(page)


def test_the_pages_of_who_is(site: Site, opened: Callable[..., Page], token: str) -> None:
    page = opened()
    sign_in(page, site, token)
    faults = faults_of(page, site.address("olivia", "me/"))
    faults += faults_of(page, site.address("olivia", "more/"))
    faults += faults_of(page, f"{site.url}{PASTE}?cluster=away")
    faults += faults_of(page, f"{site.url}/clusters/")
    others = [opened() for _ in range(2)]
    for other in others:
        sign_in(other, site, token)
    faults += faults_of(page, f"{site.url}/sessions/")
    page.goto(site.address("olivia", "more/"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out")
    assert not faults + look_at(page)


def test_without_scripts_one_signs_in_looks_who_one_is_and_ends_another_session(
    site: Site, opened: Callable[..., Page], token: str
) -> None:
    other, page = opened(), opened(java_script_enabled=False)
    sign_in(other, site, token)
    page.goto(site.address("olivia", "shop/pods/?q=front"))
    page.locator("summary", has_text="Paste a token instead").click()
    page.get_by_label("Cluster").select_option("home")
    page.get_by_label("Token", exact=True).fill(f"Bearer {token}\n")
    page.get_by_role("button", name="Check and use it").click()
    expect(page).to_have_url(site.address("olivia", "shop/pods/?q=front"))
    page.goto(site.address("olivia", "more/"))
    page.get_by_role("link", name=re.compile("here as")).click()
    expect(page.locator(".band")).to_contain_text(NAME)
    page.get_by_role("link", name="Your sessions").click()
    page.locator("button[value=others]").click()
    expect(page.get_by_text("You are signed in nowhere else.")).to_be_visible()
    other.goto(site.address("olivia", "me/"))
    expect(other).to_have_url(re.compile(r"/signin/\?next="))
    expect(other.get_by_role("status")).to_contain_text("Your sign-in has ended")


def test_what_is_pasted_cannot_be_read_over_one_s_shoulder(site: Site, opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto(f"{site.url}{PASTE}")
    field = page.get_by_label("Token", exact=True)
    assert field.evaluate("each => getComputedStyle(each).webkitTextSecurity") == "disc"


@pytest.mark.parametrize("place", ["shop/pods/?q=front", "shop/pods/image-resizer/", "shop/pods/{pod}/logs/", ""])
def test_an_open_page_says_that_the_session_is_over_and_leads_back_by_signing_in(
    place: str, site: Site, opened: Callable[..., Page], token: str
) -> None:
    page, other = opened(), opened()
    sign_in(page, site, token)
    page.goto(site.address("olivia", "monitoring/pods/?q=talker"))
    pod = page.locator(".row .name a").first.inner_text()
    path = place.format(pod=pod).replace("shop/pods/talker", "monitoring/pods/talker")
    page.goto(site.address("olivia", path))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    read = page.locator("main").inner_text()
    sign_in(other, site, token)
    other.goto(f"{site.url}/sessions/")
    other.locator("button[value=others]").click()
    mark = page.locator("#live")
    expect(mark).to_have_text("Signed out · Sign in", use_inner_text=True, timeout=60000)
    assert page.locator("main").inner_text()[:40] == read[:40], "what was read stays"
    if "logs" in path:
        expect(page.locator("#log .l").first).to_be_visible()
    box = mark.get_by_role("link").bounding_box()
    assert box
    assert box["height"] >= 44
    assert not too_wide(page)
    mark.get_by_role("link").click()
    expect(page.get_by_role("status")).to_contain_text("land where you were")
    page.locator("summary", has_text="Paste a token instead").click()
    page.get_by_label("Cluster").select_option("home")
    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_role("button", name="Check and use it").click()
    expect(page).to_have_url(site.address("olivia", path))
