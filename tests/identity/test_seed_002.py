"""The set-up of the tutorial for AKS with Entra ID, with its own values under Headlamp's names, from end to end.

Real here: Porthole as its own process, a browser, and a kube-apiserver that believes the issuer of access tokens alone.
Entra ID is stood in for by a provider in a process of its own, with one key and two issuers (tests/provider/entra.py).
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import PHONE
from tests.browser.conftest import listen, patient
from tests.browser.sites import Output, porthole
from tests.cluster import processes
from tests.cluster.bed import Bed
from tests.cluster.issuer import Trusted
from tests.clusters.fakes import until
from tests.identity.tap import Tap, tapping
from tests.provider.client import unverified
from tests.provider.entra import AKS_SERVER, CLIENT_ID, GROUP_IDS, STS, TENANT
from tests.provider.people import PASSWORD
from tests.provider.process import Running, own_process

pytestmark = [pytest.mark.cluster, pytest.mark.browser]

LIFETIME = 40  # seconds of a token: it ends while the test looks on
SCOPES = f"{AKS_SERVER}/user.read openid email profile"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings"
CART = "shop/deployments.apps/cart/"


@dataclass(frozen=True)
class SetUp:
    """What runs: Porthole at ``url``, the tenant, and the tap on what Porthole sends to the API server."""

    url: str
    entra: Running
    tap: Tap
    output: Output

    def address(self, rest: str) -> str:
        """A page of the cluster around Porthole."""
        return f"{self.url}/c/main/{rest}"


def values(entra: Running) -> dict[str, str]:
    """The tutorial's values.yaml as its chart hands them to the program."""
    return {
        "HEADLAMP_CONFIG_OIDC_CLIENT_ID": CLIENT_ID,
        "HEADLAMP_CONFIG_OIDC_CLIENT_SECRET": entra.client_secret,
        "HEADLAMP_CONFIG_OIDC_IDP_ISSUER_URL": f"{entra.url}/{TENANT}/v2.0",
        "HEADLAMP_CONFIG_OIDC_SCOPES": SCOPES,
        "HEADLAMP_CONFIG_OIDC_VALIDATOR_CLIENT_ID": AKS_SERVER,
        "HEADLAMP_CONFIG_OIDC_VALIDATOR_IDP_ISSUER_URL": f"{entra.url}{STS}",
        "HEADLAMP_CONFIG_OIDC_USE_ACCESS_TOKEN": "true",
    }


def around(folder: Path, tap: Tap) -> dict[str, str]:
    """What Kubernetes gives a pod that runs in the cluster."""
    account = folder / "serviceaccount"
    account.mkdir()
    (account / "ca.crt").write_text(tap.authority)
    return {
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(tap.port),
        "PORTHOLE_SERVICE_ACCOUNT_FOLDER": str(account),
    }


@pytest.fixture
def set_up(bed: Bed, tmp_path: Path) -> Iterator[SetUp]:
    """All parts, and a RoleBinding for a group's object ID as deploy/entra-id has it."""
    port = processes.free_port()
    url = f"http://localhost:{port}"
    registered = ["--redirect-uri", f"{url}/oidc-callback", "--post-logout-redirect-uri", f"{url}/signin/"]
    with (
        own_process(tmp_path, "--kind", "entra", "--lifetime", str(LIFETIME), *registered) as entra,
        bed.trust(
            Trusted(f"{entra.url}{STS}", entra.authority, (AKS_SERVER,), username="claims.upn", uid="oid"),
        ),
        tapping(bed.server, bed.certificate_authority, tmp_path) as tap,
    ):
        authority = tmp_path / "entra.pem"
        authority.write_text(entra.authority)
        own = {"PORT": str(port), "OIDC_CA_FILE": str(authority)}
        bed.api().call("POST", BINDINGS, binding())
        try:
            with porthole(tmp_path / "state", {**values(entra), **around(tmp_path, tap), **own}) as (_url, output):
                yield SetUp(url, entra, tap, output)
        finally:
            bed.api().call("DELETE", f"{BINDINGS}/seed-002")


