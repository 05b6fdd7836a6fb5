"""Signing in at providers as they really are: what each is asked, who one is then, what goes upstream, how one leaves.

The shapes stand in tests/provider/known.py and entra.py, by the providers' own documentation.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from clusters.models import Cluster
from dashboard import environment
from dashboard.signin.openid import idtokens, provider
from tests.dashboard.oidc.conftest import (
    PODS,
    api_server,
    begin,
    configure,
    enter,
    kept,
    presented,
    query_of,
    session_of,
)
from tests.lint.places import ROOT
from tests.provider import logout
from tests.provider.client import unverified
from tests.provider.known import AUTHENTIK, DEX, DEX_AUDIENCE, GOOGLE, KEYCLOAK, OKTA
from tests.provider.provider import Provider
from tests.provider.provider import provider as running_provider
from tests.provider.shape import only

SHAPES = {
    "authentik": AUTHENTIK,
    "dex": DEX,
    "google": GOOGLE,
    "keycloak": KEYCLOAK,
    "okta": OKTA,
}
SETTINGS_OF_RECIPES = ("OIDC_SCOPES", "OIDC_AUTHORIZATION_PARAMS")


def recipe(name):
    """What a provider's recipe sets, read as the environment is."""
    lines = (ROOT / "deploy" / name / "porthole.env").read_text().splitlines()
    set_up = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    values = environment.load({key: set_up[key] for key in SETTINGS_OF_RECIPES if key in set_up})
    return {key: values[key] for key in SETTINGS_OF_RECIPES}


@pytest.fixture(params=sorted(SHAPES))
def op(request, settings) -> Iterator[Provider]:
    """Each provider in turn, and Porthole set up by its recipe."""
    with running_provider(SHAPES[request.param]) as running:
        configure(settings, running, **recipe(request.param))
        yield running


def at(name: str) -> pytest.MarkDecorator:
    """A test of one provider alone."""
    return pytest.mark.parametrize("op", [name], indirect=True)


def test_one_signs_in_by_its_recipe_and_the_id_token_goes_upstream(signed_in, op, home):
    client = signed_in()
    assert client.get(PODS).status_code == 200
    tokens = kept(client)
    assert presented(home) == {f"Bearer {tokens['id_token']}"}
    assert tokens["claims"]["sub"] == "subject-of-olivia"
    assert tokens["claims"]["iss"] == op.issuer
    assert op.asked("userinfo") == []


def test_its_session_lasts_longer_than_its_token(due, op, home):
    client = due()
    before = kept(client)
    assert before["refresh_token"]
    assert client.get(PODS).status_code == 200
    assert [asked.form["grant_type"] for asked in op.asked("token")] == ["refresh_token"]
    after = kept(client)
    assert after["id_token"] != before["id_token"]
    assert after["refresh_token"]
    assert presented(home) == {f"Bearer {after['id_token']}"}


ENDS = {AUTHENTIK.name, KEYCLOAK.name, OKTA.name}
REVOKES = {AUTHENTIK.name, KEYCLOAK.name, OKTA.name, GOOGLE.name}


def test_leaving_ends_what_the_provider_can_end(signed_in, op, home):
    client = signed_in()
    tokens = kept(client)
    location = client.post("/signout/")["Location"]
    revoked = [asked.form["token"] for asked in op.asked("revoke")]
    assert revoked == ([tokens["refresh_token"]] if op.shape.name in REVOKES else [])
    if op.shape.name in ENDS:
        assert urlsplit(location)._replace(query="").geturl() == op.at("end_session")
        assert query_of(location)["id_token_hint"] == tokens["id_token"]
        assert op.visitor().get(location).status == 302
    else:
        assert location == "/signin/"
    assert client.get(PODS).status_code == 302


def scopes_asked(client, op):
    """The scopes of a sign-in, and its other parameters."""
    query = query_of(begin(client))
    return query["scope"].split(), query


@at("authentik")
def test_authentik_s_seed_scopes_get_offline_access_added(browser, op, home, configured):
    configured(OIDC_SCOPES=["openid", "profile", "email"])
    scopes, _query = scopes_asked(browser(), op)
    assert scopes == ["openid", "profile", "email", "offline_access"]


