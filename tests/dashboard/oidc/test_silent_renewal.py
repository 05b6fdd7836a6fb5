"""Without a refresh token the provider renews a sign-in on the way to a page, and asks nobody anything."""

import pytest

from tests.dashboard.oidc.conftest import FORM, PODS, SCALE, age, enter, kept, presented, query_of
from tests.dashboard.pages import tree
from tests.provider import logout


@pytest.fixture
def without(signed_in, op):
    """``without()``: a browser that was given no refresh token, whose token has ended."""

    def new(lifetime=-5):
        op.gives_refresh_tokens = False
        op.lifetime = lifetime
        client = signed_in()
        age(client)
        op.lifetime = 300
        op.seen.clear()
        return client

    return new


def test_without_a_refresh_token_a_page_renews_on_its_way_and_nobody_is_asked(without, op, home, settings):
    client = without()
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    first = client.get(PODS)
    assert first["Location"].startswith("/signin/oidc/silent/?next=%2Fc%2Fhome%2Fshop%2Fpods%2F")
    asked = client.get(first["Location"])["Location"]
    assert query_of(asked)["prompt"] == "none"
    visitor = op.visitor()
    visitor.sign_in(asked.replace("prompt=none", "prompt=login"), "olivia", op.people["olivia"].password)
    back = visitor.get(asked).header("Location")
    assert client.get("/oidc-callback", query_of(back))["Location"] == PODS
    assert client.cookies[settings.SESSION_COOKIE_NAME].value == session
    assert client.get(PODS).status_code == 200
    assert presented(home) == {f"Bearer {kept(client)['id_token']}"}


def test_a_logout_token_of_the_session_that_renewed_it_ends_it(without, browser, op, home, settings):
    client = without()
    before, former = client.cookies[settings.SESSION_COOKIE_NAME].value, logout.sid_of(op, "olivia")
    asked = client.get("/signin/oidc/silent/", {"next": PODS})["Location"].replace("prompt=none", "prompt=login")
    client.get("/oidc-callback", query_of(op.sign_in(asked, "olivia")))
    assert client.cookies[settings.SESSION_COOKIE_NAME].value == before
    now = logout.sid_of(op, "olivia")
    assert now != former
    assert client.get(PODS).status_code == 200
    token = logout.logout_token(op, "olivia", sid=now)
    assert browser().post("/oidc/backchannel-logout/", {"logout_token": token}).status_code == 200
    assert client.get(PODS).status_code == 302


def test_where_the_provider_wants_a_form_it_is_shown_and_leads_to_the_same_page(without, op, home):
    client = without()
    asked = client.get(client.get(PODS)["Location"])["Location"]
    back = op.visitor().get(asked).header("Location")
    assert query_of(back)["error"] == "login_required"
    again = client.get("/oidc-callback", query_of(back))
    assert again["Location"] == "/signin/oidc/?next=%2Fc%2Fhome%2Fshop%2Fpods%2F"
    assert "prompt" not in query_of(client.get(again["Location"])["Location"])
    assert enter(client, op)["Location"] == PODS
    assert client.get(PODS).status_code == 200


def test_another_person_at_the_provider_gets_a_session_of_their_own(without, browser, op, home, settings):
    client = without()
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    asked = client.get("/signin/oidc/silent/", {"next": PODS})["Location"].replace("prompt=none", "prompt=login")
    back = op.sign_in(asked, "victor")
    client.get("/oidc-callback", query_of(back))
    assert client.get(PODS).context["person"] == "Victor"
    thief = browser()
    thief.cookies[settings.SESSION_COOKIE_NAME] = session
    assert thief.get(PODS).status_code == 302


def test_without_a_refresh_token_a_fragment_makes_its_page_renew(without, op, home):
    client = without()
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{PODS}"}
    response = client.get(f"{PODS}?q=api", headers=headers)
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/signin/oidc/silent/?next=%2Fc%2Fhome%2Fshop%2Fpods%2F")
    assert home.seen == []


def test_without_a_refresh_token_a_form_sends_nothing_and_leads_back(without, op, home):
    client = without()
    response = client.post(SCALE, {"replicas": "0"}, headers={"Referer": f"http://testserver{SCALE}"})
    assert response.status_code == 401
    assert tree(response.content).all("a", class_="main")[0].attributes["href"].startswith("/signin/oidc/silent/?next=")
    assert home.seen == []


def test_a_token_that_is_about_to_end_still_serves_fragments_and_forms(without, op, home, scaled_back):
    client = without(50)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{PODS}"}
    assert client.get(f"{PODS}?q=api", headers=headers).status_code == 200
    assert client.post(SCALE, FORM).status_code == 303
    assert client.get(PODS)["Location"].startswith("/signin/oidc/silent/")


def test_tokens_that_have_ended_when_they_come_are_no_endless_loop(signed_in, op, home):
    op.gives_refresh_tokens = False
    op.lifetime = -5
    client = signed_in()
    assert client.get(PODS)["Location"].startswith("/signin/?next=")


def test_a_provider_without_id_tokens_at_a_refresh_renews_silently_instead(due, op, home):
    client = due()
    op.token_changes = {"id_token": None}
    age(client)
    assert client.get(PODS)["Location"].startswith("/signin/oidc/silent/")
    assert len(op.asked("token")) == 1
