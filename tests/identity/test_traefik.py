"""What a real Traefik makes of the guide's middlewares: ForwardAuth to oauth2-proxy, and the errors middleware."""

import pytest

from tests.cluster import processes
from tests.identity import proxies, realm
from tests.identity.echo import OWN_WORDS, echoing
from tests.identity.visitor import Visitor

CLIENT = "traefik"
ANSWERED = proxies.injected(X_Forwarded_Id_Token="id_token", X_Forwarded_Email="email", X_Forwarded_Group="groups")


@pytest.fixture(scope="module")
def echo():
    with echoing() as running:
        yield running


@pytest.fixture(scope="module", params=["401-403", "401"])
def errors(request):
    """The statuses that the errors middleware replaces; the guide's are the first."""
    return request.param


@pytest.fixture(scope="module")
def site(tmp_path_factory, keycloak, echo, errors):
    """Traefik in front of the application, with oauth2-proxy beside it."""
    folder, port, inner = tmp_path_factory.mktemp("traefik"), processes.free_port(), processes.free_port()
    address = f"https://localhost:{port}"
    keycloak.register(realm.client(CLIENT, f"{address}/oauth2/callback"))
    dynamic = proxies.forward_auth(address, f"http://127.0.0.1:{inner}", echo.url)
    dynamic["http"]["middlewares"]["errors"]["errors"]["status"] = [errors]
    try:
        proxies.start_oauth2_proxy(folder, inner, address, keycloak, CLIENT, responses=ANSWERED)
        proxies.start_traefik(folder, port, keycloak.authority, dynamic)
        yield address
    finally:
        processes.stop(folder)


@pytest.fixture
def nadia(keycloak, site):
    """Nadia's browser, signed in."""
    visitor = Visitor(keycloak, site)
    assert visitor.sign_in("nadia").status_code == 200
    return visitor


def test_no_user_arrives_in_the_guides_set_up(nadia):
    arrived = nadia.arrives()
    assert arrived["x-forwarded-email"] == "nadia@example.com"
    assert arrived["x-forwarded-group"] == "shop-team"
    assert arrived["x-forwarded-id-token"].count(".") == 2
    assert "x-forwarded-user" not in arrived
    assert "authorization" not in arrived


def test_traefik_replaces_or_removes_what_is_listed_and_passes_the_rest(nadia):
    listed = dict.fromkeys(proxies.LISTED, "forged")
    others = {"X-Forwarded-Groups": "system:masters", "X-Forwarded-Access-Token": "forged", "X_Forwarded_User": "eve"}
    arrived = nadia.arrives({**listed, **others})
    assert "forged" not in {arrived.get(name.lower()) for name in listed}
    assert "x-forwarded-user" not in arrived
    assert {name: arrived.get(name.lower()) for name in others} == others


def test_a_clients_connection_header_does_not_forge_anybody(nadia):
    arrived = nadia.arrives({"Connection": "X-Forwarded-Email, X-Forwarded-Id-Token", "X-Forwarded-Email": "forged"})
    assert arrived.get("x-forwarded-email") in (None, "nadia@example.com")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [401, 403])
def test_the_errors_middleware_replaces_the_applications_own_words(nadia, errors, method, status):
    replaced = status == 401 or errors == "401-403"
    answer = nadia.ask(f"/status/{status}", method)
    assert answer.status_code == status
    assert (OWN_WORDS in answer.text) is not replaced
    assert ("Sign in with" in answer.text) is replaced


def test_the_sign_in_page_in_the_place_of_an_answer_signs_the_person_out(nadia, errors):
    nadia.ask("/status/403")
    assert nadia.ask("/echo").status_code == (401 if errors == "401-403" else 200)


def test_other_answers_reach_the_person(nadia):
    answer = nadia.ask("/status/404")
    assert (answer.status_code, answer.text) == (404, OWN_WORDS)


def test_traefik_passes_streams_on_as_they_come(nadia, echo):
    assert nadia.streams(echo) == ["data: first", "data: second"]
