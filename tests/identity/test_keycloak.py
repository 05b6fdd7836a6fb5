"""What the real provider and the real API server do that Porthole is built around."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster.api import ApiError
from tests.identity import realm

CLIENT = realm.client("porthole", "https://localhost/", direct=True)
SHORT = realm.client("porthole", "https://localhost/", direct=True, lifespan=2)


@pytest.fixture
def client(keycloak):
    """``porthole``, with tokens by password."""
    keycloak.register(CLIENT)
    return CLIENT


def refreshed(keycloak, client, refresh_token):
    return keycloak.token(client, grant_type="refresh_token", refresh_token=refresh_token)


def test_a_refresh_token_that_is_used_twice_kills_its_successor_too(keycloak, client):
    first = keycloak.tokens(client, "olivia")["refresh_token"]
    status, answer = refreshed(keycloak, client, first)
    assert status == 200
    again, refusal = refreshed(keycloak, client, first)
    assert (again, refusal["error"]) == (400, "invalid_grant")
    after, refusal = refreshed(keycloak, client, answer["refresh_token"])
    assert (after, refusal["error"]) == (400, "invalid_grant")


def test_of_refreshes_at_the_same_time_one_wins_and_its_token_is_dead_too(keycloak, client):
    first = keycloak.tokens(client, "olivia")["refresh_token"]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _number: refreshed(keycloak, client, first), range(3)))
    won = [answer["refresh_token"] for status, answer in answers if status == 200]
    assert len(won) == 1
    status, refusal = refreshed(keycloak, client, won[0])
    assert (status, refusal["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(("scope", "status"), [("openid", 400), ("openid offline_access", 200)])
def test_only_without_offline_access_does_signing_out_everywhere_end_a_new_refresh_token(
    keycloak, client, scope, status
):
    for _attempt in range(5):  # a token of an earlier second than the sign-out ends either way
        second = int(time.time())
        tokens = keycloak.tokens(client, "victor", scope)
        keycloak.end_sessions("victor")
        after, _answer = refreshed(keycloak, client, tokens["refresh_token"])
        if int(time.time()) == second:
            break
    assert after == status


def refusal_of(bed, token):
    """What the API server says to a token that it refuses."""
    with pytest.raises(ApiError) as caught:
        bed.api(token).text("/api/v1/namespaces/shop/pods?limit=1")
    return str(caught.value)


def test_the_api_server_says_the_same_to_every_token_that_it_refuses(bed, keycloak, client):
    unverified = keycloak.tokens(client, realm.UNVERIFIED.name)["id_token"]
    keycloak.register(realm.client("elsewhere", "https://localhost/", direct=True))
    audience = keycloak.tokens(realm.client("elsewhere", "https://localhost/"), "olivia")["id_token"]
    keycloak.register(SHORT)
    expired = keycloak.tokens(SHORT, "olivia")["id_token"]
    time.sleep(4)
    said = {refusal_of(bed, token) for token in (unverified, audience, expired, "nonsense")}
    assert len(said) == 1
    assert "Unauthorized" in said.pop()


def test_both_tokens_of_a_person_are_theirs_at_the_api_server(bed, keycloak, client):
    tokens = keycloak.tokens(client, "nadia")
    for kind in ("id_token", "access_token"):
        pods = json.loads(bed.api(tokens[kind]).text("/api/v1/namespaces/shop/pods?limit=1"))
        assert pods["kind"] == "PodList"
        with pytest.raises(ApiError, match=r"oidc:nadia@example\.com"):
            bed.api(tokens[kind]).text("/api/v1/namespaces/monitoring/pods?limit=1")
