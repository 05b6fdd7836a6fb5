"""Signing out: here, at the provider, and here because of the provider."""

import time
from urllib.parse import urlsplit

import pytest

from dashboard.models import Secret, Session
from dashboard.signin.openid import provider
from tests.dashboard.oidc.conftest import PODS, enter, kept, query_of
from tests.provider import faults, logout

BACK_CHANNEL = "/oidc/backchannel-logout/"


def test_check_17_signing_out_ends_the_session_the_refresh_token_and_the_providers_session(
    signed_in, browser, op, home, settings
):
    client = signed_in()
    tokens, cookie = kept(client), client.cookies[settings.SESSION_COOKIE_NAME].value
    response = client.post("/signout/")
    assert response.status_code == 302
    assert urlsplit(response["Location"])._replace(query="").geturl() == op.at("end_session")
    assert query_of(response["Location"]) == {
        "client_id": "porthole",
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": "http://testserver/signin/",
    }
    (revoked,) = op.asked("revoke")
    assert (revoked.form["token"], revoked.form["token_type_hint"]) == (tokens["refresh_token"], "refresh_token")
    assert not Secret.objects.exists()
    thief = browser()
    thief.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert thief.get(PODS).status_code == 302
    assert home.seen == []


def form_action(response):
    """Where forms of a page may lead."""
    directives = response["Content-Security-Policy"].split("; ")
    return next(each.split()[1:] for each in directives if each.startswith("form-action"))


def test_a_page_lets_its_form_lead_on_to_the_provider_and_to_nobody_else(signed_in, browser, op, home):
    """Chromium refuses a redirect that answers a form and that form-action does not allow."""
    assert form_action(signed_in().get(PODS)) == ["'self'", op.url]
    assert form_action(browser().get("/signin/")) == ["'self'"]
    op.discovery_changes = {"end_session_endpoint": "https://out.example.com/logout"}
    provider.forget()
    assert form_action(signed_in().get(PODS)) == ["'self'", "https://out.example.com"]


def test_check_17_a_link_signs_nobody_out(signed_in, op, home):
    client = signed_in()
    assert client.get("/signout/").status_code == 405
    assert client.get(PODS).status_code == 200
    assert op.asked("revoke") == []


def test_one_comes_back_to_the_registered_host(signed_in, op, home, configured):
    configured(OIDC_CALLBACK_URL="http://testserver/oidc-callback")
    response = signed_in().post("/signout/")
    assert query_of(response["Location"])["post_logout_redirect_uri"] == "http://testserver/signin/"


@pytest.mark.parametrize("endpoint", ["revoke", "discovery"])
@pytest.mark.parametrize(
    "answer", [faults.hangs_up, faults.page_with_secrets(500), faults.error("unsupported_token_type")]
)
def test_what_fails_at_the_provider_keeps_nobody_signed_in(signed_in, op, home, endpoint, answer):
    client = signed_in()
    provider.forget()
    op.answers[endpoint] = answer
    assert client.post("/signout/").status_code == 302
    assert client.get(PODS).status_code == 302
    assert not Secret.objects.exists()


def test_a_provider_without_these_endpoints_is_left_alone(signed_in, op, home):
    op.discovery_changes = {"end_session_endpoint": None, "revocation_endpoint": None}
    assert signed_in().post("/signout/")["Location"] == "/signin/"
    assert op.asked("revoke") == []


def test_an_id_token_that_makes_no_address_is_left_out(signed_in, op, home):
    op.claims("olivia")["groups"] = [f"group-{number:0>36}" for number in range(200)]
    query = query_of(signed_in().post("/signout/")["Location"])
    assert "id_token_hint" not in query
    assert query["client_id"] == "porthole"


def tell(client, token):
    """Post a logout token as the provider does: without a cookie, without a CSRF token."""
    return client.post(BACK_CHANNEL, {"logout_token": token})


def test_check_18_a_logout_token_of_a_session_ends_that_session_alone(signed_in, browser, op, home):
    phone, laptop = signed_in(), signed_in()
    response = tell(
        browser(enforce_csrf_checks=True), logout.logout_token(op, "olivia", sid=logout.sid_of(op, "olivia"))
    )
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert laptop.get(PODS).status_code == 302
    assert phone.get(PODS).status_code == 200


