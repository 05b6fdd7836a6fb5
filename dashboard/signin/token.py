"""The way in with a pasted token, a ServiceAccount's or one of OpenID Connect, for one cluster.

That cluster's API server says whose it is before anything is kept. It is kept encrypted, for this session, this cluster
and the address that the cluster had then, and is never shown again. Somebody who came another way may give a cluster a
token of their own, and take it away again.
"""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clusters import declared
from clusters.credentials import BearerToken, Credentials
from clusters.models import Cluster
from dashboard import attempts, audit, signin, vault
from dashboard.links import home_url, with_query
from dashboard.pasting import BUSY_SECONDS, NotTaken, Taken, checked
from dashboard.problems import Problem
from dashboard.returns import next_url

TITLE = gettext_lazy("Token")
HINT = gettext_lazy("Paste a token of one cluster.")
CONFIGURED = True
UNTRIED = (400, 503)  # there was no token to check, or no place to check it

clusters = signin.set_up


def person(request: HttpRequest) -> str:
    """The name that the first cluster's API server knows the person by."""
    who = signin.identity(request)
    return who.name if who else ""


def credentials(request: HttpRequest, cluster: Cluster, key: str) -> Credentials | None:
    """Always raises SignInAgain with the page to paste one: asked only where there is no pasted token."""
    raise signin.SignInAgain(_("This cluster wants a token of its own."), start="signin_token", cluster=cluster.name)


def pasted(request: HttpRequest, cluster: Cluster) -> BearerToken | None:
    """The token that this session has for ``cluster``, None where it has none.

    Raises SignInAgain where there was one that has expired, or that was given to another server than the cluster's
    present one. The token is then forgotten, but not that there was one: nobody becomes somebody else unasked.
    """
    kept = vault.read(request.session, secret_name(cluster))
    if kept is None:
        return None
    moved = kept["place"] != place_of(cluster)
    if kept["token"] and (moved or has_ended(kept)):
        vault.keep(request.session, secret_name(cluster), {**kept, "token": "", "moved": moved})
        kept["token"] = ""
    if not kept["token"]:
        raise over(cluster)
    return BearerToken(kept["token"])


def over(cluster: Cluster) -> signin.SignInAgain:
    """The end of a pasted token, which leads to the page to paste another one."""
    words = _("The token that you pasted for this cluster has ended.")
    return signin.SignInAgain(words, start="signin_token", cluster=cluster.name)


def user_of(request: HttpRequest, cluster: Cluster) -> str:
    """Whose token this session has for ``cluster``, as its API server named them; "" where it has none."""
    kept = vault.read(request.session, secret_name(cluster))
    return str(kept["username"]) if kept else ""


def has_ended(kept: dict[str, Any]) -> bool:
    """Whether the token's own claims say that it has expired."""
    return kept["expires"] is not None and kept["expires"] <= time.time()


def place_of(cluster: Cluster) -> list[Any]:
    """All that decides where a token for this cluster is sent and who reads it there."""
    return [
        cluster.server.rstrip("/"),
        cluster.certificate_authority,
        cluster.tls_server_name,
        cluster.insecure_skip_tls_verify,
        cluster.proxy_url,
    ]


def secret_name(cluster: Cluster) -> str:
    """What the vault calls the token for a cluster."""
    return f"token/{cluster.name}"


def address(cluster: str = "", **query: str) -> str:
    """The page on which a token is pasted, for a cluster or for one to choose."""
    return with_query(reverse("signin_token"), cluster=cluster, **query)


def choices(request: HttpRequest) -> list[Cluster]:
    """The clusters that a token may be pasted for: those that one can open, before sign-in all that are set up."""
    if signin.active(request):
        return signin.clusters(request)
    return declared.usable()


def form(request: HttpRequest) -> dict[str, Any]:
    """The context of signin/_token.html."""
    wanted = request.POST.get("cluster") or request.GET.get("cluster", "")
    found = choices(request)
    chosen = next((cluster for cluster in found if cluster.name == wanted), None)
    return {
        "clusters": [chosen] if chosen and signin.active(request) else found,
        "chosen": chosen or (found[0] if len(found) == 1 else None),
        "next": next_url(request),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: HttpRequest) -> HttpResponse:
    """The form; posted, the token is checked and kept, and the way leads on."""
    if request.method != "POST":
        return page(request, 200)
    cluster = next((each for each in choices(request) if each.name == request.POST.get("cluster")), None)
    if not cluster:
        return page(request, 400, Problem(_("Which cluster is it for?"), "", _("Choose one."), status=400))
    if response := attempts.refused(request, "token"):
        return response
    try:
        taken = checked(cluster, request.POST.get("token", ""))
    except NotTaken as reason:
        return not_taken(request, reason.problem)
    keep(request, cluster, taken)
    return redirect(next_url(request) if next_url(request) != "/" else home_url(cluster))


def not_taken(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Say why a token is not kept; whatever was tried counts, since a cluster that hangs costs more than a wrong token.

    Where all places were taken it is answered with 503 and Retry-After (RFC 9110, section 15.6.4).
    """
    if problem.status not in UNTRIED:
        attempts.failed(request, "token")
    response = page(request, problem.status, problem)
    if problem.status == 503:
        response["Retry-After"] = str(BUSY_SECONDS)
    return response


def page(request: HttpRequest, status: int, problem: Problem | None = None) -> HttpResponse:
    """The page with the form, which never holds what was pasted."""
    found = form(request)
    chosen = found["chosen"]
    kept = vault.read(request.session, secret_name(chosen)) if chosen and signin.active(request) else None
    context = {
        "form": found,
        "problem": problem,
        "kept": kept is not None,
        "ended": kept is not None and not kept["token"],
        "own_sign_in": own_sign_in(request),
    }
    return render(request, "signin/token.html", context, status=status)


def own_sign_in(request: HttpRequest) -> bool:
    """Whether the person has come another way, which leads to clusters without a pasted token, too."""
    way = signin.active(request)
    return way is not None and way.__name__ != __name__


def keep(request: HttpRequest, cluster: Cluster, taken: Taken) -> None:
    """Keep a checked token; it signs in whoever is not, or is here by a token of somebody else at the same cluster."""
    who = signin.Identity(f"kubernetes:{cluster.server.rstrip('/')}", taken.subject, taken.username)
    before = signin.identity(request)
    other = bool(before and before.issuer == who.issuer and before.subject != who.subject)
    if not signin.active(request) or other:
        signin.sign_in(request, "token", {}, who)
    values = {"token": taken.token, "expires": taken.expires, "username": taken.username, "place": place_of(cluster)}
    vault.keep(request.session, secret_name(cluster), values)
    audit.note(request, cluster, "paste", "token", taken.username)


@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """Forget the token for a cluster: from now on the person's own sign-in counts there again."""
    cluster = next((each for each in choices(request) if each.name == request.POST.get("cluster")), None)
    if cluster and signin.active(request):
        vault.drop(request.session, secret_name(cluster))
        audit.note(request, cluster, "drop", "token", "dropped")
    return redirect(next_url(request))


urlpatterns = [path("", paste, name="signin_token"), path("drop/", drop, name="signin_token_drop")]