@at("authentik")
def test_authentik_s_issuer_keeps_its_slash(op, home, browser, configured):
    assert op.issuer.endswith("/application/o/porthole/")
    configured(OIDC_ISSUER_URL=op.issuer.rstrip("/"))
    page = browser().get("/signin/oidc/")
    assert page.status_code == 502
    assert op.issuer in page.content.decode()


@at("authentik")
def test_authentik_s_access_token_is_for_the_same_api_server(signed_in, op, home, configured):
    configured(OIDC_USE_ACCESS_TOKEN=True)
    client = signed_in()
    assert client.get(PODS).status_code == 200
    access = unverified(kept(client)["access_token"])
    assert (access["aud"], access["iss"], access["azp"]) == ("porthole", op.issuer, "porthole")
    assert presented(home) == {f"Bearer {kept(client)['access_token']}"}


@at("authentik")
def test_authentik_s_unverified_address_is_named_where_the_cluster_says_unauthorized(signed_in, op, home):
    """The API server answers a bare 401: the reason stands in the token, where it is Authentik's usual false."""
    op.claims("olivia")["email_verified"] = False
    home.admit = lambda token: None if unverified(token).get("email_verified") is False else "olivia-token"
    page = signed_in().get(PODS)
    assert page.status_code == 401
    assert "email_verified" in page.content.decode()


@at("authentik")
def test_authentik_s_groups_come_with_the_scope_profile(signed_in, op, home, configured):
    assert kept(signed_in())["claims"]["groups"] == ["operators"]
    configured(OIDC_SCOPES=["openid", "email"])
    assert "groups" not in kept(signed_in("victor"))["claims"]


@at("keycloak")
def test_keycloak_s_groups_arrive_as_it_writes_them(signed_in, op, home):
    assert kept(signed_in())["claims"]["groups"] == ["/operators"]


@at("keycloak")
def test_keycloak_is_not_asked_for_what_outlives_its_session_unless_the_operator_does(browser, op, home, configured):
    configured(OIDC_SCOPES=["openid", "profile", "email"])
    assert scopes_asked(browser(), op)[0] == ["openid", "profile", "email"]
    configured(OIDC_SCOPES=["openid", "offline_access"])
    assert scopes_asked(browser(), op)[0] == ["openid", "offline_access"]


@at("keycloak")
def test_keycloak_s_access_token_is_for_account_and_goes_to_no_cluster(signed_in, op, home, configured):
    configured(OIDC_USE_ACCESS_TOKEN=True)
    page = signed_in().get(PODS)
    assert page.status_code == 403
    assert "account" in page.content.decode()
    assert home.seen == []


@at("keycloak")
def test_keycloak_s_answer_has_to_name_it(browser, op, home):
    client = browser()
    callback = op.sign_in(begin(client))
    assert query_of(callback)["iss"] == op.issuer
    parameters = query_of(callback) | {"iss": "https://another.example.com"}
    assert client.get("/oidc-callback", parameters).status_code == 400
    assert op.asked("token") == []


@at("keycloak")
def test_keycloak_s_session_ends_where_it_says_so(signed_in, browser, op, home):
    client = signed_in()
    token = logout.logout_token(op, "olivia", sid=logout.sid_of(op, "olivia"))
    assert browser().post("/oidc/backchannel-logout/", {"logout_token": token}).status_code == 200
    assert client.get(PODS).status_code == 302


@at("dex")
def test_dex_s_groups_take_a_scope_of_their_own(signed_in, op, home, configured):
    assert kept(signed_in())["claims"]["groups"] == ["operators"]
    configured(OIDC_SCOPES=["openid", "profile", "email"])
    assert "groups" not in kept(signed_in("victor"))["claims"]


