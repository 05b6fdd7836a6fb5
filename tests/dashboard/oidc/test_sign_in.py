"""Signing in at the provider: what is asked of it, and who gets in."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from dashboard.models import Session, Spent
from tests.dashboard.oidc.conftest import PODS, begin, come_back, enter, kept, presented, query_of
from tests.dashboard.pages import tree
from tests.provider import faults


def test_the_token_of_the_person_who_signs_in_goes_upstream(browser, op, home):
    client = browser()
    response = enter(client, op)
    assert response["Location"] == PODS
    page = client.get(PODS)
    assert page.status_code == 200
    assert page.context["person"] == "Olivia"
    assert presented(home) == {f"Bearer {kept(client)['id_token']}"}


@pytest.mark.parametrize("address", ["/oidc-callback", "/oidc/callback/"])
def test_both_registered_addresses_take_people_back(browser, op, home, configured, address):
    configured(OIDC_CALLBACK_URL=f"http://testserver{address}")
    op.redirect_uris = [f"http://testserver{address}"]
    client = browser()
    assert enter(client, op)["Location"] == PODS
    assert client.get(PODS).status_code == 200


def test_check_02_an_unknown_state_asks_no_token_and_leaves_the_session(signed_in, op, home):
    client = signed_in()
    op.seen.clear()
    response = client.get("/oidc-callback", {"code": "stolen", "state": "made-up"})
    assert response.status_code == 400
    assert op.seen == []
    assert client.get(PODS).status_code == 200


def test_check_02_a_used_state_asks_no_token_and_leaves_the_session(browser, op, home):
    client = browser()
    back = op.sign_in(begin(client))
    waiting = {name: cookie.value for name, cookie in client.cookies.items() if "-oidc-" in name}
    assert come_back(client, back).status_code == 302
    op.seen.clear()
    assert come_back(client, back).status_code == 400
    for name, value in waiting.items():  # a browser, or a thief, that kept the cookie
        client.cookies[name] = value
    assert come_back(client, back).status_code == 400
    assert op.asked("token") == []
    assert client.get(PODS).status_code == 200


def test_check_02_a_state_of_another_browser_signs_nobody_in(browser, op, home):
    mallory, victim = browser(), browser()
    back = op.sign_in(begin(mallory), "mallory")
    assert come_back(victim, back).status_code == 400
    assert op.asked("token") == []
    assert victim.get(PODS).status_code == 302


@pytest.mark.parametrize("query", [{"error": "x"}, {"error": "access_denied", "state": "made-up"}])
def test_check_03_an_error_that_nobody_waits_for_leaves_people_signed_in(signed_in, op, home, query):
    client = signed_in()
    assert client.get("/oidc-callback", query).status_code == 400
    assert client.get(PODS).status_code == 200


def test_check_03_the_providers_own_error_is_shown_in_words_and_signs_nobody_out(signed_in, op, home):
    client = signed_in()
    state = query_of(begin(client))["state"]
    words = "<script>alert(1)</script>"
    response = client.get("/oidc-callback", {"error": "access_denied", "error_description": words, "state": state})
    assert response.status_code == 400
    assert b"<script>alert" not in response.content
    assert "&lt;script&gt;alert(1)" in response.content.decode()
    assert tree(response.content).all("a", href=f"/signin/?next={PODS.replace('/', '%2F')}")
    assert client.get(PODS).status_code == 200


def test_a_failed_sign_in_has_a_reference_number_that_the_log_has_too(browser, op, caplog):
    client = browser()
    op.id_token_changes = {"nonce": "another"}
    response = enter(client, op)
    assert response["X-Request-ID"] in response.content.decode()
    lines = [record.getMessage() for record in caplog.records if record.name == "porthole.audit"]
    assert lines == ["way='oidc' verb=signin result='refused: nonce'"]


def test_check_07_userinfo_of_somebody_else_is_refused(browser, op, home, configured, caplog):
    configured(PORTHOLE_ADMIN_GROUPS=["operators"])
    op.id_token_changes = {"groups": None}
    op.userinfo_changes = {"sub": "subject-of-mallory"}
    client = browser()
    assert enter(client, op).status_code == 400
    assert client.get(PODS).status_code == 302
    assert "refused: userinfo" in caplog.text


def test_userinfo_adds_what_the_id_token_lacks_and_changes_nothing_in_it(browser, op, home, configured):
    configured(PORTHOLE_ADMIN_GROUPS=["operators"])
    op.id_token_changes = {"groups": None}
    op.userinfo_changes = {"email": "another@example.com"}
    client = browser()
    assert enter(client, op).status_code == 302
    claims = kept(client)["claims"]
    assert (claims["groups"], claims["email"]) == (["operators"], "olivia@example.com")


def test_userinfo_is_not_asked_where_nobody_needs_it(signed_in, op, home):
    signed_in()
    assert op.asked("userinfo") == []


def test_check_08_the_same_e_mail_of_another_subject_is_another_person(browser, op, home):
    first, second = browser(), browser()
    assert enter(first, op).status_code == 302
    op.add("impostor", email="olivia@example.com", email_verified=False)
    assert enter(second, op, "impostor").status_code == 302
    assert User.objects.count() == 2
    assert Session.objects.exclude(person="").values("person").distinct().count() == 2
    assert not User.objects.filter(is_staff=True).exists()
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_check_08_an_account_of_the_admin_with_that_e_mail_is_not_taken_over(browser, op, home):
    root = User.objects.create_superuser("root", "olivia@example.com", "a long password")
    client = browser()
    assert enter(client, op).status_code == 302
    assert client.get("/admin/").status_code in (302, 403)
    root.refresh_from_db()
    assert root.last_login is None


def test_an_account_that_was_switched_off_gets_a_page_that_says_so(signed_in, browser, op, home):
    signed_in()
    User.objects.update(is_active=False)
    client = browser()
    response = enter(client, op)
    assert response.status_code == 400
    assert "switched off" in response.content.decode()
    assert client.get(PODS).status_code == 302


def test_check_10_two_tabs_return_each_to_its_own_page(browser, op, home):
    client = browser()
    first, second = begin(client, "/c/home/"), begin(client, "/c/home/more/")
    visitor = op.visitor()
    back = [visitor.sign_in(url, "olivia", op.people["olivia"].password) for url in (first, second)]
    assert come_back(client, back[1])["Location"] == "/c/home/more/"
    assert come_back(client, back[0])["Location"] == "/c/home/"


def test_check_11_the_session_key_and_the_csrf_token_change(browser, op, home):
    client = browser(enforce_csrf_checks=True)
    client.get("/signin/")
    assert enter(client, op).status_code == 302
    names = settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME
    client.get("/clusters/")
    first = [client.cookies[name].value for name in names]
    assert enter(client, op).status_code == 302
    second = [client.cookies[name].value for name in names]
    assert first[0] != second[0]
    assert first[1] != second[1]
    thief = browser()
    thief.cookies[names[0]] = first[0]
    assert thief.get(PODS).status_code == 302


@pytest.mark.parametrize(
    "answer",
    [
        faults.error("invalid_grant"),
        faults.error("invalid_client", status=401),
        faults.error("<b>invalid</b>"),
        faults.error_with_secrets(),
        faults.page_with_secrets(400),
        faults.page_with_secrets(500),
        faults.page_with_secrets(200),
        faults.says({}),
        faults.says([]),
        faults.says({"error": 7}),
        faults.text("", 204),
        faults.leads_to("https://example.com/"),
        faults.hangs_up,
        faults.huge(),
        faults.endless,
    ],
)
def test_check_12_a_token_endpoint_that_fails_gets_a_page_and_nothing_secret_is_told(browser, op, home, caplog, answer):
    op.answers["token"] = answer
    client = browser()
    response = enter(client, op)
    assert response.status_code in (400, 502)
    assert tree(response.content).one("h1").text
    assert response["X-Request-ID"] in response.content.decode()
    assert client.get(PODS).status_code == 302
    assert [record for record in caplog.records if record.name == "porthole.audit"]


def test_the_answer_of_another_provider_is_refused(browser, op, home):
    """RFC 9207, which ends mix-up attacks."""
    client = browser()
    back = op.sign_in(begin(client))
    response = client.get("/oidc-callback", {**query_of(back), "iss": "https://another.example.com"})
    assert response.status_code == 400
    assert op.asked("token") == []
    op.discovery_changes = {"authorization_response_iss_parameter_supported": True}


@pytest.mark.parametrize("code", ["", "\0", "a\nb", "ä", "x" * 8193])
def test_a_callback_without_a_code_is_refused(browser, op, home, code):
    client = browser()
    response = client.get("/oidc-callback", {"state": query_of(begin(client))["state"], "code": code})
    assert response.status_code == 400
    assert op.asked("token") == []


def test_a_code_at_which_the_provider_fails_keeps_nobody_else_out(browser, op, home):
    client, other = browser(), browser()
    op.answers["token"] = faults.says({}, 500)
    response = client.get("/oidc-callback", {"state": query_of(begin(client))["state"], "code": "'"})
    assert response.status_code == 502
    del op.answers["token"]
    assert enter(other, op)["Location"] == PODS


@pytest.mark.parametrize("query", ["state=%00&code=%00", "state=a&state=b", "state[]=x", "", "state=" + "x" * 5000])
def test_odd_callbacks_get_a_page(browser, op, query):
    assert browser().get(f"/oidc-callback?{query}").status_code == 400


def test_used_states_are_forgotten_when_they_have_ended_by_themselves(browser, op, home):
    enter(browser(), op)
    Spent.objects.update(expires="2020-01-01T00:00:00Z")
    enter(browser(), op)
    assert Spent.objects.count() == 1
