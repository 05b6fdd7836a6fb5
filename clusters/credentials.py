"""What one person may present to an API server. Each knows the headers it puts on one request, and nothing else."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from django.utils.translation import gettext as _

from clusters.errors import NoCredentials

Headers = list[tuple[str, str]]

# RFC 6750 section 2.1: b64token.
BEARER_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token that the API server itself accepts: OIDC, ServiceAccount or static."""

    token: str = field(repr=False)

    def headers(self) -> Headers:
        """One Authorization header. Raises NoCredentials for a token that RFC 6750 does not allow."""
        if not BEARER_TOKEN.fullmatch(self.token):
            raise NoCredentials(_("The token is empty or has characters that a bearer token cannot have."))
        return [("Authorization", f"Bearer {self.token}")]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate and its key (both PEM); they work at the TLS layer and add no header."""

    certificate: str
    key: str = field(repr=False)

    def headers(self) -> Headers:
        """No header: the certificate is presented when the connection is made."""
        return []


@dataclass(frozen=True, slots=True)
class Impersonation:
    """A user named by headers, presented under the credentials of an ``actor`` that may impersonate.

    https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
    """

    actor: BearerToken | ClientCertificate
    user: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def headers(self) -> Headers:
        """The actor's headers and one Impersonate header per value; several groups are several headers.

        Raises NoCredentials where a value is missing, has control characters, or names a ``system:`` identity.
        """
        impersonate = [("Impersonate-User", header_value(outside_system(self.user)))]
        impersonate += [("Impersonate-Group", header_value(outside_system(group))) for group in self.groups]
        if self.uid:
            impersonate.append(("Impersonate-Uid", header_value(self.uid)))
        for key, values in self.extra.items():
            name = f"Impersonate-Extra-{quote(key.lower(), safe='')}"
            impersonate += [(name, header_value(value)) for value in values]
        return self.actor.headers() + impersonate


@dataclass(frozen=True, slots=True)
class Renewed:
    """Credentials that end and are replaced: whoever knows the present ones is asked at each call."""

    ask: Callable[[], "Credentials"]

    def headers(self) -> Headers:
        """The present ones' headers. Raises NoCredentials, also where they have ended."""
        return self.ask().headers()


Credentials = BearerToken | ClientCertificate | Impersonation | Renewed


def outside_system(name: str) -> str:
    """Return ``name`` unless it is one that Kubernetes keeps for itself. Raises NoCredentials."""
    if not name:
        raise NoCredentials(_("The name of the user or of a group is empty."))
    if name.startswith("system:"):
        message = _("Kubernetes keeps the name %(name)s for itself; Porthole does not impersonate it.")
        raise NoCredentials(message % {"name": name})
    return name


def header_value(text: str) -> str:
    """Return ``text`` as http.client must be given it so that UTF-8 goes over the wire. Raises NoCredentials.

    http.client encodes header values as Latin-1; Kubernetes reads the bytes as UTF-8.
    """
    if not text.isprintable():
        raise NoCredentials(_("A name has control characters, which no header can carry."))
    if text != text.strip():
        # Servers drop it: " system:masters" would pass for another name here and arrive as that one.
        raise NoCredentials(_("A name begins or ends with white space, which no header can carry."))
    return text.encode().decode("latin-1")


def certificate_of(credentials: Credentials) -> ClientCertificate | None:
    """The client certificate under ``credentials``, which decides whose TLS connection may be used."""
    actor = credentials.actor if isinstance(credentials, Impersonation) else credentials
    return actor if isinstance(actor, ClientCertificate) else None
