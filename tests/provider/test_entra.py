"""The stand-in for Entra ID: two tokens, two issuers, one key."""

from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.provider import entra
from tests.provider.browsing import fetch
from tests.provider.client import authorize_url, decoded, discovered, refresh, signed_in, userinfo

SEED = f"{entra.AKS_SERVER}/user.read openid email profile"


@pytest.fixture
def op():
    with entra.entra() as running:
        yield running


def test_the_seeds_scope_gives_an_id_token_for_us_and_an_access_token_for_the_cluster(op):
    answer = signed_in(op, scope=SEED)
    ours = decoded(op, answer["id_token"], entra.CLIENT_ID)
    theirs = decoded(op, answer["access_token"], entra.AKS_SERVER, f"{op.url}/{entra.TENANT}/")
    assert ours["iss"] == f"{op.url}/{entra.TENANT}/v2.0"
    assert theirs["iss"] == f"{op.url}/{entra.TENANT}/"
    assert (ours["ver"], theirs["ver"]) == ("2.0", "1.0")
    assert ours["oid"] == theirs["oid"]
    assert ours["sub"] != theirs["sub"]
    assert theirs["upn"] == "olivia@contoso.onmicrosoft.com"
    assert theirs["groups"] == [entra.GROUP_IDS["operators"]]
    assert "email" not in ours | theirs
    assert "refresh_token" not in answer


def test_userinfo_takes_no_token_of_the_cluster(op):
    assert userinfo(op, signed_in(op, scope="openid")["access_token"])["sub"] == "subject-of-olivia"
    with pytest.raises(HTTPError, match="401"):
        userinfo(op, signed_in(op, scope=SEED)["access_token"])


def test_a_refresh_token_is_for_offline_access_and_good_for_any_resource(op):
    first = signed_in(op, scope="openid profile offline_access")
    _status, second = refresh(op, first["refresh_token"], scope=f"{entra.AKS_SERVER}/.default openid")
    assert decoded(op, second["access_token"], entra.AKS_SERVER, op.url + entra.STS)["appid"] == entra.CLIENT_ID


def test_two_resources_at_once_are_refused(op):
    answer = fetch(authorize_url(op, scope=f"{SEED} other-resource/read"), authority_file=op.authority_file)
    assert dict(parse_qsl(urlsplit(answer.header("Location")).query))["error"] == "invalid_request"


def test_its_discovery_has_what_entra_has_and_lacks_what_entra_lacks(op):
    found = discovered(op)
    assert discovered(op, op.url + entra.STS)["issuer"] == op.url + entra.STS
    assert not {"revocation_endpoint", "code_challenge_methods_supported"} & found.keys()
    assert found["end_session_endpoint"].endswith("/oauth2/v2.0/logout")
