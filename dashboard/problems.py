"""What went wrong, as something worth reading: a title, the server's own words, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from clusters import errors
from clusters.kinds import KNOWN


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure, for people: ``message`` is in the API server's words where ``quoted``, ``status`` as HTTP has it."""

    title: str
    message: str
    advice: str = ""
    action_label: str = ""
    action_url: str = ""
    status: int = 0
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """How one kind of error is titled and advised, and with which HTTP status it is answered."""

    status: int
    title: Callable[[], str]
    advice: Callable[[], str]


class NoKind(errors.NotFound):
    """A kind that the cluster does not offer, to this person."""


class NoProvider(errors.Unreachable):
    """Tokens have to be renewed or checked, and the identity provider does not answer."""


class WrongToken(errors.NoCredentials):
    """Somebody is signed in, and none of their tokens is meant for this cluster; nothing was sent."""


WORDINGS: dict[type[errors.ClusterError], Wording] = {
    errors.BadName: Wording(
        404, lambda: _("There is no such name"), lambda: _("Check the address: names have no slashes or dots alone.")
    ),
    errors.NoCredentials: Wording(
        403,
        lambda: _("Nobody to act as"),
        lambda: _("Porthole only ever acts as you. Sign in again, or have what is named here corrected."),
    ),
    errors.Misconfigured: Wording(
        503, lambda: _("The clusters are not set up right"), lambda: _("Whoever runs Porthole can correct it.")
    ),
    WrongToken: Wording(
        403,
        lambda: _("Your token is not for this cluster"),
        lambda: _(
            "Whoever runs Porthole corrects the cluster's issuer, audience or scope, or OIDC_VALIDATOR_ISSUER_URL and "
            "OIDC_VALIDATOR_CLIENT_ID."
        ),
    ),
    NoProvider: Wording(
        502,
        lambda: _("The identity provider does not answer"),
        lambda: _("You are still signed in. Try again in a minute."),
    ),
    errors.Unreachable: Wording(
        502, lambda: _("The cluster does not answer"), lambda: _("Is it on, and is its network reachable from here?")
    ),
    errors.Untrusted: Wording(
        502,
        lambda: _("The cluster's certificate is not trusted"),
        lambda: _(
            "Nothing was sent. Trusted is who the kubeconfig's certificate-authority, or else the system, names. "
            "Whoever runs the cluster knows the right one, and whether the certificate has changed."
        ),
    ),
    errors.Unauthorized: Wording(
        401,
        lambda: _("The cluster does not know you"),
        lambda: _(
            "Your credentials are refused: they may have expired, or are meant for another cluster. Sign in again."
        ),
    ),
    errors.Forbidden: Wording(
        403,
        lambda: _("You may not do this"),
        lambda: _("Whoever runs the cluster can grant it."),
    ),
    NoKind: Wording(
        404,
        lambda: _("There is no such kind"),
        lambda: _("Check the address, or see what this cluster offers."),
    ),
    errors.NotFound: Wording(
        404, lambda: _("It is not there"), lambda: _("It may have been deleted or renamed a moment ago.")
    ),
    errors.Conflict: Wording(
        409, lambda: _("It changed meanwhile"), lambda: _("Look at how it is now, then decide again.")
    ),
    errors.Gone: Wording(410, lambda: _("This list has moved on"), lambda: _("Load it again from the beginning.")),
    errors.Invalid: Wording(
        422, lambda: _("The cluster does not accept this"), lambda: _("Change what the message names, then try again.")
    ),
    errors.TooManyRequests: Wording(429, lambda: _("The cluster is busy"), lambda: _("Wait a moment, then try again.")),
    errors.Failed: Wording(
        502, lambda: _("The cluster failed"), lambda: _("Try again; if it stays, the API server's log says more.")
    ),
}


def wording_of(error: errors.ClusterError) -> Wording:
    """The wording of an error's class, or of the nearest class above it."""
    for ancestor in type(error).__mro__:
        if ancestor in WORDINGS:
            return WORDINGS[ancestor]
    return WORDINGS[errors.Failed]


def problem_of(error: errors.ClusterError, title: str = "") -> Problem:
    """An error as a person reads it; ``title`` says what they wanted, where the page knows."""
    wording = wording_of(error)
    quoted = isinstance(error, errors.Refused)
    return Problem(title or wording.title(), error.message, wording.advice(), status=wording.status, quoted=quoted)


def leading_on(request: HttpRequest, problem: Problem, error: errors.ClusterError) -> Problem:
    """The same with a way on: from an object that is not there to the list of its kind, from no kind to all kinds."""
    place = request.resolver_match.kwargs if request.resolver_match else {}
    if isinstance(error, NoKind) and "cluster" in place:
        url = reverse("more", kwargs={"cluster": place["cluster"]})
        return replace(problem, action_label=_("See all kinds"), action_url=url)
    if isinstance(error, errors.NotFound) and {"kind", "name"} <= place.keys():
        known = KNOWN.get(place["kind"])
        label = _("See all %(kind)s") % {"kind": str(known.title_plural).lower() if known else place["kind"]}
        url = reverse("list", kwargs={key: place[key] for key in ("cluster", "namespace", "kind")})
        return replace(problem, action_label=label, action_url=url)
    return problem


def problem_response(request: HttpRequest, problem: Problem, status: int) -> HttpResponse:
    """A whole page, or for htmx the fragment that is shown where the answer would have been."""
    htmx = getattr(request, "htmx", None)
    fragment = htmx is not None and bool(htmx) and not htmx.boosted
    template = "errors/_problem.html" if fragment else "errors/problem.html"
    return render(request, template, {"problem": replace(problem, status=status)}, status=status)
