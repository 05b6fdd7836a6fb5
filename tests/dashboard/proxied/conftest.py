"""Porthole behind an identity-aware proxy, its only way in, and an API server that believes an issuer's tokens."""

from collections.abc import Callable, Iterator
from importlib import reload
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.test.utils import override_settings
from django.urls import clear_url_caches

import dashboard.urls
from clusters.demo.server import Handle
from clusters.models import Cluster
from dashboard.readers import networks
from dashboard.signin import jwts
from dashboard.signin.openid import provider as providers
from tests.dashboard.issuer import Issuer, issuing
from tests.dashboard.wire import Tap, tapped

PODS = "/c/home/shop/pods/"
PROXY, STRANGER = "10.1.2.3", "203.0.113.9"
USER, EMAIL, GROUP, TOKEN = "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Group", "X-Forwarded-Id-Token"


@pytest.fixture(scope="module", autouse=True)
def porthole() -> Iterator[None]:
    """The proxy as the only way in; the URLs are read anew, since they depend on the ways in."""
    config = {**django_settings.CONFIG, "PORTHOLE_WAYS": ["proxy"], "PROXY_AUTH": True, "IN_CLUSTER": False}
    with override_settings(CONFIG=config):
        reload(dashboard.urls)
        clear_url_caches()
        yield


@pytest.fixture
def configured(settings: Any) -> Callable[..., None]:
    """``configured(PROXY_AUTH_UNSIGNED=True)``: more settings."""

    def change(**changes: Any) -> None:
        jwts.forget()
        providers.forget()
        settings.CONFIG = {**settings.CONFIG, **changes}

    return change


@pytest.fixture
def issuer(tmp_path: Path, configured: Callable[..., None]) -> Iterator[Issuer]:
    """Who signs tokens and assertions; Porthole trusts its certificate."""
    with issuing(tmp_path) as running:
        configured(OIDC_CA_FILE=str(running.ca_file))
        yield running
    jwts.forget()


@pytest.fixture
def home(demo: Handle, issuer: Issuer, db: None) -> Iterator[Tap]:
    """The cluster ``home``, whose API server believes the issuer's tokens, and notes all."""

    def admit(token: str) -> str | None:
        try:
            claims = jwt.decode(token, issuer.keys[0].private.public_key(), ["RS256"], options={"verify_aud": False})
        except jwt.PyJWTError:
            return None
        return f"{claims['sub']}-token"

    with tapped(demo.url) as running:
        running.admit = admit
        Cluster.objects.create(name="home", title="Home", server=running.url)
        yield running


@pytest.fixture
def impersonating(home: Tap, tmp_path: Path, configured: Callable[..., None]) -> Tap:
    """The same cluster, where Porthole's own account acts as the verified person."""
    file = tmp_path / "token"
    file.write_text("impersonator-token")
    configured(PORTHOLE_TOKEN_FOLDERS=[str(tmp_path)])
    Cluster.objects.update(presents="impersonation", impersonator_token_file=str(file), username_claim="email")
    return home


@pytest.fixture
def trusted(configured: Callable[..., None]) -> None:
    """The proxy's own network, and nothing else."""
    configured(PROXY_AUTH_TRUSTED_NETWORKS=networks("10.1.2.0/24"))


@pytest.fixture
def visit(browser: Callable[..., Any], trusted: None) -> Callable[..., Any]:
    """``visit(path, {header: value})``: what a request through the proxy gets; a new browser unless one is given."""

    def ask(path: str = PODS, headers: dict[str, str] | None = None, *, peer: str = PROXY, by: Any = None) -> Any:
        return (by or browser()).get(path, headers=headers or {}, REMOTE_ADDR=peer)

    return ask


def presented(tap: Tap) -> set[str]:
    """The credentials that an API server was sent."""
    return {request.header("authorization") for request in tap.seen}
