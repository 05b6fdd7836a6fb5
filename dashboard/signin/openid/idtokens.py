"""What a provider's tokens say, once it is certain that they say it (OpenID Connect Core 1.0, section 3.1.3.7)."""

import base64
import hashlib
import hmac
import logging
import threading
from collections import OrderedDict
from typing import Any

import jwt
from django.conf import settings
from django.utils.translation import gettext as _

from clusters.declared import usable
from dashboard.signin import jwts, web
from dashboard.signin.openid import provider
from dashboard.signin.openid.failures import SignInRefused
from dashboard.signin.openid.provider import GOOGLE, Provider

logger = logging.getLogger(__name__)

LEEWAY = 60.0  # seconds between the provider's clock and ours
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2
CHECKED_KEPT = 1024
CLOCKS = {"expired", "not_yet"}


def issuers_of(issuer: str) -> tuple[str, ...]:
    """What an issuer's tokens may call it: Google's older ones leave out the scheme."""
    return (issuer, "accounts.google.com") if issuer == GOOGLE else (issuer,)


def verified(
    found: Provider, token: Any, *, nonce: str | None = None, subject: str = "", access_token: Any = None
) -> dict[str, Any]:
    """The claims of an id_token that ``found`` gave to us. Raises SignInRefused.

    ``nonce`` is that of the authorization request, None at a refresh, where ``subject`` is who it must be of;
    ``access_token`` is what came beside it.
    """
    if not isinstance(token, str) or not token:
        raise SignInRefused("absent", _("The identity provider gave no ID token."), scope_advice())
    if token.count(".") == 4:  # RFC 7516 section 3.1
        raise SignInRefused("encrypted", _("The identity provider encrypts its tokens."), encryption_advice())
    client = settings.CONFIG["OIDC_CLIENT_ID"]
    try:
        claims = jwts.verify(
            token,
            found.jwks_uri,
            issuer=issuers_of(found.issuer),
            audience=client,
            algorithms=settings.CONFIG["OIDC_SIGNING_ALGS"],
            leeway=LEEWAY,
            authorized_party=client,
            **provider.tls(),
        )
    except jwts.Unverified as error:
        raise refusal_of(error) from error
    check_subject(claims, subject)
    if nonce is not None and not same(claims.get("nonce"), nonce):
        raise SignInRefused("nonce", _("The ID token belongs to another sign-in than the one that was begun here."))
    check_access_token_hash(token, claims, access_token)
    return claims


def refusal_of(error: jwts.Unverified) -> SignInRefused:
    """Why an id_token is not believed, and what to do."""
    if error.word == "unanswered":
        return SignInRefused(error.word, str(error), _("Try again in a minute."), status=502)
    advice = {
        "algorithm": _("Whoever runs Porthole chooses a signing key at the provider, or adds to OIDC_SIGNING_ALGS."),
        "audience": _("Whoever runs Porthole compares OIDC_CLIENT_ID with the client at the provider."),
        "issuer": _("Whoever runs Porthole compares OIDC_ISSUER_URL with what the provider calls itself."),
        **dict.fromkeys(CLOCKS, _("Whoever runs Porthole compares its clock with the provider's.")),
    }.get(error.word, "")
    return SignInRefused(error.word, _("The ID token is not accepted. %(reason)s") % {"reason": error}, advice)


