"""Tokens that are about to end are renewed with the refresh token, once, and what waits runs with the new ones."""

import threading
import time

import jwt
import pytest
from django.contrib.auth.models import User
from django.db import connections

from dashboard.models import Secret
from dashboard.signin import jwts
from dashboard.signin.openid import provider, tokens
from tests.dashboard.oidc.conftest import FORM, PODS, SCALE, age, kept, presented
from tests.dashboard.pages import tree
from tests.provider import faults


def test_check_13_a_get_runs_with_the_renewed_token_and_the_rotated_refresh_token_is_kept(due, op, home):
    client = due()
    before = kept(client)
    assert client.get(PODS).status_code == 200
    after = kept(client)
    assert len(op.asked("token")) == 1
    assert after["id_token"] != before["id_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert presented(home) == {f"Bearer {after['id_token']}"}


def test_check_13_a_token_within_a_minute_of_its_end_is_renewed(signed_in, op, home):
    op.lifetime = 50
    client = signed_in()
    op.seen.clear()
    assert client.get(PODS).status_code == 200
    assert op.asked("token") == []  # a token that lives for less than two minutes lasts half of that
    age(client)
    op.lifetime = 300
    assert client.get(PODS).status_code == 200
    assert len(op.asked("token")) == 1


def test_check_13_a_post_runs_with_the_renewed_token(due, op, home, scaled_back):
    client = due()
    assert client.post(SCALE, FORM).status_code == 303
    assert len(op.asked("token")) == 1
    assert {request.method for request in home.seen} >= {"PUT"}
    assert presented(home) == {f"Bearer {kept(client)['id_token']}"}


@pytest.mark.django_db(transaction=True)
def test_check_13_a_stream_runs_with_the_renewed_token(due, op, home, read):
    client = due()
    response = client.get(f"{PODS}?watch=1", headers={"Accept": "text/event-stream"})
    messages = read(response)
    next(messages)
    next(messages)
    response.close()
    assert len(op.asked("token")) == 1
    assert presented(home) == {f"Bearer {kept(client)['id_token']}"}


@pytest.mark.django_db(transaction=True)
def test_check_13_many_requests_at_once_renew_once(due, browser, op, home, settings):
    client = due()
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    answers, ready = [], threading.Barrier(8)

    def open_page():
        tab = browser()
        tab.cookies[settings.SESSION_COOKIE_NAME] = cookie
        ready.wait(timeout=10)
        answers.append(tab.get(PODS).status_code)
        connections.close_all()

    threads = [threading.Thread(target=open_page) for _ in range(8)]
    with op.holding("token") as waiting:
        for thread in threads:
            thread.start()
        waiting.wait_for(1)
        time.sleep(0.3)  # the others arrive, and wait
        waiting.release()
        for thread in threads:
            thread.join(timeout=60)
    assert answers == [200] * 8
    assert waiting.arrived == 1
    assert len([asked for asked in op.asked("token") if asked.form["grant_type"] == "refresh_token"]) == 1
    assert presented(home) == {f"Bearer {kept(client)['id_token']}"}


def test_a_provider_that_does_not_rotate_keeps_its_refresh_token(due, op, home):
    client = due()
    before = kept(client)["refresh_token"]
    op.token_changes = {"refresh_token": None}
    assert client.get(PODS).status_code == 200
    assert kept(client)["refresh_token"] == before


def test_check_14_after_invalid_grant_the_tokens_are_erased_and_one_signs_in_again(due, op, home):
    client = due()
    op.answers["token"] = faults.error("invalid_grant")
    response = client.get(PODS)
    assert response["Location"].startswith("/signin/?next=%2Fc%2Fhome%2Fshop%2Fpods%2F")
    assert not Secret.objects.exists()
    assert home.seen == []
    assert client.get(PODS)["Location"].startswith("/signin/?")
    assert len(op.asked("token")) == 1


def test_check_15_an_htmx_request_of_an_ended_session_is_sent_to_sign_in_by_its_page(due, op, home):
    client = due()
    op.answers["token"] = faults.error("invalid_grant")
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{PODS}"}
    response = client.get(f"{PODS}?q=api", headers=headers)
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/signin/?next=%2Fc%2Fhome%2Fshop%2Fpods%2F")
    assert "Location" not in response
    assert home.seen == []


def test_check_15_a_post_of_an_ended_session_sends_nothing(due, op, home):
    client = due()
    op.answers["token"] = faults.error("invalid_grant")
    response = client.post(SCALE, {"replicas": "0"})
    assert response.status_code == 401
    assert tree(response.content).one("h1").text == "Sign in again"
    assert home.seen == []


AWAY = [
    faults.hangs_up,
    faults.page_with_secrets(503),
    faults.error("temporarily_unavailable", status=503),
    faults.error("slow_down", status=429),
    faults.error("invalid_client", status=401),
    faults.says({}, 500),
]


@pytest.mark.parametrize("answer", AWAY)
def test_while_the_provider_is_away_a_token_that_still_lasts_is_used(signed_in, op, home, answer):
    op.lifetime = 50
    client = signed_in()
    age(client)
    before = kept(client)
    op.answers["token"] = answer
    assert client.get(PODS).status_code == 200
    assert presented(home) == {f"Bearer {before['id_token']}"}
    assert kept(client)["refresh_token"] == before["refresh_token"]


@pytest.mark.parametrize("answer", AWAY)
def test_while_the_provider_is_away_an_ended_token_is_not_sent_and_nobody_is_signed_out(due, op, home, answer):
    client = due()
    op.answers["token"] = answer
    response = client.get(PODS)
    assert response.status_code == 502
    assert "still signed in" in response.content.decode()
    assert home.seen == []
    del op.answers["token"]
    provider.forget()  # the moment has passed in which nobody asks again
    assert client.get(PODS).status_code == 200


def test_many_who_wait_for_a_provider_that_is_away_do_not_wait_one_after_the_other(due, op, home):
    client = due()
    op.answers["token"] = faults.hangs_up
    assert client.get(PODS).status_code == 502
    asked = len(op.asked("token"))
    assert client.get(PODS).status_code == 502
    assert len(op.asked("token")) == asked


@pytest.mark.parametrize(
    "changes",
    [{"sub": "subject-of-mallory"}, {"aud": "another"}, {"iss": "https://another.example.com"}, {"exp": 1}],
)
def test_a_renewed_id_token_of_somebody_else_ends_the_session(due, op, home, changes):
    client = due()
    op.id_token_changes = changes
    assert client.get(PODS)["Location"].startswith("/signin/?")
    assert home.seen == []
    assert not Secret.objects.exists()


def test_keys_that_cannot_be_had_at_a_renewal_cost_no_refresh_token(due, op, home):
    client = due()
    op.rotate()
    op.answers["keys"] = faults.hangs_up
    jwts.forget()
    before = kept(client)["refresh_token"]
    assert client.get(PODS).status_code == 502
    assert kept(client)["refresh_token"] != before
    del op.answers["keys"]
    jwts.forget()
    assert client.get(PODS).status_code == 200


def test_an_account_that_was_switched_off_is_renewed_no_more(due, op, home):
    client = due()
    User.objects.update(is_active=False)
    assert client.get(PODS)["Location"].startswith("/signin/?")
    assert home.seen == []


def test_new_groups_are_known_after_a_renewal(due, op, home, configured):
    client = due()
    op.claims("olivia")["groups"] = ["newcomers"]
    assert client.get(PODS).status_code == 200
    assert kept(client)["claims"]["groups"] == ["newcomers"]


def test_what_is_due_is_what_ends_within_a_minute():
    want = tokens.Wanted("id_token", "i", "a")
    token = _unsigned({"iss": "i", "aud": "a", "exp": time.time() + 59})
    values = {"id_token": token, "at": time.time() - 600, "others": {}}
    assert tokens.is_due(values, want)
    assert not tokens.is_due({**values, "at": time.time()}, want)  # half of its life has not passed
    later = _unsigned({"iss": "i", "aud": "a", "exp": time.time() + 61})
    assert not tokens.is_due({**values, "id_token": later}, want)


def _unsigned(claims):
    return jwt.encode(claims, "x" * 32)
