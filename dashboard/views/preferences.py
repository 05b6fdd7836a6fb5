"""What a browser remembers: light or dark."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard.returns import next_url

COOKIE = "theme"
THEMES = ("light", "dark")
YEAR = 365 * 86400


def theme_of(request: HttpRequest) -> str:
    """``light`` or ``dark`` where it was chosen, else empty: as the system has it."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else ""


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the posted theme; anything but light and dark follows the system."""
    response = redirect(next_url(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(COOKIE)
    return response
