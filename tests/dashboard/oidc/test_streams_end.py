"""Live pages end with what they stand on: the token, the session, the sign-in at the provider."""

import time

import pytest

from tests.dashboard.events import ended, opened
from tests.dashboard.oidc.conftest import PODS, presented
from tests.provider.logout import logout_token

LOG = "/c/home/shop/pods/worker/logs/?container=worker&follow=start"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("nothing_left_open")]


def quiet():
    return []


def talking():
    for number in range(2000):
        yield f"2026-01-01T00:00:00.{number:09d}Z line {number}\n".encode()
        time.sleep(0.02)


WATCH, FOLLOW = r"GET .*watch=true", r"/log\?.*follow=true"


@pytest.fixture
def stream(home, read):
    """``stream(client, "list")``: the messages of a live list, or of a log that never rests."""
    entered = []

    def begin(client, kind):
        pattern, body = {"list": (WATCH, quiet), "log": (FOLLOW, talking)}[kind]
        answering = home.answering(pattern, 200, body)
        answering.__enter__()
        entered.append(answering)
        address = client.get(PODS).context["page"].stream_url if kind == "list" else LOG
        return opened(read, client, address)[1]

    yield begin
    for answering in entered:
        answering.__exit__(None, None, None)


@pytest.mark.parametrize("kind", ["list", "log"])
def test_check_16_a_stream_ends_with_a_token_that_nothing_renews(signed_in, op, stream, kind):
    op.gives_refresh_tokens = False
    op.lifetime = 3
    client = signed_in()
    assert ended(stream(client, kind)) == "session"


@pytest.mark.parametrize("kind", ["list", "log"])
def test_check_16_a_stream_ends_when_the_provider_signs_the_person_out(signed_in, browser, op, stream, kind):
    messages = stream(signed_in(), kind)
    assert browser().post("/oidc/backchannel-logout/", {"logout_token": logout_token(op, "olivia")}).status_code == 200
    assert ended(messages) == "session"


@pytest.mark.parametrize("kind", ["list", "log"])
def test_check_16_a_stream_ends_when_its_person_signs_out(signed_in, browser, op, stream, kind, settings):
    client = signed_in()
    other = browser()
    other.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    messages = stream(client, kind)
    assert other.post("/signout/").status_code == 302
    assert ended(messages) == "session"


def test_a_stream_goes_on_with_the_token_that_took_the_place_of_its_first(signed_in, op, stream, home):
    op.lifetime = 3
    client = signed_in()
    messages = stream(client, "list")
    op.lifetime = 300
    while len(presented(home)) < 2:  # the first one, and the one that a watch was opened with after it
        assert next(messages)["event"] == "beat"
    client.post("/signout/")
    assert ended(messages) == "session"
