"""What a real oauth2-proxy tells the application behind it, and what it lets through."""

import time

import jwt
import pytest

from tests.cluster import processes
from tests.identity import proxies, realm
from tests.identity.echo import echoing
from tests.identity.visitor import Visitor

CLIENT = "oauth2-proxy"
# What it sends by default, by its own names, and the header that Headlamp's guide adds.
SENT = {"X_Forwarded_User": "user", "X_Forwarded_Email": "email", "X_Forwarded_Groups": "groups"}
INJECTED = proxies.injected(**SENT, X_Forwarded_Id_Token="id_token")


@pytest.fixture(scope="module")
def echo():
    with echoing() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory, keycloak, echo):
    """oauth2-proxy in front of the application, by http."""
    folder, port = tmp_path_factory.mktemp("oauth2-proxy"), processes.free_port()
    address = f"http://localhost:{port}"
    keycloak.register(realm.client(CLIENT, f"{address}/oauth2/callback"))
    try:
        proxies.start_oauth2_proxy(folder, port, address, keycloak, CLIENT, upstream=echo.url, requests=INJECTED)
        yield address
    finally:
        processes.stop(folder)


@pytest.fixture
def olivia(keycloak, site):
    """Olivia's browser, signed in."""
    visitor = Visitor(keycloak, site)
    assert visitor.sign_in("olivia").status_code == 200
    return visitor


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def test_oauth2_proxy_names_people_by_their_subject(keycloak, olivia):
    arrived = olivia.arrives()
    assert arrived["x-forwarded-user"] == keycloak.user("olivia")["id"] != "olivia"
    assert arrived["x-forwarded-email"] == "olivia@example.com"
    assert arrived["x-forwarded-groups"] == "operators"
    assert claims(arrived["x-forwarded-id-token"])["sub"] == arrived["x-forwarded-user"]


def test_oauth2_proxy_replaces_what_it_injects_and_passes_what_it_does_not(olivia):
    injected = {"X-Forwarded-User": "mallory", "X-Forwarded-Email": "m@example.com", "X-Forwarded-Id-Token": "forged"}
    others = {
        "X-Forwarded-Group": "system:masters",
        "X-Forwarded-Access-Token": "forged",
        "X-Auth-Request-User": "mallory",
        "Authorization": "Bearer forged",
    }
    honest, arrived = olivia.arrives(), olivia.arrives({**injected, **others})
    assert {name: arrived[name.lower()] for name in injected} == {name: honest[name.lower()] for name in injected}
    assert {name: arrived.get(name.lower()) for name in others} == others
    assert not {name for name in others if name.lower() in honest}


def test_a_clients_connection_header_takes_identity_away(olivia):
    arrived = olivia.arrives({"Connection": "X-Forwarded-User, X-Forwarded-Email, X-Forwarded-Id-Token"})
    assert not {"x-forwarded-user", "x-forwarded-email", "x-forwarded-id-token"} & arrived.keys()


def test_oauth2_proxy_goes_on_sending_a_token_that_is_over(keycloak, site):
    keycloak.register(realm.client(CLIENT, f"{site}/oauth2/callback", lifespan=2))
    try:
        visitor = Visitor(keycloak, site)
        visitor.sign_in("nadia")
        ends = claims(visitor.arrives()["x-forwarded-id-token"])["exp"]
        time.sleep(max(0.0, ends + 1 - time.time()))
        assert claims(visitor.arrives()["x-forwarded-id-token"])["exp"] == ends < time.time()
    finally:
        keycloak.register(realm.client(CLIENT, f"{site}/oauth2/callback"))


def test_oauth2_proxy_passes_streams_on_as_they_come(olivia, echo):
    assert olivia.streams(echo) == ["data: first", "data: second"]


def test_oauth2_proxy_lets_nobody_through_who_has_not_signed_in(keycloak, site):
    answer = Visitor(keycloak, site).ask("/echo", headers={"X-Forwarded-User": "olivia"})
    assert answer.status_code == 403
    assert "Sign in with" in answer.text
