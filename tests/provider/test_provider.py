"""The provider does right by default: what OpenID Connect and OAuth say, asked with none of Porthole's code."""

import ssl
from urllib.error import HTTPError
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from urllib.request import Request

import pytest

from tests.clusters.fakes import http, serving
from tests.provider import logout
from tests.provider.browsing import fetch
from tests.provider.client import (
    CALLBACK,
    VERIFIER,
    ask,
    authorize_url,
    basic,
    by_code,
    code,
    decoded,
    discovered,
    opener,
    refresh,
    signed_in,
    userinfo,
)
from tests.provider.provider import provider


@pytest.fixture
def op():
    with provider() as running:
        yield running


def test_its_certificate_is_of_its_own_authority_and_of_no_other(op):
    assert discovered(op)["issuer"] == op.issuer
    with pytest.raises(ssl.SSLCertVerificationError):
        fetch(f"{op.issuer}/.well-known/openid-configuration")


def test_the_form_leads_back_with_a_code_and_the_state(op):
    callback = urlsplit(op.sign_in(authorize_url(op), "olivia"))
    answer = dict(parse_qsl(callback.query))
    assert callback.geturl().startswith(f"{CALLBACK}?")
    assert answer.keys() == {"code", "state"}
    assert answer["state"] == "s t&a"


def test_a_wrong_password_gets_the_form_again(op):
    visitor = op.visitor()
    with pytest.raises(AssertionError, match="Wrong user name or password"):
        visitor.sign_in(authorize_url(op), "olivia", "wrong")


def test_the_id_token_says_what_openid_connect_wants(op):
    claims = decoded(op, signed_in(op)["id_token"], op.client_id)
    assert claims.keys() == {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name",
                             "preferred_username", "email", "email_verified", "groups"}  # fmt: skip
    assert claims["nonce"] == "n-1"
    assert claims["email"] == "olivia@example.com"
    assert claims["groups"] == ["operators"]
    assert claims["exp"] - claims["iat"] == 300


def test_scopes_decide_what_is_told(op):
    claims = decoded(op, signed_in(op, scope="openid")["id_token"], op.client_id)
    assert "email" not in claims
    assert "id_token" not in signed_in(op, scope="profile")


