"""Signed statements of who is asking: a proxy's own assertion, or the token of the provider that it forwards.

Google IAP: https://cloud.google.com/iap/docs/signed-headers-howto
Cloudflare Access: https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
Pomerium: https://www.pomerium.com/docs/capabilities/getting-users-identity
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from dashboard.signin import jwts
from dashboard.signin.openid import provider
from dashboard.signin.proxied.headers import Unacceptable, token_in

LEEWAY = 30.0  # seconds between the proxy's clock and ours, as Google has it
GOOGLE = "https://cloud.google.com/iap"
GOOGLE_KEYS = "https://www.gstatic.com/iap/verify/public_key-jwk"


@dataclass(frozen=True, slots=True)
class Assertion:
    """Which header holds a signed statement, and what it must be; "" as an issuer or audience matches nothing."""

    header: str
    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    keys_url: str
    algorithms: tuple[str, ...]


def assertion_of_settings() -> Assertion | None:
    """The assertion that PROXY_AUTH_ASSERTION names, with what the other settings say otherwise; None where unset."""
    config = settings.CONFIG
    kind, audience = config["PROXY_AUTH_ASSERTION"], config["PROXY_AUTH_ASSERTION_AUDIENCE"]
    issuer = config["PROXY_AUTH_ASSERTION_ISSUER"].rstrip("/")
    usual = {
        "google-iap": Assertion("X-Goog-IAP-JWT-Assertion", (GOOGLE,), (), GOOGLE_KEYS, ("ES256",)),
        "cloudflare-access": Assertion("Cf-Access-Jwt-Assertion", (), (), f"{issuer}/cdn-cgi/access/certs", ("RS256",)),
        # Its issuer and its audience are the host of the route; the former is a URL where jwt_issuer_format says so.
        "pomerium": Assertion(
            "X-Pomerium-Jwt-Assertion",
            (audience, f"https://{audience}/"),
            (),
            f"https://{audience}/.well-known/pomerium/jwks.json",
            ("ES256",),
        ),
        "custom": Assertion("", (), (), "", tuple(config["OIDC_SIGNING_ALGS"])),
    }.get(kind)
    if not usual:
        return None
    given = config["PROXY_AUTH_ASSERTION_ISSUER"]
    return Assertion(
        header=config["PROXY_AUTH_ASSERTION_HEADER"] or usual.header,
        issuers=(given,) if given else usual.issuers,
        audiences=(audience,),
        keys_url=config["PROXY_AUTH_ASSERTION_KEYS_URL"] or usual.keys_url,
        algorithms=usual.algorithms,
    )


def forwarded_token() -> Assertion | None:
    """What the token that the proxy forwards must be where the provider is known (OIDC_ISSUER_URL, OIDC_CLIENT_ID).

    Raises Unacceptable where the provider does not say where its keys are.
    """
    config = settings.CONFIG
    if not config["OIDC_ISSUER_URL"] or not config["OIDC_CLIENT_ID"]:
        return None
    try:
        keys_url = provider.discover().jwks_uri
    except provider.Undiscovered as error:
        raise Unacceptable("unanswered", str(error), _("Try again in a minute."), 502) from error
    return Assertion(
        header=config["PROXY_AUTH_TOKEN_HEADER"],
        issuers=(config["OIDC_ISSUER_URL"], config["OIDC_VALIDATOR_ISSUER_URL"]),
        audiences=(config["OIDC_CLIENT_ID"], config["OIDC_VALIDATOR_CLIENT_ID"]),
        keys_url=keys_url,
        algorithms=tuple(config["OIDC_SIGNING_ALGS"]),
    )


def verified(request: HttpRequest, expected: Assertion) -> dict[str, Any]:
    """The claims of the request's signed statement. Raises Unacceptable where it is absent or not what is expected."""
    token = token_in(request, expected.header)
    if not token:
        message = _("The proxy sent no signed statement of who you are (%(header)s).") % {"header": expected.header}
        raise Unacceptable("absent", message, _("Open Porthole at the proxy's address, and sign in there."))
    try:
        claims = jwts.verify(
            token,
            expected.keys_url,
            issuer=expected.issuers,
            audience=expected.audiences,
            algorithms=expected.algorithms,
            leeway=LEEWAY,
            **provider.tls(),
        )
    except jwts.Unverified as error:
        raise refusal_of(error, expected.header) from error
    # A service's token has an empty one (Cloudflare), and a service is nobody who looks at pages.
    if not claims["sub"].strip() or claims["sub"].lower().startswith("system:"):
        raise Unacceptable(
            "name", _("The signed statement in %(header)s names no person.") % {"header": expected.header}
        )
    return claims


def refusal_of(error: jwts.Unverified, header: str) -> Unacceptable:
    """Why a signed statement is not believed, and what to do."""
    if error.word == "unanswered":
        return Unacceptable(error.word, str(error), _("Try again in a minute."), 502)
    advice = _("Sign in at the proxy again. If it stays, whoever runs Porthole compares its settings with the proxy's.")
    message = _("The signed statement in %(header)s is not accepted. %(reason)s") % {"header": header, "reason": error}
    return Unacceptable(error.word, message, advice)
