"""The pages of what Django itself refuses."""

import logging
import sys

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from dashboard.problems import Problem, problem_response

logger = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of ours, or from one that is too old."""
    logger.warning("CSRF refused %s %s: %s", request.method, escape_uri_path(request.path), reason)
    problem = Problem(
        title=_("This form is out of date"),
        message=_("Nothing was changed. The page is older than your session, or the form came from another site."),
        advice=_("Open the page again and repeat what you did."),
        action_label=_("Open Porthole"),
        action_url="/",
    )
    return problem_response(request, problem, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that no page has."""
    problem = Problem(
        title=_("There is no such page"),
        message=_("Nothing is at %(path)s.") % {"path": request.path},
        action_label=_("Open Porthole"),
        action_url="/",
    )
    return problem_response(request, problem, 404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django does not read on, most often one under a name that is not in ALLOWED_HOSTS."""
    if isinstance(exception, DisallowedHost):
        # The name itself is not shown: whoever made up the request chose it.
        problem = Problem(
            title=_("Porthole does not answer to this name"),
            message=_("The name in your browser's address is not one that Porthole was started with."),
            advice=_(
                "Whoever runs Porthole sets the names that it answers to, as in ALLOWED_HOSTS=porthole.example.com."
            ),
        )
        return problem_response(request, problem, 400)
    problem = Problem(
        title=_("Porthole cannot read this request"),
        message=_("Its form is not one that a browser sends."),
    )
    return problem_response(request, problem, 400)


def too_long(request: HttpRequest, length: int) -> HttpResponse:
    """A form with more in it than Porthole takes; ``length`` is in bytes."""
    logger.warning("%s %s: a body of %d bytes is too long", request.method, escape_uri_path(request.path), length)
    sizes = {"longest": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024, "length": -(-length // 1024)}
    problem = Problem(
        title=_("This is too long"),
        message=_("A form takes %(longest)d KiB at most, and this one has %(length)d KiB. Nothing was changed.")
        % sizes,
        advice=_(
            "Go back and paste less: a token alone, or of certificate authorities only those that sign for the cluster."
        ),
    )
    return problem_response(request, problem, 413)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of Porthole's own; the log has the trace under the same request id."""
    problem = store_problem() if isinstance(sys.exc_info()[1], DatabaseError) else own_problem()
    # Without the request's context, which may be what failed: it asks the database who is signed in.
    context = {"problem": problem, "request_id": getattr(request, "request_id", "")}
    fragment = getattr(request, "htmx", None) and not request.htmx.boosted  # type: ignore[attr-defined]
    template = "errors/_problem.html" if fragment else "errors/problem.html"
    return HttpResponse(render_to_string(template, context), status=problem.status)


def own_problem() -> Problem:
    """What nobody foresaw."""
    return Problem(
        title=_("Porthole failed"),
        message=_("This is a fault in Porthole. Nothing more was sent to the cluster."),
        advice=_("Try again. The reference number below leads to the cause in the log."),
        status=500,
    )


def store_problem() -> Problem:
    """A database that is locked, full, read-only or away."""
    return Problem(
        title=_("Porthole cannot reach its own store"),
        message=_("Sessions and settings cannot be read or written now: who was signed in still is."),
        advice=_("Try again in a minute. If it stays, the operator looks at the database and the disk's free space."),
        status=503,
    )
