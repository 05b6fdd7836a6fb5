"""Each proxy as its recipe under deploy/ sets it up, with the headers and the tokens that it really sends."""

from pathlib import Path

import jwt
import pytest

from clusters.models import Cluster
from dashboard import environment
from dashboard.signin import proxy
from dashboard.signin.proxied import assertions
from tests.dashboard.issuer import new_key
from tests.dashboard.proxied.conftest import presented
from tests.dashboard.proxied.test_assertions import token_of
from tests.provider.provider import provider

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
GOOGLE_SUBJECT = "accounts.google.com:110248495921238986420"


def settings_of(product):
    """What a recipe's porthole.env sets of the proxy."""
    lines = (line for line in (DEPLOY / product / "porthole.env").read_text().splitlines() if "=" in line)
    values = environment.load(dict(line.split("=", 1) for line in lines))
    chosen = {name: value for name, value in values.items() if name.startswith("PROXY_AUTH")}
    return chosen, values


@pytest.fixture
def set_up(configured, trusted):
    """``set_up("traefik")``: the recipe's settings; the proxy is where the tests' proxy is."""

    def use(product, **more):
        chosen, _values = settings_of(product)
        chosen.pop("PROXY_AUTH_TRUSTED_NETWORKS")
        configured(**{**chosen, **more})

    return use


@pytest.fixture
def known(configured, home):
    """The provider behind oauth2-proxy, which Porthole knows, too."""
    with provider() as op:
        configured(OIDC_ISSUER_URL=op.issuer, OIDC_CLIENT_ID="porthole", OIDC_CA_FILE=str(op.authority_file))
        home.admit = lambda token: f"{jwt.decode(token, options={'verify_signature': False})['sub']}-token"
        yield op


# What oauth2-proxy names people by: the subject as the user, groups in one header with commas between.
OLIVIA = {"name": "Olivia Ordway", "email": "olivia@example.com", "preferred_username": "olivia"}
OAUTH2_PROXY = {
    "X-Forwarded-User": "olivia",
    "X-Forwarded-Email": "olivia@example.com",
    "X-Forwarded-Groups": "operators,night shift",
    "X-Forwarded-Preferred-Username": "olivia",
}
AUTH_REQUEST = {
    "X-Auth-Request-Email": "olivia@example.com",
    "X-Auth-Request-Groups": "operators,night shift",
    "X-Auth-Request-Preferred-Username": "olivia",
}


