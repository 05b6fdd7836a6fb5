"""A client as simple as can be, with none of Porthole's code: what a person's browser and a right client would send."""

import base64
import hashlib
import json
import ssl
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

import jwt

from tests.provider.browsing import fetch
from tests.provider.provider import Provider

VERIFIER = "a-verifier-of-more-than-forty-three-letters-as-rfc-7636-wants"
CALLBACK = "https://porthole.example.com/oidc/callback/"


def authorize_url(op: Provider, **changes: str) -> str:
    """The authorization request; an empty parameter is left out."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    parameters = {
        "response_type": "code",
        "client_id": op.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": "s t&a",
        "nonce": "n-1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    } | changes
    return f"{op.at('authorize')}?{urlencode({name: value for name, value in parameters.items() if value})}"


def code(op: Provider, name: str = "olivia", **changes: str) -> str:
    """A code for a person who signs in at the provider."""
    return parse_qs(urlsplit(op.sign_in(authorize_url(op, **changes), name)).query)["code"][0]


def ask(op: Provider, **fields: str) -> tuple[int, Any]:
    """The token endpoint's status and answer; the client proves itself unless ``fields`` say otherwise."""
    sent = {"client_id": op.client_id, "client_secret": op.client_secret} | fields
    answer = fetch(op.at("token"), sent, authority_file=op.authority_file)
    return answer.status, json.loads(answer.body)


def by_code(op: Provider, value: str, **fields: str) -> tuple[int, Any]:
    """What a code gives."""
    usual = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER, "code": value}
    return ask(op, **usual | fields)


def refresh(op: Provider, value: str, **fields: str) -> tuple[int, Any]:
    """What a refresh token gives."""
    return ask(op, grant_type="refresh_token", refresh_token=value, **fields)


def signed_in(op: Provider, name: str = "olivia", **changes: str) -> Any:
    """The tokens of a person who signs in."""
    status, answer = by_code(op, code(op, name, **changes))
    assert status == 200, answer
    return answer


def discovered(op: Provider, issuer: str = "") -> Any:
    """The discovery document of an issuer, of the provider's own by default."""
    url = (issuer or op.issuer).rstrip("/") + "/.well-known/openid-configuration"
    return json.loads(fetch(url, authority_file=op.authority_file).body)


def decoded(op: Provider, token: str, audience: str, issuer: str = "") -> Any:
    """The claims, verified by what the issuer publishes. Raises jwt.PyJWTError."""
    context = ssl.create_default_context(cafile=op.authority_file)
    keys = jwt.PyJWKClient(discovered(op, issuer)["jwks_uri"], ssl_context=context)
    found = keys.get_signing_key_from_jwt(token)
    return jwt.decode(token, found.key, [found.algorithm_name], audience=audience, issuer=issuer or op.issuer)


def unverified(token: str) -> Any:
    """The claims, whoever signed them."""
    return jwt.decode(token, options={"verify_signature": False})


def opener(op: Provider) -> OpenerDirector:
    """What asks the provider with headers of a test's own; no proxy."""
    return build_opener(ProxyHandler({}), HTTPSHandler(context=ssl.create_default_context(cafile=op.authority_file)))


def userinfo(op: Provider, token: str) -> Any:
    """What userinfo says for an access token. Raises HTTPError."""
    request = Request(op.at("userinfo"), headers={"Authorization": f"Bearer {token}"})
    with opener(op).open(request) as answer:
        return json.load(answer)


def basic(op: Provider) -> str:
    """The client's proof as an Authorization header (RFC 6749, section 2.3.1)."""
    pair = f"{quote_plus(op.client_id)}:{quote_plus(op.client_secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