def test_the_client_proves_itself_by_either_method(op):
    fields = {"grant_type": "refresh_token", "refresh_token": "none"}
    request = Request(op.at("token"), urlencode(fields).encode(), {"Authorization": basic(op)})
    with pytest.raises(HTTPError, match="400"):  # the client is known, the token is not
        opener(op).open(request)
    assert ask(op, **fields)[0] == 400
    status, answer = ask(op, **fields, client_secret="wrong")
    assert (status, answer["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "fields", [{"code_verifier": "another"}, {"code_verifier": ""}, {"redirect_uri": "https://else.example.com/"}]
)
def test_a_code_is_bound_to_verifier_and_redirect_uri(op, fields):
    status, answer = by_code(op, code(op), **fields)
    assert (status, answer["error"]) == (400, "invalid_grant")


def test_a_code_works_once_and_the_second_time_kills_what_came_of_it(op):
    value = code(op)
    _status, first = by_code(op, value)
    assert by_code(op, value)[1]["error"] == "invalid_grant"
    assert refresh(op, first["refresh_token"])[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_wrong_authorization_request_goes_back_with_an_error(op, changes, error):
    answer = fetch(authorize_url(op, **changes), authority_file=op.authority_file)
    assert dict(parse_qsl(urlsplit(answer.header("Location")).query)) == {"error": error, "state": "s t&a"}


@pytest.mark.parametrize("changes", [{"client_id": "somebody"}, {"redirect_uri": "https://evil.example.com/"}])
def test_an_unknown_client_or_redirect_uri_is_never_sent_anywhere(op, changes):
    op.redirect_uris.append(CALLBACK)
    answer = fetch(authorize_url(op, **changes), authority_file=op.authority_file)
    assert (answer.status, answer.header("Location")) == (400, "")


def test_a_browser_that_is_known_gets_its_code_without_a_form(op):
    visitor = op.visitor()
    visitor.sign_in(authorize_url(op), "olivia", op.people["olivia"].password)
    silent = visitor.get(authorize_url(op, prompt="none"))
    assert "code=" in silent.header("Location")
    assert visitor.get(authorize_url(op, prompt="login")).status == 200


def test_refreshing_rotates_and_a_token_used_twice_kills_its_family(op):
    first = signed_in(op)
    _status, second = refresh(op, first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert decoded(op, second["id_token"], op.client_id)["sub"] == "subject-of-olivia"
    assert refresh(op, first["refresh_token"])[1]["error"] == "invalid_grant"
    assert refresh(op, second["refresh_token"])[1]["error"] == "invalid_grant"


def test_a_scope_or_a_resource_gives_a_token_for_another_audience(op):
    op.audiences["harbor"] = "https://harbor.example.com"
    op.resources.append("https://marina.example.com")
    first = signed_in(op)
    assert decoded(op, first["access_token"], f"{op.issuer}/userinfo")
    _status, second = refresh(op, first["refresh_token"], scope="openid harbor")
    assert decoded(op, second["access_token"], "https://harbor.example.com")["azp"] == "porthole"
    _status, third = refresh(op, second["refresh_token"], resource="https://marina.example.com")
    assert decoded(op, third["access_token"], "https://marina.example.com")
    assert refresh(op, third["refresh_token"], scope="openid more")[1]["error"] == "invalid_scope"


def test_userinfo_knows_the_access_token_until_it_is_revoked(op):
    token = signed_in(op)["access_token"]
    assert userinfo(op, token)["sub"] == "subject-of-olivia"
    proof = {"client_id": op.client_id, "client_secret": op.client_secret}
    assert fetch(op.at("revoke"), {"token": token, **proof}, authority_file=op.authority_file).status == 200
    with pytest.raises(HTTPError, match="401"):
        userinfo(op, token)


def test_a_revoked_refresh_token_is_over_and_an_unknown_one_is_no_error(op):
    token = signed_in(op)["refresh_token"]
    proof = {"client_id": op.client_id, "client_secret": op.client_secret}
    assert fetch(op.at("revoke"), {"token": "unknown", **proof}, authority_file=op.authority_file).status == 200
    assert fetch(op.at("revoke"), {"token": token}, authority_file=op.authority_file).status == 401
    assert fetch(op.at("revoke"), {"token": token, **proof}, authority_file=op.authority_file).status == 200
    assert refresh(op, token)[1]["error"] == "invalid_grant"


def test_signing_out_ends_its_session_and_tells_the_client(op):
    visitor = op.visitor()
    callback = visitor.sign_in(authorize_url(op), "olivia", op.people["olivia"].password)
    _status, answer = by_code(op, parse_qs(urlsplit(callback).query)["code"][0])
    with serving(lambda seen: http(b"")) as client:
        op.back_channel_logout_uri = f"{client.url}/ended"
        query = urlencode({"id_token_hint": answer["id_token"], "post_logout_redirect_uri": CALLBACK, "state": "x"})
        gone = visitor.get(f"{op.at('end_session')}?{query}")
        told = dict(parse_qsl(client.seen[0].body.decode()))
    assert (gone.status, gone.header("Location")) == (302, f"{CALLBACK}?state=x")
    claims = decoded(op, told["logout_token"], op.client_id)
    assert claims["events"] == {logout.EVENT: {}}
    assert claims["sid"] == decoded(op, answer["id_token"], op.client_id)["sid"]
    assert "nonce" not in claims
    assert visitor.get(authorize_url(op)).status == 200
    assert refresh(op, answer["refresh_token"])[1]["error"] == "invalid_grant"


def test_signing_out_without_a_hint_asks_and_goes_nowhere_else(op):
    op.post_logout_redirect_uris.append(CALLBACK)
    assert fetch(op.at("end_session"), authority_file=op.authority_file).status == 200
    query = urlencode({"id_token_hint": signed_in(op)["id_token"], "post_logout_redirect_uri": "https://evil.example"})
    assert fetch(f"{op.at('end_session')}?{query}", authority_file=op.authority_file).status == 400


def test_it_remembers_what_it_was_asked(op):
    signed_in(op)
    assert [each.endpoint for each in op.seen] == ["authorize", "login", "token"]
    assert op.asked("token")[0].form["code_verifier"] == VERIFIER
    assert op.asked("authorize")[0].query["nonce"] == "n-1"
