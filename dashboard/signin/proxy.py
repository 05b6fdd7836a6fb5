"""The way in through an identity-aware proxy, which signs people in and says at each request who is asking.

What it says is believed from its own network only. A signed assertion, or a forwarded token whose provider is known,
says who somebody is; without either the token still goes to the API server, which judges it by itself.
"""

import logging
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clusters.credentials import BearerToken, Credentials, impersonated
from clusters.errors import NoCredentials
from clusters.models import Cluster
from dashboard import signin
from dashboard.peers import from_proxy
from dashboard.problems import Problem, WrongToken, problem_response
from dashboard.returns import came_from, own_path
from dashboard.sessions import came_back
from dashboard.signin import jwts
from dashboard.signin.openid import provider
from dashboard.signin.proxied import assertions, headers
from dashboard.signin.proxied.headers import Told, Unacceptable

TITLE = gettext_lazy("Identity-aware proxy")
HINT = gettext_lazy("Open Porthole at the address of the proxy that stands before it.")
CONFIGURED = True
PRESENTS = gettext_lazy("The token that the proxy sent")

clusters = signin.set_up

NAME = "proxy"
WHO = "proxy_who"
LONGEST = 300.0  # seconds that one request through the proxy is good for: a stream then comes through it again
IMPERSONATION = "impersonation"
# Where each proxy forgets a person; oauth2-proxy's is the usual one, also behind Traefik and nginx.
SIGN_OUT = {
    "google-iap": "/?gcp-iap-mode=CLEAR_LOGIN_COOKIE",
    "cloudflare-access": "/cdn-cgi/access/logout",
    "pomerium": "/.pomerium/sign_out",
}
OAUTH2_PROXY_SIGN_OUT = "/oauth2/sign_out"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came with one request; ``claims`` are what impersonation goes by, empty where nobody vouches for them."""

    name: str
    who: tuple[str, str]
    until: float
    verified: bool
    claims: dict[str, Any] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)


class Expired(Exception):
    """The token that the proxy forwards is over."""


def arrive(request: HttpRequest) -> HttpResponse | None:
    """Sign in whom the proxy names, end a session that is not theirs, answer where its word cannot be taken."""
    mine = request.session.get(signin.SESSION_KEY) == NAME
    through = from_proxy(request)
    try:
        arrival = arrival_of(request) if through else None
    except Unacceptable as error:
        return denied(request, refused(request, error))
    except Expired:
        return denied(request, expired(request))
    if not arrival:
        if mine:
            request.session.flush()
        if len(signin.ways()) > 1:
            return None
        return denied(request, nobody(request)) if through else nobody(request)
    request.behind_proxy = True  # type: ignore[attr-defined]
    request.arrival = arrival  # type: ignore[attr-defined]
    if request.path_info == reverse("signin_proxy_left"):
        return None  # it has just left
    if mine and request.session.get(WHO) == list(arrival.who):
        came_back(request)
    else:
        begin(request, arrival)
    return None


def denied(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """An answer to what the proxy let through: with 401 it would ask somebody to sign in who is, again and again.

    Proxies that sign what they say do not do that, and whatever lacks their word is answered 401.
    """
    request.behind_proxy = not assertions.assertion_of_settings()  # type: ignore[attr-defined]
    return response


def arrival_of(request: HttpRequest) -> Arrival | None:
    """Who the proxy says is asking, None where it names nobody. Raises Unacceptable and Expired."""
    assertion = assertions.assertion_of_settings()
    if assertion:
        # Nothing beside it is read, a token neither: these proxies pass it on as a client wrote it.
        return vouched_for(assertions.verified(request, assertion), Told())
    told = headers.told(request)
    if not told:
        return None
    refuse_expired(told.token)
    unsigned = settings.CONFIG["PROXY_AUTH_UNSIGNED"]
    provider = assertions.forwarded_token() if told.token or not unsigned else None
    if provider:
        return vouched_for(assertions.verified(request, provider), told)
    return by_headers(told) if unsigned else unvouched(told)


def refuse_expired(token: str) -> None:
    """Raise Expired where a token says that it is over: the API server would say no more than 401."""
    ends = jwts.unverified(token).get("exp")
    if isinstance(ends, int | float) and ends <= time.time():
        raise Expired


def vouched_for(claims: dict[str, Any], told: Told) -> Arrival:
    """Somebody of verified claims; what plain headers say does not count beside them."""
    return Arrival(
        name=name_of(claims),
        who=(claims["iss"], claims["sub"]),
        until=end_of(claims, jwts.unverified(told.token)),
        verified=True,
        claims=claims,
        token=told.token,
    )


def by_headers(told: Told) -> Arrival:
    """Somebody whom plain headers name, where the operator says that those can be believed."""
    claims: dict[str, Any] = {"sub": told.user or told.email, "groups": list(told.groups)}
    if told.user:
        claims["preferred_username"] = told.user
    if told.email:
        claims["email"] = told.email
    said = jwts.unverified(told.token)
    if not claims["sub"]:
        return unvouched(told)
    return Arrival(
        name=told.user or told.email,
        who=(NAME, claims["sub"]),
        until=end_of(said),
        verified=True,
        claims=claims,
        token=told.token,
    )


def unvouched(told: Told) -> Arrival:
    """Somebody whom nobody vouches for to us: only the API server can judge the token."""
    said = jwts.unverified(told.token)
    own_name = name_of(said)
    # oauth2-proxy names people by their subject, which tells a reader nothing.
    user = "" if told.user == said.get("sub") else told.user
    name = user or told.email or own_name or told.user or _("Somebody")
    who = "\n".join([told.user, told.email, str(said.get("iss", "")), str(said.get("sub", ""))])
    return Arrival(name=name, who=("", who), until=end_of(said), verified=False, token=told.token)


def name_of(claims: dict[str, Any]) -> str:
    """What people call somebody of these claims."""
    for claim in ("name", "preferred_username", "upn", "email", "sub"):
        value = claims.get(claim)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value.strip()[: headers.LONGEST_NAME]
    return ""


def end_of(*claims: dict[str, Any]) -> float:
    """Until when the request is good: as long as all that it brought, and no longer than LONGEST from now."""
    ends = [said["exp"] for said in claims if isinstance(said.get("exp"), int | float)]
    return float(min([time.time() + LONGEST, *ends]))


def begin(request: HttpRequest, arrival: Arrival) -> None:
    """Begin a session for somebody who has none, or another one's."""
    issuer, subject = arrival.who
    if not arrival.verified:
        # Whoever sends a name that nobody vouches for must not find, or end, the sessions of somebody of that name.
        issuer, subject = NAME, f"unverified {secrets.token_hex(16)}"
    sid = arrival.claims.get("sid")
    who = signin.Identity(issuer, subject, arrival.name, sid if isinstance(sid, str) else "")
    signin.sign_in(request, NAME, {WHO: list(arrival.who)}, who, asked=False)


