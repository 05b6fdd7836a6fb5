"""What well-known providers' tokens and discovery documents look like, each as its own documentation has it.

Entra ID has a file of its own. The address is the stand-in's; paths, claims, scopes and habits are the provider's.
"""

from collections.abc import Sequence

from tests.provider.provider import Provider
from tests.provider.shape import Claims, Grant, Shape, access_token, always, id_token, offline, only

STANDARD = ("openid", "profile", "email")


def without(claims: Claims, *names: str) -> Claims:
    """Claims without some."""
    return {name: value for name, value in claims.items() if name not in names}


# --- Authentik: issuer per application, groups in the scope profile, e-mail addresses unverified since 2025.10.


def authentik_id_token(op: Provider, grant: Grant) -> Claims:
    """As its scope mappings make it, with all scopes' claims; groups come with ``profile``."""
    claims = id_token(op, grant)
    if "profile" in grant.scope:
        claims |= {"given_name": claims["name"], "nickname": grant.person.name}
    else:
        claims.pop("groups", None)
    return {**claims, "acr": "goauthentik.io/providers/oauth2/default", "amr": ["pwd"]}


def authentik_access_token(op: Provider, grant: Grant) -> Claims:
    """The id_token's claims again, with ``azp`` and ``uid``: the same issuer, the same audience."""
    return {**without(authentik_id_token(op, grant), "nonce"), "azp": op.client_id, "uid": grant.sid}


AUTHENTIK = Shape(
    name="Authentik",
    issuer="/application/o/porthole/",
    paths={
        "authorize": "/application/o/authorize/",
        "login": "/flow/login/",
        "token": "/application/o/token/",
        "userinfo": "/application/o/userinfo/",
        "revoke": "/application/o/revoke/",
        "keys": "/application/o/porthole/jwks/",
        "end_session": "/application/o/porthole/end-session/",
    },
    metadata={
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "claims_parameter_supported": False,
    },
    id_token=authentik_id_token,
    access_token=authentik_access_token,
    refreshable=offline,
)


# --- Keycloak: a realm is an issuer; the access token is for "account" unless a mapper says otherwise.


def keycloak_id_token(op: Provider, grant: Grant) -> Claims:
    """With ``typ``, ``azp`` and ``acr``; groups with their paths, unless the mapper leaves these out."""
    claims = id_token(op, grant)
    groups = [f"/{name}" for name in claims.pop("groups", [])]
    return {**claims, "typ": "ID", "azp": op.client_id, "acr": "1", "groups": groups}


def keycloak_access_token(op: Provider, grant: Grant) -> Claims:
    """For ``account``, with the realm's roles."""
    claims = without(keycloak_id_token(op, grant), "nonce", "typ")
    roles = {"realm_access": {"roles": ["offline_access", "uma_authorization"]}}
    return {**claims, **roles, "typ": "Bearer", "aud": "account", "scope": " ".join(grant.scope)}


def oidc_path(base: str, **others: str) -> dict[str, str]:
    """Endpoints below one path."""
    names = {"authorize": "auth", "token": "token", "userinfo": "userinfo", "keys": "certs", "revoke": "revoke"}
    return {endpoint: f"{base}/{name}" for endpoint, name in names.items()} | others


KEYCLOAK = Shape(
    name="Keycloak",
    issuer="/realms/porthole",
    paths=oidc_path(
        "/realms/porthole/protocol/openid-connect",
        end_session="/realms/porthole/protocol/openid-connect/logout",
        login="/realms/porthole/login-actions/authenticate",
    ),
    metadata={
        "scopes_supported": ["openid", "profile", "email", "offline_access", "roles", "web-origins", "basic", "acr"],
        "authorization_response_iss_parameter_supported": True,
    },
    id_token=keycloak_id_token,
    access_token=keycloak_access_token,
    refreshable=always,
    names_itself=True,
)


# --- Dex: other clients' audiences by scope; no sign-out, no revocation.

DEX_AUDIENCE = "audience:server:client_id:"


