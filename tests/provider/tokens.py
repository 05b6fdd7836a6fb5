"""The tokens that a provider issues, with whatever a test has told it to get wrong."""

import secrets
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization

from tests.provider import keys
from tests.provider.shape import Claims, Grant

if TYPE_CHECKING:
    from tests.provider.provider import Provider


def changed(claims: Claims, changes: Claims) -> Claims:
    """``claims`` with ``changes``; None leaves a claim out."""
    return {name: value for name, value in (claims | changes).items() if value is not None}


def issue(op: "Provider", claims: Claims) -> str:
    """A token of these claims, signed as ``op.algorithm`` says."""
    match op.algorithm:
        case "":
            token = keys.signed(claims, op.key, op.header_changes)
        case "none":
            token = keys.unsigned(claims, op.key.kid)
        case "HS256":
            token = keys.signed_with_secret(claims, op.client_secret.encode(), op.key.kid)
        case "HS256 with the public key":
            token = keys.signed_with_secret(claims, public_pem(op.key), op.key.kid)
        case algorithm:
            token = keys.signed(claims, keys.key(1, algorithm), {"kid": op.key.kid, **op.header_changes})
    return keys.encrypted(token, keys.key(9)) if op.encrypts else token


def public_pem(key: keys.Key) -> bytes:
    """The public half of a key: what everybody knows, and a verifier that mixes up algorithms takes for a secret."""
    encoding, container = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.private.public_key().public_bytes(encoding, container)


def id_token(op: "Provider", grant: Grant) -> str:
    """An id_token."""
    return issue(op, changed(op.shape.id_token(op, grant), op.id_token_changes))


def access_token(op: "Provider", grant: Grant) -> str:
    """An access token, a JWT where this kind of provider makes it one; userinfo knows it."""
    if op.shape.access_token:
        claims = changed(op.shape.access_token(op, grant), op.access_token_changes)
        token = issue(op, claims | {"jti": secrets.token_hex(8)})
    else:
        token = f"opaque-{secrets.token_urlsafe(24)}"
    op.access_tokens[token] = grant
    return token


def answer(op: "Provider", grant: Grant, minted: Grant) -> dict[str, Any]:
    """A successful answer of the token endpoint (RFC 6749, section 5.1), with a refresh token where one is due.

    ``minted`` is the grant with the scope and resource of this request.
    """
    body = {
        "access_token": access_token(op, minted),
        "token_type": "Bearer",
        "expires_in": int(op.lifetime),
        "scope": " ".join(minted.scope),
    }
    if "openid" in minted.scope:
        body["id_token"] = id_token(op, minted)
    if op.gives_refresh_tokens and op.shape.refreshable(grant) and (op.shape.rotates or not grant.refresh_token):
        grant.refresh_token = f"refresh-{secrets.token_urlsafe(24)}"
        op.refresh_tokens[grant.refresh_token] = grant
        body["refresh_token"] = grant.refresh_token
    return changed(body, op.token_changes)
