"""What of a person's tokens goes to which API server, and how they are renewed."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from clusters.credentials import BearerToken, Credentials, impersonated
from clusters.models import Cluster
from dashboard import signin, vault
from dashboard.problems import NoProvider, WrongToken
from dashboard.signin import jwts, web
from dashboard.signin.openid import idtokens, library, provider
from dashboard.signin.openid.failures import SignInRefused
from dashboard.signin.openid.provider import Provider
from dashboard.vault import Values

logger = logging.getLogger(__name__)
audit = logging.getLogger("porthole.audit")

NAME = "oidc"  # of the tokens in the vault
SILENT = "signin_oidc_silent"
BEFORE_END = 60.0  # seconds before a token ends in which it is renewed; half its life where that is shorter
JUST_NOW = 30.0  # seconds after a sign-in in which nobody is sent to the provider for another one
ROUNDS = 3
ID_TOKEN, ACCESS_TOKEN, IMPERSONATION = "id_token", "access_token", "impersonation"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an API server takes: a kind of token, by whom, for whom; and the scope by which there is one of its own."""

    kind: str
    issuer: str
    audience: str
    scope: str = ""

    @property
    def place(self) -> str:
        """Where such a token is kept beside those of the sign-in."""
        return f"{self.kind}\n{self.issuer}\n{self.audience}\n{self.scope}"


def wanted(cluster: Cluster) -> Wanted:
    """What ``cluster`` takes by its own settings, else by those of the sign-in."""
    config = settings.CONFIG
    usual = ACCESS_TOKEN if config["OIDC_USE_ACCESS_TOKEN"] else ID_TOKEN
    kind = cluster.presents or usual
    if kind == IMPERSONATION:
        return Wanted(kind, config["OIDC_ISSUER_URL"], config["OIDC_CLIENT_ID"])
    # OIDC_VALIDATOR_… speak of what goes upstream where a cluster says nothing itself.
    validator = kind == usual
    issuer = cluster.issuer or (validator and config["OIDC_VALIDATOR_ISSUER_URL"]) or config["OIDC_ISSUER_URL"]
    audience = cluster.audience or (validator and config["OIDC_VALIDATOR_CLIENT_ID"]) or config["OIDC_CLIENT_ID"]
    return Wanted(kind, issuer, audience, cluster.scope)


def kept_of(answer: dict[str, Any], claims: dict[str, Any]) -> Values:
    """What is kept of a token endpoint's answer and the claims of its id_token."""
    return {
        ID_TOKEN: answer[ID_TOKEN],
        ACCESS_TOKEN: text(answer.get(ACCESS_TOKEN)),
        "refresh_token": text(answer.get("refresh_token")),
        "claims": claims,
        "at": time.time(),
        "signed_in": time.time(),
        "others": {},
    }


def text(value: Any) -> str:
    """A token of an answer, "" where there is none."""
    return value if isinstance(value, str) else ""


def credentials(request: HttpRequest, cluster: Cluster) -> Credentials:
    """What the signed-in person presents to ``cluster``, renewed where it is about to end.

    Raises SignInAgain, WrongToken where no token of theirs is meant for it, and NoProvider where one has ended and
    cannot be renewed now.
    """
    want = wanted(cluster)
    values = current(request, want)
    if want.kind == IMPERSONATION:
        return impersonated(cluster, {**values["claims"], "iss": settings.CONFIG["OIDC_ISSUER_URL"]})
    token = token_of(values, want)
    if not token:
        raise wrong_token(cluster, want, values)
    if token != values[ID_TOKEN]:  # that one was checked when it came
        check(token, want, cluster)
    return BearerToken(token)


def check(token: str, want: Wanted, cluster: Cluster) -> None:
    """Raise WrongToken unless the issuer whom the cluster believes signed the token for it."""
    try:
        idtokens.check_for_server(token, want.issuer, want.audience)
    except jwts.Unverified as error:
        if error.word == "unanswered":
            raise NoProvider(str(error)) from error
        message = _("The token for %(cluster)s is not sent there. %(reason)s")
        raise WrongToken(message % {"cluster": cluster, "reason": error}, reason=error.word) from error
    except provider.Undiscovered as error:
        raise NoProvider(
            _("The token for %(cluster)s cannot be checked. %(reason)s") % {"cluster": cluster, "reason": error}
        ) from error


