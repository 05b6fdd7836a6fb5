"""Scaling: the API server tries it first (dry run), what it says stands on the page, and there is a way back."""

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clusters import actions, errors, permissions
from clusters.connection import Connection
from clusters.kinds.kind import Kind
from dashboard import audit, undo
from dashboard.access import at_cluster, offered_kind
from dashboard.links import object_url
from dashboard.problems import Problem, problem_of, wording_of
from dashboard.returns import way_back
from dashboard.views.parts import Head, Link, kept
from dashboard.views.rows import Fact
from dashboard.views.workloads import autoscaler_fact

MOST = 10_000  # a slip of the thumb is not to fill a cluster
# From which growth on, in both senses, a number may be a slip: 1 to 500, but not 1 to 12 or 100 to 130.
MANY_TIMES, MANY_MORE = 10, 20


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before a number is taken as meant: with a box to tick, and a button that says what it does."""

    tone: str
    title: str
    text: str
    yes: str
    button: str
    unanswered: bool


@dataclass(frozen=True, slots=True)
class ScalePage:
    """The context of scale/scale.html, as ``page``; ``less_url`` and ``more_url`` are the steps without script.

    ``refused`` says why there is no form, ``notice`` that nothing was done.
    """

    head: Head
    current: int
    wanted: int
    less_url: str
    more_url: str
    maximum: int
    autoscaler: Fact | None
    problem: Problem | None
    question: Question | None
    refused: Problem | None
    action_url: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be scaled, and by whom; ``keep`` is what links take along."""

    request: HttpRequest
    connection: Connection
    kind: Kind
    namespace: str
    name: str
    keep: dict[str, str]

    def url(self, page: str = "object", **query: str) -> str:
        """The object's page, or another page of it."""
        return object_url(self.connection.cluster, self.kind, self.namespace, self.name, page, **query, **self.keep)


@require_http_methods(["GET", "HEAD", "POST"])
@at_cluster
def scale_page(request: HttpRequest, connection: Connection, namespace: str, kind: str, name: str) -> HttpResponse:
    """The stepper (GET, ``replicas`` sets it) and the scaling itself (POST)."""
    found = offered_kind(connection, kind)
    if not found.scalable:
        raise errors.NotFound(_("%(kind)s cannot be scaled.") % {"kind": found.title_plural}, status=404)
    _label, back = way_back(request, connection.cluster, found, namespace)
    target = Target(request, connection, found, namespace, name, kept(connection.cluster, found, namespace, back))
    if request.method == "POST":
        return scaled(target)
    current = actions.read_scale(connection, found, namespace, name).spec.replicas
    wanted = number(request.GET.get("replicas", ""))
    page = page_of(target, current, current if wanted is None else min(wanted, MOST), refused=refusal(target))
    return render(request, "scale/scale.html", {"page": page}, status=403 if page.refused else 200)


def refusal(target: Target) -> Problem | None:
    """Why there is no form for somebody who may not scale; None where the API server has yet to say so."""
    try:
        if permissions.allowed(
            target.connection, "update", target.kind, target.namespace, target.name, subresource="scale"
        ):
            return None
    except errors.Refused:
        return None
    words = {"name": target.name, "kind": target.kind.plural, "namespace": target.namespace}
    return Problem(
        _("You may not scale %(name)s") % words,
        "",
        _("You lack the right to update %(kind)s/scale in %(namespace)s. Whoever runs the cluster can grant it.")
        % words,
        action_label=_("Back to %(name)s") % words,
        action_url=target.url(),
        status=403,
    )


def scaled(target: Target) -> HttpResponse:
    """Scale as posted (``replicas``, ``seen``, ``confirm``), or show the form again with what is wrong."""
    request, connection, kind, namespace, name = (
        target.request,
        target.connection,
        target.kind,
        target.namespace,
        target.name,
    )
    wanted, seen = number(request.POST.get("replicas", "")), number(request.POST.get("seen", ""))
    if wanted is None or seen is None or wanted > MOST:
        message = _("Write a whole number from 0 to %(most)d.") % {"most": MOST}
        return again(target, seen, 400, Problem(_("That is not a number of replicas"), message))
    if question(name, seen, wanted) and request.POST.get("confirm") != "yes":
        return again(target, wanted, 409)
    if wanted == seen == actions.read_scale(connection, kind, namespace, name).spec.replicas:
        page = page_of(target, wanted, wanted)
        notice = _("Nothing to do: it is %(wanted)d already.") % {"wanted": wanted}
        return render(request, "scale/scale.html", {"page": replace(page, notice=notice)})
    try:
        actions.scale(connection, kind, namespace, name, wanted, seen=seen, dry_run=True)
        done = actions.scale(connection, kind, namespace, name, wanted, seen=seen)
    except errors.Refused as error:
        audit.record(request, connection, "scale", kind, namespace, name, error.reason or str(error.status))
        return again(target, wanted, wording_of(error).status, problem_of(error))
    except errors.Unreachable as error:
        # No answer came: it may have been done all the same.
        audit.record(request, connection, "scale", kind, namespace, name, f"unknown: {error.reason}")
        raise
    audit.record(request, connection, "scale", kind, namespace, name, f"{done.before} to {done.after}")
    offer = {}
    if done.before != done.after:
        offer[undo.PARAMETER] = undo.offer(request, connection, kind, namespace, name, done.before, done.after)
    response = redirect(target.url(**offer))
    response.status_code = 303
    return response


def again(target: Target, wanted: int | None, status: int, problem: Problem | None = None) -> HttpResponse:
    """The form again, on the number as it is now."""
    current = actions.read_scale(target.connection, target.kind, target.namespace, target.name).spec.replicas
    page = page_of(target, current, current if wanted is None else wanted, problem, unanswered=problem is None)
    return render(target.request, "scale/scale.html", {"page": page}, status=status)


def page_of(
    target: Target,
    current: int,
    wanted: int,
    problem: Problem | None = None,
    refused: Problem | None = None,
    unanswered: bool = False,
) -> ScalePage:
    """The form's context."""
    back = Link(target.name, target.url())
    return ScalePage(
        head=Head(target.name, target.namespace, target.kind.title, back, [], target.keep),
        current=current,
        wanted=wanted,
        less_url=target.url("scale", replicas=str(max(wanted - 1, 0))),
        more_url=target.url("scale", replicas=str(min(wanted + 1, MOST))),
        maximum=MOST,
        autoscaler=autoscaler_fact(target.connection, target.kind, target.namespace, target.name),
        problem=problem,
        question=question(target.name, current, wanted, unanswered),
        refused=refused,
        action_url=target.url("scale"),
    )


def question(name: str, current: int, wanted: int, unanswered: bool = False) -> Question | None:
    """What is asked before going from ``current`` to ``wanted``; None where nothing is."""
    words = {"name": name, "wanted": wanted, "current": current, "more": wanted - current}
    if wanted == 0 and current != 0:
        return Question(
            "bad",
            _("Scale to zero?"),
            _("Every pod of %(name)s ends and nothing answers in its place.") % words,
            _("Yes, stop every pod of %(name)s") % words,
            _("Stop all"),
            unanswered,
        )
    if wanted >= current * MANY_TIMES and wanted > current + MANY_MORE:
        return Question(
            "warn",
            _("%(wanted)d replicas?") % words,
            _("There are %(current)d now: that is a big step, and the cluster needs room for it.") % words,
            _("Yes, start %(more)d more") % words,
            _("Scale to %(wanted)d") % words,
            unanswered,
        )
    return None


def number(text: str) -> int | None:
    """A whole number of at least 0, or None."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
