"""The recipes of ``deploy/``, run as they stand but for names, addresses and files of this machine."""

import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import certificates, processes
from tests.identity import build, proxies, realm
from tests.identity.keycloak import Keycloak

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def settings(recipe: str, keycloak: Keycloak, client: str) -> dict[str, str]:
    """Porthole's environment from a recipe's ``porthole.env``, for this Keycloak."""
    lines = (DEPLOY / recipe / "porthole.env").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    ours = {
        "HOST": "127.0.0.1",
        "PROXY_AUTH_TRUSTED_NETWORKS": "127.0.0.1/32",
        "OIDC_ISSUER_URL": keycloak.issuer,
        "OIDC_CLIENT_ID": client,
        "ALLOWED_HOSTS": "localhost",
    }
    assert ours.keys() <= given.keys()
    return {**given, **ours, "OIDC_CA_FILE": str(keycloak.authority_file)}


def write_tls(folder: Path, authority: certificates.Pair) -> tuple[Path, Path]:
    """A certificate for localhost and its key, in files."""
    pair = certificates.issue(authority, "proxy", hosts=("localhost", "127.0.0.1"))
    files = folder / "tls.crt", folder / "tls.key"
    for file, text in zip(files, (pair.certificate, pair.key), strict=True):
        file.write_text(text)
    return files


def start_oauth2_proxy(
    folder: Path, port: int, recipe: str, site: str, keycloak: Keycloak, client: str, **ours: Any
) -> None:
    """Start oauth2-proxy by a recipe's ``oauth2-proxy.cfg``; ``ours`` are lines of this machine's own (None: none).

    Sessions are kept in cookies where the recipe has Redis. Raises ProcessFailed.
    """
    for name, text in (("client-secret", realm.SECRET), ("cookie-secret", secrets.token_hex(16))):
        (folder / name).write_text(text)
    changes: dict[str, Any] = {
        "http_address": f"127.0.0.1:{port}",
        "redirect_url": f"{site}/oauth2/callback",
        "whitelist_domains": [site.partition("://")[2]],
        "oidc_issuer_url": keycloak.issuer,
        "client_id": client,
        "client_secret_file": str(folder / "client-secret"),
        "cookie_secret_file": str(folder / "cookie-secret"),
        "provider_ca_files": [str(keycloak.authority_file)],
        "trusted_proxy_ips": ["127.0.0.1"],
        "session_store_type": None,
        "redis_connection_url": None,
        **ours,
    }
    file = folder / "oauth2-proxy.cfg"
    file.write_text(with_changes((DEPLOY / recipe / "oauth2-proxy.cfg").read_text(), changes))
    process = processes.spawn(
        folder, "oauth2-proxy", [build.made("oauth2-proxy"), f"--config={file}"], die_with_parent=True
    )
    processes.wait_until(folder, process, lambda: processes.accepts(port))


def with_changes(text: str, changes: Mapping[str, Any]) -> str:
    """A configuration with other values for these names."""
    kept = [line for line in text.splitlines() if line.partition(" = ")[0] not in changes]
    added = [f"{name} = {json.dumps(value)}" for name, value in changes.items() if value is not None]
    return "\n".join([*kept, *added])


def start_nginx(folder: Path, port: int, oauth2_proxy: str, application: str, authority: certificates.Pair) -> None:
    """Start nginx with TLS on ``port`` by the recipe's server, before ``application``; both are host:port.

    Raises ProcessFailed and BuildFailed.
    """
    certificate, key = write_tls(folder, authority)
    server = (DEPLOY / "nginx" / "nginx.conf").read_text()
    changes = {
        r"server oauth2-proxy:4180;": f"server {oauth2_proxy};",
        r"server porthole:8000;": f"server {application};",
        r"listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        r"server_name \S+;": "server_name localhost;",
        r"/run/secrets/tls\.crt": str(certificate),
        r"/run/secrets/tls\.key": str(key),
        r"Host \$host;": "Host $http_host;",  # with the port, which a site on 443 does not have
    }
    for pattern, ours in changes.items():
        server, found = re.subn(pattern, ours, server)
        assert found, f"the recipe has no {pattern}"
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "\n".join(f"    {name}_temp_path {folder / name};" for name in names)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\nmaster_process off;\npid {folder / 'nginx.pid'};\nerror_log stderr warn;\n"
        f"events {{}}\nhttp {{\n    access_log off;\n{places}\n{server}}}\n"
    )
    command = [build.needed("nginx", "nginx-light"), "-p", folder, "-c", file, "-e", "stderr"]
    process = processes.spawn(folder, "nginx", command, die_with_parent=True)
    processes.wait_until(folder, process, lambda: proxies.handshakes(port, authority))


def start_traefik(folder: Path, port: int, oauth2_proxy: str, application: str, authority: certificates.Pair) -> None:
    """Start Traefik with TLS on ``port`` by the recipe's routers, before ``application``; both are URLs.

    Raises ProcessFailed and BuildFailed.
    """
    text = (DEPLOY / "traefik" / "dynamic.yaml").read_text()
    changes = {
        "http://oauth2-proxy:4180": oauth2_proxy,
        "http://porthole:8000": application,
        "Host(`porthole.example.com`)": "Host(`localhost`)",
    }
    for theirs, ours in changes.items():
        assert theirs in text, f"the recipe has no {theirs}"
        text = text.replace(theirs, ours)
    dynamic = yaml.safe_load(text)
    for router in dynamic["http"]["routers"].values():
        router["tls"] = {}
    proxies.start_traefik(folder, port, authority, dynamic)
