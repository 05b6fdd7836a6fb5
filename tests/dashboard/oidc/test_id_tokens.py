"""Which id_tokens sign somebody in."""

import time

import pytest
from django.contrib.auth.models import User

from tests.dashboard.oidc.conftest import PODS, enter
from tests.dashboard.pages import tree

BAD_CLAIMS = {
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "aud": {"aud": "another"},
    "no aud": {"aud": None},
    "iss": {"iss": "https://another.example.com"},
    "a longer iss": {"iss": "https://localhost/more"},
    "no iss": {"iss": None},
    "azp": {"azp": "another"},
    "two audiences and no azp": {"aud": ["porthole", "another"]},
    "expired": {"exp": int(time.time()) - 3600},
    "no exp": {"exp": None},
    "exp in words": {"exp": "tomorrow"},
    "no sub": {"sub": None},
    "empty sub": {"sub": ""},
    "sub is a number": {"sub": 7},
    "no iat": {"iat": None},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "nbf in 5 minutes": {"nbf": int(time.time()) + 300},
    "exp too large": {"exp": 1e400},
}


def assert_refused(response, client, caplog):
    """A page that says so, a line of the audit, and nobody signed in."""
    assert response.status_code == 400
    assert tree(response.content).one("h1").text
    assert [record for record in caplog.records if record.name == "porthole.audit" and "refused" in record.getMessage()]
    assert client.get(PODS).status_code == 302
    assert not User.objects.exists()


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_check_04_an_id_token_with_a_wrong_claim_signs_nobody_in(browser, op, home, caplog, name):
    op.id_token_changes = BAD_CLAIMS[name]
    client = browser()
    assert_refused(enter(client, op), client, caplog)
    assert home.seen == []


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS256 with the public key", "EdDSA", "ES256"])
def test_check_04_an_id_token_that_is_signed_otherwise_signs_nobody_in(browser, op, home, caplog, algorithm):
    op.algorithm = algorithm
    client = browser()
    assert_refused(enter(client, op), client, caplog)


def test_check_04_a_key_that_is_not_published_signs_nobody_in(browser, op, home, caplog):
    op.rotate(publish=False)
    client = browser()
    assert_refused(enter(client, op), client, caplog)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_every_accepted_algorithm_is_accepted(browser, op, home, algorithm):
    op.sign_with(algorithm)
    assert enter(browser(), op).status_code == 302


@pytest.mark.parametrize("changes", [{"id_token": None}, {"id_token": 7}, {"id_token": "x"}, {"id_token": "e30.e30."}])
def test_check_04_no_id_token_or_none_that_can_be_read_signs_nobody_in(browser, op, home, caplog, changes):
    op.token_changes = changes
    client = browser()
    assert_refused(enter(client, op), client, caplog)


def test_an_encrypted_id_token_is_named_as_such(browser, op, home, caplog):
    op.encrypts = True
    client = browser()
    response = enter(client, op)
    assert_refused(response, client, caplog)
    assert "encryption key" in response.content.decode()


def test_a_token_and_keys_without_a_key_id_are_fine(browser, op, home):
    op.header_changes, op.key_changes = {"kid": None}, {"kid": None}
    assert enter(browser(), op).status_code == 302


def test_check_05_a_clock_that_is_half_a_minute_ahead_is_fine(browser, op, home):
    op.id_token_changes = {"iat": int(time.time()) + 30, "nbf": int(time.time()) + 30}
    assert enter(browser(), op).status_code == 302


def test_check_05_a_clock_that_is_five_minutes_ahead_is_named(browser, op, home, caplog):
    op.id_token_changes = {"iat": int(time.time()) + 300}
    client = browser()
    response = enter(client, op)
    assert_refused(response, client, caplog)
    assert "clock" in response.content.decode()


def test_check_06_a_new_key_is_fetched_once_and_made_up_ones_are_not_fetched_again_and_again(browser, op, home):
    assert enter(browser(), op).status_code == 302
    assert len(op.asked("keys")) == 1
    op.rotate()
    assert enter(browser(), op).status_code == 302
    assert len(op.asked("keys")) == 2
    op.header_changes = {"kid": "made-up"}
    for _ in range(3):
        assert enter(browser(), op).status_code == 400
    assert len(op.asked("keys")) == 2
