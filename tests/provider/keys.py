"""The keys that a provider signs with, the JWK Set that it publishes (RFC 7517), and signing in every way there is."""

import base64
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

# What each algorithm of a JWS (RFC 7518, section 3.1; RFC 8037) is signed with.
FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


@dataclass(frozen=True)
class Key:
    """A private key under its key ID; ``number`` tells keys of one algorithm apart."""

    kid: str
    algorithm: str
    private: Any

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half as a provider publishes it."""
        codecs = {"RSA": RSAAlgorithm, "EC": ECAlgorithm, "OKP": OKPAlgorithm}
        published = codecs[FAMILIES[self.algorithm[:2]]].to_jwk(self.private.public_key(), as_dict=True)
        published.pop("key_ops", None)
        return {**published, "use": "sig", "alg": self.algorithm, "kid": self.kid}


@lru_cache(maxsize=32)
def key(number: int = 1, algorithm: str = "RS256") -> Key:
    """The key of that number and algorithm, made once: a new RSA key takes a tenth of a second."""
    private: Any
    match FAMILIES[algorithm[:2]]:
        case "RSA":
            private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case "EC":
            private = ec.generate_private_key(CURVES[algorithm]())
        case _:
            private = ed25519.Ed25519PrivateKey.generate()
    return Key(f"{algorithm.lower()}-{number}", algorithm, private)


def signed(claims: Mapping[str, Any], by: Key, header: Mapping[str, Any] | None = None) -> str:
    """A JWS of ``claims``; entries of ``header`` that are None are left out (such as ``kid``)."""
    entries = {name: value for name, value in {"kid": by.kid, **(header or {})}.items() if value is not None}
    return jwt.encode(dict(claims), by.private, algorithm=by.algorithm, headers=entries)


def unsigned(claims: Mapping[str, Any], kid: str) -> str:
    """An unsecured JWS (alg none, RFC 7515, appendix A.5)."""
    return jwt.encode(dict(claims), None, algorithm="none", headers={"kid": kid})


def signed_with_secret(claims: Mapping[str, Any], secret: bytes, kid: str) -> str:
    """An HS256 JWS whose secret may be anything, also the public key's own PEM, which PyJWT would refuse to use."""
    parts = [{"alg": "HS256", "typ": "JWT", "kid": kid}, dict(claims)]
    text = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_base64url(hmac.digest(secret, text.encode(), 'sha256'))}"


def encrypted(token: str, to: Key) -> str:
    """A nested JWE (RFC 7516): RSA-OAEP-256 for the content key, A256GCM for the content."""
    content_key, nonce = AESGCM.generate_key(256), os.urandom(12)
    header = _base64url(json.dumps({"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT", "kid": to.kid}).encode())
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    sealed = AESGCM(content_key).encrypt(nonce, token.encode(), header.encode())
    parts = [to.private.public_key().encrypt(content_key, oaep), nonce, sealed[:-16], sealed[-16:]]
    return ".".join([header, *(_base64url(part) for part in parts)])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
