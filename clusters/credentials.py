"""What one person may present to an API server. Each knows the headers it puts on one request, and nothing else."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from clusters import tokenfiles
from clusters.errors import NoCredentials
from clusters.models import Cluster

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
class TokenFile:
    """The token that stands in a file at the time of each call: a kubelet puts a new one there before one ends."""

    file: str

    def headers(self) -> Headers:
        """One Authorization header. Raises NoCredentials where the file cannot be read or holds no token."""
        token = tokenfiles.read(self.file)
        if not BEARER_TOKEN.fullmatch(token):
            raise tokenfiles.refused(self.file, _("it holds no token"))
        return BearerToken(token).headers()


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

    actor: BearerToken | TokenFile | ClientCertificate
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
    """What ``ask()`` gives at each call: for what is used over a long time, in which tokens are renewed or end.

    ``ask`` gives the credentials of one and the same person, or None; what it raises goes through.
    """

    ask: "Callable[[], Credentials | None]" = field(repr=False)

    def headers(self) -> Headers:
        """The headers of the present credentials. Raises NoCredentials where there are none any more."""
        return present(self).headers()


Presentable = BearerToken | TokenFile | ClientCertificate | Impersonation
Credentials = Presentable | Renewed


def present(credentials: Credentials) -> Presentable:
    """What is presented now: itself, or what it is renewed to. Raises NoCredentials where that is nothing."""
    while isinstance(credentials, Renewed):
        asked = credentials.ask()
        if asked is None:
            raise NoCredentials(_("You are not signed in to this cluster any more."))
        credentials = asked
    return credentials


def certificate_of(credentials: Presentable) -> ClientCertificate | None:
    """The client certificate under ``credentials``, which decides whose TLS connection may be used."""
    actor = credentials.actor if isinstance(credentials, Impersonation) else credentials
    return actor if isinstance(actor, ClientCertificate) else None


def impersonated(cluster: Cluster, claims: Mapping[str, Any]) -> Impersonation:
    """The person of these verified ``claims`` at ``cluster``, under the token of the cluster's impersonator.

    Claims become names as kube-apiserver's --oidc-username-claim, -username-prefix, -groups-claim and -groups-prefix
    say. Raises NoCredentials where the claims name nobody, or the token is not one for this cluster.
    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#configuring-the-api-server
    """
    if not cluster.impersonator_token_file:
        message = _("Nobody can be impersonated at %(cluster)s: its settings name no impersonator's token file.")
        raise NoCredentials(message % {"cluster": cluster})
    if why := tokenfiles.why_kept(cluster.impersonator_token_file, cluster.server, cluster.proxy_url):
        raise tokenfiles.refused(cluster.impersonator_token_file, why)
    actor = TokenFile(cluster.impersonator_token_file)
    return Impersonation(actor, username(cluster, claims), groups(cluster, claims))


def username(cluster: Cluster, claims: Mapping[str, Any]) -> str:
    """The name of the user whom the API server would make of these claims. Raises NoCredentials."""
    claim = cluster.username_claim or "sub"
    name = claims.get(claim)
    if not isinstance(name, str) or not name:
        raise NoCredentials(_("Your identity has no %(claim)s, by which this cluster names people.") % {"claim": claim})
    # As kube-apiserver has it: whoever may enter any e-mail at the provider must not become somebody else.
    if claim == "email" and claims.get("email_verified", True) is not True:
        raise NoCredentials(_("Your e-mail address %(email)s is not verified by your provider.") % {"email": name})
    return username_prefix(cluster, claim, claims) + name


def username_prefix(cluster: Cluster, claim: str, claims: Mapping[str, Any]) -> str:
    """What stands before the user's name: as configured, else the issuer and ``#``, but nothing before an e-mail."""
    if cluster.username_prefix:
        return "" if cluster.username_prefix == "-" else cluster.username_prefix
    if claim == "email":
        return ""
    issuer = claims.get("iss") or cluster.issuer
    if not isinstance(issuer, str) or not issuer:
        # Without it the same name from two issuers would be one person.
        raise NoCredentials(_("Your identity does not say its issuer, which stands before names on this cluster."))
    return f"{issuer}#"


def groups(cluster: Cluster, claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The groups that the API server would make of these claims. Raises NoCredentials where they are not names."""
    found = claims.get(cluster.groups_claim) if cluster.groups_claim else None
    names = [found] if isinstance(found, str) else [] if found is None else found
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        message = _("The claim %(claim)s of your identity is not a list of groups.")
        raise NoCredentials(message % {"claim": cluster.groups_claim})
    return tuple(cluster.groups_prefix + name for name in names)


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
