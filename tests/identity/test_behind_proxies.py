"""Porthole behind oauth2-proxy alone, and with oauth2-proxy beside nginx or Traefik, as the recipes have them."""

import pytest
from playwright.sync_api import expect

from tests.browser.sites import porthole
from tests.cluster import processes
from tests.identity import people, realm, recipes

CLIENT = "porthole"


@pytest.fixture(params=["oauth2-proxy", "nginx", "traefik"])
def site(request, tmp_path, bed, keycloak):
    """The address at which people find Porthole: the proxy's."""
    folder, port = tmp_path / "proxy", processes.free_port()
    folder.mkdir()
    outside = f"https://localhost:{port}"
    keycloak.register(realm.client(CLIENT, f"{outside}/oauth2/callback"))
    known = {"PORTHOLE_CLUSTERS_FILE": str(people.clusters_file(tmp_path, bed))}
    environment = {**recipes.settings(request.param, keycloak, CLIENT), **known}
    try:
        with porthole(tmp_path / "state", environment) as (address, output):
            begin = {"oauth2-proxy": before, "nginx": beside_nginx, "traefik": beside_traefik}
            begin[request.param](folder, port, outside, keycloak, address.rstrip("/"))
            yield outside
            assert not [line for line in output.seen if "Traceback" in line]
    finally:
        processes.stop(folder)


def before(folder, port, outside, keycloak, address):
    """oauth2-proxy in front of Porthole."""
    certificate, key = recipes.write_tls(folder, keycloak.authority)
    own = {
        "http_address": None,
        "https_address": f"127.0.0.1:{port}",
        "tls_cert_file": str(certificate),
        "tls_key_file": str(key),
        "upstreams": [f"{address}/"],
    }
    recipes.start_oauth2_proxy(folder, port, "oauth2-proxy", outside, keycloak, CLIENT, **own)


def beside_nginx(folder, port, outside, keycloak, address):
    """nginx in front of Porthole, which asks oauth2-proxy."""
    inner = processes.free_port()
    recipes.start_oauth2_proxy(folder, inner, "nginx", outside, keycloak, CLIENT)
    recipes.start_nginx(folder, port, f"127.0.0.1:{inner}", address.removeprefix("http://"), keycloak.authority)


def beside_traefik(folder, port, outside, keycloak, address):
    """Traefik in front of Porthole, which asks oauth2-proxy."""
    inner = processes.free_port()
    recipes.start_oauth2_proxy(folder, inner, "traefik", outside, keycloak, CLIENT)
    recipes.start_traefik(folder, port, f"http://127.0.0.1:{inner}", address, keycloak.authority)


def test_a_person_behind_a_proxy_does_what_rbac_allows(site, bed, phone):
    page = phone()
    page.goto(f"{site}/oauth2/start?rd=%2Fc%2Fhome%2Fme%2F")
    people.fill_in_keycloaks_form(page, "nadia")
    expect(page).to_have_url(f"{site}/c/home/me/")
    expect(page.locator("#main")).to_contain_text("oidc:nadia@example.com")
    expect(page.locator("#main")).to_contain_text("oidc:shop-team")
    people.sees_only_what_rbac_allows(page, site)
    people.scales_and_puts_back(page, site, bed)
    page.goto(f"{site}/c/home/shop/pods/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.goto(f"{site}/c/home/more/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#username")).to_be_visible()
    page.goto(f"{site}/c/home/shop/pods/")
    people.fill_in_keycloaks_form(page, "victor")
    expect(page).to_have_url(f"{site}/c/home/shop/pods/")
    page.goto(f"{site}/c/home/me/")
    expect(page.locator("#main")).to_contain_text("oidc:victor@example.com")
