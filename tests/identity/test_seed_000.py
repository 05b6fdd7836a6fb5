"""k3s with an OpenID provider that names people by e-mail: set up by the four OIDC_ variables and /oidc-callback.

Keycloak stands in for Authentik: both issue id_tokens whose audience is the client, and rotate refresh tokens.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.sites import porthole
from tests.identity import people, realm

CLIENT = "porthole"
LIFESPAN = 12  # seconds, of both tokens


@pytest.fixture
def site(tmp_path, bed, keycloak):
    """Porthole as the set-up has it, registered at the provider."""
    environment = {
        "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": realm.SECRET,
        "OIDC_ISSUER_URL": keycloak.issuer,
        "OIDC_SCOPES": "openid,profile,email",
        "OIDC_CA_FILE": str(keycloak.authority_file),
        "PORTHOLE_CLUSTERS_FILE": str(people.clusters_file(tmp_path, bed)),
        # Of another authority: where the machine names one, the operator's own file counts all the same.
        "REQUESTS_CA_BUNDLE": str(bed.folder / "pki" / "ca.crt"),
        "SSL_CERT_FILE": str(bed.folder / "pki" / "ca.crt"),
    }
    with porthole(tmp_path, environment) as (address, output):
        url = address.rstrip("/")
        registered = realm.client(
            CLIENT,
            f"{url}/oidc-callback",
            lifespan=LIFESPAN,
            leave=[f"{url}/signin/"],
            told=f"{url}/oidc/backchannel-logout/",
        )
        keycloak.register(registered)
        yield url
        assert not [line for line in output.seen if "Traceback" in line]


def test_seed_000_k3s_with_an_openid_provider(site, bed, keycloak, phone):
    page = phone()
    page.goto(f"{site}/c/home/shop/deployments.apps/")
    page.get_by_role("link", name="Sign in").click()
    people.fill_in_keycloaks_form(page, "nadia")
    expect(page).to_have_url(f"{site}/c/home/shop/deployments.apps/")
    expect(page.locator("#rows")).to_contain_text("frontend")
    page.goto(f"{site}/c/home/me/")
    expect(page.locator("#main")).to_contain_text("oidc:nadia@example.com")
    expect(page.locator("#main")).to_contain_text("oidc:shop-team")
    people.sees_only_what_rbac_allows(page, site)
    people.scales_and_puts_back(page, site, bed)

    # The API server forgives a token that it has just seen for some ten seconds; by then only a new one will do.
    page.wait_for_timeout(1000 * (LIFESPAN + 12))
    page.goto(f"{site}/c/home/shop/pods/")
    expect(page.locator("#rows .row").first).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")

    keycloak.end_sessions("nadia")
    expect(page.locator("#live")).to_have_attribute("data-state", "over", timeout=40000)
    page.goto(f"{site}/c/home/shop/pods/")
    expect(page).to_have_url(f"{site}/signin/?next=%2Fc%2Fhome%2Fshop%2Fpods%2F&ended=1")


def test_seed_000_signing_out_signs_out_at_the_provider_too(site, phone):
    page = phone()
    page.goto(f"{site}/")
    page.get_by_role("link", name="Sign in").click()
    people.fill_in_keycloaks_form(page, "victor")
    page.goto(f"{site}/c/home/more/")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site}/signin/")
    page.get_by_role("link", name="Sign in").click()
    expect(page.locator("#username")).to_be_visible()  # the provider has forgotten them, and asks again


def test_seed_000_an_e_mail_that_is_not_verified_is_named(site, phone):
    page = phone()
    page.goto(f"{site}/c/home/shop/pods/")
    page.get_by_role("link", name="Sign in").click()
    people.fill_in_keycloaks_form(page, realm.UNVERIFIED.name)
    expect(page.locator("#main")).to_contain_text("The cluster does not know you")
    expect(page.locator("#main")).to_contain_text("not verified")