def present(request: HttpRequest) -> Arrival | None:
    """Who came with this request."""
    found: Arrival | None = getattr(request, "arrival", None)
    return found


def until(request: HttpRequest) -> float | None:
    """Until when (epoch seconds) this request is good for: its token's end, or a while, since a proxy saw it begin."""
    arrival = present(request)
    return arrival.until if arrival else None


def person(request: HttpRequest) -> str:
    """The name of the person, marked where nobody vouched for it to us."""
    arrival = present(request)
    if not arrival:
        return ""
    return arrival.name if arrival.verified else _("%(name)s (not verified)") % {"name": arrival.name}


def verified_claims(request: HttpRequest) -> dict[str, Any]:
    """What somebody signed about the person; empty where nobody did."""
    arrival = present(request)
    return dict(arrival.claims) if arrival and arrival.who[0] != NAME else {}


def credentials(request: HttpRequest, cluster: Cluster, key: str) -> Credentials | None:
    """The forwarded token, or the verified person by impersonation. Raises NoCredentials and WrongToken."""
    arrival = present(request)
    if not arrival:
        return None
    if cluster.presents != IMPERSONATION and arrival.token:
        check_meant_for(cluster, arrival.token)
        return BearerToken(arrival.token)
    if arrival.claims and (cluster.presents == IMPERSONATION or cluster.impersonator_token_file):
        return impersonated(cluster, arrival.claims)
    header = settings.CONFIG["PROXY_AUTH_TOKEN_HEADER"]
    if cluster.presents == IMPERSONATION:
        message = _(
            "%(cluster)s takes people by impersonation, and the proxy sent no signed statement of who you are."
            " Set PROXY_AUTH_ASSERTION, or OIDC_ISSUER_URL and OIDC_CLIENT_ID for the token in %(header)s."
        )
    elif header == headers.NO_HEADER:
        message = _("The proxy passes on no token, and %(cluster)s has no impersonator's token file.")
    else:
        message = _("The proxy passed on no token for %(cluster)s: it would stand in the header %(header)s.")
    raise NoCredentials(message % {"cluster": cluster, "header": header})