def dex_id_token(op: Provider, grant: Grant) -> Claims:
    """For the clients that the scope names, and for ours alone where it names none; ``azp`` where it names some."""
    claims = without(id_token(op, grant), "sid", "auth_time", "preferred_username")
    named = [scope.removeprefix(DEX_AUDIENCE) for scope in grant.scope if scope.startswith(DEX_AUDIENCE)]
    if named:
        claims |= {"aud": named if len(named) > 1 else named[0], "azp": op.client_id}
    return claims if "groups" in grant.scope else without(claims, "groups")


def dex_access_token(op: Provider, grant: Grant) -> Claims:
    """An access token is an id_token without a nonce."""
    return without(dex_id_token(op, grant), "nonce")


def dex_scopes(scope: Sequence[str]) -> str:
    """Which scopes Dex knows."""
    known = only(*STANDARD, "groups", "federated:id", "offline_access")
    return known([each for each in scope if not each.startswith(DEX_AUDIENCE)])


DEX = Shape(
    name="Dex",
    paths=oidc_path("", keys="/keys", login="/auth/local/login", end_session="", revoke=""),
    metadata={
        "scopes_supported": ["openid", "email", "groups", "profile", "offline_access"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "backchannel_logout_supported": None,
        "backchannel_logout_session_supported": None,
    },
    id_token=dex_id_token,
    access_token=dex_access_token,
    scope_error=dex_scopes,
    refreshable=offline,
)


# --- Google: no groups, no sign-out, an opaque access token, a refresh token by a parameter of its own.


def google_id_token(op: Provider, grant: Grant) -> Claims:
    """Few claims; the hosted domain in ``hd``."""
    claims = without(id_token(op, grant), "groups", "preferred_username", "sid", "auth_time")
    return {**claims, "azp": op.client_id, "hd": "example.com", "picture": f"{op.url}/photo"}


def google_refreshable(grant: Grant) -> bool:
    """A refresh token for access_type=offline; with prompt=consent each time, else at the first only."""
    return grant.parameters.get("access_type") == "offline" and "consent" in grant.parameters.get("prompt", "")


GOOGLE = Shape(
    name="Google",
    paths={
        "authorize": "/o/oauth2/v2/auth",
        "login": "/v3/signin",
        "keys": "/oauth2/v3/certs",
        "userinfo": "/v1/userinfo",
        "end_session": "",
    },
    metadata={
        "scopes_supported": list(STANDARD),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "backchannel_logout_supported": None,
        "backchannel_logout_session_supported": None,
    },
    id_token=google_id_token,
    access_token=None,
    scope_error=only(*STANDARD),
    refreshable=google_refreshable,
    rotates=False,
)


# --- Okta, the org authorization server: groups in the id_token only, access tokens for Okta's own API.


def okta_id_token(op: Provider, grant: Grant) -> Claims:
    """Groups where the scope asks for them and the application's filter lets them through (here: k8s-…)."""
    claims = without(id_token(op, grant), "sid")
    groups = [name for name in grant.person.claims["groups"] if name.startswith("k8s-")]
    asked = {"groups": groups} if "groups" in grant.scope else {}
    return {**without(claims, "groups"), **asked, "ver": 1, "idp": "00oexample", "amr": ["pwd"]}


def okta_access_token(op: Provider, grant: Grant) -> Claims:
    """For the org itself, without groups; ``sub`` is the login there, not the id_token's subject."""
    claims = without(access_token(op, grant), "groups", "email", "email_verified", "name", "preferred_username", "azp")
    return {**claims, "aud": op.url, "sub": grant.person.claims["email"], "cid": op.client_id, "scp": grant.scope}


OKTA = Shape(
    name="Okta",
    paths={
        "authorize": "/oauth2/v1/authorize",
        "login": "/login",
        "token": "/oauth2/v1/token",
        "userinfo": "/oauth2/v1/userinfo",
        "keys": "/oauth2/v1/keys",
        "revoke": "/oauth2/v1/revoke",
        "end_session": "/oauth2/v1/logout",
    },
    metadata={
        "scopes_supported": [*STANDARD, "address", "phone", "offline_access", "groups"],
        "backchannel_logout_supported": None,
        "backchannel_logout_session_supported": None,
    },
    id_token=okta_id_token,
    access_token=okta_access_token,
    scope_error=only(*STANDARD, "address", "phone", "offline_access", "groups"),
    refreshable=offline,
)