@pytest.mark.parametrize(
    ("product", "headers"), [("oauth2-proxy", OAUTH2_PROXY), ("nginx", AUTH_REQUEST), ("traefik", AUTH_REQUEST)]
)
def test_the_recipe_sends_the_verified_token_of(visit, set_up, known, home, product, headers):
    set_up(product)
    token = token_of(known, **OLIVIA)
    response = visit(headers={**headers, "Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    assert response.context["person"] == "Olivia Ordway"
    assert presented(home) == {f"Bearer {token}"}


@pytest.mark.parametrize("product", ["oauth2-proxy", "nginx", "traefik"])
def test_the_recipe_believes_no_header_that_its_proxy_passes_on(visit, set_up, known, home, product):
    # Whatever a client writes under a name that the proxy does not inject arrives as it is.
    set_up(product)
    token = token_of(known, **OLIVIA)
    names = ("X-Forwarded-Id-Token", "X-Forwarded-Access-Token", "X-Goog-IAP-JWT-Assertion", "X-Forwarded-Group")
    assert visit(headers=dict.fromkeys(names, token)).status_code == 424
    assert home.seen == []


def test_oauth2_proxys_access_token_goes_upstream_where_its_header_is_named(visit, set_up, known, home):
    set_up("oauth2-proxy", PROXY_AUTH_TOKEN_HEADER="X-Forwarded-Access-Token", OIDC_VALIDATOR_CLIENT_ID="api")
    token = token_of(known, **OLIVIA, aud="api")
    assert visit(headers={**OAUTH2_PROXY, "X-Forwarded-Access-Token": token}).status_code == 200
    assert presented(home) == {f"Bearer {token}"}


def test_oauth2_proxys_subject_is_no_name_for_people(visit, home, issuer):
    # With nothing set but -proxy-auth: X-Forwarded-User is the subject, and nobody has verified the token.
    token = issuer.token(sub="olivia", email="olivia@example.com")
    headers = {"X-Forwarded-User": "olivia", "X-Forwarded-Email": "olivia@example.com", "X-Forwarded-Id-Token": token}
    response = visit(headers=headers)
    assert response.context["person"] == "olivia@example.com (not verified)"


def test_seed_001_names_people_by_their_e_mail_address(visit, home, issuer):
    # injectResponseHeaders and authResponseHeaders of Headlamp's guide; Entra's older tokens, whose upn is the address.
    token = issuer.token(
        sub="olivia", tid="d5cd4ea0-0c61-4ab6-b16b-0bb4d4f0a3b0", upn="olivia@example.com", ver="1.0", groups=["1f2e"]
    )
    headers = {"X-Forwarded-Email": "olivia@example.com", "X-Forwarded-Group": "1f2e", "X-Forwarded-Id-Token": token}
    response = visit(headers=headers)
    assert response.status_code == 200
    assert response.context["person"] == "olivia@example.com (not verified)"
    assert presented(home) == {f"Bearer {token}"}


def test_seed_001_without_an_e_mail_address_the_token_names_people(visit, home, issuer):
    response = visit(headers={"X-Forwarded-Id-Token": issuer.token(sub="olivia", upn="olivia@example.com")})
    assert response.context["person"] == "olivia@example.com (not verified)"


def signed(issuer, product, algorithm, claims):
    """A statement as the product signs it, for the audience of its recipe."""
    chosen, _values = settings_of(product)
    issuer.keys[:] = [new_key(algorithm, "7d1a")]
    audience = chosen["PROXY_AUTH_ASSERTION_AUDIENCE"]
    return issuer.token(**{"aud": audience, **claims})


SIGNED = {
    "google-iap": (
        "X-Goog-IAP-JWT-Assertion",
        "ES256",
        {
            "iss": "https://cloud.google.com/iap",
            "sub": GOOGLE_SUBJECT,
            "email": "olivia@example.com",
            "hd": "example.com",
            "google": {"access_levels": ["accessPolicies/1/accessLevels/recent"]},
        },
        {
            "X-Goog-Authenticated-User-Email": "accounts.google.com:victor@example.com",
            "X-Goog-Authenticated-User-Id": "accounts.google.com:7",
        },
    ),
    "cloudflare-access": (
        "Cf-Access-Jwt-Assertion",
        "RS256",
        {
            "iss": "https://example.cloudflareaccess.com",
            "aud": ["4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"],
            "sub": "7335d417-61da-459d-899c-0a01c76a2f94",
            "email": "olivia@example.com",
            "type": "app",
            "identity_nonce": "6ei69kawdKzMIAPF",
            "country": "NL",
        },
        {"Cf-Access-Authenticated-User-Email": "victor@example.com"},
    ),
    "pomerium": (
        "X-Pomerium-Jwt-Assertion",
        "ES256",
        {
            "iss": "porthole.example.com",
            "sub": "olivia-7",
            "user": "olivia-7",
            "email": "olivia@example.com",
            "name": "Olivia Ordway",
            "groups": ["operators", "night shift"],
            "sid": "b3c4",
            "jti": "9a1f",
        },
        {"X-Pomerium-Claim-Email": "victor@example.com"},
    ),
}


@pytest.mark.parametrize("product", SIGNED)
def test_the_recipe_impersonates_whom_its_proxy_signs_for(visit, set_up, impersonating, issuer, product):
    header, algorithm, claims, plain = SIGNED[product]
    set_up(product, PROXY_AUTH_ASSERTION_KEYS_URL=issuer.keys_url)
    response = visit(headers={header: signed(issuer, product, algorithm, claims), **plain})
    asked = impersonating.seen[0]
    assert asked.header("impersonate-user") == "olivia@example.com"
    assert asked.header("authorization") == "Bearer impersonator-token"
    assert response.context["person"] == claims.get("name", "olivia@example.com")


def test_pomeriums_groups_come_along(visit, set_up, impersonating, issuer):
    header, algorithm, claims, _plain = SIGNED["pomerium"]
    set_up("pomerium", PROXY_AUTH_ASSERTION_KEYS_URL=issuer.keys_url)
    Cluster.objects.update(groups_claim="groups", groups_prefix="pomerium:")
    visit(headers={header: signed(issuer, "pomerium", algorithm, claims)})
    asked = impersonating.seen[0]
    groups = [value for name, value in asked.headers if name == "impersonate-group"]
    assert groups == ["pomerium:operators", "pomerium:night shift"]


def test_a_service_of_cloudflares_is_no_person(visit, set_up, impersonating, issuer):
    header, algorithm, claims, _plain = SIGNED["cloudflare-access"]
    set_up("cloudflare-access", PROXY_AUTH_ASSERTION_KEYS_URL=issuer.keys_url)
    service = {**claims, "sub": "", "email": None, "common_name": "e367826f93b8d71185e03fe518aff3b4.access"}
    assert visit(headers={header: signed(issuer, "cloudflare-access", algorithm, service)}).status_code == 401
    assert impersonating.seen == []


@pytest.mark.parametrize("product", SIGNED)
def test_the_recipe_knows_where_its_proxy_keeps_its_keys_and_forgets_people(product, set_up):
    chosen, values = settings_of(product)
    assert (chosen["PROXY_AUTH_ASSERTION"], values["PORTHOLE_WAYS"]) == (product, ["proxy"])
    set_up(product)
    expected = assertions.assertion_of_settings()
    assert expected
    assert (expected.header, expected.algorithms) == (SIGNED[product][0], (SIGNED[product][1],))
    assert (
        expected.keys_url
        == {
            "google-iap": "https://www.gstatic.com/iap/verify/public_key-jwk",
            "cloudflare-access": "https://example.cloudflareaccess.com/cdn-cgi/access/certs",
            "pomerium": "https://porthole.example.com/.well-known/pomerium/jwks.json",
        }[product]
    )
    assert (
        proxy.sign_out_url("/c/")
        == {
            "google-iap": "/?gcp-iap-mode=CLEAR_LOGIN_COOKIE",
            "cloudflare-access": "/cdn-cgi/access/logout",
            "pomerium": "/.pomerium/sign_out",
        }[product]
    )
