"""Signed tokens (RFC 7519), verified with the keys that their issuer publishes (RFC 7517). No way in by itself.

Keys are kept for five minutes. A key id that is not among them has them fetched once more, since providers rotate
keys, but not again within ten seconds: whoever sends made-up key ids shall not make Porthole ask without end.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt
from django.utils.translation import gettext as _

from clusters import claims as claims_of
from dashboard.signin import web

FRESH = 300.0  # seconds that keys are used without asking again
STALE = 3600.0  # seconds that they are still used while their issuer does not answer
PAUSE = 10.0  # seconds after a fetch in vain, or after one for an unknown key, until the next
MANY = 64  # key sets that are kept
LONGEST = 64 * 1024  # letters of a token

# What a key must be for each algorithm (RFC 7518 section 3.1, RFC 8037): no shared secrets, and never "none".
KEY_OF = {f"{family}{size}": ("RSA", "") for family in ("RS", "PS") for size in (256, 384, 512)}
KEY_OF |= {"ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"), "EdDSA": ("OKP", "Ed25519")}


class Unverified(Exception):
    """A token was not accepted: the message tells people why, ``word`` tells programs.

    One of expired, not_yet, issuer, audience, algorithm, signature, key, missing, malformed, and unanswered where its
    issuer's keys could not be had.
    """

    def __init__(self, word: str, message: str) -> None:
        """Take both."""
        super().__init__(message)
        self.word = word


@dataclass
class KeySet:
    """The keys behind one URL; times are of time.monotonic, and so long ago that nothing is fresh where never."""

    keys: list[dict[str, Any]] = field(default_factory=list)
    fetched: float = float("-inf")
    failed: float = float("-inf")
    forced: float = float("-inf")
    failure: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


_sets: OrderedDict[tuple[str, str, bool], KeySet] = OrderedDict()
_sets_lock = threading.Lock()


def verify(
    token: str,
    keys_url: str,
    *,
    issuer: str | Sequence[str],
    audience: str | Sequence[str],
    algorithms: Sequence[str],
    leeway: float = 60,
    required: Sequence[str] = ("exp", "iat", "sub"),
    authorized_party: str = "",
    authorities: str = "",
    insecure: bool = False,
) -> dict[str, Any]:
    """The claims of a token that is signed by a key of ``keys_url``, for us, by the issuer, and valid now.

    ``issuer`` and ``audience`` may each be several, of which one must match exactly; "" matches none. ``leeway`` is in
    seconds. Where ``authorized_party`` is given, azp must be it, and must be there where the token has several
    audiences (OpenID Connect Core section 3.1.3.7). ``authorities`` and ``insecure`` as in web. Raises Unverified.
    """
    header = _header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in KEY_OF:
        raise Unverified(
            "algorithm",
            _("The token is signed with %(algorithm)s, which is not accepted here.")
            % {"algorithm": shown(algorithm or "none")},
        )
    key = _key(keys_url, header.get("kid"), algorithm, authorities, insecure)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(key, algorithm),
            algorithms=[algorithm],
            audience=_several(audience),
            issuer=_several(issuer),
            leeway=leeway,
            options={"require": ["iss", "aud", *required], "enforce_minimum_key_length": True},
        )
    except jwt.PyJWTError as error:
        raise _refusal(token, error) from error
    _check_authorized_party(claims, authorized_party)
    return claims


# What a token says, for showing and never for deciding; empty where it is no JWT.
unverified = claims_of.of


def forget() -> None:
    """Forget all keys, as at the start."""
    with _sets_lock:
        _sets.clear()


def _several(expected: str | Sequence[str]) -> tuple[str, ...]:
    """What is expected, without "": a list, since ``in`` on a text would find parts of it (CVE-2024-53861)."""
    return tuple(one for one in ([expected] if isinstance(expected, str) else expected) if one)


def _header(token: str) -> dict[str, Any]:
    if len(token) > LONGEST:
        raise Unverified("malformed", _("The token is too long."))
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise Unverified("malformed", _("What was given is no signed token (JWT).")) from error
    if "crit" in header:  # RFC 7515 section 4.1.11: what is critical and not understood is refused; nothing is needed
        raise Unverified("malformed", _("The token asks for something that is not understood here."))
    return header


def _key(keys_url: str, kid: str | None, algorithm: str, authorities: str, insecure: bool) -> dict[str, Any]:
    """The key that a token names, or without a name the only one of its kind. Raises Unverified."""
    known = _set_of((keys_url, authorities, insecure))
    began = time.monotonic()
    with known.lock:
        if began - known.fetched > FRESH:
            _fetch(known, keys_url, authorities, insecure)
        found = _fitting(known.keys, kid, algorithm)
        if not found and known.fetched < began and began - known.forced > PAUSE:
            known.forced = began
            _fetch(known, keys_url, authorities, insecure)
            found = _fitting(known.keys, kid, algorithm)
    if not found:
        raise Unverified("key", _("The token is signed with a key that its issuer does not publish."))
    return found


def _fitting(keys: list[dict[str, Any]], kid: str | None, algorithm: str) -> dict[str, Any] | None:
    fitting = [key for key in keys if _fits(key, algorithm) and kid in (None, key.get("kid"))]
    return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None


def _fits(key: dict[str, Any], algorithm: str) -> bool:
    kind, curve = KEY_OF[algorithm]
    return (
        key.get("kty") == kind
        and curve in ("", key.get("crv"))
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def _set_of(name: tuple[str, str, bool]) -> KeySet:
    with _sets_lock:
        known = _sets.setdefault(name, KeySet())
        _sets.move_to_end(name)
        while len(_sets) > MANY:
            _sets.popitem(last=False)
        return known


def _fetch(known: KeySet, keys_url: str, authorities: str, insecure: bool) -> None:
    """Fetch keys; old ones go on for a while where that fails. The caller holds the lock. Raises Unverified."""
    now = time.monotonic()
    if now - known.failed > PAUSE:
        try:
            found = web.get_json(keys_url, authorities=authorities, insecure=insecure).get("keys")
        except web.Unanswered as error:
            known.failed, known.failure = time.monotonic(), str(error)
        else:
            known.keys = [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []
            known.fetched, known.failed = time.monotonic(), float("-inf")
            return
    if now - known.fetched > STALE:
        raise Unverified("unanswered", _("The keys of the token's issuer cannot be had. %s") % known.failure)


def _refusal(token: str, error: jwt.PyJWTError) -> Unverified:
    claims = unverified(token)
    values = {"issuer": shown(claims.get("iss")), "audience": shown(claims.get("aud"))}
    for kind, word, message in (
        (jwt.ExpiredSignatureError, "expired", _("The token has expired.")),
        (jwt.ImmatureSignatureError, "not_yet", _("The token is not valid yet. Do the clocks agree?")),
        (jwt.InvalidIssuerError, "issuer", _("The token was issued by %(issuer)s, who is not expected here.") % values),
        (jwt.InvalidAudienceError, "audience", _("The token is meant for %(audience)s, not for us.") % values),
        (jwt.InvalidSignatureError, "signature", _("The token's signature does not match its issuer's key.")),
        (jwt.InvalidAlgorithmError, "algorithm", _("The token's algorithm is not the one of its key.")),
        (jwt.InvalidKeyError, "key", _("The issuer's key cannot be used.")),
        (jwt.PyJWKError, "key", _("The issuer's key cannot be used.")),
    ):
        if isinstance(error, kind):
            return Unverified(word, message)
    if isinstance(error, jwt.MissingRequiredClaimError):
        return Unverified("missing", _("The token does not say %(claim)s.") % {"claim": error.claim})
    return Unverified("malformed", _("The token cannot be read."))


def shown(value: Any, longest: int = 100) -> str:
    """What somebody wrote who is not trusted, as a line short enough for a sentence."""
    said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = "".join(character if character.isprintable() else "�" for character in said[: longest + 1])
    return text if len(text) <= longest else f"{text[:longest]}…"


def _check_authorized_party(claims: dict[str, Any], expected: str) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if expected and ("azp" in claims or several) and claims.get("azp") != expected:
        raise Unverified(
            "audience",
            _("The token was given to %(party)s, not to us.") % {"party": shown(claims.get("azp"))},
        )
