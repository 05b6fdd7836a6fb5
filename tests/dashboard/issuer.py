"""An issuer of signed tokens on loopback: its keys, its https server and its certificate authority."""

import ssl
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from tests.cluster.certificates import Pair, authority, issue
from tests.clusters.fakes import Answer, Fake, Seen, http, serving

PATH = "/keys"


@dataclass
class Key:
    """A private key and how it is published."""

    algorithm: str
    private: Any
    kid: str | None

    @property
    def published(self) -> dict[str, Any]:
        """The public half as a JWK, as providers write it."""
        jwk: dict[str, Any] = get_default_algorithms()[self.algorithm].to_jwk(self.private.public_key(), as_dict=True)
        jwk.pop("key_ops", None)
        return jwk | {"use": "sig", "alg": self.algorithm} | ({"kid": self.kid} if self.kid else {})


_made: dict[str, Key] = {}


def new_key(algorithm: str = "RS256", kid: str | None = "one") -> Key:
    """A key for an algorithm; one of the same algorithm and name is made once, since RSA takes its time."""
    name = f"{algorithm} {kid}"
    if name not in _made:
        curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
        private: Any
        if algorithm in curves:
            private = ec.generate_private_key(curves[algorithm])
        elif algorithm == "EdDSA":
            private = ed25519.Ed25519PrivateKey.generate()
        else:
            private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _made[name] = Key(algorithm, private, kid)
    return _made[name]


@dataclass
class Issuer:
    """A running issuer; what it publishes can be changed, and ``broken`` is answered instead where it is set."""

    fake: Fake
    ca_file: Path
    keys: list[Key] = field(default_factory=lambda: [new_key()])
    broken: bytes | None = None

    @property
    def url(self) -> str:
        """Its address, which is its name too."""
        return self.fake.url

    @property
    def keys_url(self) -> str:
        """Where its keys are."""
        return self.url + PATH

    @property
    def asked(self) -> int:
        """How often its keys were fetched."""
        return len(self.fake.seen)

    def claims(self, **more: Any) -> dict[str, Any]:
        """What a good token of alice's says; None takes a claim away."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": "porthole", "sub": "alice-7", "iat": now, "exp": now + 300} | more
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key: Key | None = None, *, header: dict[str, Any] | None = None, **more: Any) -> str:
        """A token of alice's, signed with the first key or another."""
        signer = key or self.keys[0]
        named = ({"kid": signer.kid} if signer.kid else {}) | (header or {})
        return jwt.encode(self.claims(**more), signer.private, signer.algorithm, headers=named)


def by_hand(header: bytes, payload: bytes, signature: bytes = b"") -> str:
    """A token of exactly these parts."""
    return b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload, signature)).decode()


def server_context(pair: Pair, folder: Path) -> ssl.SSLContext:
    """TLS for a server."""
    file = folder / "server.pem"
    file.write_text(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextmanager
def issuing(folder: Path) -> Iterator[Issuer]:
    """Run an issuer until the with block ends; its CA file is in ``folder``."""
    ca = authority("an issuer's authority")
    ca_file = folder / "ca.pem"
    ca_file.write_text(ca.certificate)
    issuers: list[Issuer] = []

    def answer(seen: Seen) -> Answer:
        return issuers[0].broken or http({"keys": [key.published for key in issuers[0].keys]})

    with serving(answer, server_context(issue(ca, "issuer", hosts=("127.0.0.1",)), folder)) as fake:
        issuers.append(Issuer(fake, ca_file))
        yield issuers[0]
