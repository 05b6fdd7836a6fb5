"""HTTP to identity providers: where their keys, their discovery and their tokens come from. No way in by itself.

An operator's CA file is the only authority where there is one, whatever the environment says (requests would let
REQUESTS_CA_BUNDLE override it); HTTPS_PROXY and NO_PROXY are honoured. Nothing is redirected, and answers are small.
"""

import json
import ssl
import time
from typing import Any
from urllib.parse import quote_plus, urlsplit

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, ReadTimeoutError

from clusters import addresses

CONNECT, READ, WHOLE = 3.0, 10.0, 20.0  # seconds: to connect, between two pieces of an answer, for all of it
LARGEST = 1024 * 1024  # bytes of an answer


class Unanswered(Exception):
    """An identity provider gave no answer that could be used; the message says why, to people, and holds no secret."""


class Unreached(Unanswered):
    """Nothing came at all, or not in time."""


class Untrusted(Unreached):
    """Who answers has a certificate that nobody trusted signed; it was sent nothing."""


class Trusting(HTTPAdapter):
    """Trusts the authorities of one TLS context and no others."""

    def __init__(self, context: ssl.SSLContext) -> None:
        """Take the context."""
        self.context = context
        super().__init__()

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Where to connect, with our context in the place of the files that requests would add to it."""
        host, _tls = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self.context}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Add nothing: the context says it all."""


def get_json(url: str, *, token: str = "", authorities: str = "", insecure: bool = False) -> dict[str, Any]:
    """The JSON object at ``url``.

    ``token`` is sent as a bearer token; ``authorities`` is a CA file's path ("" means the system's); ``insecure``
    checks no certificate, where the operator asked for that. Raises Unanswered.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    status, body = _ask("GET", url, headers, None, authorities, insecure)
    if status != 200:
        raise Unanswered(_("%(host)s answered %(status)d.") % {"host": _host(url), "status": status})
    return _object(url, body)


def post_form(
    url: str,
    fields: dict[str, str],
    *,
    auth: tuple[str, str] | None = None,
    authorities: str = "",
    insecure: bool = False,
) -> tuple[int, dict[str, Any]]:
    """Post a form; the answer's status and its JSON object.

    ``auth`` is a client's id and secret (RFC 6749 section 2.3.1); the rest is as in ``get_json``. The object is empty
    where nothing came, or where a failure came as something else than JSON. Raises Unanswered.
    """
    # The id and the secret are form-encoded before they are made a Basic header, as section 2.3.1 asks.
    basic = (quote_plus(auth[0]), quote_plus(auth[1])) if auth else None
    status, body = _ask("POST", url, {}, (fields, basic), authorities, insecure)
    if not body.strip():
        return status, {}
    try:
        return status, _object(url, body)
    except Unanswered:
        if status < 400:
            raise
        return status, {}


def _ask(
    method: str,
    url: str,
    headers: dict[str, str],
    form: tuple[dict[str, str], tuple[str, str] | None] | None,
    authorities: str,
    insecure: bool,
) -> tuple[int, bytes]:
    _refuse_other_schemes(url)
    fields, basic = form or (None, None)
    plain = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "porthole", **headers}
    end = time.monotonic() + WHOLE
    with requests.Session() as session:
        session.trust_env = False  # neither another CA bundle nor a .netrc; proxies are asked for below
        session.mount("https://", Trusting(_context(authorities, insecure)))
        try:
            with session.request(
                method,
                url,
                data=fields,
                auth=basic,
                headers=plain,
                proxies={} if is_loopback(url) else get_environ_proxies(url),
                timeout=(CONNECT, READ),
                allow_redirects=False,
                stream=True,
            ) as response:
                if 300 <= response.status_code < 400:
                    raise Unanswered(
                        _("%(host)s leads elsewhere, and redirects are not followed here.") % {"host": _host(url)}
                    )
                return response.status_code, _body(url, response, end)
        except (requests.RequestException, HTTPError, ValueError) as error:
            raise _failure(url, error) from error


def _refuse_other_schemes(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))
    except ValueError:
        usable = False
    if not usable:
        raise Unanswered(_("%(url)s cannot be asked: it does not begin with https://.") % {"url": url})


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return addresses.is_loopback(urlsplit(url).hostname or "")


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _context(authorities: str, insecure: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=authorities or None)
    except OSError as error:  # ssl.SSLError is one
        raise Unanswered(
            _("The CA file %(file)s cannot be read: %(error)s.") % {"file": authorities, "error": error.strerror}
        ) from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _body(url: str, response: requests.Response, end: float) -> bytes:
    """The answer's bytes as they are: packed ones are refused, since they were not asked for and may be any size."""
    host = _host(url)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unanswered(_("%(host)s answered in a form that was not asked for.") % {"host": host})
    body = b""
    while piece := response.raw.read1(65536, decode_content=False):
        body += piece
        if len(body) > LARGEST:
            raise Unanswered(_("The answer of %(host)s is larger than 1 MiB.") % {"host": host})
        if time.monotonic() > end:
            raise Unreached(_("%(host)s takes too long to answer.") % {"host": host})
    return body


def _object(url: str, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unanswered(_("What %(host)s answered is not a JSON object.") % {"host": _host(url)})
    return found


def _failure(url: str, error: Exception) -> Unreached:
    host = _host(url)
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLCertVerificationError):
            message = _("The certificate of %(host)s is not trusted: %(reason)s.")
            return Untrusted(message % {"host": host, "reason": cause.verify_message})
        cause = _cause_of(cause)
    if isinstance(error, (requests.Timeout, ReadTimeoutError)):
        return Unreached(_("%(host)s takes too long to answer.") % {"host": host})
    return Unreached(_("%(host)s cannot be reached, or it broke off.") % {"host": host})


def _cause_of(error: BaseException) -> BaseException | None:
    """What an error of requests or urllib3 stands for: they put it into ``reason``, the arguments or the context."""
    inner = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
    return next((one for one in inner if isinstance(one, BaseException)), None)
