"""What a real nginx with auth_request, as the recipe has it, tells the application."""

import pytest

from tests.cluster import processes
from tests.identity import realm, recipes
from tests.identity.echo import OWN_WORDS, echoing
from tests.identity.visitor import Visitor

CLIENT = "nginx"


@pytest.fixture(scope="module")
def echo():
    with echoing() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory, keycloak, echo):
    """nginx in front of the application, with oauth2-proxy beside it."""
    folder, port, inner = tmp_path_factory.mktemp("nginx"), processes.free_port(), processes.free_port()
    address = f"https://localhost:{port}"
    keycloak.register(realm.client(CLIENT, f"{address}/oauth2/callback"))
    try:
        recipes.start_oauth2_proxy(folder, inner, "nginx", address, keycloak, CLIENT)
        application = echo.url.removeprefix("http://")
        recipes.start_nginx(folder, port, f"127.0.0.1:{inner}", application, keycloak.authority)
        yield address
    finally:
        processes.stop(folder)


@pytest.fixture(scope="module")
def nadia(keycloak, site):
    """Nadia's browser, signed in."""
    visitor = Visitor(keycloak, site)
    assert visitor.sign_in("nadia").status_code == 200
    return visitor


def test_nginx_names_the_person_in_the_recipes_headers(nadia):
    arrived = nadia.arrives()
    assert arrived["x-auth-request-preferred-username"] == "nadia"
    assert arrived["x-auth-request-email"] == "nadia@example.com"
    assert arrived["x-auth-request-groups"] == "shop-team"
    assert arrived["authorization"].startswith("Bearer ey")


def test_nginx_replaces_what_it_sets_and_passes_the_rest_but_no_underscores(nadia):
    forged = dict.fromkeys(
        ("X-Auth-Request-Preferred-Username", "X-Auth-Request-Email", "X-Auth-Request-Groups", "Authorization"), "eve"
    )
    others = {"X-Forwarded-User": "eve", "X_Auth_Request_Email": "eve"}
    honest, arrived = nadia.arrives(), nadia.arrives({**forged, **others})
    assert {name: arrived[name.lower()] for name in forged} == {name: honest[name.lower()] for name in forged}
    assert arrived["x-forwarded-user"] == "eve"
    assert "x_auth_request_email" not in arrived


def test_a_clients_connection_header_takes_nothing_away_at_nginx(nadia):
    arrived = nadia.arrives({"Connection": "X-Auth-Request-Email, Authorization"})
    assert arrived["x-auth-request-email"] == "nadia@example.com"
    assert "authorization" in arrived


@pytest.mark.parametrize("status", [401, 403])
def test_the_applications_own_words_pass_nginx(nadia, status):
    answer = nadia.ask(f"/status/{status}")
    assert (answer.status_code, answer.text) == (status, OWN_WORDS)


def test_nginx_passes_streams_on_as_they_come(nadia, echo):
    assert nadia.streams(echo) == ["data: first", "data: second"]


def test_nginx_lets_nobody_through_who_has_not_signed_in(keycloak, site):
    answer = Visitor(keycloak, site).ask("/echo", headers={"X-Auth-Request-Email": "nadia@example.com"})
    assert answer.status_code in (302, 401)
    assert OWN_WORDS not in answer.text
    assert "x-auth-request-email" not in answer.text
