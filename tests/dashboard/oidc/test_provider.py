"""Which providers are used at all, and what people read where one is not."""

import pytest
from django.test import RequestFactory

from dashboard.signin.openid import idtokens, provider, tokens
from tests.clusters.fakes import until
from tests.dashboard.pages import tree
from tests.provider import faults
from tests.provider.provider import provider as running_provider

INSECURE = "http://provider.example.com/x"


def reason(issuer=""):
    """Why the provider is not used."""
    with pytest.raises(provider.Undiscovered) as caught:
        provider.discover(issuer)
    return caught.value.word


WRONG = {
    "another issuer": ({"issuer": "https://another.example.com"}, "issuer"),
    "a slash too many": ({"issuer": "https://localhost/"}, "issuer"),
    "no issuer": ({"issuer": None}, "issuer"),
    "http token endpoint": ({"token_endpoint": INSECURE}, "insecure"),
    "http authorization endpoint": ({"authorization_endpoint": INSECURE}, "insecure"),
    "http keys": ({"jwks_uri": INSECURE}, "insecure"),
    "javascript": ({"authorization_endpoint": "javascript:alert(1)"}, "insecure"),
    "no host": ({"authorization_endpoint": "https:///authorize"}, "insecure"),
    "a number": ({"token_endpoint": 7}, "insecure"),
    "no token endpoint": ({"token_endpoint": None}, "missing"),
    "no authorization endpoint": ({"authorization_endpoint": None}, "missing"),
    "no keys": ({"jwks_uri": None}, "missing"),
    "the client's secret signs": ({"id_token_signing_alg_values_supported": ["HS256"]}, "algorithm"),
    "only signed assertions": ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "authentication"),
}


@pytest.mark.parametrize("name", WRONG)
def test_check_09_a_provider_that_says_something_wrong_is_refused_by_name(browser, op, db, name):
    op.discovery_changes, word = WRONG[name]
    assert reason() == word
    response = browser().get("/signin/oidc/")
    assert response.status_code == 502
    assert tree(response.content).one("h1").text == "The identity provider cannot be used"
    assert response["X-Request-ID"] in response.content.decode()


def test_check_09_an_issuer_by_http_is_refused_by_name(op, configured):
    configured(OIDC_ISSUER_URL="http://provider.example.com")
    assert reason() == "insecure"
    assert op.seen == []


def test_check_09_a_certificate_of_another_authority_is_refused_by_name(browser, op, db, configured):
    with running_provider() as another:
        configured(OIDC_CA_FILE=str(another.authority_file))
        response = browser().get("/signin/oidc/")
    assert response.status_code == 502
    page = response.content.decode()
    assert "certificate of localhost is not trusted" in page
    assert "OIDC_CA_FILE" in page
    assert op.seen == []


def test_a_bundle_of_the_environment_is_not_believed(op, configured, monkeypatch):
    with running_provider() as another:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(op.authority_file))
        configured(OIDC_CA_FILE=str(another.authority_file))
        assert reason() == "untrusted"


def test_a_ca_file_that_is_not_there_is_named(op, configured, tmp_path):
    configured(OIDC_CA_FILE=str(tmp_path / "absent.pem"))
    assert reason() == "unanswered"


@pytest.mark.parametrize(
    "answer",
    [
        faults.says({}, 404),
        faults.says([]),
        faults.text("<html>"),
        faults.leads_to("https://localhost/elsewhere"),
        faults.hangs_up,
        faults.huge(),
    ],
)
def test_a_discovery_document_that_is_none_gets_a_page(browser, op, db, answer):
    op.answers["discovery"] = answer
    response = browser().get("/signin/oidc/")
    assert response.status_code == 502
    assert reason() in ("unanswered", "issuer")


def test_a_provider_that_was_away_is_asked_again_after_a_moment(op):
    op.answers["discovery"] = faults.hangs_up
    assert reason() == reason() == "unanswered"
    assert len(op.asked("discovery")) == 1
    del op.answers["discovery"]
    until(discovered)


def discovered():
    """Whether the provider is used again."""
    try:
        provider.discover()
    except provider.Undiscovered:
        return False
    return True


def test_discovery_is_kept(op):
    assert provider.discover() is provider.discover()
    assert len(op.asked("discovery")) == 1


def test_without_an_issuer_there_is_nothing_to_discover(op, configured):
    configured(OIDC_ISSUER_URL="")
    assert reason() == "unset"


def test_an_endpoint_that_is_not_needed_and_not_secure_is_left_out(op):
    op.discovery_changes = {"end_session_endpoint": INSECURE, "revocation_endpoint": INSECURE}
    found = provider.discover()
    assert (found.end_session_endpoint, found.revocation_endpoint) == ("", "")


@pytest.mark.parametrize(
    ("url", "issuer", "secure"),
    [
        ("https://a.example.com/x", "https://a.example.com", True),
        ("https://b.example.com/x", "https://a.example.com", True),
        ("http://a.example.com/x", "https://a.example.com", False),
        ("http://127.0.0.1:9/x", "http://127.0.0.1:9", True),
        ("http://127.0.0.1:9/x", "https://a.example.com", False),
        ("http://a.example.com/x", "http://a.example.com", False),
        ("http://[::1]/x", "http://[::1]", True),
        ("https://[", "https://a", False),
        ("https://a b/", "https://a", False),
        ("https://a/\nx", "https://a", False),
    ],
)
def test_only_https_is_secure_or_this_machine_where_the_operator_says_so(url, issuer, secure):
    assert provider.is_secure(url, issuer) is secure


def test_googles_older_issuer_is_google(op):
    assert "accounts.google.com" in idtokens.issuers_of("https://accounts.google.com")
    assert idtokens.issuers_of("https://accounts.google.com/") == ("https://accounts.google.com/",)


@pytest.mark.parametrize(
    ("method", "headers", "page"),
    [
        ("GET", {}, True),
        ("GET", {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate"}, True),
        ("GET", {"Accept": "text/event-stream"}, False),
        ("GET", {"Sec-Fetch-Mode": "cors"}, False),
        ("POST", {}, False),
    ],
)
def test_only_a_page_can_go_to_the_provider_and_come_back(method, headers, page):
    assert tokens.is_navigation(RequestFactory().generic(method, "/", headers=headers)) is page


def test_a_port_where_nobody_listens_is_named(op, configured):
    configured(OIDC_ISSUER_URL="https://localhost:1")
    assert reason() == "unanswered"
