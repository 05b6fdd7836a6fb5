"""The realm of the tests: the bed's people, and clients as operators register them."""

from collections.abc import Sequence
from typing import Any

from tests.cluster.people import PEOPLE, Person

NAME = "porthole"
PASSWORD = "open sesame"
SECRET = "the secret of a client of a throw-away realm"
UNVERIFIED = Person("ursula", ("viewers",))  # whoever says so has this e-mail address
LIFESPAN = 300  # seconds


def document() -> dict[str, Any]:
    """The realm as the admin API takes it; refresh tokens rotate, and none may be used twice."""
    groups = sorted({group for person in PEOPLE for group in person.groups})
    return {
        "realm": NAME,
        "enabled": True,
        "sslRequired": "all",
        "accessTokenLifespan": LIFESPAN,
        "revokeRefreshToken": True,
        "refreshTokenMaxReuse": 0,
        "groups": [{"name": group} for group in groups],
        "users": [*(user(person) for person in PEOPLE), user(UNVERIFIED, verified=False)],
    }


def user(person: Person, *, verified: bool = True) -> dict[str, Any]:
    """A person's account; without both names Keycloak asks for them at the first sign-in."""
    return {
        "username": person.name,
        "email": person.email,
        "emailVerified": verified,
        "firstName": person.name.title(),
        "lastName": "of the Bed",
        "enabled": True,
        "groups": list(person.groups),
        "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        "realmRoles": [f"default-roles-{NAME}"],
    }


def client(
    name: str,
    *redirects: str,
    audience: str = "",
    lifespan: int = LIFESPAN,
    pkce: bool = True,
    direct: bool = False,
    leave: Sequence[str] = (),
    told: str = "",
) -> dict[str, Any]:
    """A confidential client.

    ``redirects`` are where a code may go, ``leave`` where a person may be sent after sign-out, ``told`` is the address
    of back-channel logout; ``lifespan`` of both tokens is in seconds; ``audience`` is of the access token.
    """
    attributes = {"access.token.lifespan": str(lifespan), "post.logout.redirect.uris": "##".join(leave) or "-"}
    if pkce:
        attributes["pkce.code.challenge.method"] = "S256"
    if told:
        attributes |= {"backchannel.logout.url": told, "backchannel.logout.session.required": "true"}
    return {
        "clientId": name,
        "secret": SECRET,
        "protocol": "openid-connect",
        "publicClient": False,
        "standardFlowEnabled": True,
        "directAccessGrantsEnabled": direct,
        "redirectUris": list(redirects),
        "attributes": attributes,
        "frontchannelLogout": False,
        "protocolMappers": [groups_mapper(), audience_mapper(audience or name)],
    }


def groups_mapper() -> dict[str, Any]:
    """Groups by their plain names in every token."""
    config = {"claim.name": "groups", "full.path": "false"}
    return mapper("groups", "oidc-group-membership-mapper", {**config, "id.token.claim": "true"})


def audience_mapper(audience: str) -> dict[str, Any]:
    """Whom the access token is for; Keycloak itself names only its account console."""
    return mapper("audience", "oidc-audience-mapper", {"included.custom.audience": audience})


def mapper(name: str, kind: str, config: dict[str, str]) -> dict[str, Any]:
    """A protocol mapper that writes into access tokens and userinfo, too."""
    config = {"access.token.claim": "true", "userinfo.token.claim": "true", **config}
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": config}
