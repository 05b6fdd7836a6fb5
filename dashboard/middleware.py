"""What holds for every request: its id, its headers, and that an error of a cluster becomes a page."""

import logging
import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.encoding import escape_uri_path

from clusters.errors import ClusterError, Unauthorized
from dashboard import signin
from dashboard.access import to_sign_in
from dashboard.logs import current_request_id
from dashboard.peers import from_proxy
from dashboard.problems import leading_on, problem_of, problem_response, wording_of
from dashboard.refused import explained
from dashboard.views.health import alive, ready
from dashboard.views.problems import too_long

# A stream logs long after its view has returned: the id is the thread's until the answer is closed.
request_finished.connect(lambda **_: current_request_id.set("-"), weak=False, dispatch_uid="request_id")

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# What a proxy that replaces 401 to 403 by its own sign-in page lets through; both are used for nothing else here.
BEHIND_PROXY = {401: 424, 403: 423}
HEALTH = {"/healthz": alive, "/readyz": ready}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
logger = logging.getLogger(__name__)


def request_id(get_response: GetResponse) -> GetResponse:
    """Give the request an id, the client's X-Request-ID if it is a plain one; answers and log lines carry it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        identity = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = identity  # type: ignore[attr-defined]
        current_request_id.set(identity)
        response = get_response(request)
        response["X-Request-ID"] = identity
        return response

    return middleware


def https(get_response: GetResponse) -> GetResponse:
    """Take every request for one by https where PORTHOLE_HTTPS says so: what ends TLS may be any proxy, and silent.

    Else an identity-aware proxy may say so, from its own network and nowhere else.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if settings.HTTPS:
            request.META["wsgi.url_scheme"] = "https"
        elif settings.CONFIG["PROXY_AUTH"]:
            said = from_proxy(request) and request.headers.get("X-Forwarded-Proto") == "https"
            request.META["wsgi.url_scheme"] = "https" if said else "http"
        return get_response(request)

    return middleware


def denials(get_response: GetResponse) -> GetResponse:
    """Let what Porthole denies reach people behind a proxy that keeps 401 to 403 for itself.

    The status that was meant is in the header X-Porthole-Status. See "Denials behind a proxy" in docs/decisions.md.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if getattr(request, "behind_proxy", False) and response.status_code in BEHIND_PROXY:
            response["X-Porthole-Status"] = str(response.status_code)
            response.status_code = BEHIND_PROXY[response.status_code]
        return response

    return middleware


def health(get_response: GetResponse) -> GetResponse:
    """Answer /healthz and /readyz under any host name, since a kubelet asks for a pod's own address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        view = HEALTH.get(request.path_info)
        return view(request) if view else get_response(request)

    return middleware


def compression(get_response: GetResponse) -> GetResponse:
    """Compress pages with Django's GZipMiddleware, whose random padding answers BREACH; streams go out as they are."""

    class Compression(GZipMiddleware):
        def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
            if response.streaming:
                return response
            return super().process_response(request, response)

    return Compression(get_response)  # type: ignore[return-value]


def private_pages(get_response: GetResponse) -> GetResponse:
    """Keep pages out of every cache, and apart from the fragments that share their URL.

    Files that may be cached never come this far: WhiteNoise stands before it. What does is a page, whatever its path.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    return middleware


def bodies(get_response: GetResponse) -> GetResponse:
    """Refuse a request whose body is longer than any form of Porthole's; ``dashboard.worker`` has not even read it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        return too_long(request, length) if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE else get_response(request)

    return middleware


def arrivals(get_response: GetResponse) -> GetResponse:
    """Let the ways that know people by the request itself say who this is, and signing out lead where it has to."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = signin.arrive(request) or get_response(request)
        if leads_to := request.session.get(signin.LEADS_TO):
            # Signing out is a form, and browsers hold the redirect that answers a form to this, too.
            response._csp_update = {"form-action": leads_to}  # type: ignore[attr-defined]  # noqa: SLF001 - csp_update's
        return response

    return middleware


class ClusterErrors:
    """Turns a ClusterError that a view raises into a page or a fragment."""

    def __init__(self, get_response: GetResponse) -> None:
        """Take the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The problem page of a ClusterError; anything else is Django's to handle."""
        if not isinstance(exception, ClusterError):
            return None
        status = wording_of(exception).status
        logger.info(
            "%s %s: %s (%r)", request.method, escape_uri_path(request.path), type(exception).__name__, exception.reason
        )
        if isinstance(exception, signin.SignInAgain):
            if not exception.start:  # else the provider may renew the session, or one cluster alone wants another token
                request.session.flush()
            return to_sign_in(request, exception)
        problem = leading_on(request, problem_of(exception), exception)
        if isinstance(exception, Unauthorized):
            problem = explained(request, problem)
        response = problem_response(request, problem, status)
        if isinstance(exception, Unauthorized):
            response["WWW-Authenticate"] = "Bearer"
        return response