def check_meant_for(cluster: Cluster, token: str) -> None:
    """Raise WrongToken where a token says that it is by or for somebody else than the cluster's settings say."""
    said = jwts.unverified(token)
    audience = said.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if (cluster.audience and cluster.audience not in audiences) or (
        cluster.issuer and cluster.issuer != said.get("iss")
    ):
        message = _("The proxy's token is not meant for %(cluster)s by its issuer and audience. It was not sent there.")
        raise WrongToken(message % {"cluster": cluster}, reason="audience")


def leave(request: HttpRequest) -> str:
    """Where people go once their session here is erased: a page that leads on to the proxy, which still knows them."""
    return reverse("signin_proxy_left")


@require_safe
def left(request: HttpRequest) -> HttpResponse:
    """Say that it is over here, and go on to where the proxy forgets people.

    A page and no redirect: browsers hold redirects after a form to the form-action of the CSP, and proxies redirect on
    to providers.
    """
    response = render(request, "signin/proxy_left.html", {"url": sign_out_url()})
    response["Refresh"] = f"0; url={sign_out_url()}"
    return response


def sign_out_url(back: str = "") -> str:
    """Where the proxy forgets people; ``back`` is the path of ours that oauth2-proxy then leads to (its ``rd``)."""
    config = settings.CONFIG
    own = SIGN_OUT.get(config["PROXY_AUTH_ASSERTION"], "")
    url = config["PROXY_AUTH_SIGN_OUT_URL"] or own or OAUTH2_PROXY_SIGN_OUT
    if not back or url == own:
        return str(url)
    return provider.with_query(url, urlencode({"rd": back}))


def expired(request: HttpRequest) -> HttpResponse:
    """Say that the proxy forwards a token that is over, and what keeps it from doing so."""
    logger.warning("The proxy at %s forwards an expired token.", request.META.get("REMOTE_ADDR"))
    problem = Problem(
        title=_("Sign in again"),
        message=_("The proxy before Porthole sent a token that has expired. Nothing was asked or changed with it."),
        advice=_(
            "Whoever runs the proxy can have it renew tokens in time: oauth2-proxy does with cookie_refresh shorter"
            " than a token lasts, and the scope offline_access."
        ),
        action_label=_("Sign in again"),
        action_url=sign_out_url(page_of(request)),
    )
    return problem_response(request, problem, 401)


def page_of(request: HttpRequest) -> str:
    """The page to come back to."""
    htmx = getattr(request, "htmx", None)
    if htmx or request.method not in ("GET", "HEAD"):
        return own_path(came_from(request) or "/")
    return own_path(request.get_full_path())


def refused(request: HttpRequest, error: Unacceptable) -> HttpResponse:
    """Say why the proxy's word is not taken; a session that it began ends."""
    logger.warning("The proxy at %s is not believed (%s): %s", request.META.get("REMOTE_ADDR"), error.word, error)
    if error.status == 401 and request.session.get(signin.SESSION_KEY) == NAME:
        request.session.flush()
    problem = Problem(
        title=_("The proxy's word is not accepted") if error.status == 401 else _("Who you are cannot be checked now"),
        message=error.message,
        advice=error.advice or _("Whoever runs the proxy has it replace this header in each request."),
    )
    return problem_response(request, problem, error.status)


def nobody(request: HttpRequest) -> HttpResponse:
    """Say that the request names nobody: it did not come through the proxy, or a header was lost on the way."""
    problem = Problem(
        title=_("Nobody is signed in"),
        message=_("This request did not say who you are, or did not come through the proxy that does."),
        advice=_(
            "Open Porthole at the proxy's address. Whoever runs it compares the names of its headers with"
            " PROXY_AUTH_USERNAME_HEADER and those beside it, and its address with PROXY_AUTH_TRUSTED_NETWORKS."
        ),
    )
    return problem_response(request, problem, 401)


urlpatterns = [path("left/", left, name="signin_proxy_left")]
