"""Whom a proxy's headers name, from where, and whom they never do."""

import time

import pytest
from django.conf import settings as django_settings

from dashboard.models import Session
from tests.dashboard.issuer import by_hand, new_key
from tests.dashboard.pages import tree
from tests.dashboard.proxied.conftest import EMAIL, GROUP, PROXY, STRANGER, TOKEN, USER, presented


def said(response):
    """A problem page's words."""
    return tree(response.content).by_id("main").text


def test_the_token_that_the_proxy_forwards_goes_upstream(visit, home, issuer):
    token = issuer.token(sub="olivia")
    assert visit(headers={EMAIL: "olivia@example.com", TOKEN: token}).status_code == 200
    assert presented(home) == {f"Bearer {token}"}


def test_who_am_i_says_that_it_is_the_proxys_token(visit, home, issuer):
    page = tree(visit("/c/home/me/", {TOKEN: issuer.token(sub="olivia")}).content)
    assert page.one("section", class_="band").one("p", class_="word").text == "olivia"
    assert "The token that the proxy sent" in [each.text for each in page.all("dd")]


def test_bearer_before_it_makes_no_difference(visit, home, issuer):
    token = issuer.token(sub="olivia")
    assert visit(headers={TOKEN: f"Bearer {token}"}).status_code == 200
    assert presented(home) == {f"Bearer {token}"}


def test_each_sees_what_their_own_token_may(visit, home, issuer):
    assert visit(headers={TOKEN: issuer.token(sub="nadia")}).status_code == 200
    assert visit("/c/home/monitoring/pods/", {TOKEN: issuer.token(sub="nadia")}).status_code == 423


@pytest.mark.parametrize("peer", [STRANGER, "10.1.3.1", "::1", ""])
def test_check_27_headers_from_elsewhere_name_nobody(visit, home, issuer, peer):
    response = visit(headers={USER: "olivia", TOKEN: issuer.token(sub="olivia")}, peer=peer)
    assert response.status_code == 401
    assert home.seen == []
    assert not Session.objects.exists()


def test_check_27_x_forwarded_for_makes_no_peer(visit, home, issuer):
    headers = {USER: "olivia", TOKEN: issuer.token(sub="olivia"), "X-Forwarded-For": PROXY, "X-Real-IP": PROXY}
    assert visit(headers=headers, peer=STRANGER).status_code == 401
    assert home.seen == []


def test_a_mapped_address_is_the_one_that_it_maps(visit, home, issuer):
    assert visit(headers={TOKEN: issuer.token(sub="olivia")}, peer=f"::ffff:{PROXY}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {USER: "victor,olivia"},
        {USER: "victor, olivia"},
        {EMAIL: "victor@example.com,olivia@example.com"},
        {EMAIL: "victor@example.com@evil.example"},
        {USER: "vic\x07tor"},
        {USER: "\xff\xfe"},
        {USER: "system:admin"},
        {USER: "System:Admin"},
        {USER: "x" * 2000},
        {TOKEN: "a.b.c, d.e.f"},
        {TOKEN: "not a token"},
    ],
)
def test_check_28_a_word_that_is_not_one_persons_is_not_taken(visit, home, configured, headers, caplog):
    configured(PROXY_AUTH_UNSIGNED=True)
    response = visit(headers=headers)
    assert response.status_code == 424
    assert "The proxy's word is not accepted" in said(response)
    assert "Request " in said(response)
    assert "is not believed" in caplog.text
    assert home.seen == []


def test_check_28_no_header_stands_in_for_another(visit, home, issuer):
    token = issuer.token(sub="olivia")
    for name in ("Authorization", "X-Forwarded-Access-Token", "X-Auth-Request-User", "X-Forwarded-Preferred-Username"):
        assert visit(headers={name: f"Bearer {token}" if name == "Authorization" else token}).status_code == 424
    assert home.seen == []


def test_check_28_headers_that_vanish_on_the_way_sign_out(visit, browser, home, issuer):
    client = browser()
    assert visit(headers={TOKEN: issuer.token(sub="olivia")}, by=client).status_code == 200
    home.seen.clear()
    assert visit(by=client).status_code == 424
    assert home.seen == []
    assert not Session.objects.exists()


def test_check_31_another_person_in_the_same_browser_gets_a_session_of_their_own(visit, browser, home, issuer):
    client = browser()
    visit(headers={EMAIL: "olivia@example.com", TOKEN: issuer.token(sub="olivia")}, by=client)
    former = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    home.seen.clear()
    theirs = issuer.token(sub="victor")
    assert visit(headers={EMAIL: "victor@example.com", TOKEN: theirs}, by=client).status_code == 200
    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != former
    assert presented(home) == {f"Bearer {theirs}"}
    assert Session.objects.count() == 1


def test_the_same_person_keeps_their_session_while_tokens_change(visit, browser, home, issuer):
    client = browser()
    visit(headers={TOKEN: issuer.token(sub="olivia")}, by=client)
    former = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    fresh = issuer.token(sub="olivia", jti="2")
    home.seen.clear()
    visit(headers={TOKEN: fresh}, by=client)
    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value == former
    assert presented(home) == {f"Bearer {fresh}"}


