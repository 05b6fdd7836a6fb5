"""A small OpenID provider on loopback, for tests: it does right by default, and wrong whatever a test tells it to.

    with provider() as op:
        op.claims("olivia").update(email_verified=False)
        callback = op.sign_in(authorization_url, "olivia")

``op.seen`` is what it was asked. Nothing here knows Porthole: it speaks OpenID Connect Core 1.0, Discovery 1.0,
RFC 6749, RFC 7009, RFC 7636, RP-Initiated Logout 1.0 and Back-Channel Logout 1.0 over HTTPS.
"""

import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster import certificates
from tests.clusters.fakes import Answer, Seen, http, serving
from tests.provider import endpoints, keys
from tests.provider.asked import Answering, Asked, asked
from tests.provider.browsing import Visitor
from tests.provider.faults import Held, held
from tests.provider.people import Person, everybody, person
from tests.provider.shape import PLAIN, Claims, Grant, Shape

CLIENT_SECRET = "the client's secret: +/%& and more"  # with what has to be encoded in a form and in Basic


@dataclass
class Provider:
    """A running provider; tests change its fields as they like, at any time."""

    url: str
    authority_file: Path
    shape: Shape = PLAIN
    client_id: str = "porthole"
    client_secret: str = CLIENT_SECRET
    people: dict[str, Person] = field(default_factory=everybody)

    # What is registered for the client; with [] anything goes.
    redirect_uris: list[str] = field(default_factory=list)
    post_logout_redirect_uris: list[str] = field(default_factory=list)
    back_channel_logout_uri: str = ""
    requires_pkce: bool = True
    audiences: dict[str, str] = field(default_factory=dict)  # scope: audience of the access token
    resources: list[str] = field(default_factory=list)  # that `resource=` may name (RFC 8707)
    lifetime: float = 300.0  # of tokens, seconds; negative: they have ended already
    gives_refresh_tokens: bool = True

    # What it does wrong. In the mappings of changes, None leaves an entry out.
    algorithm: str = ""  # "" for the key's own, else none, HS256, "HS256 with the public key", PS256, ES256, EdDSA…
    encrypts: bool = False  # tokens become JWEs
    id_token_changes: Claims = field(default_factory=dict)
    access_token_changes: Claims = field(default_factory=dict)
    header_changes: dict[str, Any] = field(default_factory=dict)  # of tokens: kid, typ, crit…
    token_changes: dict[str, Any] = field(default_factory=dict)  # of the token endpoint's answer
    userinfo_changes: Claims = field(default_factory=dict)
    discovery_changes: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answering] = field(default_factory=dict)  # endpoint: what it answers instead; see faults.py

    # What it signs with, and what it says it signs with.
    key: keys.Key = field(default_factory=keys.key)
    published: list[keys.Key] = field(default_factory=lambda: [keys.key()])
    key_changes: dict[str, Any] = field(default_factory=dict)  # of each published key, such as {"kid": None}

    # What has happened.
    seen: list[Asked] = field(default_factory=list)
    codes: dict[str, Grant] = field(default_factory=dict, repr=False)
    refresh_tokens: dict[str, Grant] = field(default_factory=dict, repr=False)
    access_tokens: dict[str, Grant] = field(default_factory=dict, repr=False)
    sessions: dict[str, Grant] = field(default_factory=dict, repr=False)  # by the cookie of the provider's own session
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return self.url + self.shape.issuer

    def at(self, endpoint: str) -> str:
        """An endpoint's address: authorize, token, userinfo, keys, revoke, end_session."""
        return self.url + self.shape.path(endpoint)

    def claims(self, name: str) -> Claims:
        """What is known of a person, to be changed in place."""
        return self.people[name].claims

    def add(self, name: str, **claims: Any) -> Person:
        """One more person."""
        self.people[name] = person(name, **claims)
        return self.people[name]

    def asked(self, endpoint: str) -> list[Asked]:
        """What an endpoint (discovery, authorize, login, token, userinfo, keys, revoke, end_session) was asked."""
        return [each for each in self.seen if each.endpoint == endpoint]

    def rotate(self, *, publish: bool = True, keep: bool = False) -> keys.Key:
        """Sign with a new key from now on; publish it, and keep the old one published, or not."""
        self.key = keys.key(int(self.key.kid.rpartition("-")[2]) + 1, self.key.algorithm)
        self.published = [*(self.published if keep or not publish else []), *([self.key] if publish else [])]
        return self.key

    def sign_with(self, algorithm: str) -> None:
        """Sign with a key of another algorithm, and publish it alone."""
        self.key = keys.key(1, algorithm)
        self.published = [self.key]

    def visitor(self) -> Visitor:
        """A browser without a window, which keeps the provider's cookies."""
        return Visitor(self.url, self.authority_file)

    def sign_in(self, authorize_url: str, name: str = "olivia") -> str:
        """The URL to which the provider sends a new browser once that person has filled its form."""
        return self.visitor().sign_in(authorize_url, name, self.people[name].password)

    @contextmanager
    def holding(self, endpoint: str) -> Iterator[Held]:
        """Let requests to an endpoint wait until ``release()`` is called or the block ends."""
        with held(endpoints.respond) as waiting:
            self.answers[endpoint] = lambda request: waiting.pass_on(self, request)
            try:
                yield waiting
            finally:
                del self.answers[endpoint]

    def respond(self, seen: Seen) -> Answer:
        """Answer one request as the endpoints do, or as a test says."""
        request = asked(seen, endpoints.name_of(self, seen.target.partition("?")[0]))
        self.seen.append(request)
        if request.endpoint in self.answers:
            return self.answers[request.endpoint](request)
        return endpoints.respond(self, request)


@contextmanager
def provider(shape: Shape = PLAIN, **fields: Any) -> Iterator[Provider]:
    """A provider on a free port until the block ends; ``fields`` are of ``Provider``."""
    with tempfile.TemporaryDirectory(prefix="porthole-provider-") as folder:
        context, authority_file = server_context(Path(folder))
        running: list[Provider] = []
        with serving(lambda seen: running[0].respond(seen) if running else http(b"", 503), context) as server:
            op = Provider(f"https://localhost:{server.port}", authority_file, shape, **fields)
            running.append(op)
            yield op


def server_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """The TLS of a server that is called localhost or 127.0.0.1, and the file of the authority that says so."""
    authority = certificates.authority("porthole test provider")
    pair = certificates.issue(authority, "provider", hosts=("localhost", "127.0.0.1"))
    own, authority_file = folder / "provider.pem", folder / "authority.pem"
    own.write_text(pair.certificate + pair.key)
    authority_file.write_text(authority.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context, authority_file
