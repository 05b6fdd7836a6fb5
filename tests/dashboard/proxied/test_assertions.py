"""Signed statements: of the provider whose token is forwarded, and of the proxies that sign their own."""

import time

import jwt
import pytest

from dashboard.models import Session
from tests.dashboard.issuer import by_hand, new_key
from tests.dashboard.proxied.conftest import EMAIL, TOKEN, USER, presented
from tests.dashboard.proxied.test_trust import said
from tests.provider.provider import provider

HEADERS = {
    "google-iap": "X-Goog-IAP-JWT-Assertion",
    "cloudflare-access": "Cf-Access-Jwt-Assertion",
    "pomerium": "X-Pomerium-Jwt-Assertion",
}
AUDIENCES = {
    "google-iap": "/projects/1234/global/backendServices/5678",
    "cloudflare-access": "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2",
    "pomerium": "porthole.example.com",
}
ISSUERS = {
    "google-iap": "https://cloud.google.com/iap",
    "cloudflare-access": "https://team.cloudflareaccess.com",
    "pomerium": "porthole.example.com",
}
ALGORITHMS = {"google-iap": "ES256", "cloudflare-access": "RS256", "pomerium": "ES256"}
KINDS = sorted(HEADERS)


@pytest.fixture
def kind(request, configured, issuer):
    """A proxy that signs, set up as its operator does, with its keys at the issuer's address."""
    name = request.param
    issuer.keys[:] = [new_key(ALGORITHMS[name])]
    configured(
        PROXY_AUTH_ASSERTION=name,
        PROXY_AUTH_ASSERTION_AUDIENCE=AUDIENCES[name],
        PROXY_AUTH_ASSERTION_ISSUER=ISSUERS[name] if name == "cloudflare-access" else "",
        PROXY_AUTH_ASSERTION_KEYS_URL=issuer.keys_url,
    )
    return name


def assertion(kind, issuer, **changes):
    """What such a proxy says of Olivia."""
    audience = AUDIENCES[kind]
    claims = {
        "iss": ISSUERS[kind],
        "aud": [audience] if kind == "cloudflare-access" else audience,
        "sub": "accounts.google.com:110248495921238986420" if kind == "google-iap" else "olivia-7",
        "email": "olivia@example.com",
    }
    return issuer.token(**{**claims, **changes})


@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_whom_a_proxy_signs_for_is_impersonated(visit, impersonating, issuer, kind):
    visit(headers={HEADERS[kind]: assertion(kind, issuer), EMAIL: "mallory@example.com"})
    first = impersonating.seen[0]
    assert first.header("impersonate-user") == "olivia@example.com"
    assert first.header("authorization") == "Bearer impersonator-token"


@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_a_token_that_a_client_adds_to_an_assertion_goes_nowhere(visit, home, issuer, kind):
    response = visit(headers={HEADERS[kind]: assertion(kind, issuer), TOKEN: "victor-token", USER: "a,b"})
    assert response.status_code == 423
    assert "passed on no token" in said(response)
    assert home.seen == []


WRONG = {
    "audience": {"aud": "/projects/1/apps/other"},
    "issuer": {"iss": "https://evil.example"},
    "expired": {"exp": int(time.time()) - 120},
    "no end": {"exp": None},
    "nobody": {"sub": ""},
}


@pytest.mark.parametrize("kind", KINDS, indirect=True)
@pytest.mark.parametrize("name", WRONG)
def test_check_30_an_assertion_with_a_wrong_claim_signs_nobody_in(visit, impersonating, issuer, kind, name):
    response = visit(headers={HEADERS[kind]: assertion(kind, issuer, **WRONG[name])})
    assert response.status_code == 401
    assert impersonating.seen == []
    assert not Session.objects.exists()


@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_check_30_an_assertion_by_another_key_or_algorithm_signs_nobody_in(visit, impersonating, issuer, kind):
    forged = issuer.token(new_key(ALGORITHMS[kind], "unknown"), iss=ISSUERS[kind], aud=AUDIENCES[kind])
    other = issuer.token(new_key("ES384", "one"), iss=ISSUERS[kind], aud=AUDIENCES[kind])
    unsigned = by_hand(b'{"alg":"none"}', b'{"sub":"olivia"}')
    for token in (forged, other, unsigned, "nonsense"):
        assert visit(headers={HEADERS[kind]: token}).status_code == 401
    assert impersonating.seen == []


@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_check_30_without_an_assertion_plain_headers_count_for_nothing(visit, impersonating, configured, kind):
    configured(PROXY_AUTH_UNSIGNED=True)
    response = visit(headers={USER: "olivia", EMAIL: "olivia@example.com"})
    assert response.status_code == 401
    assert HEADERS[kind] in said(response)
    assert impersonating.seen == []


@pytest.mark.parametrize("kind", ["google-iap"], indirect=True)
@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/", 401), ("/clusters/", 401), ("/admin/", 401)])
def test_check_30_only_health_needs_no_assertion(visit, home, kind, path, status):
    assert visit(path).status_code == status


@pytest.mark.parametrize("kind", ["pomerium"], indirect=True)
def test_keys_that_cannot_be_had_are_said_so(visit, impersonating, issuer, kind):
    issuer.broken = b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n"
    response = visit(headers={HEADERS[kind]: assertion(kind, issuer)})
    assert response.status_code == 502
    assert "Who you are cannot be checked now" in said(response)


@pytest.fixture
def known(configured, home):
    """A provider that Porthole knows, whose tokens a proxy forwards."""
    with provider() as op:
        configured(
            OIDC_ISSUER_URL=op.issuer,
            OIDC_CLIENT_ID="porthole",
            OIDC_CA_FILE=str(op.authority_file),
        )
        yield op


def token_of(op, **claims):
    """An id_token of a known provider's."""
    now = int(time.time())
    usual = {"iss": op.issuer, "aud": "porthole", "sub": "olivia", "iat": now, "exp": now + 300}
    signer = op.published[0]
    return jwt.encode({**usual, **claims}, signer.private, "RS256", headers={"kid": signer.kid})


def test_a_forwarded_token_of_a_known_provider_says_who_it_is(visit, known, home, browser):
    home.admit = lambda token: f"{jwt.decode(token, options={'verify_signature': False})['sub']}-token"
    client = browser()
    token = token_of(known, name="Olivia Ordway")
    response = visit(headers={TOKEN: token, USER: "victor", EMAIL: "victor@example.com"}, by=client)
    assert response.status_code == 200
    assert response.context["person"] == "Olivia Ordway"
    assert presented(home) == {f"Bearer {token}"}


@pytest.mark.parametrize(
    "changes", [{"aud": "other"}, {"iss": "https://evil.example"}, {"sub": ""}, {"iat": 4102444800}], ids=str
)
def test_check_30_a_forwarded_token_of_a_known_provider_is_checked(visit, known, home, changes):
    response = visit(headers={TOKEN: token_of(known, **changes), USER: "victor", EMAIL: "victor@example.com"})
    assert response.status_code == 424
    assert home.seen == []


def test_check_30_a_forwarded_token_that_a_known_provider_did_not_sign_is_refused(visit, known, issuer, home):
    response = visit(headers={TOKEN: issuer.token(sub="olivia", iss=known.issuer)})
    assert response.status_code == 424
    assert home.seen == []
