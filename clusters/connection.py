"""The only door to an API server: every call carries one person's credentials, or is not made."""

import math
import ssl
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import urllib3
from django.utils.translation import gettext as _
from kubernetes.client.api_client import ApiClient
from kubernetes.client.configuration import Configuration
from kubernetes.client.exceptions import ApiException
from urllib3 import HTTPHeaderDict, HTTPResponse

from clusters import websockets
from clusters.answers import ANSWER_SECONDS, LARGEST_ANSWER, chunks, decode, read_at_most, refusal
from clusters.credentials import (
    ClientCertificate,
    Credentials,
    Impersonation,
    Presentable,
    Renewed,
    certificate_of,
    present,
)
from clusters.errors import Failed, NoCredentials, Unreachable, Untrusted
from clusters.heads import POOLS
from clusters.models import Cluster
from clusters.names import Path
from clusters.ticks import with_ticks
from clusters.websockets import WebSocket

T = TypeVar("T")
Query = Sequence[tuple[str, str]]
Request = tuple[str, str, HTTPHeaderDict, Any]  # method, URL, headers and body

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0  # for each part of an answer
FOLLOW_SECONDS = 4 * 3600.0
CLIENTS_KEPT = 64
CONNECTIONS_KEPT = 32


def own_version() -> str:
    """Porthole's version for the User-Agent, ``dev`` where it is run from a checkout."""
    try:
        return version("porthole")
    except PackageNotFoundError:
        return "dev"


USER_AGENT = f"porthole/{own_version()}"


@dataclass(frozen=True, slots=True)
class Connection:
    """One person at one cluster. Holds no socket: those are in the cluster's pool, which everybody shares.

    ``until`` is the moment (of time.monotonic) after which nothing is awaited any more.
    """

    cluster: Cluster
    credentials: Credentials
    client: ApiClient
    until: float = math.inf

    def lasting(self) -> "Connection":
        """The same without an end, for what stays open."""
        return replace(self, until=math.inf)

    @property
    def _left(self) -> float:
        return max(self.until - time.monotonic(), 0)

    def get(
        self,
        path: Path,
        query: Query = (),
        *,
        type: type[T] = dict,  # type: ignore[assignment]
        accept: str = "application/json",
        largest: int = LARGEST_ANSWER,
    ) -> T:
        """Read ``path`` and decode the answer, of at most ``largest`` bytes, into ``type``. Raises ClusterError."""
        return decode(self._whole("GET", path, query, accept=accept, largest=largest), type)

    def send(
        self,
        method: str,
        path: Path,
        body: Any,
        query: Query = (),
        *,
        type: type[T] = dict,  # type: ignore[assignment]
        content_type: str = "application/json",
    ) -> T:
        """Write ``body`` with POST, PUT, PATCH or DELETE, once, and decode the answer. Raises ClusterError."""
        return decode(self._whole(method, path, query, body=body, content_type=content_type), type)

    @contextmanager
    def stream(
        self,
        path: Path,
        query: Query = (),
        *,
        accept: str = "application/json",
        read_seconds: float = READ_SECONDS,
        total_seconds: float = math.inf,
    ) -> Iterator[Iterator[bytes]]:
        """Open ``path`` and give its bytes as they come, in chunks of any size.

        ``read_seconds`` bounds the wait for each chunk, ``total_seconds`` that for all of them (then Failed).
        Raises ClusterError on opening and while reading.
        """
        response = self._open("GET", path, query, accept=accept, read_seconds=read_seconds)
        _streams.add(response)
        try:
            yield chunks(response, min(total_seconds, self._left))
        finally:
            _streams.discard(response)
            # Not release_conn: an endless answer that is left half read must not go back to the pool.
            response.close()

    @contextmanager
    def follow(
        self, path: Path, query: Query = (), *, patience: Callable[[], float]
    ) -> Iterator[Iterator[bytes | None]]:
        """Open ``path``, whose answer may rest for hours, and give its bytes, with None whenever it rests.

        ``patience()`` is how many seconds it may rest before that.
        Raises ClusterError on opening and while reading.
        """
        response = self._open("GET", path, query, accept="*/*", read_seconds=FOLLOW_SECONDS)
        _streams.add(response)
        try:
            yield with_ticks(chunks(response), patience)
        finally:
            _streams.discard(response)
            wake(response)  # its reading thread, which close alone would leave waiting
            response.close()

    @contextmanager
    def websocket(
        self, path: Path, query: Query = (), *, subprotocols: tuple[str, ...] = ("v5.channel.k8s.io",)
    ) -> Iterator[WebSocket]:
        """Open a websocket at ``path``, such as a pod's ``exec``, that speaks one of the ``subprotocols``.

        Raises ClusterError, in the server's words where it refuses, on opening and while speaking.
        https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
        """
        key = websockets.new_key()
        response = self._open("GET", path, query, accept="*/*", more=websockets.asking(key, subprotocols))
        _streams.add(response)
        try:
            found = websockets.opened(response, websockets.agreed(response, key, subprotocols))
            yield found
            found.close()
        finally:
            _streams.discard(response)
            if response.connection:
                response.connection.close()  # response.close would leave it open: to urllib3 the answer has ended
            response.close()

    def _whole(self, method: str, path: Path, query: Query, *, largest: int = LARGEST_ANSWER, **options: Any) -> bytes:
        response = self._open(method, path, query, **options)
        try:
            body = read_at_most(response, largest, min(ANSWER_SECONDS, self._left))
        except urllib3.exceptions.HTTPError as error:
            response.close()
            raise unreachable(self.cluster, error) from error
        response.release_conn()
        return body

    def _open(
        self,
        method: str,
        path: Path,
        query: Query,
        *,
        accept: str = "application/json",
        body: Any = None,
        content_type: str = "",
        read_seconds: float = READ_SECONDS,
        more: websockets.Headers | None = None,
    ) -> HTTPResponse:
        """``more`` are the headers that ask for another protocol: then 101 is what is hoped for."""
        if not isinstance(path, Path):
            raise TypeError("a request path is made by clusters.names.path, which checks every segment")
        left = self._left
        if not left:
            raise Failed(_("The cluster is too slow to answer all that was asked."), reason="TooSlow")
        client, credentials = self._present()
        _method, url, headers, body, _files = client.param_serialize(method, path, query_params=list(query), body=body)
        sent = HTTPHeaderDict({**headers, "Accept": accept})
        if content_type:
            sent["Content-Type"] = content_type
        for name, value in [*(more or ()), *credentials.headers()]:
            sent.add(name, value)
        # What is written may be done although nobody waits for the answer: there the last word is worth waiting for.
        patience = min(read_seconds, left) if method == "GET" else read_seconds
        # A read may be asked twice; what is written, or begins a command, never.
        attempts = 2 if method == "GET" and not more else 1
        answer = self._answer(client, attempts, (method, url, sent, body), (CONNECT_SECONDS, patience))
        if not welcome(answer.status, upgrade=bool(more)):
            raise refusal(answer)
        return answer

    def _present(self) -> tuple[ApiClient, Presentable]:
        if not isinstance(self.credentials, Renewed):
            return self.client, self.credentials
        # They may by now be another certificate, or a token in place of one.
        credentials = present(self.credentials)
        return client_for(self.cluster, credentials), credentials

    def _answer(self, client: ApiClient, attempts: int, request: Request, timeout: tuple[float, float]) -> HTTPResponse:
        # A server may close a kept connection just as it is used again.
        for attempt in range(1, attempts + 1):
            try:
                response: HTTPResponse = client.call_api(*request, _request_timeout=timeout).response
                return response
            except urllib3.exceptions.ProtocolError as error:
                if attempt == attempts:
                    raise unreachable(self.cluster, error) from error
            except (urllib3.exceptions.HTTPError, ApiException) as error:
                raise unreachable(self.cluster, error) from error
        raise AssertionError("the loop above returns or raises")


