"""Who am I here? What a cluster takes the person for, what is presented to it, and until when."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clusters import claims, permissions, tokenfiles
from clusters.connection import connect
from clusters.credentials import BearerToken, ClientCertificate, Credentials, Impersonation, TokenFile, present
from clusters.errors import ClusterError, NoCredentials
from clusters.models import Cluster
from clusters.wire import UserInfo
from dashboard import sessions, signin
from dashboard.access import no_such_cluster, signed_in
from dashboard.links import more_url
from dashboard.problems import Problem, problem_of
from dashboard.refused import explained
from dashboard.signin import jwts
from dashboard.signin import token as token_way
from dashboard.templatetags.porthole import duration
from dashboard.views.parts import moment
from dashboard.views.rows import Fact

ASK_SECONDS = 15.0
LONGEST_VALUE = 500
# What of a token's claims helps to see why an API server takes it or not; nothing else of it is shown.
TELLING = (
    *("iss", "aud", "azp", "sub", "email", "email_verified", "preferred_username", "upn", "username", "name"),
    *("groups", "roles", "scope", "scp", "iat", "nbf", "exp", "kubernetes.io"),
)
MOMENTS = ("iat", "nbf", "exp")


@dataclass(frozen=True, slots=True)
class Presented:
    """What a person presents to a cluster; ``token`` is the one that has claims to be shown, if there is one."""

    kind: str
    token: str
    ends: datetime | None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class MePage:
    """The context of me/me.html, as ``page``: ``user`` is None where the cluster did not say, and ``problem`` why."""

    user: UserInfo | None
    problem: Problem | None
    how: list[Fact]
    until: list[Fact]
    claims: list[Fact]
    back_url: str
    paste_url: str
    pasted: bool
    own_sign_in: bool


@require_safe
@signed_in
def me(request: HttpRequest, cluster: str) -> HttpResponseBase:
    """The page; it stands where the cluster refuses or is away, too, since that is when it is needed."""
    found = next((each for each in signin.clusters(request) if each.name == cluster), None)
    if not found:
        return no_such_cluster(request, cluster)
    request.cluster = found  # type: ignore[attr-defined]
    try:
        entrance = signin.credentials(request, cluster)
    except signin.SignInAgain:
        raise
    except ClusterError as error:  # such as that no token of theirs is meant for this cluster
        return page(request, found, None, None, problem_of(error))
    credentials = present(entrance[1]) if entrance and entrance[1] else None
    user, problem = asked(found, credentials)
    if problem and problem.status == 401:
        problem = explained(request, problem)
    return page(request, found, credentials, user, problem)


def asked(cluster: Cluster, credentials: Credentials | None) -> tuple[UserInfo | None, Problem | None]:
    """What the API server says, or why it does not."""
    try:
        return permissions.who_am_i(connect(cluster, credentials, ASK_SECONDS)), None
    except ClusterError as error:
        return None, problem_of(error)


def page(
    request: HttpRequest,
    cluster: Cluster,
    credentials: Credentials | None,
    user: UserInfo | None,
    problem: Problem | None,
) -> HttpResponse:
    """The whole page of what is known."""
    pasted = "token" in signin.ways() and bool(token_way.user_of(request, cluster))
    shown = presented(request, cluster, credentials, pasted=pasted)
    here = reverse("me", kwargs={"cluster": cluster.name})
    found = MePage(
        user=user,
        problem=problem,
        how=[Fact(_("Signed in with"), str(signin.way_title(request))), *how(shown, user)],
        until=until(request, shown),
        claims=list(told(jwts.unverified(shown.token))) if shown.token else [],
        back_url=more_url(cluster),
        paste_url=token_way.address(cluster.name, next=here) if "token" in signin.ways() else "",
        pasted=pasted,
        own_sign_in=token_way.own_sign_in(request),
    )
    return render(request, "me/me.html", {"page": found, "here": here})


def how(shown: Presented, user: UserInfo | None) -> list[Fact]:
    """What is presented, and whether the cluster has taken it."""
    facts = [Fact(_("Presented here"), shown.kind), *shown.facts] if shown.kind else []
    if user:
        facts.append(Fact(_("Checked"), _("by this cluster, just now"), "ok"))
    return facts


def presented(request: HttpRequest, cluster: Cluster, credentials: Credentials | None, *, pasted: bool) -> Presented:
    """What ``credentials`` are, in words, with the token whose claims tell more."""
    if isinstance(credentials, BearerToken):
        kind = _("A token that you pasted") if pasted else token_words(request, cluster)
        return Presented(kind, credentials.token, end_of(jwts.unverified(credentials.token)))
    if isinstance(credentials, ClientCertificate):
        return Presented(_("A client certificate"), "", certificate_end(credentials))
    if isinstance(credentials, Impersonation):
        facts = [Fact(_("Named as"), credentials.user)]
        if isinstance(credentials.actor, TokenFile):
            facts.append(Fact(_("Impersonated by"), actor_of(credentials.actor)))
        return Presented(_("Your name, by impersonation"), "", None, tuple(facts))
    return Presented("", "", None)


def actor_of(actor: TokenFile) -> str:
    """Whose token it is by which Porthole impersonates, or why that cannot be read."""
    try:
        said = jwts.unverified(tokenfiles.read(actor.file)).get("sub")
    except NoCredentials as error:
        return error.message
    return said if isinstance(said, str) else actor.file


def token_words(request: HttpRequest, cluster: Cluster) -> str:
    """Which token of the way in goes to the cluster."""
    way = signin.active(request)
    if way is not None and way.__name__.endswith(".oidc"):
        access = cluster.presents == "access_token" or (
            not cluster.presents and settings.CONFIG["OIDC_USE_ACCESS_TOKEN"]
        )
        return _("The access token of your sign-in") if access else _("The ID token of your sign-in")
    return str(getattr(way, "PRESENTS", "") or _("A token"))


def end_of(found: dict[str, Any]) -> datetime | None:
    """When a token with these claims expires, None where they do not say."""
    return claims.moment(found.get("exp"))


def certificate_end(credentials: ClientCertificate) -> datetime | None:
    """When a client certificate expires; None where it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(credentials.certificate.encode()).not_valid_after_utc
    except ValueError:
        return None


def until(request: HttpRequest, shown: Presented) -> list[Fact]:
    """When what is presented ends, and when the session does."""
    now = datetime.now(UTC)
    facts = []
    if shown.ends:
        left = (shown.ends - now).total_seconds()
        words = _("%(moment)s, in %(left)s") if left > 0 else _("%(moment)s: it is over")
        text = words % {"moment": moment(shown.ends), "left": duration(left)}
        facts.append(Fact(_("What is presented"), text, "" if left > 0 else "bad"))
    elif shown.token:
        facts.append(Fact(_("What is presented"), _("does not say when it ends")))
    ends = sessions.ends(request)
    if ends:
        words = _("%(moment)s, in %(left)s at the latest")
        left = (ends - now).total_seconds()
        facts.append(Fact(_("Your session"), words % {"moment": moment(ends), "left": duration(left)}))
    return facts


def told(found: dict[str, Any]) -> Iterable[Fact]:
    """The claims that help, as they stand in the token."""
    for name in TELLING:
        if name in found:
            value = found[name]
            when = claims.moment(value) if name in MOMENTS else None
            yield Fact(name, moment(when) if when else text_of(value))


def text_of(value: Any) -> str:
    """A claim's value, cut where it is long."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        text = ", ".join(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
