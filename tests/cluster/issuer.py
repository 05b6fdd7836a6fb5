"""A small OpenID Connect issuer on loopback: discovery and keys over HTTPS for the API server, tokens for the tests.

It has no login page: the tests mint the tokens that a provider would have issued (OpenID Connect Core 1.0, section 2).
"""

import argparse
import base64
import json
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_ID = "bed"
AUDIENCE = "porthole"


@dataclass(frozen=True)
class Issuer:
    """An issuer's address, its certificate authority and its signing key (both PEM)."""

    url: str
    authority: str
    key: str

    @property
    def trusted(self) -> "Trusted":
        """How the API server is told of it."""
        return Trusted(self.url, self.authority)

    def mint(
        self, email: str, groups: Sequence[str] = (), lifetime: float = 3600.0, key: str = "", **claims: Any
    ) -> str:
        """A signed id_token for ``email``, which ends in ``lifetime`` seconds (negative: it has ended already).

        Further ``claims`` are added or take the place of the usual ones (``aud``, ``iss``, ``email_verified``…);
        another ``key`` (PEM) makes a forged token.
        """
        now = int(time.time())
        usual = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": email.partition("@")[0],
            "email": email,
            "email_verified": True,
            "groups": list(groups),
            "iat": now + min(0, int(lifetime)) - 1,
            "exp": now + int(lifetime),
        }
        return jwt.encode({**usual, **claims}, key or self.key, algorithm="RS256", headers={"kid": KEY_ID})


@dataclass(frozen=True)
class Trusted:
    """An issuer that the API server is to believe; ``authority`` is PEM, ``username`` CEL, the rest names of claims.

    Users and groups get the prefix ``oidc:``, as ``world/people.yaml`` binds them.
    """

    url: str
    authority: str
    audiences: tuple[str, ...] = (AUDIENCE,)
    username: str = "claims.email"
    groups: str = "groups"
    uid: str = "sub"

    def entry(self) -> dict[str, Any]:
        """The issuer's entry in ``jwt`` of an AuthenticationConfiguration."""
        audiences: dict[str, Any] = {"audiences": list(self.audiences)}
        if len(self.audiences) > 1:
            audiences["audienceMatchPolicy"] = "MatchAny"
        return {
            "issuer": {"url": self.url, "certificateAuthority": self.authority, **audiences},
            "claimValidationRules": [
                {
                    "expression": "claims.?email_verified.orValue(true) == true",
                    "message": "email_verified must be true or absent",
                }
            ],
            "claimMappings": {
                "username": {"expression": f'"oidc:" + {self.username}'},
                "groups": {"claim": self.groups, "prefix": "oidc:"},
                "uid": {"claim": self.uid},
            },
        }


def authentication_configuration(*issuers: Trusted) -> dict[str, Any]:
    """The file for ``--authentication-config`` that makes the API server believe these issuers."""
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [issuer.entry() for issuer in issuers],
    }


def documents(url: str, key: str) -> dict[str, dict[str, Any]]:
    """What the issuer serves, by path: OpenID Connect Discovery 1.0 and a JWK Set (RFC 7517)."""
    private = serialization.load_pem_private_key(key.encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("the issuer's key is not an RSA key")
    numbers = private.public_key().public_numbers()
    discovery = {
        "issuer": url,
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    public = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID}
    keys = {"keys": [{**public, "n": _base64url(numbers.n), "e": _base64url(numbers.e)}]}
    return {"/.well-known/openid-configuration": discovery, "/keys": keys}


def _base64url(number: int) -> str:
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def serve(port: int, certificate: Path, key: Path) -> None:
    """Serve the issuer's documents on loopback until killed; ``certificate`` holds the TLS certificate and its key."""
    answers = documents(f"https://localhost:{port}", key.read_text())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path)
            body = json.dumps(answer if answer is not None else {"error": "not found"}).encode()
            self.send_response(200 if answer is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


def main() -> None:
    """Serve as a process of its own, so that the issuer lives as long as the cluster that believes it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    options = parser.parse_args()
    serve(options.port, options.certificate, options.key)


if __name__ == "__main__":
    main()
