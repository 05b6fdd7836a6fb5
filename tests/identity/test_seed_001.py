"""Behind Traefik's ForwardAuth and oauth2-proxy, with the headers of the guide and ``-proxy-auth=true``.

No X-Forwarded-User arrives in that set-up, and Traefik puts the sign-in page in the place of 401 to 403.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.sites import porthole
from tests.cluster import processes
from tests.identity import people, proxies, realm

CLIENT = "seed-001"


@pytest.fixture
def site(tmp_path, bed, keycloak):
    """The address at which people find Porthole: Traefik's."""
    port, inner = processes.free_port(), processes.free_port()
    outside = f"https://localhost:{port}"
    environment = {"PORTHOLE_CLUSTERS_FILE": str(people.clusters_file(tmp_path, bed))}
    keycloak.register(realm.client(CLIENT, f"{outside}/oauth2/callback"))
    bearer = {"name": "Authorization", "values": [{"claimSource": {"claim": "access_token", "prefix": "Bearer "}}]}
    rest = proxies.injected(X_Forwarded_Id_Token="id_token", X_Forwarded_Email="email", X_Forwarded_Group="groups")
    folder = tmp_path / "proxies"
    folder.mkdir()
    try:
        with porthole(tmp_path / "state", environment, "-proxy-auth=true") as (address, _output):
            proxies.start_oauth2_proxy(folder, inner, outside, keycloak, CLIENT, responses=[bearer, *rest])
            dynamic = proxies.forward_auth(outside, f"http://127.0.0.1:{inner}", address.rstrip("/"))
            proxies.start_traefik(folder, port, keycloak.authority, dynamic)
            yield outside
    finally:
        processes.stop(folder)


def sign_in(page, person):
    """By oauth2-proxy's own page, then the provider's."""
    page.get_by_role("button", name="Sign in with").click()
    people.fill_in_keycloaks_form(page, person)


def test_seed_001_an_identity_aware_proxy(site, bed, phone):
    page = phone()
    page.goto(f"{site}/c/home/shop/deployments.apps/")
    sign_in(page, "nadia")
    # The guide's rd, https://host{url}, is none that oauth2-proxy follows: one lands on the start page.
    expect(page).to_have_url(f"{site}/c/home/")
    page.goto(f"{site}/c/home/shop/deployments.apps/")
    expect(page.locator("#rows")).to_contain_text("frontend")
    page.goto(f"{site}/c/home/me/")
    expect(page.locator("#main")).to_contain_text("oidc:nadia@example.com")
    people.sees_only_what_rbac_allows(page, site)
    people.scales_and_puts_back(page, site, bed)
    page.goto(f"{site}/c/home/shop/pods/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.goto(f"{site}/c/home/more/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with")).to_be_visible()
    page.goto(f"{site}/c/home/shop/pods/")
    expect(page.get_by_role("button", name="Sign in with")).to_be_visible()