@at("dex")
def test_dex_s_token_for_two_clusters_is_for_both_and_for_no_third(signed_in, op, home, demo, configured):
    audiences = [f"{DEX_AUDIENCE}{name}" for name in ("porthole", "harbor-cluster")]
    configured(OIDC_SCOPES=["openid", "profile", "email", "groups", "offline_access", *audiences])
    with api_server(demo, op, "harbor-cluster") as harbor, api_server(demo, op, "third") as third:
        Cluster.objects.create(name="harbor", server=harbor.url, audience="harbor-cluster")
        Cluster.objects.create(name="third", server=third.url, audience="third")
        client = signed_in()
        claims = unverified(kept(client)["id_token"])
        assert (claims["aud"], claims["azp"]) == (["porthole", "harbor-cluster"], "porthole")
        assert client.get(PODS).status_code == 200
        assert client.get("/c/harbor/shop/pods/").status_code == 200
        assert client.get("/c/third/shop/pods/").status_code == 403
        assert third.seen == []


@at("dex")
def test_dex_s_token_for_another_client_alone_signs_nobody_in(browser, op, home, configured):
    configured(OIDC_SCOPES=["openid", f"{DEX_AUDIENCE}harbor-cluster"])
    client = browser()
    page = enter(client, op)
    assert page.status_code == 400
    assert "OIDC_CLIENT_ID" in page.content.decode()
    assert client.get(PODS).status_code == 302


@at("google")
def test_google_is_asked_for_offline_access_in_its_own_way(browser, op, home):
    scopes, query = scopes_asked(browser(), op)
    assert scopes == ["openid", "profile", "email"]
    assert (query["access_type"], query["prompt"]) == ("offline", "consent")


@at("google")
def test_google_s_refusal_of_offline_access_is_told(browser, op, home, configured):
    configured(OIDC_SCOPES=["openid", "email", "offline_access"])
    client = browser()
    page = enter(client, op)
    assert page.status_code == 400
    assert "invalid_scope" in page.content.decode()


@at("google")
def test_google_gives_no_second_refresh_token_and_the_first_goes_on(due, op, home):
    client = due()
    first = kept(client)["refresh_token"]
    assert client.get(PODS).status_code == 200
    assert kept(client)["refresh_token"] == first


@at("google")
def test_google_s_opaque_access_token_goes_to_no_cluster(signed_in, op, home, configured):
    configured(OIDC_USE_ACCESS_TOKEN=True)
    page = signed_in().get(PODS)
    assert page.status_code == 403
    assert "JWT" in page.content.decode()
    assert home.seen == []


def test_google_s_older_tokens_name_it_without_the_scheme_and_nobody_else_s_do():
    assert idtokens.issuers_of("https://accounts.google.com") == ("https://accounts.google.com", "accounts.google.com")
    assert idtokens.issuers_of("https://accounts.example.com") == ("https://accounts.example.com",)
    assert provider.GOOGLE == "https://accounts.google.com"


@at("okta")
def test_okta_s_groups_are_in_the_id_token_and_those_that_its_filter_lets_through(signed_in, op, home):
    op.claims("olivia")["groups"] = ["k8s-operators", "Everyone"]
    client = signed_in()
    assert kept(client)["claims"]["groups"] == ["k8s-operators"]
    assert "groups" not in unverified(kept(client)["access_token"])


@at("okta")
def test_okta_s_access_token_is_for_okta_and_goes_to_no_cluster(signed_in, op, home, configured):
    configured(OIDC_USE_ACCESS_TOKEN=True)
    assert signed_in().get(PODS).status_code == 403
    assert home.seen == []


@at("okta")
def test_an_application_of_okta_without_refresh_tokens_still_lets_people_in(browser, op, home, configured):
    """It refuses a scope that its grants do not allow; Porthole asks once more without what it had added."""
    configured(OIDC_SCOPES=["openid", "profile", "email"])
    op.shape = replace(op.shape, scope_error=only("openid", "profile", "email"))
    client = browser()
    refused = enter(client, op)
    assert (refused.status_code, urlsplit(refused["Location"]).path) == (302, "/signin/oidc/")
    again = client.get(refused["Location"])["Location"]
    assert "offline_access" not in query_of(again)["scope"].split()
    callback = op.sign_in(again)
    assert client.get(urlsplit(callback).path, query_of(callback))["Location"] == PODS
    assert kept(client)["refresh_token"] == ""
    assert session_of(client)