def verified_claims(request: HttpRequest) -> dict[str, Any]:
    """What the provider says of the signed-in person, no older than their tokens; empty where it is not known now."""
    config = settings.CONFIG
    try:
        values = current(request, Wanted(IMPERSONATION, config["OIDC_ISSUER_URL"], config["OIDC_CLIENT_ID"]))
    except (signin.SignInAgain, NoProvider):
        return {}
    return dict(values["claims"])


def token_of(values: Values, want: Wanted) -> str:
    """The token that fits ``want``: of the sign-in, or one of the cluster's own; "" where there is none."""
    if want.kind == IMPERSONATION or fits(values[want.kind], want):
        return str(values[ID_TOKEN if want.kind == IMPERSONATION else want.kind])
    other = values["others"].get(want.place)
    return str(other["token"]) if other and want.scope else ""


def fits(token: str, want: Wanted) -> bool:
    """Whether a token says that it is for whom it is wanted; whether that is true was or will be checked."""
    claims = jwts.unverified(token)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    return want.audience in audiences and claims.get("iss") in idtokens.issuers_of(want.issuer)


def wrong_token(cluster: Cluster, want: Wanted, values: Values) -> WrongToken:
    """That nothing this person has is meant for the cluster, and which setting says otherwise."""
    token = values[want.kind]
    claims = jwts.unverified(token)
    if not token:
        message = _("Your sign-in gave no %(kind)s, and %(cluster)s takes nothing else.")
    elif not claims:
        message = _("Your %(kind)s is no signed token (JWT), and %(cluster)s can read no other.")
    else:
        message = _(
            "Your %(kind)s is from %(issuer)s for %(audience)s. "
            "%(cluster)s takes those from %(wanted_issuer)s for %(wanted_audience)s. Nothing was sent."
        )
    audience = claims.get("aud")
    words = {
        "kind": want.kind,
        "cluster": cluster,
        "issuer": jwts.shown(claims.get("iss"), provider.LONGEST_SHOWN),
        "audience": jwts.shown(audience, provider.LONGEST_SHOWN),
        "wanted_issuer": want.issuer,
        "wanted_audience": want.audience,
    }
    return WrongToken(message % words, reason="audience")


def expiry_of(values: Values, want: Wanted) -> tuple[float, float] | None:
    """When the fitting token came and when it ends (epoch seconds); None where there is none."""
    token = token_of(values, want)
    if not token:
        return None
    other = values["others"].get(want.place)
    came = other["at"] if other and other["token"] == token else values["at"]
    ends = jwts.unverified(token).get("exp")
    return float(came), float(ends) if isinstance(ends, int | float) else 0.0


def is_due(values: Values, want: Wanted) -> bool:
    """Whether there should be a newer token before this one is used: it is about to end, or was never asked for."""
    times = expiry_of(values, want)
    if times is None:
        return bool(want.scope and values["refresh_token"])
    came, ends = times
    return time.time() >= ends - min(BEFORE_END, max(ends - came, 0) / 2)


def is_usable(values: Values, want: Wanted) -> bool:
    """Whether the fitting token has not ended."""
    times = expiry_of(values, want)
    return times is not None and time.time() < times[1]


def current(request: HttpRequest, want: Wanted) -> Values:
    """The person's tokens, renewed first where the wanted one is due. Raises SignInAgain, WrongToken and NoProvider."""
    values = vault.read(request.session, NAME)
    if values is None:
        raise signin.SignInAgain
    if not is_due(values, want):
        return values
    if not can_renew(values, want):
        return without_refresh_token(request, values, want)
    try:
        values, why = renewed(request, provider.discover(), want), ""
    except (provider.Undiscovered, provider.TokensRefused, web.Unanswered) as error:
        logger.warning("Tokens could not be renewed: %s", error)
        why = str(error)
    if values is None:
        raise signin.SignInAgain
    if is_usable(values, want) or expiry_of(values, want) is None:
        return values
    if not can_renew(values, want):
        return without_refresh_token(request, values, want)
    raise NoProvider(_("Your sign-in has to be renewed, and the identity provider does not do it now. %s") % why)


