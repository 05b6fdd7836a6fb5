"""What a token says of itself, unverified: never whom to let in, only why an API server probably did not.

An API server answers every token that it refuses with a bare 401; the reason stands in its own log alone.
"""

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from clusters.answers import UNREADABLE

LONGEST_TOKEN = 64 * 1024
LATEST = 1e12  # epoch seconds: what is later than any calendar's end is no time
LONGEST_SHOWN = 300  # characters of a claim
LEEWAY = timedelta(seconds=10)
SERVICE_ACCOUNT = "kubernetes.io"  # the claim that a ServiceAccount's token has
# Bytes of a signature by algorithm (RFC 7518 sections 3.3 and 3.4): as many as the usual RSA keys have, or two numbers.
SIGNATURES = {"RS": (128, 256, 384, 512), "PS": (128, 256, 384, 512), "ES256": (64,), "ES384": (96,), "ES512": (132,)}
BEGINNING = "eyJ"  # of each JWT: {" in base64
PART = re.compile(r"[A-Za-z0-9_-]*")
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A token taken apart, and what the cluster is known to expect of it; "" where that is not known."""

    header: Claims
    claims: Claims
    signature: str
    issuer: str
    audience: str
    now: datetime


def of(token: str) -> dict[str, Any]:
    """The claims of a JWT (RFC 7519 section 3), unverified; {} where it is none."""
    parts = token.split(".") if len(token) <= LONGEST_TOKEN else []
    return part(parts[1]) if len(parts) == 3 else {}


def part(text: str) -> dict[str, Any]:
    """A JSON object in base64url without padding (RFC 7515 section 2); {} where it is none."""
    if not PART.fullmatch(text):
        return {}
    try:
        found = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, *UNREADABLE):
        return {}
    return found if isinstance(found, dict) else {}


def expiry_of(token: str) -> float | None:
    """When a token expires by its own word (epoch seconds), None where it does not say."""
    return end_in(of(token))


def end_in(claims: Claims) -> float | None:
    """When claims end (epoch seconds; exp of RFC 7519 section 4.1.4), None where they do not say."""
    found = claims.get("exp")
    if not isinstance(found, (int, float)) or isinstance(found, bool) or abs(found) >= LATEST:
        return None
    return float(found)


def likely_reason(token: str, *, issuer: str, audience: str) -> str:
    """Why an API server probably refused this token with 401, and what to do: a sentence or two for people.

    ``issuer`` and ``audience`` are what the cluster is known to expect, "" where that is not known. Of the token it
    says no more than iss, aud, exp and the e-mail address.
    """
    parts = token.split(".")
    if len(parts) == 5 and part(parts[0]):
        # RFC 7516 section 3.1: a JWE has five parts.
        return _(
            "The token is encrypted (JWE), and no API server can read it. "
            "Have the identity provider sign tokens without encrypting them."
        )
    claims = of(token)
    if not claims and token.startswith(BEGINNING):
        return cut_short()
    if not claims:
        return _(
            "The token is no JWT. An API server reads ID tokens, and access tokens only where these are JWTs; "
            "other tokens it knows only where it keeps a list of its own or asks another service."
        )
    evidence = Evidence(part(parts[0]), claims, parts[2], issuer, audience, datetime.now(UTC))
    reasons = SERVICE_ACCOUNT_REASONS if SERVICE_ACCOUNT in claims else REASONS
    return next(said for reason in reasons if (said := reason(evidence)))


def shown(value: object) -> str:
    """A claim as a line of bounded length."""
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return "".join(character for character in words if character.isprintable())[:LONGEST_SHOWN]


def moment(value: object) -> datetime | None:
    """A NumericDate (RFC 7519 section 2), None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def words_of(when: datetime) -> str:
    """A moment to the second, in UTC."""
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")


def algorithm(evidence: Evidence) -> str:
    """Signed in a way that no API server accepts."""
    name = evidence.header.get("alg")
    if isinstance(name, str) and name.upper().startswith("HS"):
        return _(
            "The token is signed with a shared secret (%(algorithm)s), which no API server accepts. "
            "Give the identity provider's application a signing key, as for RS256."
        ) % {"algorithm": shown(name)}
    if not isinstance(name, str) or name.lower() == "none":
        return _("The token is not signed. Have the identity provider sign it, as with RS256.")
    return ""


def cut_short() -> str:
    """What begins as a JWT and does not end as one."""
    return _("The token is not whole: its end, or another part of it, is missing. Copy all of it.")


def incomplete(evidence: Evidence) -> str:
    """With a signature of no length that its algorithm gives."""
    name = str(evidence.header.get("alg"))
    usual = SIGNATURES.get(name) or SIGNATURES.get(name[:2])
    return cut_short() if usual and len(evidence.signature) * 3 // 4 not in usual else ""


