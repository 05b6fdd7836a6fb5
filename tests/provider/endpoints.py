"""What each endpoint of the provider answers, where it does right."""

import base64
import hashlib
import html
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus, urlencode

from tests.clusters.fakes import Answer
from tests.provider import logout, tokens
from tests.provider.asked import Asked, html_answer, json_answer, oauth_error, redirect, with_parameters
from tests.provider.shape import PATHS, Grant

if TYPE_CHECKING:
    from tests.provider.provider import Provider

WELL_KNOWN = "/.well-known/openid-configuration"


def name_of(op: "Provider", path: str) -> str:
    """Which endpoint a path is: ``discovery``, one of PATHS, or "" for none."""
    issuers = (op.shape.issuer, *op.shape.other_issuers)
    if path in [issuer.rstrip("/") + WELL_KNOWN for issuer in issuers]:
        return "discovery"
    return next((name for name in PATHS if op.shape.path(name) == path), "")


def respond(op: "Provider", asked: Asked) -> Answer:
    """Answer a request."""
    found = ENDPOINTS.get(asked.endpoint)
    return found(op, asked) if found else json_answer({"error": "not found"}, 404)


def discovery(op: "Provider", asked: Asked) -> Answer:
    """What OpenID Connect Discovery 1.0, section 3, lists; of the issuer whose path was asked for."""
    paths = {issuer.rstrip("/") + WELL_KNOWN: issuer for issuer in (op.shape.issuer, *op.shape.other_issuers)}
    addresses = {
        f"{name}_endpoint": op.url + op.shape.path(endpoint)
        for name, endpoint in (
            ("authorization", "authorize"),
            ("token", "token"),
            ("userinfo", "userinfo"),
            ("revocation", "revoke"),
            ("end_session", "end_session"),
        )
        if op.shape.path(endpoint)
    }
    usual = {
        "issuer": op.url + paths[asked.path],
        "jwks_uri": op.at("keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [op.key.algorithm],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
    return json_answer(tokens.changed({**usual, **addresses, **op.shape.metadata}, op.discovery_changes))


def key_set(op: "Provider", asked: Asked) -> Answer:
    """The published keys."""
    changes = {**op.shape.keys, **op.key_changes}
    return json_answer({"keys": [tokens.changed(key.jwk, changes) for key in op.published]})


def authorize(op: "Provider", asked: Asked) -> Answer:
    """Begin: an error page, an error to the client, a code at once where the browser is known, or the form."""
    parameters = asked.query
    uri = parameters.get("redirect_uri", "")
    if parameters.get("client_id") != op.client_id or not uri or (op.redirect_uris and uri not in op.redirect_uris):
        return html_answer("<title>Error</title><h1>Unknown client or redirect URI</h1>", 400)
    if error := refusal(op, parameters):
        return redirect(with_parameters(uri, error=error, state=parameters.get("state", ""), iss=own_name(op)))
    known = op.sessions.get(asked.cookies.get(logout.COOKIE, ""))
    if known and "login" not in parameters.get("prompt", "").split():
        return redirect(with_code(op, known, parameters))
    if parameters.get("prompt") == "none":
        return redirect(
            with_parameters(uri, error="login_required", state=parameters.get("state", ""), iss=own_name(op))
        )
    return form(op, parameters)


def own_name(op: "Provider") -> str:
    """The issuer, where this kind of provider says it in its answers; "" else."""
    return op.issuer if op.shape.names_itself else ""


def refusal(op: "Provider", parameters: dict[str, str]) -> str:
    """The error of an authorization request that is none (RFC 6749, section 4.1.2.1), or ""."""
    if parameters.get("response_type") != "code":
        return "unsupported_response_type"
    if error := op.shape.scope_error(parameters.get("scope", "").split()):
        return error
    challenged = parameters.get("code_challenge") and parameters.get("code_challenge_method") == "S256"
    return "invalid_request" if op.requires_pkce and not challenged else ""


def form(op: "Provider", parameters: dict[str, str], wrong: str = "") -> bytes:
    """The sign-in form, with the request that it is for."""
    return html_answer(
        f"""<title>Sign in at the provider</title><h1>Sign in</h1><p role="alert">{wrong}</p>
        <form method="post" action="{op.shape.path("login")}">
        <input type="hidden" name="request" value="{html.escape(urlencode(parameters))}">
        <label>User name <input name="username" autocomplete="username"></label>
        <label>Password <input name="password" type="password" autocomplete="current-password"></label>
        <button>Sign in</button></form>"""
    )


def login(op: "Provider", asked: Asked) -> Answer:
    """Check the form and go back to the client with a code; the browser stays signed in at the provider."""
    person = op.people.get(asked.form.get("username", ""))
    parameters = dict(parse_qsl(asked.form.get("request", ""), keep_blank_values=True))
    if not person or person.password != asked.form.get("password"):
        return form(op, parameters, "Wrong user name or password.")
    cookie = secrets.token_urlsafe(16)
    sid = secrets.token_hex(12)
    op.sessions[cookie] = Grant(person, [], {}, sid, int(time.time()))
    return redirect(
        with_code(op, op.sessions[cookie], parameters),
        f"Set-Cookie: {logout.COOKIE}={cookie}; Path=/; Secure; HttpOnly",
    )


def with_code(op: "Provider", session: Grant, parameters: dict[str, str]) -> str:
    """The client's redirect URI with a new code for the person of that session."""
    code = secrets.token_urlsafe(24)
    uri = parameters["redirect_uri"]
    op.codes[code] = replace(
        session, parameters=parameters, scope=parameters.get("scope", "").split(), redirect_uri=uri
    )
    return with_parameters(uri, code=code, state=parameters.get("state", ""), iss=own_name(op))


def token(op: "Provider", asked: Asked) -> Answer:
    """Give tokens for a code or a refresh token."""
    if asked.method != "POST" or not authenticated(op, asked):
        return oauth_error("invalid_client", "unknown client or wrong secret", 401)
    grants: dict[str, Callable[[Provider, dict[str, str]], bytes]] = {
        "authorization_code": by_code,
        "refresh_token": by_refresh_token,
    }
    found = grants.get(asked.form.get("grant_type", ""))
    if not found:
        return oauth_error("unsupported_grant_type", "code or refresh token")
    with op.lock:
        return found(op, asked.form)


def authenticated(op: "Provider", asked: Asked) -> bool:
    """Whether the client proved itself by client_secret_basic or client_secret_post (RFC 6749, section 2.3.1)."""
    kind, _space, value = asked.header("Authorization").partition(" ")
    if kind.lower() == "basic":
        name, _colon, secret = base64.b64decode(value).decode().partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (op.client_id, op.client_secret)
    return (asked.form.get("client_id"), asked.form.get("client_secret")) == (op.client_id, op.client_secret)


def by_code(op: "Provider", fields: dict[str, str]) -> bytes:
    """The authorization code grant; a code that comes twice kills what came of it (RFC 6749, section 4.1.2)."""
    grant = op.codes.get(fields.get("code", ""))
    if not grant or grant.spent:
        if grant:
            grant.dead = True
        return oauth_error("invalid_grant", "the code is unknown or was used")
    if fields.get("redirect_uri") != grant.redirect_uri:
        return oauth_error("invalid_grant", "another redirect URI than at the authorization endpoint")
    if not proven(grant.parameters.get("code_challenge", ""), fields.get("code_verifier", "")):
        return oauth_error("invalid_grant", "the code verifier does not match")
    grant.spent = True
    return json_answer(tokens.answer(op, grant, replace(grant, resource=resource(op, fields))))


def proven(challenge: str, verifier: str) -> bool:
    """Whether a verifier is that of an S256 challenge (RFC 7636, section 4.6); both absent will do."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return digest == challenge if challenge or verifier else True


def resource(op: "Provider", fields: dict[str, str]) -> str:
    """The resource of a token request, where it is one that the provider knows (RFC 8707, section 2.2)."""
    return fields["resource"] if fields.get("resource") in op.resources else ""


def by_refresh_token(op: "Provider", fields: dict[str, str]) -> bytes:
    """The refresh grant; a token that was replaced already kills the whole family (RFC 9700, section 4.14.2)."""
    grant = op.refresh_tokens.get(fields.get("refresh_token", ""))
    if grant and fields["refresh_token"] != grant.refresh_token:
        grant.dead = True
    if not grant or grant.dead:
        return oauth_error("invalid_grant", "Token is not active")
    scope = fields.get("scope", " ".join(grant.scope)).split()
    if not op.shape.widens and set(scope) - {*grant.scope, *op.audiences}:
        return oauth_error("invalid_scope", "more than was granted")
    minted = replace(grant, scope=scope, resource=resource(op, fields))
    return json_answer(tokens.answer(op, grant, minted))


def userinfo(op: "Provider", asked: Asked) -> Answer:
    """What the access token's person is like (OpenID Connect Core 1.0, section 5.3)."""
    kind, _space, token = asked.header("Authorization").partition(" ")
    grant = op.access_tokens.get(token)
    if kind != "Bearer" or not grant or grant.dead or not op.shape.informs(grant):
        return json_answer({"error": "invalid_token"}, 401)
    return json_answer(tokens.changed(op.shape.userinfo(op, grant), op.userinfo_changes))


def revoke(op: "Provider", asked: Asked) -> Answer:
    """Void a token and what came of it (RFC 7009); an unknown one is no error."""
    if asked.method != "POST" or not authenticated(op, asked):
        return oauth_error("invalid_client", "unknown client or wrong secret", 401)
    grant = op.refresh_tokens.get(asked.form.get("token", ""))
    if grant:
        grant.dead = True
    op.access_tokens.pop(asked.form.get("token", ""), None)
    return json_answer({})


ENDPOINTS: dict[str, Callable[["Provider", Asked], Answer]] = {
    "discovery": discovery,
    "keys": key_set,
    "authorize": authorize,
    "login": login,
    "token": token,
    "userinfo": userinfo,
    "revoke": revoke,
    "end_session": logout.end_session,
}
