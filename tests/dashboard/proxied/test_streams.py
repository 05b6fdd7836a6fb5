"""Streams of people who come through a proxy: it saw the request begin, so the request has an end."""

import time

import pytest

from dashboard.signin import proxy
from tests.dashboard.events import fields
from tests.dashboard.proxied.conftest import PROXY, TOKEN

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("nothing_left_open")]


def stream_of(client, headers):
    """The messages of the list's stream."""
    page = client.get("/c/home/shop/configmaps/", headers=headers, REMOTE_ADDR=PROXY)
    response = client.get(page.context["page"].stream_url, headers=headers, REMOTE_ADDR=PROXY)
    assert response.status_code == 200
    return response


@pytest.fixture
def short_watches(home, visit):
    """The API server ends each watch at once, so that Porthole looks again after a second."""
    with home.answering("watch=true", 200, b"", "application/json"):
        yield


def events(read, response):
    """All that a stream sends, up to its end."""
    return {fields(text).get("event") for text in read(response)}


@pytest.mark.usefixtures("short_watches")
def test_a_stream_ends_with_its_token_and_is_opened_again_through_the_proxy(browser, issuer, read):
    client = browser()
    ends = int(time.time()) + 3
    response = stream_of(client, {TOKEN: issuer.token(sub="olivia", exp=ends)})
    # No word of an end, which a page would take for the last: the browser opens the stream again by itself.
    assert events(read, response) == {"beat"}
    assert time.time() >= ends
    again = stream_of(client, {TOKEN: issuer.token(sub="olivia")})
    assert fields(next(read(again)))["event"] == "beat"
    again.close()


@pytest.mark.usefixtures("short_watches")
def test_no_watch_outlasts_the_token(browser, home, issuer, read):
    response = stream_of(browser(), {TOKEN: issuer.token(sub="olivia", exp=int(time.time()) + 4)})
    assert events(read, response) == {"beat"}
    asked = [int(each.path.partition("timeoutSeconds=")[2].partition("&")[0]) for each in home.of("watch=true")]
    assert asked
    assert max(asked) <= 4


@pytest.mark.usefixtures("short_watches")
def test_a_stream_of_a_token_without_an_end_lasts_a_while_and_no_longer(browser, monkeypatch, read, issuer):
    monkeypatch.setattr(proxy, "LONGEST", 2.0)
    response = stream_of(browser(), {TOKEN: issuer.token(sub="olivia", exp=None)})
    assert events(read, response) == {"beat"}


def test_a_stream_with_a_token_that_is_over_is_not_opened(browser, home, issuer, visit):
    client = browser()
    page = client.get("/c/home/shop/configmaps/", headers={TOKEN: issuer.token(sub="olivia")}, REMOTE_ADDR=PROXY)
    headers = {TOKEN: issuer.token(sub="olivia", exp=int(time.time()) - 1)}
    response = client.get(page.context["page"].stream_url, headers=headers, REMOTE_ADDR=PROXY)
    assert (response.status_code, response.streaming) == (424, False)
