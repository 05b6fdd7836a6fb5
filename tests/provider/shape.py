"""What a provider is made of, and in what one kind of provider differs from the next."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.provider.people import Person

if TYPE_CHECKING:
    from tests.provider.provider import Provider

Claims = dict[str, Any]


@dataclass
class Grant:
    """What one person allowed one client at one sign-in."""

    person: Person
    scope: list[str]
    parameters: dict[str, str]  # of the authorization request
    sid: str
    auth_time: int
    redirect_uri: str = ""
    resource: str = ""  # RFC 8707
    spent: bool = False  # the code was used
    refresh_token: str = ""  # the newest of its family
    dead: bool = False  # the whole family was revoked, or one of it was used twice


MakeClaims = Callable[["Provider", Grant], Claims]


def claims_of(grant: Grant) -> Claims:
    """What the granted scopes say of a person (OpenID Connect Core 1.0, section 5.4), and their groups."""
    asked = {"email": ("email", "email_verified"), "profile": ("name", "preferred_username")}
    names = [name for scope in grant.scope for name in asked.get(scope, ())]
    return {name: value for name, value in grant.person.claims.items() if name in [*names, "groups"]}


def times(lifetime: float) -> Claims:
    """``iat`` and ``exp``, seconds."""
    now = int(time.time())
    return {"iat": now, "exp": now + int(lifetime)}


def nonce_of(grant: Grant) -> Claims:
    """The nonce of the authorization request, if it had one."""
    return {"nonce": grant.parameters["nonce"]} if "nonce" in grant.parameters else {}


def id_token(op: "Provider", grant: Grant) -> Claims:
    """The claims of an id_token (OpenID Connect Core 1.0, section 2)."""
    return {
        "iss": op.issuer,
        "sub": grant.person.subject,
        "aud": op.client_id,
        "auth_time": grant.auth_time,
        "sid": grant.sid,
        **times(op.lifetime),
        **nonce_of(grant),
        **claims_of(grant),
    }


def access_token(op: "Provider", grant: Grant) -> Claims:
    """The claims of an access token (RFC 9068, section 2.2) for what the scope or the resource asks for."""
    return {
        "iss": op.issuer,
        "sub": grant.person.subject,
        "aud": audience(op, grant),
        "azp": op.client_id,
        "sid": grant.sid,
        "scope": " ".join(grant.scope),
        **times(op.lifetime),
        **claims_of(grant),
    }


def audience(op: "Provider", grant: Grant) -> str:
    """For whom an access token is: a resource, what ``op.audiences`` has for a granted scope, or its own userinfo."""
    found = [op.audiences[scope] for scope in grant.scope if scope in op.audiences]
    return grant.resource or (found[-1] if found else f"{op.issuer}/userinfo")


def userinfo(op: "Provider", grant: Grant) -> Claims:
    """What the userinfo endpoint says (OpenID Connect Core 1.0, section 5.3.2)."""
    return {"sub": grant.person.subject, **claims_of(grant)}


def always(grant: Grant) -> bool:
    """For every grant, such as a refresh token at Keycloak."""
    return True


def offline(grant: Grant) -> bool:
    """A refresh token where offline_access was asked for (OpenID Connect Core 1.0, section 11)."""
    return "offline_access" in grant.scope


def any_scope(scope: Sequence[str]) -> str:
    """No scope is unknown."""
    return ""


def only(*known: str) -> Callable[[Sequence[str]], str]:
    """Other scopes than the known ones are refused."""
    return lambda scope: "invalid_scope" if set(scope) - set(known) else ""


@dataclass(frozen=True)
class Shape:
    """One kind of provider: where things are, what its tokens say, whom it gives a refresh token."""

    name: str = "plain"
    issuer: str = ""  # what follows the address
    paths: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)  # of discovery; None leaves an entry out
    keys: Mapping[str, Any] = field(default_factory=dict)  # of each published key, likewise
    scope_error: Callable[[Sequence[str]], str] = any_scope  # of an authorization request (RFC 6749, section 4.1.2.1)
    id_token: MakeClaims = id_token
    access_token: MakeClaims | None = access_token  # None: no JWT
    userinfo: MakeClaims = userinfo
    refreshable: Callable[[Grant], bool] = always
    rotates: bool = True  # each refresh gives a new refresh token and voids the old
    widens: bool = False  # a refresh may ask for other scopes than were granted
    informs: Callable[[Grant], bool] = always  # whether userinfo takes this access token
    names_itself: bool = False  # answers of the authorization endpoint have their issuer (RFC 9207)
    needs_hint: bool = True  # signing out by the client needs an id_token_hint
    other_issuers: tuple[str, ...] = ()  # that sign with the same key, and have a discovery document of their own

    def path(self, endpoint: str) -> str:
        """Where an endpoint is, under the provider's address."""
        return {**PATHS, **self.paths}.get(endpoint, "")


PATHS = {
    "authorize": "/authorize",
    "login": "/login",
    "token": "/token",
    "userinfo": "/userinfo",
    "keys": "/keys",
    "revoke": "/revoke",
    "end_session": "/logout",
}

PLAIN = Shape()
