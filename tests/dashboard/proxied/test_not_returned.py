"""Requests through a proxy begin sessions by themselves; those whose cookie nobody brings back stay few."""

import pytest
from django.conf import settings as django_settings

from dashboard import sessions
from dashboard.models import Session
from tests.dashboard.pages import tree
from tests.dashboard.proxied.conftest import PROXY, TOKEN, USER

pytestmark = [pytest.mark.django_db, pytest.mark.store]
PAGE = "/clusters/"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Three are kept, so that a test need not begin hundreds."""
    monkeypatch.setattr(sessions, "MOST_NOT_RETURNED", 3)


@pytest.fixture(params=["a name", "a token", "a name that counts"])
def headers(request, issuer, configured):
    """What a request brings: nobody vouches for a mere name, an API server for a token, the operator for the proxy."""
    if request.param == "a token":
        return {TOKEN: issuer.token(sub="olivia")}
    configured(PROXY_AUTH_UNSIGNED=request.param == "a name that counts")
    return {USER: "olivia"}


def cookie_of(client):
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


def test_who_brings_no_cookie_leaves_few_sessions_behind(visit, home, headers):
    for _ in range(8):
        assert visit(PAGE, headers).status_code == 200
    assert Session.objects.count() == 3


def test_names_that_change_at_each_request_leave_no_more(visit, home):
    for number in range(8):
        assert visit(PAGE, {USER: f"user-{number}", "User-Agent": f"script/{number}"}).status_code == 200
    assert Session.objects.count() == 3


def test_who_brings_the_cookie_back_keeps_the_session_whoever_comes_without(visit, browser, home, headers):
    client = browser()
    visit(PAGE, headers, by=client)
    former = cookie_of(client)
    visit(PAGE, headers, by=client)
    for _ in range(8):
        visit(PAGE, headers)
    assert visit(PAGE, headers, by=client).status_code == 200
    assert cookie_of(client) == former
    assert Session.objects.count() == 4


def test_the_latest_are_those_that_are_kept(visit, browser, home, headers):
    first, last = browser(), browser()
    visit(PAGE, headers, by=first)
    for _ in range(2):
        visit(PAGE, headers)
    visit(PAGE, headers, by=last)
    dropped, kept = cookie_of(first), cookie_of(last)
    for client in (first, last):
        assert visit(PAGE, headers, by=client).status_code == 200
    assert cookie_of(first) != dropped, "it has begun anew, and nobody noticed"
    assert cookie_of(last) == kept


@pytest.mark.django_db(transaction=True)
def test_a_stream_without_a_cookie_brings_none_back(visit, browser, home, issuer, read):
    headers = {TOKEN: issuer.token(sub="olivia")}
    address = visit("/c/home/shop/configmaps/", headers).context["page"].stream_url
    for _ in range(6):
        messages = read(browser().get(address, headers=headers, REMOTE_ADDR=PROXY))
        next(messages)
        with home.answering("watch=true", 410, {"kind": "Status", "code": 410}):
            list(messages)
    assert Session.objects.count() == 3


def test_sessions_that_no_browser_has_are_not_shown_as_one_s_own(visit, browser, home, configured):
    configured(PROXY_AUTH_UNSIGNED=True)
    phone, desk = browser(), browser()
    for client, agent in ((phone, "Phone"), (desk, "Desk")):
        for _ in range(2):
            visit(PAGE, {USER: "olivia", "User-Agent": agent}, by=client)
    visit(PAGE, {USER: "olivia", "User-Agent": "Script"})
    page = tree(visit("/sessions/", {USER: "olivia"}, by=phone).content)
    assert Session.objects.count() == 3
    assert len(page.all("form", action="/sessions/end/")) == 2
    assert "Script" not in page.text
