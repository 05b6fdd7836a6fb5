"""Scaling: the API server tries it first (dry run), what it says stands on the page, and there is a way back."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clusters import actions, discovery, errors
from clusters.connection import Connection
from clusters.kinds.kind import Kind
from dashboard import audit, undo
from dashboard.access import at_cluster
from dashboard.links import object_url, with_query
from dashboard.problems import Problem, problem_of, wording_of
from dashboard.views.parts import Head, Link
from dashboard.views.rows import Fact
from dashboard.views.workloads import autoscaler_fact

MOST = 10_000  # a slip of the thumb is not to fill a cluster


@dataclass(frozen=True, slots=True)
class ScalePage:
    """The context of scale/scale.html, as ``page``; ``less`` and ``more`` are what the steps without script lead to."""

    head: Head
    current: int
    wanted: int
    less: int
    more: int
    maximum: int
    autoscaler: Fact | None
    problem: Problem | None
    confirm_zero: bool
    action_url: str


@require_http_methods(["GET", "HEAD", "POST"])
@at_cluster
def scale_page(request: HttpRequest, connection: Connection, namespace: str, kind: str, name: str) -> HttpResponse:
    """The stepper (GET, ``replicas`` sets it) and the scaling itself (POST)."""
    found = discovery.find(connection, kind)
    if not found.scalable:
        raise errors.NotFound(_("%(kind)s cannot be scaled.") % {"kind": found.title_plural}, status=404)
    if request.method == "POST":
        return scaled(request, connection, found, namespace, name)
    current = actions.read_scale(connection, found, namespace, name).spec.replicas
    wanted = number(request.GET.get("replicas", ""))
    wanted = current if wanted is None else min(wanted, MOST)
    return render(request, "scale/scale.html", {"page": page_of(connection, found, namespace, name, current, wanted)})


def scaled(request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str) -> HttpResponse:
    """Scale as posted (``replicas``, ``seen``, ``confirm``), or show the form again with what is wrong."""
    wanted, seen = number(request.POST.get("replicas", "")), number(request.POST.get("seen", ""))
    if wanted is None or seen is None or wanted > MOST:
        message = _("Write a whole number from 0 to %(most)d.") % {"most": MOST}
        return again(
            request,
            connection,
            kind,
            namespace,
            name,
            seen,
            Problem(_("That is not a number of replicas"), message),
            400,
        )
    if wanted == 0 and seen != 0 and request.POST.get("confirm") != "yes":
        problem = Problem(
            _("Scale to zero?"),
            _("Every pod of %(name)s ends and nothing answers in its place.") % {"name": name},
            _("Tick the box to say that this is meant."),
        )
        return again(request, connection, kind, namespace, name, wanted, problem, 409)
    try:
        actions.scale(connection, kind, namespace, name, wanted, seen=seen, dry_run=True)
        done = actions.scale(connection, kind, namespace, name, wanted, seen=seen)
    except errors.Refused as error:
        audit.record(request, connection, "scale", kind, namespace, name, error.reason or str(error.status))
        return again(request, connection, kind, namespace, name, wanted, problem_of(error), wording_of(error).status)
    except errors.Unreachable as error:
        # No answer came: it may have been done all the same.
        audit.record(request, connection, "scale", kind, namespace, name, f"unknown: {error.reason}")
        raise
    audit.record(request, connection, "scale", kind, namespace, name, f"{done.before} to {done.after}")
    url = object_url(connection.cluster, kind, namespace, name)
    if done.before != done.after:
        signed = undo.offer(request, connection, kind, namespace, name, done.before, done.after)
        url = with_query(url, **{undo.PARAMETER: signed})
    response = redirect(url)
    response.status_code = 303
    return response


def again(
    request: HttpRequest,
    connection: Connection,
    kind: Kind,
    namespace: str,
    name: str,
    wanted: int | None,
    problem: Problem,
    status: int,
) -> HttpResponse:
    """The form again, on the number as it is now."""
    current = actions.read_scale(connection, kind, namespace, name).spec.replicas
    page = page_of(connection, kind, namespace, name, current, current if wanted is None else wanted, problem)
    return render(request, "scale/scale.html", {"page": page}, status=status)


def page_of(
    connection: Connection,
    kind: Kind,
    namespace: str,
    name: str,
    current: int,
    wanted: int,
    problem: Problem | None = None,
) -> ScalePage:
    """The form's context."""
    return ScalePage(
        head=Head(name, namespace, kind.title, Link(name, object_url(connection.cluster, kind, namespace, name)), []),
        current=current,
        wanted=wanted,
        less=max(wanted - 1, 0),
        more=min(wanted + 1, MOST),
        maximum=MOST,
        autoscaler=autoscaler_fact(connection, kind, namespace, name),
        problem=problem,
        confirm_zero=wanted == 0 and current != 0,
        action_url=object_url(connection.cluster, kind, namespace, name, "scale"),
    )


def number(text: str) -> int | None:
    """A whole number of at least 0, or None."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
