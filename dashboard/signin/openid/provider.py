"""The identity provider: what its discovery document says, and what is asked of its endpoints.

OpenID Connect Discovery 1.0, RFC 6749 (token endpoint), RFC 7009 (revocation), OpenID Connect RP-Initiated Logout 1.0.
"""

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from dashboard.signin import jwts, web

logger = logging.getLogger(__name__)

WELL_KNOWN = "/.well-known/openid-configuration"
FRESH = 600.0  # seconds that a discovery document is used without asking again
PAUSE = 3.0  # seconds after a failure in which nobody else waits for the same one
MANY = 16  # documents that are kept
GOOGLE = "https://accounts.google.com"
KEYCLOAK_TOKENS = "/protocol/openid-connect/token"  # how each realm's token endpoint ends
# The id_token in the address of a sign-out; a longer one would make addresses that servers refuse.
LONGEST_HINT = 6000
LONGEST_SHOWN = 200  # characters of what a provider wrote, in a sentence
# Errors that are shown and logged by name (RFC 6749 section 5.2 and its like); a provider may put anything there.
TOKEN_ERRORS = frozenset(
    (
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_target",
        "interaction_required",
        "consent_required",
        "login_required",
    )
)


class Undiscovered(Exception):
    """A provider that cannot be used: the message tells people why, ``word`` tells programs.

    One of unset, insecure, unanswered, untrusted, issuer, missing, algorithm, authentication.
    """

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


class TokensRefused(Exception):
    """The token endpoint said no; ``error`` is one of TOKEN_ERRORS or ``unknown``."""

    def __init__(self, error: str, status: int) -> None:
        super().__init__(f"{error} ({status})")
        self.error = error
        self.status = status


@dataclass(frozen=True, slots=True)
class Provider:
    """What a discovery document says that is used; an endpoint that there is not is ""."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    revocation_endpoint: str = ""
    end_session_endpoint: str = ""
    scopes: frozenset[str] = frozenset()
    posts_secret: bool = False
    names_itself: bool = False  # RFC 9207: answers say their issuer


@dataclass
class Kept:
    """One issuer's document, or the last failure to get it; times are of time.monotonic."""

    lock: threading.Lock
    found: Provider | None = None
    fetched: float = float("-inf")
    failed: float = float("-inf")
    failure: Undiscovered | None = None


_kept: OrderedDict[tuple[str, str, bool], Kept] = OrderedDict()
_kept_lock = threading.Lock()
_away: dict[str, tuple[float, str]] = {}  # token endpoint: when it did not answer, and why


def tls() -> dict[str, Any]:
    """How the provider's certificate is checked, as the operator set it."""
    return {"authorities": settings.CONFIG["OIDC_CA_FILE"], "insecure": settings.CONFIG["OIDC_SKIP_TLS_VERIFY"]}


def discover(issuer: str = "") -> Provider:
    """What the provider says of itself, by default the one that people sign in at; kept for ten minutes.

    Raises Undiscovered.
    """
    name = issuer or str(settings.CONFIG["OIDC_ISSUER_URL"])
    if not name:
        raise Undiscovered("unset", _("OIDC_ISSUER_URL is not set."))
    kept = _kept_of((name, *tls().values()))
    with kept.lock:
        now = time.monotonic()
        if kept.found and now - kept.fetched < FRESH:
            return kept.found
        if kept.failure and now - kept.failed < PAUSE:
            raise Undiscovered(kept.failure.word, str(kept.failure))
        try:
            kept.found = fetched(name)
        except Undiscovered as failure:
            kept.failed, kept.failure = time.monotonic(), failure
            raise
        kept.fetched, kept.failure = time.monotonic(), None
        return kept.found


def forget() -> None:
    """Forget all that was learnt of providers, as at the start."""
    with _kept_lock:
        _kept.clear()
        _away.clear()