def binding() -> dict[str, object]:
    """May change what is in the namespace shop: a group, by its object ID."""
    group = {"kind": "Group", "name": f"oidc:{GROUP_IDS['shop-team']}", "apiGroup": "rbac.authorization.k8s.io"}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "seed-002", "namespace": "shop"},
        "subjects": [group],
        "roleRef": {"kind": "ClusterRole", "name": "edit", "apiGroup": "rbac.authorization.k8s.io"},
    }


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone; what its console complains of fails."""
    complaints: list[str] = []
    # The stand-in's certificate is of an authority that no browser knows.
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce", ignore_https_errors=True)
    phone = context.new_page()
    phone.set_default_timeout(15000)
    listen(phone, complaints)
    yield phone
    context.close()
    assert complaints == []


def sign_in(page: Page, set_up: SetUp, person: str) -> None:
    """From a page of the cluster to the provider's own form, and back to that page."""
    page.goto(set_up.address("shop/pods/"))
    page.get_by_role("link", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.url.startswith(set_up.entra.url)
    page.get_by_label("User name").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(set_up.address("shop/pods/"))


def sees_what_rbac_allows(page: Page, set_up: SetUp) -> None:
    """The shop, and of kube-system the API server's own refusal, which names the user by the token's upn."""
    expect(page.locator(".row").first).to_be_visible()
    goto = patient(page)
    goto(set_up.address("kube-system/pods/"))
    expect(page.locator(".said")).to_have_text(
        'pods is forbidden: User "oidc:nadia@contoso.onmicrosoft.com" cannot list resource "pods" in API group "" '
        'in the namespace "kube-system"'
    )
    goto(set_up.address("more/"))
    expect(page.get_by_text("oidc:nadia@contoso.onmicrosoft.com")).to_be_visible()


def scale(page: Page, set_up: SetUp) -> None:
    """One more replica of the shop's cart, and back."""
    patient(page)(set_up.address(f"{CART}scale/"))
    number = page.get_by_role("spinbutton", name="Replicas")
    before = int(number.input_value())
    page.get_by_role("button", name="One replica more").click()
    expect(number).to_have_value(str(before + 1))
    page.get_by_role("button", name="Scale").click()
    expect(page.get_by_role("status").filter(has_text=f"Scaled from {before} to {before + 1}")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").filter(has_text=f"Scaled from {before + 1} to {before}")).to_be_visible()


def goes_on_after_the_token_has_ended(page: Page, set_up: SetUp) -> None:
    """A page that stays open is live with one token after the other, and is never sent to sign in."""
    patient(page)(set_up.address("shop/pods/"))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.evaluate("window.sameDocument = true")
    first = set_up.tap.bearers()[0]
    over = unverified(first)["exp"] + 5
    until(lambda: time.time() > over, LIFETIME + 10.0)
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=30000)
    assert page.evaluate("window.sameDocument")
    patient(page)(set_up.address("shop/deployments.apps/"))
    expect(page.locator(".row").first).to_be_visible()
    assert len(set_up.tap.bearers()) > 1


def only_access_tokens_went_upstream(set_up: SetUp) -> None:
    """Each token that was sent is of the issuer and for the resource that the validator settings name."""
    tokens = set_up.tap.tokens()
    assert tokens == set(set_up.tap.bearers())
    pairs = {(unverified(token)["iss"], unverified(token)["aud"]) for token in tokens}
    assert pairs == {(f"{set_up.entra.url}{STS}", AKS_SERVER)}


def signs_out(page: Page, set_up: SetUp) -> None:
    """Here and at the provider, whose form then asks again."""
    patient(page)(set_up.address("more/"))
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(rf"^{re.escape(set_up.url)}/signin/"))
    page.goto(set_up.address("shop/pods/"))
    assert not page.locator(".row").count()
    page.get_by_role("link", name="Sign in", exact=True).click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_seed_002_aks_with_entra_id(set_up: SetUp, page: Page) -> None:
    sign_in(page, set_up, "nadia")
    sees_what_rbac_allows(page, set_up)
    scale(page, set_up)
    goes_on_after_the_token_has_ended(page, set_up)
    only_access_tokens_went_upstream(set_up)
    signs_out(page, set_up)
    asked = [each for each in set_up.entra.asked("authorize") if each.get("prompt") != "none"]
    assert set(asked[0]["scope"].split()) == {*SCOPES.split(), "offline_access"}
    assert asked[0]["code_challenge_method"] == "S256"
    assert {each["grant_type"] for each in set_up.entra.asked("token")} == {"authorization_code", "refresh_token"}
    assert len(set_up.entra.asked("end_session")) == 1
    assert set_up.entra.asked("userinfo") == []
    printed = "".join([*set_up.output.seen, *set_up.output.lines.queue])
    assert not re.search(r"eyJ[\w-]+\.|refresh-[\w-]{10}|code=", printed)
    assert set_up.entra.client_secret not in printed
