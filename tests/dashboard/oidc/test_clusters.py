"""Which token goes to which cluster, and that no other ever does."""

from dataclasses import replace

import pytest

from clusters.models import Cluster
from dashboard.signin import jwts
from tests.dashboard.oidc.conftest import PODS, kept, presented
from tests.provider import faults
from tests.provider.client import unverified

OTHER = "/c/other/shop/pods/"


@pytest.fixture
def access_mode(op, configured):
    """Access tokens go upstream, with an issuer and an audience of their own."""
    op.audiences = {"api": "server-audience"}
    configured(
        OIDC_USE_ACCESS_TOKEN=True,
        OIDC_SCOPES=["openid", "profile", "email", "api"],
        OIDC_VALIDATOR_CLIENT_ID="server-audience",
    )


def test_check_19_in_access_token_mode_each_token_is_checked_against_its_own_pair(signed_in, op, access_mode, home):
    home.admit = lambda token: "olivia-token" if unverified(token)["aud"] == "server-audience" else None
    client = signed_in()
    assert client.get(PODS).status_code == 200
    tokens = kept(client)
    assert unverified(tokens["id_token"])["aud"] == "porthole"
    assert presented(home) == {f"Bearer {tokens['access_token']}"}
    assert op.asked("userinfo") == []


@pytest.mark.parametrize("changes", [{"aud": "another"}, {"iss": "https://another.example.com"}, {"aud": None}])
def test_check_19_an_access_token_of_another_pair_is_not_sent(signed_in, op, access_mode, home, changes):
    op.access_token_changes = changes
    response = signed_in().get(PODS)
    assert response.status_code == 403
    assert "OIDC_VALIDATOR_CLIENT_ID" in response.content.decode()
    assert home.seen == []


def test_check_19_an_access_token_that_the_issuer_did_not_sign_is_not_sent(signed_in, op, access_mode, home):
    client = signed_in()
    op.rotate()
    jwts.forget()
    assert client.get(PODS).status_code == 403
    assert home.seen == []


def test_an_opaque_access_token_is_named_as_such(signed_in, op, access_mode, home):
    op.shape = replace(op.shape, access_token=None)
    response = signed_in().get(PODS)
    assert response.status_code == 403
    assert "no signed token (JWT)" in response.content.decode()
    assert home.seen == []


def test_check_19_userinfo_is_not_called_even_for_missing_claims(signed_in, op, access_mode, home, configured):
    configured(OIDC_USE_ACCESS_TOKEN=True, PORTHOLE_ADMIN_GROUPS=["operators"])
    op.id_token_changes = {"groups": None}
    signed_in()
    assert op.asked("userinfo") == []


def test_check_20_a_token_for_one_cluster_is_never_sent_to_another(signed_in, op, home, other):
    client = signed_in()
    assert client.get(PODS).status_code == 200
    response = client.get(OTHER)
    assert response.status_code == 403
    said = response.content.decode()
    assert "porthole" in said
    assert "other-audience" in said
    assert "scope" in said
    assert other.seen == []


@pytest.mark.parametrize("kind", ["access_token"])
def test_check_20_another_clusters_token_comes_by_its_scope(signed_in, op, home, other, kind):
    op.audiences = {"for-other": "other-audience"}
    Cluster.objects.filter(name="other").update(presents=kind, scope="for-other openid")
    client = signed_in()
    first = kept(client)
    op.seen.clear()
    assert client.get(OTHER).status_code == 200
    assert client.get(OTHER).status_code == 200
    (asked,) = op.asked("token")
    assert asked.form["scope"] == "for-other openid"
    after = kept(client)
    assert after["refresh_token"] != first["refresh_token"]
    assert {unverified(token.removeprefix("Bearer "))["aud"] for token in presented(other)} == {"other-audience"}
    assert client.get(PODS).status_code == 200
    assert presented(home) == {f"Bearer {first['id_token']}"}


def test_after_another_clusters_token_a_renewal_asks_for_what_the_sign_in_asked_for(signed_in, op, home, other):
    op.audiences = {"for-other": "other-audience"}
    Cluster.objects.filter(name="other").update(presents="access_token", scope="for-other openid")
    op.lifetime = -5
    client = signed_in()
    op.lifetime = 300
    assert client.get(OTHER).status_code == 200
    op.seen.clear()
    assert client.get(PODS).status_code == 200
    assert op.asked("token")[0].form["scope"] == "openid profile email"


def test_a_scope_that_is_edited_gives_another_token(signed_in, op, home, other):
    op.audiences = {"for-other": "other-audience", "wrong": "wrong-audience"}
    Cluster.objects.filter(name="other").update(presents="access_token", scope="for-other openid")
    client = signed_in()
    assert client.get(OTHER).status_code == 200
    other.seen.clear()
    Cluster.objects.filter(name="other").update(audience="third-audience")
    assert client.get(OTHER).status_code == 403
    assert other.seen == []


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_scope"])
def test_a_scope_that_the_provider_refuses_ends_no_session(signed_in, op, home, other, error):
    Cluster.objects.filter(name="other").update(presents="access_token", scope="for-other")
    client = signed_in()
    op.answers["token"] = faults.error(error)
    response = client.get(OTHER)
    assert response.status_code == 403
    assert other.seen == []
    assert client.get(PODS).status_code == 200


def test_the_verified_person_is_impersonated(signed_in, op, home, configured, tmp_path, settings):
    token = tmp_path / "token"
    token.write_text("impersonator-token")
    configured(PORTHOLE_TOKEN_FOLDERS=[str(tmp_path)])
    home.admit = lambda given: "olivia-token" if given == "impersonator-token" else None
    Cluster.objects.update(
        presents="impersonation",
        impersonator_token_file=str(token),
        username_claim="email",
        username_prefix="oidc:",
        groups_claim="groups",
        groups_prefix="oidc:",
    )
    op.claims("olivia")["groups"] = ["a", "b"]
    client = signed_in()
    client.get(PODS, headers={"Impersonate-User": "root", "Authorization": "Basic eA=="})
    sent = home.seen[0].headers
    assert [value for name, value in sent if name == "authorization"] == ["Bearer impersonator-token"]
    assert [value for name, value in sent if name == "impersonate-user"] == ["oidc:olivia@example.com"]
    assert [value for name, value in sent if name == "impersonate-group"] == ["oidc:a", "oidc:b"]


def test_check_08_an_unverified_e_mail_names_nobody(signed_in, op, home, configured, tmp_path):
    token = tmp_path / "token"
    token.write_text("impersonator-token")
    configured(PORTHOLE_TOKEN_FOLDERS=[str(tmp_path)])
    Cluster.objects.update(presents="impersonation", impersonator_token_file=str(token), username_claim="email")
    op.add("impostor", email="olivia@example.com", email_verified=False)
    response = signed_in("impostor").get(PODS)
    assert response.status_code == 403
    assert "not verified" in response.content.decode()
    assert home.seen == []
