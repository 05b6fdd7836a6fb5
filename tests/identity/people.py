"""What a person does on a phone, whichever way they came in: the same for every set-up."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.cluster.bed import Bed
from tests.identity import realm

FRONTEND = "shop/deployments.apps/frontend/"


def clusters_file(folder: Path, bed: Bed) -> Path:
    """A file of clusters (JSON is YAML) that names the real one ``home``."""
    file = folder / "clusters.yaml"
    known = {"name": "home", "title": "Home", "server": bed.server, "certificate_authority": bed.certificate_authority}
    file.write_text(json.dumps([known]))
    return file


def fill_in_keycloaks_form(page: Page, person: str) -> None:
    """Sign in at the provider's own form."""
    page.locator("#username").fill(person)
    page.locator("#password").fill(realm.PASSWORD)
    page.locator("#kc-login").click()


def sees_only_what_rbac_allows(page: Page, site: str) -> None:
    """Nadia, of the shop team, has the shop's pods and is told in the server's words that she has no others."""
    page.goto(f"{site}/c/home/shop/pods/")
    expect(page.locator("#rows .row").first).to_be_visible()
    page.goto(f"{site}/c/home/monitoring/pods/")
    expect(page.locator("#main")).to_contain_text('User "oidc:nadia@example.com" cannot list resource "pods"')


def scales_and_puts_back(page: Page, site: str, bed: Bed) -> None:
    """A tap more for the frontend, which the API server has then, and back again."""
    page.goto(f"{site}/c/home/{FRONTEND}scale/")
    page.get_by_role("button", name="One replica more").click()
    page.get_by_role("button", name="Scale").click()
    expect(page.get_by_role("status").filter(has_text="Scaled from 3 to 4")).to_be_visible()
    assert replicas(bed) == 4
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").filter(has_text="Scaled from 4 to 3")).to_be_visible()
    assert replicas(bed) == 3


def replicas(bed: Bed) -> int:
    """How many pods the frontend is to have, as the API server says."""
    path = "/apis/apps/v1/namespaces/shop/deployments/frontend"
    return int(json.loads(bed.api().text(path))["spec"]["replicas"])
