"""Can a cluster be reached, and is it trusted? Asked without anybody's credentials and without any request."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from clusters.connection import CONNECT_SECONDS, tls_context
from clusters.errors import Unreachable
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
            socket.create_connection((host, port), CONNECT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=cluster.tls_server_name or host) as secure,
        ):
            return Probe(secure.version() or "", valid_until(secure))
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"Its certificate is not trusted: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise Unreachable(f"It does not speak TLS as it should: {error.reason}") from error
    except socket.gaierror as error:
        raise Unreachable(f"The name {host} is not known here.") from error
    except TimeoutError as error:
        raise Unreachable(f"{host} port {port} did not answer within {CONNECT_SECONDS:.0f} seconds.") from error
    except OSError as error:
        raise Unreachable(f"Nothing answers at {host} port {port}: {error.strerror or error}.") from error


def valid_until(secure: ssl.SSLSocket) -> datetime | None:
    """The end of the certificate's validity; None where it was not verified."""
    certificate = secure.getpeercert() or {}
    end = certificate.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC) if isinstance(end, str) else None
