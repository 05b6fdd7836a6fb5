"""Signing out: at the provider when somebody leaves here, and here when they leave there.

RFC 7009 (revocation), OpenID Connect RP-Initiated Logout 1.0, OpenID Connect Back-Channel Logout 1.0.
"""

import logging
import time
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dashboard import sessions, vault
from dashboard.models import Spent
from dashboard.signin import jwts, web
from dashboard.signin.openid import idtokens, provider
from dashboard.signin.openid.tokens import NAME

logger = logging.getLogger(__name__)
audit = logging.getLogger("porthole.audit")

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPES = ("logout+jwt", "jwt", "")
OLDEST = 600.0  # seconds since a logout token was made


class NotLoggedOut(Exception):
    """A logout token that is not believed; the message says why."""


def leave(request: HttpRequest) -> str:
    """Void the refresh token, and say where the browser ends its session at the provider; "" where that cannot be.

    What fails at the provider is logged: the session here ends in any case.
    """
    values = vault.read(request.session, NAME) or {}
    try:
        found = provider.discover()
    except provider.Undiscovered as error:
        logger.warning("Signed out here alone: %s", error)
        return ""
    void(found, values)
    return provider.end_session_url(found, values.get("id_token", ""), back(request))


def void(found: provider.Provider, values: dict[str, Any]) -> None:
    """Have the provider forget the refresh token, or else the access token."""
    hint = "refresh_token" if values.get("refresh_token") else "access_token"
    token = values.get(hint)
    if not found.revocation_endpoint or not token:
        return
    try:
        if not provider.revoke(found, token, hint):
            logger.warning("The identity provider did not revoke the %s", hint)
    except web.Unanswered as error:
        logger.warning("The identity provider did not revoke the %s: %s", hint, error)


def back(request: HttpRequest) -> str:
    """The sign-in page's address, which is registered at the provider."""
    registered = settings.CONFIG["OIDC_CALLBACK_URL"]
    if registered:
        parts = urlsplit(registered)
        return f"{parts.scheme}://{parts.netloc}{reverse('signin')}"
    return request.build_absolute_uri(reverse("signin"))


@csrf_exempt
@require_POST
@cache_control(no_store=True)
def back_channel(request: HttpRequest) -> HttpResponse:
    """End the sessions that a logout token names: the provider's own word, in a form that it posts."""
    try:
        claims = logout_claims(request.POST.get("logout_token", ""))
        ended = end_sessions(claims)
    except (NotLoggedOut, provider.Undiscovered) as error:
        audit.warning("way='oidc' verb=backchannel-logout result='refused: %s'", error)
        return JsonResponse({"error": "invalid_request", "error_description": str(error)}, status=400)
    audit.info("way='oidc' verb=backchannel-logout result='ended %d sessions'", ended)
    return HttpResponse(status=200)


def logout_claims(token: str) -> dict[str, Any]:
    """What a logout token says, once all of section 2.6 holds but its being new. Raises NotLoggedOut, Undiscovered."""
    found = provider.discover()
    try:
        claims = jwts.verify(
            token,
            found.jwks_uri,
            issuer=idtokens.issuers_of(found.issuer),
            audience=settings.CONFIG["OIDC_CLIENT_ID"],
            algorithms=settings.CONFIG["OIDC_SIGNING_ALGS"],
            leeway=idtokens.LEEWAY,
            required=("iat", "jti"),
            **provider.tls(),
        )
    except jwts.Unverified as error:
        raise NotLoggedOut(error.word) from error
    events = claims.get("events")
    if str(jwt.get_unverified_header(token).get("typ", "")).lower() not in TYPES:
        raise NotLoggedOut("typ")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise NotLoggedOut("events")
    if "nonce" in claims:
        raise NotLoggedOut("nonce")
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid")):
        raise NotLoggedOut("nobody")
    if not isinstance(claims["jti"], str) or time.time() - claims["iat"] > OLDEST:
        raise NotLoggedOut("old")
    return claims


def end_sessions(claims: dict[str, Any]) -> int:
    """End the sessions of the token's sid or subject; how many they were. Raises NotLoggedOut for one used before."""
    subject, sid = (claims.get(name) if isinstance(claims.get(name), str) else "" for name in ("sub", "sid"))
    # While it may be believed, by its own exp and by OLDEST, it is remembered.
    until = time.time() + OLDEST + 2 * idtokens.LEEWAY
    with transaction.atomic():
        if not Spent.spend("logout_token", claims["jti"], until):
            raise NotLoggedOut("jti")
        return sessions.end_all(settings.CONFIG["OIDC_ISSUER_URL"], subject=subject or "", sid=sid or "")