def welcome(status: int, *, upgrade: bool) -> bool:
    """Whether an answer of this status is what was asked for."""
    if upgrade:
        return status == HTTPStatus.SWITCHING_PROTOCOLS
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def connect(cluster: Cluster, credentials: Credentials | None, seconds: float = math.inf) -> Connection:
    """One person's connection to ``cluster``, which may be waited on for ``seconds`` in all; nothing is sent yet.

    Raises NoCredentials where none could be sent.
    """
    if credentials is None:
        raise NoCredentials(_("You are not signed in to this cluster."))
    client = client_for(cluster, present(credentials))
    return Connection(cluster, credentials, client, time.monotonic() + seconds)


def client_for(cluster: Cluster, credentials: Presentable) -> ApiClient:
    """The shared client that may carry these credentials. Raises NoCredentials where none could be sent."""
    certificate = certificate_of(credentials)
    secure = cluster.server.startswith("https:")
    if certificate and not secure:
        # It would never be presented, and the call be made as nobody.
        raise NoCredentials(_("A client certificate works with https only."))
    client = client_of(cluster, certificate)
    by_proxy = isinstance(client.rest_client.pool_manager, urllib3.ProxyManager)
    if by_proxy and not secure and isinstance(credentials, Impersonation):
        # urllib3 would make one group of several on the way to a proxy that reads along.
        raise NoCredentials(_("Acting as somebody else needs https where a proxy stands between."))
    return client


_streams: set[HTTPResponse] = set()  # those that are open now


def hang_up() -> None:
    """Break off every open stream, whoever reads it, since this process ends; its reader gets Unreachable."""
    for response in _streams.copy():
        wake(response)


def wake(response: HTTPResponse) -> None:
    """End the wait of whoever reads ``response``."""
    # Once an answer was read to its end there is nothing to shut down any more: urllib3, or the socket, says so.
    with suppress(RuntimeError, ValueError, OSError):
        response.shutdown()


_clients: OrderedDict[tuple[Any, ...], ApiClient] = OrderedDict()
_clients_lock = threading.Lock()


