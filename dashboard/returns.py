"""Where to go back to: a path of our own and nothing else."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_path(url: str) -> str:
    """``url`` if it is a path on this site, else ``/``."""
    safe = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if safe else "/"


def next_url(request: HttpRequest) -> str:
    """The path in the field ``next`` of a form or query, or ``/``."""
    return own_path(request.POST.get("next") or request.GET.get("next") or "/")
