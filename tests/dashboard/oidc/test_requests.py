"""What Porthole asks of the provider when somebody signs in."""

from urllib.parse import urlsplit

import pytest

from tests.dashboard.oidc.conftest import PODS, begin, come_back, enter, query_of

REQUEST = {"state", "nonce", "code_challenge"}


def test_check_01_each_sign_in_carries_a_state_nonce_and_s256_challenge_of_its_own(browser, op):
    client = browser()
    first, second = query_of(begin(client, "/x")), query_of(begin(client, "/x"))
    for asked in (first, second):
        assert asked["response_type"] == "code"
        assert asked["client_id"] == "porthole"
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == "http://testserver/oidc-callback"
        assert set(asked["scope"].split()) == {"openid", "profile", "email"}
        assert all(len(asked[name]) >= 32 for name in REQUEST)
    assert all(first[name] != second[name] for name in REQUEST)


def test_a_form_may_begin_it_too(browser, op):
    response = browser().post("/signin/oidc/", {"next": PODS})
    assert response["Location"].startswith(op.at("authorize"))


def test_a_sign_in_is_waited_for_ten_minutes(browser, op, settings):
    client = browser()
    begin(client)
    cookie = next(cookie for name, cookie in client.cookies.items() if "-oidc-" in name)
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (600, True, "Lax", "/")


def test_a_browser_that_begins_over_and_over_keeps_ten(browser, op):
    client = browser()
    for _ in range(14):
        begin(client)
    waiting = [cookie for name, cookie in client.cookies.items() if "-oidc-" in name and cookie.value]
    assert 1 < len(waiting) <= 10
    assert sum(len(cookie.key) + len(cookie.value) for cookie in waiting) < 6000
    assert enter(client, op)["Location"] == PODS


def test_the_operators_own_parameters_are_sent(browser, op, configured):
    configured(OIDC_AUTHORIZATION_PARAMS={"access_type": "offline", "prompt": "consent"})
    asked = query_of(begin(browser()))
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")


def test_offline_access_is_asked_for_where_the_provider_has_it(browser, op, home):
    op.discovery_changes = {"scopes_supported": ["openid", "offline_access"]}
    assert query_of(begin(browser()))["scope"].split()[-1] == "offline_access"


def test_where_offline_access_is_refused_it_is_left_out(browser, op, home):
    op.discovery_changes = {"scopes_supported": ["openid", "offline_access"]}
    client = browser()
    state = query_of(begin(client))["state"]
    again = client.get("/oidc-callback", {"error": "invalid_scope", "state": state})
    assert again["Location"].startswith("/signin/oidc/?")
    second = client.get(again["Location"])["Location"]
    assert "offline_access" not in query_of(second)["scope"]
    assert come_back(client, op.sign_in(second))["Location"] == PODS


def test_an_authorization_endpoint_with_a_query_keeps_it(browser, op):
    op.discovery_changes = {"authorization_endpoint": op.at("authorize") + "?policy=one"}
    asked = begin(browser())
    assert urlsplit(asked).query.count("?") == 0
    assert query_of(asked)["policy"] == "one"
    assert query_of(asked)["state"]


@pytest.mark.parametrize("following", ["//e", "/\\e", "javascript:alert(1)", "https://us@e", "/" + "x" * 2000])
def test_signing_in_never_leads_to_another_site(browser, op, home, following):
    assert enter(browser(), op, following=following)["Location"] == "/"


def test_a_public_client_sends_no_secret(browser, op, home, configured):
    op.client_secret = None
    configured(OIDC_CLIENT_SECRET="")
    enter(browser(), op)
    asked = op.asked("token")[0]
    assert asked.form["client_id"] == "porthole"
    assert "client_secret" not in asked.form
    assert not asked.header("Authorization")
    op.client_secret = "given again"


def test_a_provider_that_takes_the_secret_by_basic_alone_gets_it_so(browser, op, home):
    op.discovery_changes = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
    assert enter(browser(), op).status_code == 302
    asked = op.asked("token")[0]
    assert asked.header("Authorization").startswith("Basic ")
    assert "client_secret" not in asked.form
