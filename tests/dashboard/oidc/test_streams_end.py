"""Live pages end with what they stand on: the token, the session, the sign-in at the provider."""

import re
import threading
import time

import pytest

from clusters.models import Cluster
from clusters.watches import WATCH_SECONDS
from dashboard.views import logs
from tests.dashboard.events import ended, opened
from tests.dashboard.oidc.conftest import PODS, presented
from tests.dashboard.wire import PATIENCE
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


@pytest.fixture
def impersonated(home, op, configured, tmp_path):
    """The cluster takes people by their names, under a token that does not end with theirs."""
    token = tmp_path / "token"
    token.write_text("impersonator-token")
    configured(PORTHOLE_TOKEN_FOLDERS=[str(tmp_path)])
    home.admit = lambda given: "olivia-token" if given == "impersonator-token" else None
    op.claims("olivia")["groups"] = ["operators"]
    names = {"username_claim": "email", "groups_claim": "groups"}
    Cluster.objects.update(presents="impersonation", impersonator_token_file=str(token), **names)


def asked_to_end(tap):
    """After how many seconds the API server was asked to end each watch."""
    return [int(re.search(r"timeoutSeconds=(\d+)", each.path)[1]) for each in tap.of(WATCH)]


@pytest.mark.parametrize("presents", ["token", "name"])
def test_check_16_no_watch_outlasts_a_token_that_nothing_renews(signed_in, op, home, stream, presents, request):
    if presents == "name":
        request.getfixturevalue("impersonated")
    op.gives_refresh_tokens = False
    op.lifetime = 4
    assert ended(stream(signed_in(), "list")) == "session"
    assert asked_to_end(home)
    assert max(asked_to_end(home)) <= 4


def test_a_watch_is_as_long_as_ever_where_the_token_lasts_longer(signed_in, op, home, stream):
    op.lifetime = 300
    client = signed_in()
    messages = stream(client, "list")
    while not asked_to_end(home):
        next(messages)
    client.post("/signout/")
    assert ended(messages) == "session"
    assert set(asked_to_end(home)) == {WATCH_SECONDS}


def test_check_16_a_log_that_rests_is_let_go_when_the_token_ends(signed_in, op, home, read, monkeypatch):
    monkeypatch.setattr(logs, "BEAT_SECONDS", 10 * PATIENCE)
    op.gives_refresh_tokens = False
    op.lifetime = 3
    let_go, in_time = threading.Event(), []

    def resting():
        yield b"2026-01-01T00:00:00Z the only line\n"
        in_time.append(let_go.wait(PATIENCE))

    client = signed_in()
    with home.answering(FOLLOW, 200, resting):
        assert ended(opened(read, client, LOG)[1]) == "session"
        let_go.set()
        home.wait_for(FOLLOW)
        while not in_time:
            time.sleep(0.01)
    assert in_time == [True]