def check_subject(claims: dict[str, Any], expected: str) -> None:
    """Raise SignInRefused where the token names nobody, or not whom it should: ``sub`` is who somebody is."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.strip() or len(subject) > LONGEST_SUBJECT:
        raise SignInRefused("missing", _("The ID token does not say whose it is (sub)."))
    if expected and not same(subject, expected):
        raise SignInRefused("subject", _("The identity provider's renewed token is somebody else's."))


def check_access_token_hash(token: str, claims: dict[str, Any], access_token: Any) -> None:
    """Raise SignInRefused where the id_token was made for another access token (section 3.1.3.8)."""
    expected = claims.get("at_hash")
    if expected is None or not isinstance(access_token, str):
        return
    algorithm = str(jwt.get_unverified_header(token)["alg"])
    size = algorithm[-3:] if algorithm[-3:] in ("256", "384", "512") else "512"  # EdDSA with Ed25519: RFC 8032
    digest = hashlib.new(f"sha{size}", access_token.encode()).digest()
    if not same(expected, base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")):
        raise SignInRefused("at_hash", _("The access token is not the one that the ID token was given with."))


def same(value: Any, expected: str) -> bool:
    """Whether a claim is what was expected, in a time that tells nothing."""
    return isinstance(value, str) and hmac.compare_digest(value.encode(), expected.encode())


def with_userinfo(found: Provider, claims: dict[str, Any], access_token: Any) -> dict[str, Any]:
    """``claims`` with what userinfo adds, where the operator's settings need a claim that the id_token has not.

    Never where access tokens go to API servers: they are for those, and userinfo would refuse them. What the id_token
    says stays. Raises SignInRefused where userinfo speaks of somebody else (section 5.3.2).
    """
    absent = needed_claims() - claims.keys()
    if not absent or not found.userinfo_endpoint or not isinstance(access_token, str) or presents_access_tokens():
        return claims
    try:
        told = web.get_json(found.userinfo_endpoint, token=access_token, **provider.tls())
    except web.Unanswered as error:
        logger.warning("userinfo was not had, so %s stays unknown: %s", ", ".join(sorted(absent)), error)
        return claims
    if not same(told.get("sub"), claims["sub"]):
        raise SignInRefused("userinfo", _("The identity provider's userinfo speaks of somebody else."))
    return {**told, **claims}


def needed_claims() -> set[str]:
    """The claims by which clusters name people where they are impersonated, and by which the admin knows its own."""
    named = [cluster for cluster in usable() if cluster.presents == "impersonation"]
    found = {cluster.username_claim or "sub" for cluster in named} | {cluster.groups_claim for cluster in named}
    if settings.CONFIG["PORTHOLE_ADMIN_GROUPS"]:
        found.add(settings.CONFIG["PORTHOLE_ADMIN_GROUPS_CLAIM"])
    return found - {""}


def presents_access_tokens() -> bool:
    """Whether an access token goes to any API server."""
    kinds = {cluster.presents for cluster in usable()}
    return "access_token" in kinds or bool(settings.CONFIG["OIDC_USE_ACCESS_TOKEN"])


_checked: OrderedDict[tuple[str, ...], None] = OrderedDict()
_checked_lock = threading.Lock()


def check_for_server(token: str, issuer: str, audience: str) -> None:
    """Raise jwts.Unverified unless ``issuer`` signed ``token`` for ``audience``; once checked it is remembered.

    Raises provider.Undiscovered where the issuer's keys cannot be found.
    """
    name = (hashlib.sha256(token.encode()).hexdigest(), issuer, audience)
    with _checked_lock:
        if name in _checked:
            return
    found = provider.discover(issuer)
    algorithms = settings.CONFIG["OIDC_SIGNING_ALGS"]
    jwts.verify(
        token,
        found.jwks_uri,
        issuer=issuers_of(issuer),
        audience=audience,
        algorithms=algorithms,
        leeway=LEEWAY,
        required=("exp",),
        **provider.tls(),
    )
    with _checked_lock:
        _checked[name] = None
        while len(_checked) > CHECKED_KEPT:
            _checked.popitem(last=False)


def scope_advice() -> str:
    """What to do where there is no id_token."""
    return _("Whoever runs Porthole lets its client at the provider use OpenID Connect, with the scope openid.")


def encryption_advice() -> str:
    """What to do about tokens that no API server can read."""
    return _("No API server can read them. Whoever runs Porthole takes the encryption key off its client there.")