def fetched(issuer: str) -> Provider:
    """What the discovery document of ``issuer`` says now. Raises Undiscovered."""
    if not is_secure(issuer, issuer):
        message = _("The issuer %(issuer)s does not begin with https://.")
        raise Undiscovered("insecure", message % {"issuer": issuer})
    try:
        document = web.get_json(issuer.rstrip("/") + WELL_KNOWN, **tls())
    except web.Unanswered as error:
        message = _("The identity provider's discovery document cannot be read. %(reason)s")
        word = "untrusted" if isinstance(error, web.Untrusted) else "unanswered"
        raise Undiscovered(word, message % {"reason": error}) from error
    if document.get("issuer") != issuer:
        message = _("The identity provider calls itself %(found)s, and %(issuer)s was expected, to the letter.")
        raise Undiscovered(
            "issuer", message % {"found": jwts.shown(document.get("issuer"), LONGEST_SHOWN), "issuer": issuer}
        )
    check_algorithms(document)
    methods = strings(document.get("token_endpoint_auth_methods_supported"))
    if methods and not methods & {"client_secret_post", "client_secret_basic", "none"}:
        message = _("The identity provider takes no client secret, only %(methods)s.")
        raise Undiscovered("authentication", message % {"methods": ", ".join(sorted(methods))})
    return Provider(
        issuer=issuer,
        authorization_endpoint=endpoint(document, "authorization_endpoint"),
        token_endpoint=endpoint(document, "token_endpoint"),
        jwks_uri=endpoint(document, "jwks_uri"),
        userinfo_endpoint=endpoint(document, "userinfo_endpoint", needed=False),
        revocation_endpoint=endpoint(document, "revocation_endpoint", needed=False),
        end_session_endpoint=endpoint(document, "end_session_endpoint", needed=False),
        scopes=strings(document.get("scopes_supported")),
        posts_secret="client_secret_post" in methods,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def check_algorithms(document: dict[str, Any]) -> None:
    """Raise Undiscovered where the provider signs in no way that is accepted, such as with the client's secret."""
    offered = strings(document.get("id_token_signing_alg_values_supported"))
    accepted = settings.CONFIG["OIDC_SIGNING_ALGS"]
    if offered and not offered & set(accepted):
        message = _("The identity provider signs tokens with %(offered)s, and only %(accepted)s are accepted.")
        words = {"offered": ", ".join(sorted(offered)), "accepted": ", ".join(accepted)}
        raise Undiscovered("algorithm", message % words)


def endpoint(document: dict[str, Any], name: str, *, needed: bool = True) -> str:
    """An endpoint of a discovery document, "" where there is none that can be used. Raises Undiscovered if needed."""
    found = document.get(name)
    if not found:
        if needed:
            raise Undiscovered("missing", _("The identity provider does not say its %(name)s.") % {"name": name})
        return ""
    if not isinstance(found, str) or not is_secure(found, str(document["issuer"])):
        if needed:
            message = _("The identity provider's %(name)s does not begin with https://: %(url)s")
            raise Undiscovered("insecure", message % {"name": name, "url": jwts.shown(found, LONGEST_SHOWN)})
        logger.warning("The identity provider's %s cannot be used: %s", name, jwts.shown(found, LONGEST_SHOWN))
        return ""
    return found


def is_secure(url: str, issuer: str) -> bool:
    """Whether ``url`` is one of https; of http only on this machine, where the operator set such an issuer."""
    try:
        parts, operator = urlsplit(url), urlsplit(issuer)
    except ValueError:
        return False
    if not parts.hostname or parts.fragment or not url.isprintable() or " " in url:
        return False
    plain = parts.scheme == "http" and operator.scheme == "http" and parts.hostname == operator.hostname
    return parts.scheme == "https" or (plain and web.is_loopback(url))


def redeem(found: Provider, fields: dict[str, str]) -> dict[str, Any]:
    """What the token endpoint gives for ``fields`` (RFC 6749 sections 4.1.3 and 6), as whom Porthole is registered.

    Raises TokensRefused, and web.Unanswered where nothing came of it. Where no answer came at all, nobody else waits
    for the same for a moment; a status is one person's, who may have sent anything as a code.
    """
    since, why = _away.get(found.token_endpoint, (float("-inf"), ""))
    if time.monotonic() - since < PAUSE:
        raise web.Unanswered(why)
    try:
        status, answer = ask(found, found.token_endpoint, fields)
    except web.Unreached as error:
        _away[found.token_endpoint] = time.monotonic(), str(error)
        raise
    if status >= 500 or status == 429:
        raise web.Unanswered(_("Its token endpoint answered %(status)d.") % {"status": status})
    if status != 200 or "error" in answer:
        code = answer.get("error")
        raise TokensRefused(code if isinstance(code, str) and code in TOKEN_ERRORS else "unknown", status)
    return answer


def ask(found: Provider, url: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Post a form with Porthole's own proof (RFC 6749 section 2.3.1). Raises web.Unanswered."""
    client, secret = settings.CONFIG["OIDC_CLIENT_ID"], settings.CONFIG["OIDC_CLIENT_SECRET"]
    if not secret:
        return web.post_form(url, {**fields, "client_id": client}, **tls())
    if found.posts_secret:
        return web.post_form(url, {**fields, "client_id": client, "client_secret": secret}, **tls())
    return web.post_form(url, fields, auth=(client, secret), **tls())


def revoke(found: Provider, token: str, hint: str) -> bool:
    """Void a token; whether the provider said that it is void. Raises web.Unanswered."""
    status, _answer = ask(found, found.revocation_endpoint, {"token": token, "token_type_hint": hint})
    return status == 200


def end_session_url(found: Provider, id_token: str, back: str) -> str:
    """Where a browser ends its session at the provider and comes ``back`` from; "" where that cannot be."""
    if not found.end_session_endpoint:
        return ""
    query = {"client_id": settings.CONFIG["OIDC_CLIENT_ID"], "post_logout_redirect_uri": back}
    if id_token and len(id_token) <= LONGEST_HINT:
        query["id_token_hint"] = id_token
    return with_query(found.end_session_endpoint, urlencode(query))


def origin(url: str) -> str:
    """The origin of an address, as a Content-Security-Policy names it; "" for none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def with_query(url: str, query: str) -> str:
    """``url``, which may have a query already, with more of it."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{query}"


def strings(value: Any) -> frozenset[str]:
    """The strings of a list, none where it is no list."""
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()


def _kept_of(name: tuple[Any, ...]) -> Kept:
    with _kept_lock:
        kept = _kept.setdefault(name, Kept(threading.Lock()))
        _kept.move_to_end(name)
        while len(_kept) > MANY:
            _kept.popitem(last=False)
        return kept