def endless(evidence: Evidence) -> str:
    """Without an end."""
    if moment(evidence.claims.get("exp")) is None:
        return _("The token does not say until when it is valid (exp), which API servers demand.")
    return ""


def expired(evidence: Evidence) -> str:
    """Past its end."""
    end = moment(evidence.claims.get("exp"))
    if end is None or end > evidence.now:
        return ""
    return _("The token expired on %(when)s, %(ago)s ago. Sign in again.") % {
        "when": words_of(end),
        "ago": timesince(end, evidence.now),
    }


def not_yet(evidence: Evidence) -> str:
    """Before its beginning: somebody's clock is wrong."""
    beginning = moment(evidence.claims.get("nbf"))
    if beginning is None or beginning <= evidence.now + LEEWAY:
        return ""
    return _(
        "The token is valid only from %(when)s on, and here it is %(now)s: "
        "the clock of the identity provider or of this machine is wrong."
    ) % {"when": words_of(beginning), "now": words_of(evidence.now)}


def issued_elsewhere(evidence: Evidence) -> str:
    """By somebody whom the cluster does not trust."""
    found = evidence.claims.get("iss")
    if not found:
        return _("The token does not say who issued it (iss).")
    if not evidence.issuer or found == evidence.issuer:
        return ""
    words = {"found": shown(found), "expected": evidence.issuer}
    if shown(found).rstrip("/") == evidence.issuer.rstrip("/"):
        return (
            _(
                "The token was issued by %(found)s, but the cluster expects %(expected)s: they differ in the last "
                "slash, which counts. Correct the issuer in the API server's configuration, or in Porthole's."
            )
            % words
        )
    return (
        _(
            "The token was issued by %(found)s, but the cluster expects %(expected)s. "
            "Sign in there, or have the issuer corrected in the cluster's settings."
        )
        % words
    )


def for_another(evidence: Evidence) -> str:
    """Meant for another reader."""
    found = evidence.claims.get("aud")
    audiences = found if isinstance(found, list) else [found] if found else []
    if not audiences:
        return _("The token does not say for whom it is (aud). Have the identity provider add the cluster's audience.")
    if not evidence.audience or evidence.audience in audiences:
        return ""
    return _(
        "The token is for %(found)s, but the cluster expects %(expected)s. Have the identity provider issue tokens "
        "with that audience, or choose another token or scope in the cluster's settings."
    ) % {"found": shown(audiences), "expected": evidence.audience}


def unverified_email(evidence: Evidence) -> str:
    """With an e-mail address that may be somebody else's."""
    if evidence.claims.get("email_verified", True) is True:
        return ""
    email = shown(evidence.claims.get("email") or "")
    return _(
        "The identity provider says that the e-mail address %(email)s is not verified. A cluster that knows people by "
        "their e-mail refuses it: verify it there, or have the provider say that it is (email_verified)."
    ) % {"email": email}


def groups_elsewhere(evidence: Evidence) -> str:
    """Without its groups, since there are too many.

    OpenID Connect Core 1.0 section 5.6.2; Entra ID does so above 200.
    """
    names = evidence.claims.get("_claim_names")
    if not isinstance(names, dict) or "groups" not in names:
        return ""
    return _(
        "The token leaves out your groups, since they are too many for it. A cluster that demands one refuses it: "
        "have the identity provider put only the groups in that belong to this application."
    )


def no_groups(evidence: Evidence) -> str:
    """With all that API servers demand by themselves, but without groups."""
    if evidence.claims.get("groups"):
        return ""
    return unexplained(evidence) + " " + _("It has no groups, should the cluster demand one.")


def unexplained(evidence: Evidence) -> str:
    """With nothing wrong in itself."""
    return _(
        "Nothing in the token explains it. Compare the API server's configuration: it must trust the issuer "
        "%(issuer)s with the audience %(audience)s. Its own log says why it refused."
    ) % {"issuer": shown(evidence.claims["iss"]), "audience": shown(evidence.claims["aud"])}


def of_another_cluster(evidence: Evidence) -> str:
    """A ServiceAccount's, of another cluster or of one that was deleted."""
    return _(
        "This is the token of a ServiceAccount, issued by %(issuer)s. It may be one of another cluster, or the "
        "ServiceAccount, or what the token is bound to, was deleted. Make a new one: kubectl create token."
    ) % {"issuer": shown(evidence.claims.get("iss") or "?")}


Reason = Callable[[Evidence], str]
# The first that has something to say is likely it; the last always has.
REASONS: tuple[Reason, ...] = (
    algorithm,
    endless,
    expired,
    incomplete,
    not_yet,
    issued_elsewhere,
    for_another,
    unverified_email,
    groups_elsewhere,
    no_groups,
    unexplained,
)
SERVICE_ACCOUNT_REASONS: tuple[Reason, ...] = (expired, incomplete, not_yet, of_another_cluster)
