"""A sign-in that does not succeed: what went wrong, for people, and a word for the log."""

import logging

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard.links import with_query
from dashboard.problems import Problem, problem_response

logger = logging.getLogger("porthole.audit")


class SignInRefused(Exception):
    """Nobody is signed in; ``word`` is for the log, the message and the advice are for people and hold no secret."""

    def __init__(self, word: str, message: str, advice: str = "", *, title: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.word = word
        self.message = message
        self.advice = advice
        self.title = title
        self.status = status


def page_of(request: HttpRequest, refusal: SignInRefused, following: str = "/") -> HttpResponse:
    """The page of a refused sign-in, with the way to another try that leads to ``following``; the audit log has it."""
    logger.warning("way='oidc' verb=signin result='refused: %s'", refusal.word)
    problem = Problem(
        title=refusal.title or _("You are not signed in"),
        message=refusal.message,
        advice=refusal.advice or _("Try again. If it stays, whoever runs Porthole finds the cause in the log."),
        action_label=_("Sign in again"),
        action_url=with_query(reverse("signin"), next=following),
    )
    return problem_response(request, problem, refusal.status)
