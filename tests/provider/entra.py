"""Entra ID as AKS uses it: one key and two issuers, and access tokens that are for the AKS server alone.

The login issuer ``…/<tenant>/v2.0`` signs id_tokens for our client. An access token for the AKS server's resource has
the issuer ``…/<tenant>/`` (sts.windows.net), that resource as its audience, and names the user by ``upn``. There is no
e-mail address in it. Userinfo is Microsoft Graph's: it refuses tokens that are for anything else. What the documents of
Microsoft's identity platform say ("ID token claims reference", "Access token claims reference", "UserInfo endpoint").
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from tests.provider.people import Person
from tests.provider.provider import Provider, provider
from tests.provider.shape import Claims, Grant, Shape, nonce_of, offline, times

TENANT = "3f1b1a5e-8f0b-4a57-9f0a-6f2d1c0e7a11"
AKS_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
GRAPH = "00000003-0000-0000-c000-000000000000"
CLIENT_ID = "b1d0c9a4-52a4-4a3f-9a53-0c5f3d5b9f42"
STS = f"/{TENANT}/"
OWN_SCOPES = {"openid", "profile", "email", "offline_access"}

# Object ids of people and groups, as a tenant would give them.
OBJECT_IDS = {
    "olivia": "0b0e4c1e-0000-4000-8000-000000000001",
    "victor": "0b0e4c1e-0000-4000-8000-000000000002",
    "nadia": "0b0e4c1e-0000-4000-8000-000000000003",
    "mallory": "0b0e4c1e-0000-4000-8000-000000000004",
}
GROUP_IDS = {
    "operators": "96a5d0c6-0000-4000-8000-00000000000a",
    "viewers": "96a5d0c6-0000-4000-8000-00000000000b",
    "shop-team": "96a5d0c6-0000-4000-8000-00000000000c",
}


def upn(person: Person) -> str:
    """The name by which an AKS cluster knows the user."""
    return f"{person.name}@contoso.onmicrosoft.com"


def object_id(person: Person) -> str:
    """The object id of the person in the tenant, the same for every application."""
    return OBJECT_IDS[person.name]


def groups(person: Person) -> list[str]:
    """Object ids of the person's groups; their names are in no token."""
    return [GROUP_IDS.get(name, name) for name in person.claims.get("groups", [])]


def about(grant: Grant) -> Claims:
    """What both tokens have."""
    person = grant.person
    return {"name": person.claims["name"], "oid": object_id(person), "tid": TENANT, "uti": grant.sid, "rh": "1.AAAA."}


def id_token(op: Provider, grant: Grant) -> Claims:
    """An id_token of version 2.0: ``sub`` is pairwise, for this client only; no e-mail unless it was made a claim."""
    span = times(op.lifetime)
    return {
        "aud": op.client_id,
        "iss": op.issuer,
        **span,
        "nbf": span["iat"],
        "sub": grant.person.subject,
        "preferred_username": upn(grant.person),
        "ver": "2.0",
        **about(grant),
        **nonce_of(grant),
    }


def resource_of(grant: Grant) -> str:
    """The one resource that the scope is for: Graph unless it names another one, as ``<resource>/<permission>``."""
    named = [scope.rpartition("/") for scope in grant.scope if scope not in OWN_SCOPES]
    return named[0][0] if named else GRAPH


def access_token(op: Provider, grant: Grant) -> Claims:
    """An access token of version 1.0, whose issuer is the tenant's at sts.windows.net."""
    span = times(op.lifetime)
    permissions = [scope.rpartition("/")[2] for scope in grant.scope if scope not in OWN_SCOPES]
    return {
        "aud": resource_of(grant),
        "iss": op.url + STS,
        **span,
        "nbf": span["iat"],
        "acr": "1",
        "amr": ["pwd"],
        "appid": op.client_id,
        "appidacr": "1",
        "groups": groups(grant.person),
        "ipaddr": "192.0.2.7",
        "scp": " ".join(permissions) or "openid profile email",
        "sub": f"{grant.person.subject}-at-{resource_of(grant)[:8]}",
        "unique_name": upn(grant.person),
        "upn": upn(grant.person),
        "ver": "1.0",
        **about(grant),
    }


def userinfo(op: Provider, grant: Grant) -> Claims:
    """What Graph's userinfo says."""
    return {"sub": grant.person.subject, "name": grant.person.claims["name"], "picture": f"{op.url}/photo"}


def for_graph(grant: Grant) -> bool:
    """Userinfo is Graph's and takes no token that is for another resource."""
    return resource_of(grant) == GRAPH


def one_resource(scope: Sequence[str]) -> str:
    """A scope that names several resources is refused: an access token is for one of them (AADSTS28000)."""
    return "invalid_request" if len({each.rpartition("/")[0] for each in scope if each not in OWN_SCOPES}) > 1 else ""


ENTRA = Shape(
    name="Entra ID",
    issuer=f"/{TENANT}/v2.0",
    other_issuers=(STS,),
    paths={
        "authorize": f"/{TENANT}/oauth2/v2.0/authorize",
        "login": f"/{TENANT}/login",
        "token": f"/{TENANT}/oauth2/v2.0/token",
        "keys": f"/{TENANT}/discovery/v2.0/keys",
        "userinfo": "/oidc/userinfo",
        "end_session": f"/{TENANT}/oauth2/v2.0/logout",
        "revoke": "",
    },
    metadata={
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        # It knows PKCE and does not say so; it has no back-channel logout.
        "code_challenge_methods_supported": None,
        "backchannel_logout_supported": None,
        "backchannel_logout_session_supported": None,
    },
    keys={"alg": None},
    scope_error=one_resource,
    id_token=id_token,
    access_token=access_token,
    userinfo=userinfo,
    refreshable=offline,
    widens=True,
    informs=for_graph,
    needs_hint=False,
)


def entra(**fields: Any) -> AbstractContextManager[Provider]:
    """A running stand-in for a tenant of Entra ID with an application registered for our client."""
    return provider(ENTRA, client_id=CLIENT_ID, **fields)
