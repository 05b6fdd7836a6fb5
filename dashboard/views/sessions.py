"""Your sessions: where one is signed in, and the end of each."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard import sessions
from dashboard.access import signed_in
from dashboard.browsers import browser_words
from dashboard.views.parts import moment


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session; ``handle`` names it in the form that ends it."""

    handle: str
    browser: str
    began: datetime
    began_text: str
    seen: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """The context of sessions/sessions.html, as ``page``; the present session comes first."""

    rows: list[SessionRow]
    others: int


@require_safe
@signed_in
def own_sessions(request: HttpRequest) -> HttpResponse:
    """The list, the last used first."""
    rows = [
        SessionRow(each.handle, browser_words(each.browser), each.began, moment(each.began), each.seen, each.current)
        for each in sessions.own(request)
    ]
    rows.sort(key=lambda row: not row.current)
    page = SessionsPage(rows, sum(not row.current for row in rows))
    return render(request, "sessions/sessions.html", {"page": page})


@require_POST
@signed_in
def end(request: HttpRequest) -> HttpResponseBase:
    """End the posted session, or all others; ending this one is signing out, which has a button of its own."""
    handle = request.POST.get("session", "")
    if handle == "others":
        sessions.end_others(request)
    else:
        sessions.end(request, handle)
    return redirect("sessions")
