"""From a URL's cluster name to the person's own connection."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from clusters import claims, discovery, errors
from clusters.connection import Connection, connect
from clusters.credentials import BearerToken, Credentials, Impersonation, Renewed, present
from clusters.kinds.kind import Kind
from clusters.models import Cluster
from clusters.names import segment
from dashboard import sessions, signin
from dashboard.links import ALL, with_query
from dashboard.problems import NoKind, Problem, problem_response
from dashboard.returns import came_from, own_path

# In which a cluster must have answered all that one page asks: a slow one keeps a thread from everybody else.
PAGE_SECONDS = 45.0

View = Callable[..., HttpResponseBase]


def at_cluster(view: View) -> View:
    """Call ``view(request, connection, …)`` with the signed-in person's connection to the cluster of the URL.

    Somebody who is not signed in goes to sign in and comes back; nothing is sent to a cluster for them. A namespace of
    ``-`` arrives as "" (all namespaces, or none), any other one checked.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, cluster: str, **kwargs: Any) -> HttpResponseBase:
        if not signin.active(request):
            return to_sign_in(request)
        entrance = signin.credentials(request, cluster)
        if not entrance:
            return no_such_cluster(request, cluster)
        found, credentials = entrance
        request.cluster = found  # type: ignore[attr-defined]
        if "namespace" in kwargs:
            namespace = kwargs["namespace"]
            kwargs["namespace"] = "" if namespace == ALL else segment(namespace)
            request.namespace = kwargs["namespace"]  # type: ignore[attr-defined]
        connection = connect(found, credentials, PAGE_SECONDS)
        return view(request, connection, **kwargs)

    return wrapper


def asked_namespace(request: HttpRequest, cluster: Cluster) -> str:
    """The namespace that the query asks for, without one the cluster's default; "" for all (``-``). Raises BadName."""
    asked = request.GET.get("namespace") or cluster.default_namespace
    return segment(asked) if asked and asked != ALL else ""


def offered_kind(connection: Connection, key: str) -> Kind:
    """The kind of a URL's ``pods`` or ``boats.marina.example.com``. Raises NoKind and other ClusterErrors."""
    try:
        return discovery.find(connection, key)
    except errors.NotFound as error:
        raise NoKind(error.message, status=error.status, reason=error.reason) from error


def signed_in(view: View) -> View:
    """Let only signed-in people through to ``view``."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return view(request, **kwargs) if signin.active(request) else to_sign_in(request)

    return wrapper


def lasting(request: HttpRequest, connection: Connection) -> Connection:
    """The same for a stream: without an end, and with what the person presents looked up anew at each call.

    Tokens are renewed while a stream is open, and it ends with the session that they belong to.
    """

    def ask() -> Credentials:
        try:
            entrance = signin.credentials(request, connection.cluster.name)
        finally:
            connections.close_all()  # the thread keeps the stream for long: others need the database connection more
        if not entrance or not entrance[1]:
            raise signin.SignInAgain
        return entrance[1]

    return replace(connection.lasting(), credentials=Renewed(ask))


def lasts_until(request: HttpRequest, connection: Connection) -> float:
    """Until when (epoch seconds) the person may go on with what they present now; infinite where nobody says.

    Asks ``connection`` for it, which renews it where it is due. Raises NoCredentials where it has ended.
    """
    presented = present(connection.credentials)
    presented.headers()
    ends = [signin.until(request)]
    if session := sessions.ends(request):
        ends.append(session.timestamp())
    if isinstance(presented, BearerToken):
        ends.append(claims.expiry_of(presented.token))
    elif isinstance(presented, Impersonation):
        ends.append(claims.end_in(signin.verified_claims(request)))
        connections.close_all()
    return min((each for each in ends if each is not None), default=math.inf)


def to_sign_in(request: HttpRequest, ended: signin.SignInAgain | None = None) -> HttpResponse:
    """Send a page to the sign-in page and back; a fragment is told to make its page go there.

    A form is answered by a page that says that nothing was sent: it leads back to where the form was.
    """
    htmx = getattr(request, "htmx", None)
    if htmx:
        page = page_of(htmx)
    elif request.method in ("GET", "HEAD"):
        page = request.get_full_path()
    else:
        page = came_from(request)
    url = with_query(
        reverse((ended and ended.start) or "signin"),
        next=own_path(page or "/"),
        ended="1" if ended or settings.SESSION_COOKIE_NAME in request.COOKIES else "",
        cluster=ended.cluster if ended else "",
    )
    if htmx:
        response = HttpResponse(status=401)
        response["HX-Redirect"] = url
        return response
    if request.method not in ("GET", "HEAD"):
        problem = Problem(
            title=_("Sign in again"),
            message=_("Your sign-in had ended before this was sent. Nothing was changed."),
            advice=_("Sign in, then repeat what you did."),
            action_label=_("Sign in"),
            action_url=url,
        )
        return problem_response(request, problem, 401)
    return redirect(url)


def page_of(htmx: HtmxDetails) -> str | None:
    """The page that a fragment is for, None where the header says no URL of ours."""
    try:
        path: str | None = htmx.current_url_abs_path
    except ValueError:  # such as http://[
        return None
    return path


def no_such_cluster(request: HttpRequest, name: str) -> HttpResponse:
    """Say that there is no such cluster, or none that this person can open: which of the two is nobody's business."""
    problem = Problem(
        title=_("No such cluster"),
        message=_("There is no cluster %(name)s that you can open.") % {"name": name},
        advice=_("Choose one from the list."),
        action_label=_("Clusters"),
        action_url=reverse("clusters"),
    )
    return problem_response(request, problem, 404)