def client_of(cluster: Cluster, certificate: ClientCertificate | None) -> ApiClient:
    """The shared client, and so the connection pool, of a cluster; client certificates have one each.

    Keyed by all that decides where a socket leads and who it is trusted as, so an edited cluster gets a new pool.
    """
    key = (
        cluster.server,
        cluster.certificate_authority,
        cluster.tls_server_name,
        cluster.insecure_skip_tls_verify,
        cluster.proxy_url,
        certificate,
    )
    with _clients_lock:
        if key not in _clients:
            _clients[key] = new_client(cluster, certificate)
            if len(_clients) > CLIENTS_KEPT:
                _clients.popitem(last=False)[1].close()
        _clients.move_to_end(key)
        return _clients[key]


def new_client(cluster: Cluster, certificate: ClientCertificate | None) -> ApiClient:
    """A client that trusts what the cluster's row says, follows no redirect and retries nothing by itself."""
    configuration = Configuration(host=cluster.server.rstrip("/"), proxy=cluster.proxy_url or None)
    configuration.retries = False
    configuration.verify_ssl = not cluster.insecure_skip_tls_verify
    configuration.tls_server_name = cluster.tls_server_name or None
    configuration.connection_pool_maxsize = CONNECTIONS_KEPT
    try:
        configuration.proxy_headers = proxy_headers(configuration.proxy)
        client = ApiClient(configuration)
    except (urllib3.exceptions.LocationValueError, ValueError) as error:
        words = {"cluster": cluster, "error": error}
        raise Unreachable(_("The proxy of %(cluster)s cannot be used: %(error)s") % words) from error
    client.user_agent = USER_AGENT
    manager = client.rest_client.pool_manager
    if not cluster.proxy_url.startswith("socks"):  # whose manager has connections of its own
        manager.pool_classes_by_scheme = POOLS
    if cluster.server.startswith("https:"):
        # The client takes certificates from files only; a context keeps keys off the disk, and no
        # REQUESTS_CA_BUNDLE or SSL_CERT_FILE of the environment can stand in for the cluster's own CA.
        pool_options = client.rest_client.pool_manager.connection_pool_kw
        pool_options["ssl_context"] = tls_context(cluster, certificate)
    return client


def proxy_headers(proxy_url: str | None) -> dict[str, str] | None:
    """The Proxy-Authorization header of a proxy's URL with user and password, which urllib3 leaves out."""
    found = urlsplit(proxy_url or "")
    if found.username is None or not found.scheme.startswith("http"):
        return None
    return urllib3.make_headers(proxy_basic_auth=f"{unquote(found.username)}:{unquote(found.password or '')}")


def tls_context(cluster: Cluster, certificate: ClientCertificate | None) -> ssl.SSLContext:
    """TLS as the cluster's row asks for it. Raises Unreachable where its CA or the certificate cannot be read."""
    try:
        context = ssl.create_default_context(cadata=cluster.certificate_authority or None)
        if cluster.insecure_skip_tls_verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if certificate:
            with tempfile.NamedTemporaryFile("w", prefix="porthole-", suffix=".pem") as pem:
                pem.write(certificate.certificate.rstrip() + "\n" + certificate.key)
                pem.flush()
                # Without a password OpenSSL would ask for an encrypted key's on the terminal, and wait for ever.
                context.load_cert_chain(pem.name, password="")
    except (ssl.SSLError, ValueError, TypeError) as error:  # TypeError: a bundle that is not ASCII
        raise Unreachable(
            _("The certificate authority or the client certificate of %(cluster)s cannot be read: %(error)s")
            % {"cluster": cluster, "error": error}
        ) from error
    return context


def unreachable(cluster: Cluster, error: Exception) -> Unreachable:
    """Say in one sentence why no answer came."""
    reason = error.reason if isinstance(error, ApiException) else error
    text = str(reason)
    found: type[Unreachable] = Unreachable
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        words = _("its name is not known")
    elif isinstance(error, urllib3.exceptions.NewConnectionError):  # a ConnectTimeoutError to urllib3
        words = _("nothing answers at its address")
    elif isinstance(error, (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.ReadTimeoutError)):
        words = _("it took too long to answer")
    elif "CERTIFICATE_VERIFY_FAILED" in text:
        found = Untrusted
        words = _("its certificate is not trusted (%(error)s)") % {"error": text.splitlines()[-1]}
    elif "SSL" in text:
        words = _("no TLS connection could be made (%(error)s)") % {"error": text.splitlines()[-1]}
    elif isinstance(error, urllib3.exceptions.ProxyError):
        words = _("the proxy did not lead there")
    elif isinstance(error, urllib3.exceptions.ProtocolError):
        words = _("it broke off the connection")
    else:
        words = type(error).__name__
    return found(
        _("%(cluster)s (%(server)s) could not be reached: %(reason)s.")
        % {"cluster": cluster, "server": cluster.server, "reason": words},
        reason=type(error).__name__,
    )
