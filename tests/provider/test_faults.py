"""The provider does wrong as it is told to, and only that."""

import json
import threading

import jwt
import pytest

from tests.provider import faults
from tests.provider.browsing import fetch
from tests.provider.client import by_code, code, decoded, discovered, refresh, signed_in, unverified, userinfo
from tests.provider.provider import provider


@pytest.fixture
def op():
    with provider() as running:
        yield running


def test_claims_are_changed_and_left_out(op):
    op.id_token_changes.update(aud="somebody", nonce=None)
    op.access_token_changes.update(iss="https://elsewhere.example.com")
    answer = signed_in(op)
    assert unverified(answer["id_token"])["aud"] == "somebody"
    assert "nonce" not in unverified(answer["id_token"])
    assert unverified(answer["access_token"])["iss"] == "https://elsewhere.example.com"
    op.claims("victor").update(email_verified=False)
    assert unverified(signed_in(op, "victor")["id_token"])["email_verified"] is False


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256", "ES256", "EdDSA"])
def test_any_algorithm(op, algorithm):
    op.algorithm = algorithm
    header = jwt.get_unverified_header(signed_in(op)["id_token"])
    assert header["alg"] == algorithm
    assert header["kid"] == op.published[0].kid


def test_the_public_key_as_a_secret(op):
    op.algorithm = "HS256 with the public key"
    assert jwt.get_unverified_header(signed_in(op)["id_token"])["alg"] == "HS256"


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_another_algorithm_rightly_used(op, algorithm):
    op.sign_with(algorithm)
    assert discovered(op)["id_token_signing_alg_values_supported"] == [algorithm]
    assert decoded(op, signed_in(op)["id_token"], op.client_id)["sub"] == "subject-of-olivia"


def test_a_token_and_a_key_without_a_key_id(op):
    op.header_changes["kid"] = None
    op.key_changes["kid"] = None
    assert "kid" not in jwt.get_unverified_header(signed_in(op)["id_token"])
    published = json.loads(fetch(op.at("keys"), authority_file=op.authority_file).body)["keys"]
    assert ["kid" in key for key in published] == [False]


def test_keys_rotate_with_and_without_a_word(op):
    first = signed_in(op)["id_token"]
    op.rotate()
    second = signed_in(op)["id_token"]
    assert decoded(op, second, op.client_id)
    with pytest.raises(jwt.PyJWKClientError):
        decoded(op, first, op.client_id)
    op.rotate(publish=False)
    with pytest.raises(jwt.PyJWKClientError):
        decoded(op, signed_in(op)["id_token"], op.client_id)
    op.rotate(keep=True)
    assert decoded(op, second, op.client_id)


def test_encrypted_tokens_have_five_parts(op):
    op.encrypts = True
    assert signed_in(op)["id_token"].count(".") == 4


def test_discovery_says_what_it_is_told(op):
    op.discovery_changes.update(issuer="https://else.example.com", end_session_endpoint=None)
    found = discovered(op)
    assert found["issuer"] == "https://else.example.com"
    assert "end_session_endpoint" not in found


def test_userinfo_of_somebody_else(op):
    op.userinfo_changes["sub"] = "somebody-else"
    assert userinfo(op, signed_in(op)["access_token"])["sub"] == "somebody-else"


def test_no_refresh_token(op):
    op.gives_refresh_tokens = False
    assert "refresh_token" not in signed_in(op)


def test_the_token_endpoint_answers_with_all_that_it_was_asked(op):
    op.answers["token"] = faults.page_with_secrets()
    answer = fetch(op.at("token"), {"code": "the-code"}, authority_file=op.authority_file)
    assert (answer.status, "the-code" in answer.body) == (500, True)
    op.answers["token"] = faults.error("invalid_grant")
    status, body = by_code(op, code(op))
    assert (status, body["error"]) == (400, "invalid_grant")


def test_huge_answers_and_none(op):
    op.answers["keys"] = faults.huge(2)
    assert len(fetch(op.at("keys"), authority_file=op.authority_file).body) > 2 * 1024 * 1024
    op.answers["keys"] = faults.hangs_up
    with pytest.raises(ConnectionError):
        fetch(op.at("keys"), authority_file=op.authority_file)


def test_an_endpoint_that_waits_answers_rightly_in_the_end(op):
    first = signed_in(op)
    answers = []
    with op.holding("token") as held:
        threads = [
            threading.Thread(target=lambda: answers.append(refresh(op, first["refresh_token"]))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        held.wait_for(3)
        assert answers == []
        held.release()
        for thread in threads:
            thread.join()
    # Of parallel refreshes with one token, one wins, and its token is dead as well.
    [winner] = [answer for status, answer in answers if status == 200]
    assert refresh(op, winner["refresh_token"])[1]["error"] == "invalid_grant"