def test_check_18_a_logout_token_of_a_subject_ends_all_their_sessions(signed_in, browser, op, home):
    phone, laptop, another = signed_in(), signed_in(), signed_in("victor")
    assert tell(browser(), logout.logout_token(op, "olivia")).status_code == 200
    assert [client.get(PODS).status_code for client in (phone, laptop, another)] == [302, 302, 200]
    assert Secret.objects.count() == 1


def test_check_18_a_session_of_which_no_sid_is_known_ends_with_each_of_its_subject(signed_in, browser, op, home):
    op.id_token_changes = {"sid": None}
    client, another = signed_in(), signed_in("victor")
    assert tell(browser(), logout.logout_token(op, "olivia", sid="some-session")).status_code == 200
    assert [each.get(PODS).status_code for each in (client, another)] == [302, 200]


def test_check_18_a_logout_token_of_a_session_without_a_subject_will_do(signed_in, browser, op, home):
    client = signed_in()
    token = logout.logout_token(op, "olivia", sub=None, sid=logout.sid_of(op, "olivia"))
    assert tell(browser(), token).status_code == 200
    assert client.get(PODS).status_code == 302


BAD = {
    "nonce": {"nonce": "n"},
    "aud": {"aud": "another"},
    "iss": {"iss": "https://another.example.com"},
    "no iss": {"iss": None},
    "no events": {"events": None},
    "other events": {"events": {"http://example.com/": {}}},
    "events in words": {"events": logout.EVENT},
    "an event that is no object": {"events": {logout.EVENT: True}},
    "neither sub nor sid": {"sub": None},
    "sub is a number": {"sub": 7},
    "no jti": {"jti": None},
    "jti is a number": {"jti": 7},
    "no iat": {"iat": None},
    "an iat of an hour ago": {"iat": int(time.time()) - 3600, "exp": None},
    "an iat in an hour": {"iat": int(time.time()) + 3600},
    "expired": {"exp": int(time.time()) - 3600},
}


@pytest.mark.parametrize("name", BAD)
def test_check_18_a_wrong_logout_token_is_refused_and_ends_nothing(signed_in, browser, op, home, name):
    client = signed_in()
    response = tell(browser(), logout.logout_token(op, "olivia", **BAD[name]))
    assert (response.status_code, response["Cache-Control"]) == (400, "no-store")
    assert response.json()["error"] == "invalid_request"
    assert client.get(PODS).status_code == 200


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS256 with the public key"])
def test_check_18_a_logout_token_that_is_signed_otherwise_is_refused(signed_in, browser, op, home, algorithm):
    client = signed_in()
    op.algorithm = algorithm
    assert tell(browser(), logout.logout_token(op, "olivia")).status_code == 400
    assert client.get(PODS).status_code == 200


@pytest.mark.parametrize("kind", ["at+jwt", "secevent+jwt", 7])
def test_check_18_a_token_of_another_type_is_refused(signed_in, browser, op, home, kind):
    client = signed_in()
    op.header_changes = {"typ": kind}
    assert tell(browser(), logout.logout_token(op, "olivia")).status_code == 400
    assert client.get(PODS).status_code == 200


def test_check_18_a_logout_token_works_once(signed_in, browser, op, home):
    signed_in()
    token = logout.logout_token(op, "olivia")
    assert tell(browser(), token).status_code == 200
    client = signed_in()
    assert tell(browser(), token).status_code == 400
    assert client.get(PODS).status_code == 200


def test_check_18_an_id_token_is_no_logout_token(signed_in, browser, op, home):
    client = signed_in()
    assert tell(browser(), kept(client)["id_token"]).status_code == 400
    assert client.get(PODS).status_code == 200


@pytest.mark.parametrize("form", [{}, {"logout_token": ""}, {"logout_token": "x"}, {"logout_token": "a.b.c"}])
def test_odd_logout_requests_are_refused(browser, op, db, form):
    assert browser().post(BACK_CHANNEL, form).status_code == 400
    assert browser().get(BACK_CHANNEL).status_code == 405


def test_a_logout_that_nobody_is_signed_in_for_is_fine(browser, op, db):
    assert tell(browser(), logout.logout_token(op, "olivia")).status_code == 200
    assert Session.objects.count() == 0


def test_the_provider_itself_signs_out_everywhere(signed_in, browser, op, home):
    client = browser()
    assert enter(client, op)["Location"] == PODS
    location = client.post("/signout/")["Location"]
    answer = op.visitor().get(location)
    assert (answer.status, answer.header("Location").rstrip("?")) == (302, "http://testserver/signin/")
