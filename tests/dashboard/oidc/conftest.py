"""Porthole with OpenID Connect as its only way in, a provider on loopback, and API servers that believe its tokens."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import reload
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from django.conf import settings as django_settings
from django.test.utils import override_settings
from django.urls import clear_url_caches

import dashboard.urls
from clusters.demo.server import Handle
from clusters.models import Cluster
from dashboard import vault
from dashboard.sessions import SessionStore
from dashboard.signin import jwts
from dashboard.signin.openid import provider as providers
from tests.dashboard.api import api, scale_path
from tests.dashboard.conftest import Browser
from tests.dashboard.wire import Tap, tapped
from tests.provider.provider import Provider, provider

PODS = "/c/home/shop/pods/"
SCALE = "/c/home/shop/deployments.apps/api/scale/"
FORM = {"replicas": "2", "seen": "3"}
JWT = re.compile(r"eyJ[\w-]{10,}\.[\w-]+\.")


@pytest.fixture(scope="module", autouse=True)
def porthole() -> Iterator[None]:
    """OpenID Connect as the only way in; the URLs are read anew, since they depend on the ways in."""
    with override_settings(CONFIG={**django_settings.CONFIG, "PORTHOLE_WAYS": ["oidc"]}):
        reload(dashboard.urls)
        clear_url_caches()
        yield


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """One provider for the whole file."""
    with provider() as op:
        yield op


@pytest.fixture
def op(running: Provider, settings: Any) -> Iterator[Provider]:
    """The provider as new, and Porthole set up for it."""
    fresh = Provider(running.url, running.authority_file)
    running.__dict__.update({key: value for key, value in fresh.__dict__.items() if key != "lock"})
    configure(settings, running)
    yield running
    jwts.forget()
    providers.forget()


def configure(settings: Any, op: Provider, **changes: Any) -> None:
    """Porthole's settings for a provider, as an operator makes them."""
    jwts.forget()
    providers.forget()
    settings.CONFIG = {
        **settings.CONFIG,
        "OIDC_ISSUER_URL": op.issuer,
        "OIDC_CLIENT_ID": op.client_id,
        "OIDC_CLIENT_SECRET": op.client_secret,
        "OIDC_CA_FILE": str(op.authority_file),
        "IN_CLUSTER": False,
        **changes,
    }


@pytest.fixture
def configured(op: Provider, settings: Any) -> Callable[..., None]:
    """``configured(OIDC_USE_ACCESS_TOKEN=True)``: more settings."""

    def change(**changes: Any) -> None:
        configure(settings, op, **changes)

    return change


@contextmanager
def api_server(demo: Handle, op: Provider, audience: str = "porthole") -> Iterator[Tap]:
    """An API server with the demo's world that believes the provider's tokens for ``audience``, and notes all."""

    def admit(token: str) -> str | None:
        for key in op.published:
            try:
                claims = jwt.decode(token, key.private.public_key(), ["RS256"], audience=audience, issuer=op.issuer)
            except jwt.PyJWTError:
                continue
            return f"{claims['sub'].removeprefix('subject-of-')}-token"
        return None

    with tapped(demo.url) as running:
        running.admit = admit
        yield running


@pytest.fixture
def home(demo: Handle, op: Provider, db: None) -> Iterator[Tap]:
    """The cluster ``home``, whose API server believes id_tokens for Porthole."""
    with api_server(demo, op) as running:
        Cluster.objects.create(name="home", title="Home", server=running.url)
        yield running


@pytest.fixture
def other(demo: Handle, op: Provider, db: None) -> Iterator[Tap]:
    """The cluster ``other``, whose API server believes tokens for ``other-audience`` only."""
    with api_server(demo, op, "other-audience") as running:
        Cluster.objects.create(name="other", title="Other", server=running.url, audience="other-audience")
        yield running


@pytest.fixture(autouse=True)
def nothing_of_the_provider_leaks(
    shown: list[str], caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> Iterator[None]:
    """No page and no log line holds a token, a code, or the client's secret; no header but Location's a token."""
    op = request.getfixturevalue("op") if "op" in request.fixturenames else None
    yield
    logged = "\n".join(record.getMessage() + str(record.exc_text or "") for record in caplog.get_records("call"))
    pages = "\n".join(shown)
    assert not JWT.search(logged)
    assert not JWT.search(re.sub(r"id_token_hint=[^'&]+", "", pages))
    if op:
        secrets = [op.client_secret, *op.codes, *op.refresh_tokens, *op.access_tokens]
        secrets += [asked.form["code_verifier"] for asked in op.asked("token") if "code_verifier" in asked.form]
        assert [secret for secret in secrets if secret in logged or secret in pages] == []


def begin(client: Browser, following: str = PODS) -> str:
    """The provider's address that signing in leads to."""
    response = client.get("/signin/oidc/", {"next": following})
    assert response.status_code == 302, response.content
    return str(response["Location"])


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def come_back(client: Browser, url: str) -> Any:
    """Open the address that the provider sends the browser back to."""
    return client.get(urlsplit(url).path, query_of(url))


def enter(client: Browser, op: Provider, person: str = "olivia", following: str = PODS) -> Any:
    """Sign in by the provider's form; the answer to the callback."""
    return come_back(client, op.sign_in(begin(client, following), person))


@pytest.fixture
def signed_in(browser: Callable[..., Browser], op: Provider) -> Callable[..., Browser]:
    """``signed_in("olivia")``: a browser in which a person of the provider's is signed in."""

    def new(person: str = "olivia", **options: Any) -> Browser:
        client = browser(**options)
        response = enter(client, op, person)
        assert (response.status_code, response["Location"]) == (302, PODS), response.content
        return client

    return new


def session_of(client: Browser) -> SessionStore:
    """The session of a browser."""
    return SessionStore(client.cookies[django_settings.SESSION_COOKIE_NAME].value)


def kept(client: Browser) -> dict[str, Any] | None:
    """The tokens that are kept for a browser."""
    return vault.read(session_of(client), "oidc")


def age(client: Browser, seconds: float = 3600) -> None:
    """Let a browser's tokens have come earlier: what ends within a minute is then due, and another sign-in no loop."""
    values = kept(client)
    assert values
    vault.keep(session_of(client), "oidc", {**values, "at": time.time() - seconds, "signed_in": time.time() - seconds})


def presented(tap: Tap) -> set[str]:
    """The credentials that an API server was sent."""
    return {request.header("authorization") for request in tap.seen}


@pytest.fixture
def scaled_back(demo: Handle) -> Iterator[None]:
    """The deployment that is scaled has three pods before, and again afterwards."""
    three = {"spec": {"replicas": 3}}
    api(demo, "PATCH", scale_path("deployments", "api"), three, "application/merge-patch+json")
    yield
    api(demo, "PATCH", scale_path("deployments", "api"), three, "application/merge-patch+json")


@pytest.fixture
def due(signed_in: Callable[..., Browser], op: Provider) -> Callable[..., Browser]:
    """``due()``: a browser whose token has ended, and a provider that gives lasting ones from now on.

    One that has just ended is still accepted at a sign-in, as the clocks may differ.
    """

    def new(person: str = "olivia") -> Browser:
        op.lifetime = -5
        client = signed_in(person)
        op.lifetime = 300
        op.seen.clear()
        return client

    return new
