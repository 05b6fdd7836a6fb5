"""Entra ID for AKS: an id_token of one issuer for us, an access token of another for the AKS server."""

from collections.abc import Iterator

import pytest

from tests.dashboard.oidc.conftest import PODS, configure, kept, presented, query_of
from tests.provider.client import unverified
from tests.provider.entra import AKS_SERVER, CLIENT_ID, STS, entra
from tests.provider.provider import Provider


@pytest.fixture
def op(settings) -> Iterator[Provider]:
    """A tenant, and Porthole set up as the AKS tutorial sets up its dashboard."""
    with entra() as tenant:
        configure(
            settings,
            tenant,
            OIDC_SCOPES=["openid", "email", "profile", f"{AKS_SERVER}/user.read"],
            OIDC_USE_ACCESS_TOKEN=True,
            OIDC_VALIDATOR_ISSUER_URL=tenant.url + STS,
            OIDC_VALIDATOR_CLIENT_ID=AKS_SERVER,
        )
        yield tenant


@pytest.fixture
def aks(home):
    """The AKS server: it takes what sts.windows.net gave for it, and nothing else."""
    home.admit = lambda token: "olivia-token" if unverified(token).get("aud") == AKS_SERVER else None
    return home


def test_check_19_the_access_token_goes_to_aks_and_userinfo_is_not_called(signed_in, op, aks):
    client = signed_in()
    assert client.get(PODS).status_code == 200
    tokens = kept(client)
    assert (unverified(tokens["id_token"])["iss"], unverified(tokens["id_token"])["aud"]) == (op.issuer, CLIENT_ID)
    assert unverified(tokens["access_token"])["iss"] == op.url + STS
    assert presented(aks) == {f"Bearer {tokens['access_token']}"}
    assert op.asked("userinfo") == []


def test_offline_access_is_added_and_the_token_for_aks_is_renewed(due, op, aks):
    client = due()
    before = kept(client)
    assert client.get(PODS).status_code == 200
    after = kept(client)
    assert len(op.asked("token")) == 1
    assert after["refresh_token"] != before["refresh_token"]
    assert presented(aks) == {f"Bearer {after['access_token']}"}


def test_signing_out_without_a_revocation_endpoint_leads_to_the_tenants(signed_in, op, aks):
    location = signed_in().post("/signout/")["Location"]
    assert location.startswith(op.at("end_session"))
    assert query_of(location)["id_token_hint"]
