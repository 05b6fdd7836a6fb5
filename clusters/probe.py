"""Can a cluster be reached, and is it trusted? Asked without anybody's credentials and without any request."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from clusters.addresses import resolved
from clusters.connection import CONNECT_SECONDS, tls_context
from clusters.errors import Unreachable, Untrusted
from clusters.models import Cluster


@dataclass(frozen=True, slots=True)
class Probe:
    """What the API server showed of itself: its TLS version, and until when its certificate is valid."""

    tls_version: str
    valid_until: datetime | None


def probe(cluster: Cluster) -> Probe:
    """Shake hands with the API server. Raises Unreachable with the reason why it cannot be used."""
    url = urlsplit(cluster.server)
    host, port = url.hostname or "", url.port or 443
    context = tls_context(cluster, None)
    try:
        with (
            plain_connection(cluster, host, port) as plain,
            context.wrap_socket(plain, server_hostname=cluster.tls_server_name or host) as secure,
        ):
            return Probe(secure.version() or "", valid_until(secure))
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(_("its certificate is not trusted: %(error)s") % {"error": error.verify_message}) from error
    except ssl.SSLError as error:
        raise Unreachable(_("it does not speak TLS as it should: %(error)s") % {"error": error.reason}) from error
    except socket.gaierror as error:
        raise Unreachable(_("the name %(host)s is not known here") % {"host": host}) from error
    except TimeoutError as error:
        raise Unreachable(_("it did not answer within %(seconds)d seconds") % {"seconds": CONNECT_SECONDS}) from error
    except OSError as error:
        raise Unreachable(
            _("nothing answers at %(host)s port %(port)d: %(error)s")
            % {"host": host, "port": port, "error": error.strerror or error}
        ) from error


def plain_connection(cluster: Cluster, host: str, port: int) -> socket.socket:
    """A connection to the API server, through the cluster's proxy where it has one. Raises OSError and Unreachable."""
    if not cluster.proxy_url:
        return first_that_answers(resolved(host, port), port)
    proxy = urlsplit(cluster.proxy_url)
    if proxy.scheme != "http":
        raise Unreachable(_("a proxy that speaks TLS itself cannot be tested from here"))
    resolved(proxy.hostname or "", proxy.port or 80)
    tunnel = HTTPConnection(proxy.hostname or "", proxy.port or 80, timeout=CONNECT_SECONDS)
    tunnel.set_tunnel(host, port)
    try:
        tunnel.connect()
    except HTTPException as error:
        raise Unreachable(_("the proxy does not answer as one: %(error)s") % {"error": type(error).__name__}) from error
    return tunnel.sock


def first_that_answers(addresses: list[str], port: int) -> socket.socket:
    """A connection to the first of these addresses that takes one. Raises OSError."""
    failure = OSError("the name has no address")  # untranslated: no resolver gives that answer
    for address in addresses:
        try:
            return socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError as error:
            failure = error
    raise failure


def valid_until(secure: ssl.SSLSocket) -> datetime | None:
    """The end of the certificate's validity; None where it was not verified."""
    certificate = secure.getpeercert() or {}
    end = certificate.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC) if isinstance(end, str) else None
