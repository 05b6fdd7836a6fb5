"""Signing out at the provider: RP-Initiated Logout 1.0, and Back-Channel Logout 1.0 to the client."""

import secrets
import time
from typing import TYPE_CHECKING, Any

import jwt

from tests.clusters.fakes import Answer
from tests.provider import browsing, keys, tokens
from tests.provider.asked import Asked, html_answer, redirect, with_parameters
from tests.provider.shape import Grant

if TYPE_CHECKING:
    from tests.provider.provider import Provider

COOKIE = "provider-session"  # of the browser that is signed in at the provider
EVENT = "http://schemas.openid.net/event/backchannel-logout"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA"]


def end_session(op: "Provider", asked: Asked) -> Answer:
    """End the provider's own session and go where the client asked, if that is registered for it."""
    fields = asked.query | asked.form
    hint = hinted(op, fields.get("id_token_hint", ""))
    if op.shape.needs_hint and not hint:
        return html_answer("<title>Sign out</title><h1>Do you want to sign out?</h1>")
    known = op.sessions.get(asked.cookies.get(COOKIE, ""))
    end(op, str(hint.get("sid", "")) or (known.sid if known else ""))
    target = fields.get("post_logout_redirect_uri", "")
    if not target:
        return html_answer("<title>Signed out</title><h1>You are signed out</h1>")
    if op.post_logout_redirect_uris and target not in op.post_logout_redirect_uris:
        return html_answer("<title>Error</title><h1>Invalid redirect URI</h1>", 400)
    return redirect(with_parameters(target, state=fields.get("state", "")))


def hinted(op: "Provider", token: str) -> dict[str, Any]:
    """The claims of an id_token that this provider gave this client, expired or not; {} where it is none."""
    for key in op.published:
        try:
            return jwt.decode(
                token,
                key.private.public_key(),
                ALGORITHMS,
                options={"verify_exp": False},
                audience=op.client_id,
                issuer=op.issuer,
            )
        except jwt.PyJWTError:
            continue  # signed with another one of its keys, or with none
    return {}


def end(op: "Provider", sid: str) -> None:
    """End a session: its cookie, its refresh tokens, and at the client where a back-channel URI is registered."""
    ended = [cookie for cookie, grant in op.sessions.items() if grant.sid == sid]
    person = next((op.sessions.pop(cookie).person for cookie in ended), None)
    for grant in op.refresh_tokens.values():
        grant.dead = grant.dead or grant.sid == sid
    if person and op.back_channel_logout_uri:
        post(op.back_channel_logout_uri, logout_token(op, person.name, sid=sid))


def logout_token(op: "Provider", person: str, **changes: Any) -> str:
    """A logout_token (Back-Channel Logout 1.0, section 2.4) for all sessions of a person, or for that of a ``sid``.

    ``changes`` are claims that it has besides or instead; None leaves one out.
    """
    now = int(time.time())
    usual = {
        "iss": op.issuer,
        "aud": op.client_id,
        "sub": op.people[person].subject,
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_hex(12),
        "events": {EVENT: {}},
    }
    claims = tokens.changed(usual, changes)
    if op.algorithm:
        return tokens.issue(op, claims)
    return keys.signed(claims, op.key, {"typ": "logout+jwt", **op.header_changes})


def sid_of(op: "Provider", person: str) -> str:
    """The session of the newest sign-in of a person."""
    found: list[Grant] = [grant for grant in op.codes.values() if grant.person.name == person]
    return found[-1].sid


def post(url: str, token: str, authority_file: str = "") -> browsing.Answer:
    """Send a logout_token to a client's back-channel URI, as a provider does."""
    return browsing.fetch(url, {"logout_token": token}, authority_file=authority_file)