def test_an_expired_token_is_not_sent_and_the_page_says_what_to_set(visit, home, issuer):
    response = visit(headers={TOKEN: issuer.token(sub="olivia", exp=int(time.time()) - 5)})
    assert response.status_code == 424
    assert response.headers["X-Porthole-Status"] == "401"
    assert "cookie_refresh" in said(response)
    links = [link.attributes["href"] for link in tree(response.content).by_id("main").all("a")]
    assert links[0] == "/oauth2/sign_out?rd=%2Fc%2Fhome%2Fshop%2Fpods%2F"
    assert home.seen == []


def test_check_29_without_the_way_headers_have_no_effect(browser, home, issuer, settings, visit):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_WAYS": ["kubeconfig"], "PROXY_AUTH": False}
    response = visit(headers={USER: "olivia", TOKEN: issuer.token(sub="olivia")})
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/signin/")
    assert home.seen == []


def test_check_32_a_denial_of_the_cluster_reaches_the_person(visit, home, issuer):
    response = visit("/c/home/monitoring/pods/", {TOKEN: issuer.token(sub="nadia")})
    assert response.status_code == 423
    assert response.headers["X-Porthole-Status"] == "403"
    assert "pods is forbidden" in said(response)


def test_check_32_a_refused_token_reaches_the_person(visit, home, issuer):
    response = visit(headers={TOKEN: issuer.token(new_key(kid="other"), sub="olivia")})
    assert response.status_code == 424
    assert response.headers["X-Porthole-Status"] == "401"


def test_check_32_a_form_without_its_token_reaches_the_person(browser, home, issuer, trusted):
    client = browser(enforce_csrf_checks=True)
    headers = {TOKEN: issuer.token(sub="olivia")}
    response = client.post("/signout/", headers=headers, REMOTE_ADDR=PROXY)
    assert response.status_code == 423
    assert "This form is out of date" in said(response)


def test_plain_names_alone_impersonate_nobody(visit, impersonating):
    response = visit(headers={USER: "olivia", EMAIL: "olivia@example.com", GROUP: "operators"})
    assert response.status_code == 423
    assert impersonating.seen == []


def test_plain_names_impersonate_where_the_operator_says_so(visit, impersonating, configured):
    configured(PROXY_AUTH_UNSIGNED=True)
    visit(headers={EMAIL: "olivia@example.com", GROUP: "operators,night shift"})
    asked = impersonating.seen[0]
    assert asked.header("impersonate-user") == "olivia@example.com"


def test_signing_out_leads_to_where_the_proxy_forgets_people(visit, browser, home, issuer):
    client = browser()
    headers = {TOKEN: issuer.token(sub="olivia")}
    visit(headers=headers, by=client)
    response = client.post("/signout/", headers=headers, REMOTE_ADDR=PROXY)
    assert response.headers["Location"] == "/signin/proxy/left/"
    page = visit("/signin/proxy/left/", headers, by=client)
    assert page.headers["Refresh"] == "0; url=/oauth2/sign_out"
    assert not Session.objects.exists()


@pytest.mark.parametrize(("peer", "secure"), [(PROXY, True), (STRANGER, False)])
def test_check_42_only_the_proxy_says_that_it_is_https(browser, trusted, settings, peer, secure):
    settings.SECURE_HSTS_SECONDS = 3600
    response = browser().get("/signin/", headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR=peer)
    assert ("Strict-Transport-Security" in response.headers) == secure


def test_check_42_https_is_not_believed_where_there_is_no_proxy(browser, settings):
    settings.CONFIG = {**settings.CONFIG, "PROXY_AUTH": False, "PORTHOLE_WAYS": ["kubeconfig"]}
    settings.SECURE_HSTS_SECONDS = 3600
    response = browser().get("/signin/", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in response.headers


def test_a_header_that_the_proxy_does_not_write_is_not_read(visit, impersonating, configured):
    configured(PROXY_AUTH_UNSIGNED=True, PROXY_AUTH_USERNAME_HEADER="-", PROXY_AUTH_GROUP_HEADER="-")
    visit(headers={EMAIL: "olivia@example.com", USER: "victor", GROUP: "operators", "-": "mallory"})
    asked = impersonating.seen[0]
    assert asked.header("impersonate-user") == "olivia@example.com"
    assert asked.header("impersonate-group") == ""


def test_a_token_of_a_client_s_own_is_not_read_where_the_proxy_writes_none(visit, home, issuer, configured):
    configured(PROXY_AUTH_UNSIGNED=True, PROXY_AUTH_TOKEN_HEADER="-")
    response = visit(headers={EMAIL: "victor@example.com", TOKEN: issuer.token(sub="olivia")})
    assert response.status_code == 423
    assert "The proxy passes on no token, and Home has no impersonator's token file." in said(response)
    assert home.seen == []


def test_what_a_token_calls_its_algorithm_makes_no_line_of_the_log(visit, issuer, configured, caplog, home):
    header = b'{"alg":"x\\nINFO porthole.audit person=admin","kid":"one"}'
    configured(PROXY_AUTH_ASSERTION="google-iap", PROXY_AUTH_ASSERTION_AUDIENCE="porthole")
    token = by_hand(header, b'{"sub":"olivia"}', b"x")
    assert visit(headers={"X-Goog-IAP-JWT-Assertion": token}).status_code == 401
    (line,) = [record.getMessage() for record in caplog.records if "is not believed" in record.getMessage()]
    assert "\n" not in line
    assert "person=admin" in line
