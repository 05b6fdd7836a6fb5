"""A real oauth2-proxy and a real Traefik on loopback, configured by files as their operators do."""

import json
import secrets
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.cluster import certificates, processes
from tests.identity import build, realm
from tests.identity.keycloak import Keycloak

LISTED = ("X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Group", "X-Forwarded-Id-Token")
COOKIES = ("_oauth2_proxy", "_oauth2_proxy_0", "_oauth2_proxy_1")


def injected(**headers: str) -> list[dict[str, Any]]:
    """Headers that oauth2-proxy adds, by the claim that each carries; underscores stand for hyphens."""
    return [
        {"name": name.replace("_", "-"), "values": [{"claimSource": {"claim": claim}}]}
        for name, claim in headers.items()
    ]


def start_oauth2_proxy(
    folder: Path,
    port: int,
    site: str,
    keycloak: Keycloak,
    client: str,
    *,
    upstream: str = "",
    requests: Sequence[Mapping[str, Any]] = (),
    responses: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Start oauth2-proxy for people who come by the address ``site``; raises ProcessFailed.

    ``requests`` are the headers that it adds on the way to ``upstream``, ``responses`` those of its answers at
    /oauth2/auth; without an upstream it only answers there.
    """
    served = {"id": "porthole", "path": "/", **({"uri": upstream} if upstream else {"static": True, "staticCode": 202})}
    alpha = {
        "server": {"bindAddress": f"127.0.0.1:{port}"},
        "upstreamConfig": {"upstreams": [served]},
        "injectRequestHeaders": list(requests),
        "injectResponseHeaders": list(responses),
        "providers": [
            {
                "id": "keycloak",
                "provider": "oidc",
                "clientID": client,
                "clientSecret": realm.SECRET,
                "scope": "openid email profile",
                "caFiles": [str(keycloak.authority_file)],
                "code_challenge_method": "S256",
                "oidcConfig": {
                    "issuerURL": keycloak.issuer,
                    "emailClaim": "email",
                    "groupsClaim": "groups",
                    "audienceClaims": ["aud"],
                    "insecureAllowUnverifiedEmail": True,
                },
            }
        ],
    }
    (folder / "alpha.yaml").write_text(json.dumps(alpha))
    options = {
        "email_domains": ["*"],
        "cookie_secret": secrets.token_hex(16),
        "redirect_url": f"{site}/oauth2/callback",
        "reverse_proxy": True,
        "trusted_proxy_ips": ["127.0.0.1"],
        "cookie_secure": site.startswith("https:"),
        "cookie_samesite": "lax",
        "whitelist_domains": [site.partition("://")[2]],
    }
    lines = (f"{name} = {json.dumps(value)}" for name, value in options.items())
    (folder / "oauth2-proxy.toml").write_text("\n".join(lines))
    command = [
        build.made("oauth2-proxy"),
        f"--config={folder / 'oauth2-proxy.toml'}",
        f"--alpha-config={folder / 'alpha.yaml'}",
    ]
    process = processes.spawn(folder, "oauth2-proxy", command, die_with_parent=True)
    processes.wait_until(folder, process, lambda: processes.accepts(port))


def start_traefik(folder: Path, port: int, authority: certificates.Pair, dynamic: Mapping[str, Any]) -> None:
    """Start Traefik with TLS on ``port`` and the routers and middlewares of ``dynamic``; raises ProcessFailed."""
    tls = certificates.issue(authority, "traefik", hosts=("localhost", "127.0.0.1"))
    for name, text in (("traefik.crt", tls.certificate), ("traefik.key", tls.key)):
        (folder / name).write_text(text)
    pair = {"certFile": str(folder / "traefik.crt"), "keyFile": str(folder / "traefik.key")}
    (folder / "dynamic.yaml").write_text(json.dumps({**dynamic, "tls": {"certificates": [pair]}}))
    command = [
        build.made("traefik"),
        f"--entryPoints.web.address=127.0.0.1:{port}",
        f"--providers.file.filename={folder / 'dynamic.yaml'}",
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
        "--log.level=WARN",
    ]
    process = processes.spawn(folder, "traefik", command, die_with_parent=True)
    processes.wait_until(folder, process, lambda: handshakes(port, authority))


def handshakes(port: int, authority: certificates.Pair) -> bool:
    """Whether TLS is spoken on this port: Traefik listens before it has read what it is to serve."""
    context = ssl.create_default_context(cadata=authority.certificate)
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost"),
    ):
        return True
    return False


def forward_auth(site: str, oauth2_proxy: str, porthole: str) -> dict[str, Any]:
    """Traefik's side of the guide: ForwardAuth to oauth2-proxy, and its sign-in page in the place of 401 to 403."""

    def service(url: str) -> dict[str, Any]:
        return {"loadBalancer": {"servers": [{"url": url}]}}

    return {
        "http": {
            "routers": {
                "oauth2": {"rule": "PathPrefix(`/oauth2/`)", "service": "oauth2-proxy", "tls": {}},
                "porthole": {
                    "rule": "PathPrefix(`/`)",
                    "service": "porthole",
                    "middlewares": ["errors", "auth"],
                    "tls": {},
                },
            },
            "middlewares": {
                "auth": {
                    "forwardAuth": {
                        "address": f"{oauth2_proxy}/oauth2/auth",
                        "trustForwardHeader": True,
                        "authResponseHeaders": list(LISTED),
                        "addAuthCookiesToResponse": list(COOKIES),
                    }
                },
                "errors": {
                    "errors": {
                        "status": ["401-403"],
                        "query": f"/oauth2/sign_in?rd={site}{{url}}",
                        "service": "oauth2-proxy",
                    }
                },
            },
            "services": {"oauth2-proxy": service(oauth2_proxy), "porthole": service(porthole)},
        }
    }
