"""Behind a proxy that knows people, as a phone shows it; the browser here writes the headers that a proxy would."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from clusters.demo.server import serving
from tests.browser.conftest import PHONE, listen, patient
from tests.browser.looks import look_at
from tests.browser.sites import porthole
from tests.browser.test_signing_in import add_clusters, encoded

HEADERS = {"X-Forwarded-Id-Token": "nadia-token", "X-Forwarded-User": "nadia"}
EXPIRED = f"{encoded({'alg': 'RS256'})}.{encoded({'sub': 'nadia', 'exp': 1})}.c2lnbmVk"
SETTINGS = {
    "PORTHOLE_WAYS": "proxy",
    "PROXY_AUTH": "true",
    "PROXY_AUTH_TRUSTED_NETWORKS": "127.0.0.0/8,::1",
    "PROXY_AUTH_TOKEN_HEADER": "X-Forwarded-Id-Token",
    "PROXY_AUTH_USERNAME_HEADER": "X-Forwarded-User",
    "PROXY_AUTH_EMAIL_HEADER": "-",
    "PROXY_AUTH_GROUP_HEADER": "-",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Porthole that believes a proxy on loopback, and the demo's cluster as ``home``."""
    folder = tmp_path_factory.mktemp("porthole-proxied")
    with serving(trials=True) as demo, porthole(folder, SETTINGS) as (address, _output):
        add_clusters(folder, demo.url)
        yield address.rstrip("/")


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A phone behind the proxy."""
    complaints: list[str] = []
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce", extra_http_headers=HEADERS)
    page = context.new_page()
    page.set_default_timeout(15000)
    listen(page, complaints)
    page.goto = patient(page)  # type: ignore[method-assign]
    yield page
    context.close()
    assert not complaints


def test_a_denial_has_its_own_status_and_the_servers_words(page: Page, url: str) -> None:
    answer = page.goto(f"{url}/c/home/monitoring/pods/")
    assert answer is not None
    assert (answer.status, answer.headers["x-porthole-status"]) == (423, "403")
    expect(page.locator("#main")).to_contain_text('cannot list resource "pods"')
    assert not look_at(page)


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 424, "Nobody is signed in"),
        ({**HEADERS, "X-Forwarded-Id-Token": EXPIRED}, 424, "sent a token that has expired"),
    ],
    ids=["nobody", "expired"],
)
def test_a_list_says_that_the_sign_in_is_over_and_stays(
    page: Page, url: str, headers: dict[str, str], status: int, words: str
) -> None:
    page.goto(f"{url}/c/home/shop/pods/")
    mark = page.locator("#live")
    expect(mark).to_have_attribute("data-state", "live")
    page.context.set_extra_http_headers(headers)
    with page.expect_response(lambda answer: "watch=" in answer.url and answer.status == status):
        page.evaluate("dispatchEvent(new Event('online'))")  # the stream is read anew
    expect(mark).to_have_attribute("data-state", "over")
    assert page.locator("#rows .row").count() > 0
    page.reload()
    expect(page.locator("#main")).to_contain_text(words)
    assert not look_at(page)