def renewed(request: HttpRequest, found: Provider, want: Wanted) -> Values | None:
    """The person's tokens after a renewal, by this request or by another; None where they are over.

    Raises what provider.redeem raises.
    """
    asked = []

    def ask(values: Values) -> Values:
        asked.append(True)
        return renew(found, values, want)

    values: Values | None = None
    for _round in range(ROUNDS):
        values = vault.renewed(request.session, NAME, lambda kept: is_due(kept, want), ask)
        # Who waited for another's renewal needs one more if that was for another audience.
        if values is None or asked or not is_due(values, want):
            break
    return values


def can_renew(values: Values, want: Wanted) -> bool:
    """Whether a refresh brings what is wanted: some providers give no id_token at one."""
    of_sign_in = want.kind != ACCESS_TOKEN and (want.kind == IMPERSONATION or fits(values[ID_TOKEN], want))
    return bool(values["refresh_token"]) and not (of_sign_in and values.get("id_token_once"))


def without_refresh_token(request: HttpRequest, values: Values, want: Wanted) -> Values:
    """Let the provider renew the sign-in on the way to a page; until then the token is used while it lasts.

    Raises SignInAgain.
    """
    usable = is_usable(values, want)
    again = time.time() - values["signed_in"] > JUST_NOW
    if usable and not (again and is_navigation(request)):
        return values
    raise signin.SignInAgain(start=SILENT if again else "")


def is_navigation(request: HttpRequest) -> bool:
    """Whether a browser opens a page, which alone can go to the provider and come back."""
    page = "text/html" in request.headers.get("Accept", "text/html")
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return request.method == "GET" and page and mode == "navigate" and not getattr(request, "htmx", None)


def renew(found: Provider, values: Values, want: Wanted) -> Values:
    """The tokens that the refresh token gives: those of the sign-in, or the one of a cluster's own scope.

    Raises vault.Over where there is nothing to renew with any more, and what provider.redeem raises.
    """
    try:
        library.check_active(values["claims"])
    except SignInRefused as error:
        raise vault.Over from error
    own = want.scope if want.kind != IMPERSONATION and not fits(values[want.kind], want) else ""
    fields = {"grant_type": "refresh_token", "refresh_token": values["refresh_token"]}
    if own:
        fields["scope"] = own
    elif values["others"]:
        # Else the provider might go on with what was asked for last, which was another cluster's.
        fields["scope"] = " ".join(settings.CONFIG["OIDC_SCOPES"])
    try:
        answer = provider.redeem(found, fields)
    except provider.TokensRefused as error:
        if own or error.error != "invalid_grant":
            raise
        audit.info("way='oidc' verb=renew result='ended by the identity provider'")
        raise vault.Over from error
    fresh = {**values, "refresh_token": text(answer.get("refresh_token")) or values["refresh_token"]}
    return with_other(fresh, answer, want) if own else with_renewed(found, fresh, answer)


def with_other(values: Values, answer: dict[str, Any], want: Wanted) -> Values:
    """``values`` and a token for another audience, if that is what came."""
    token = text(answer.get(want.kind))
    others = values["others"]
    if token and fits(token, want):
        others = {**others, want.place: {"token": token, "at": time.time()}}
    else:
        logger.warning("The scope %r gives no %s for %r of %r", want.scope, want.kind, want.audience, want.issuer)
    return {**values, "others": others}


def with_renewed(found: Provider, values: Values, answer: dict[str, Any]) -> Values:
    """``values`` with the newer tokens of the sign-in; the id_token is checked again. Raises vault.Over."""
    fresh = {**values, ACCESS_TOKEN: text(answer.get(ACCESS_TOKEN)), "at": time.time()}
    if not answer.get(ID_TOKEN):  # OpenID Connect Core 1.0, section 12.2: there may be none
        return {**fresh, "id_token_once": True}
    try:
        claims = idtokens.verified(
            found, answer[ID_TOKEN], subject=values["claims"]["sub"], access_token=answer.get(ACCESS_TOKEN)
        )
        claims = idtokens.with_userinfo(found, claims, answer.get(ACCESS_TOKEN))
        library.check_active(claims)
    except SignInRefused as refusal:
        if refusal.word == "unanswered":
            return values  # with the refresh token that came: the one before is void
        audit.warning("way='oidc' verb=renew result='refused: %s'", refusal.word)
        raise vault.Over from refusal
    return {**fresh, ID_TOKEN: answer[ID_TOKEN], "claims": claims}
