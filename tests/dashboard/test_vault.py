"""Tokens of a session: encrypted, bound to it, and renewed by one request of all."""

import threading
import time
from collections import Counter

import pytest
from django.db import connections

from dashboard import vault
from dashboard.models import Secret
from dashboard.sessions import SessionStore

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]


@pytest.fixture
def session():
    store = SessionStore()
    store["a"] = "b"
    store.save()
    return store


def test_what_is_kept_is_read_again_and_dropped(session):
    vault.keep(session, "oidc", {"id_token": "ey"})
    assert vault.read(session, "oidc") == {"id_token": "ey"}
    vault.keep(session, "oidc", {"id_token": "ez"})
    assert vault.read(SessionStore(session.session_key), "oidc") == {"id_token": "ez"}
    vault.drop(session, "oidc")
    assert vault.read(session, "oidc") is None


def test_the_database_shows_none_of_it(session):
    vault.keep(session, "oidc", {"refresh_token": "very-secret"})
    assert "very-secret" not in Secret.objects.get().sealed
    assert "refresh_token" not in Secret.objects.get().sealed


def test_a_secret_that_was_moved_to_another_session_or_name_is_nobody_s(session):
    other = SessionStore()
    other.save()
    vault.keep(session, "oidc", {"id_token": "mine"})
    vault.keep(other, "oidc", {"id_token": "theirs"})
    mine, theirs = Secret.objects.order_by("pk")
    Secret.objects.filter(pk=mine.pk).update(sealed=theirs.sealed)
    assert vault.read(session, "oidc") is None
    Secret.objects.filter(pk=theirs.pk).update(name="token/home")
    assert vault.read(other, "token/home") is None


def test_the_end_of_a_session_is_that_of_its_secrets(session):
    vault.keep(session, "oidc", {"id_token": "ey"})
    session.flush()
    assert not Secret.objects.exists()


def test_a_new_key_keeps_them(session):
    former = session.session_key
    vault.keep(session, "oidc", {"id_token": "ey"})
    session.cycle_key()
    assert session.session_key != former
    assert vault.read(session, "oidc") == {"id_token": "ey"}
    assert Secret.objects.count() == 1


def test_a_session_that_was_never_saved_can_keep_something():
    store = SessionStore()
    vault.keep(store, "oidc", {"id_token": "ey"})
    assert vault.read(SessionStore(store.session_key), "oidc") == {"id_token": "ey"}


class Provider:
    """A provider that hands out numbered tokens, one at a time, and notes each use."""

    def __init__(self):
        self.used = []
        self.gate = threading.Event()

    def renew(self, values):
        self.used.append(values["number"])
        assert self.gate.wait(10)
        return {"number": values["number"] + 1}


def side_by_side(session, count, renew, looked=None):
    found = []

    def due(values):
        if looked is not None:
            looked[threading.get_ident()] += 1
        return values["number"] < 1

    def ask():
        try:
            try:
                store = SessionStore(session.session_key)
                found.append(vault.renewed(store, "oidc", due, renew))
            except OSError as error:
                found.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, found


def joined(threads):
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_of_many_at_once_one_renews_and_all_get_it(session):
    vault.keep(session, "oidc", {"number": 0})
    provider = Provider()
    threads, found = side_by_side(session, 8, provider.renew)
    while not provider.used:
        time.sleep(0.01)
    provider.gate.set()
    joined(threads)
    assert provider.used == [0]
    assert found == [{"number": 1}] * 8


def test_where_nothing_is_left_to_renew_with_everybody_learns_it_and_nothing_stays(session):
    vault.keep(session, "oidc", {"number": 0})

    def renew(values):
        raise vault.Over

    threads, found = side_by_side(session, 4, renew)
    joined(threads)
    assert found == [None] * 4
    assert not Secret.objects.exists()


def test_a_provider_that_is_away_costs_one_try_and_leaves_the_old_ones(session):
    vault.keep(session, "oidc", {"number": 0})
    tried = []
    gate = threading.Event()

    def renew(values):
        tried.append(values)
        assert gate.wait(10)
        raise OSError("away")

    looked = Counter()
    threads, found = side_by_side(session, 4, renew, looked)
    while sum(times > 1 for times in looked.values()) < 3:  # the others have come to wait
        time.sleep(0.01)
    gate.set()
    joined(threads)
    assert len(tried) == 1
    assert sorted(map(str, found)) == ["away", *["{'number': 0}"] * 3]
    assert vault.read(session, "oidc") == {"number": 0}
    assert vault.renewed(session, "oidc", lambda values: True, lambda values: {"number": 5}) == {"number": 5}


def test_what_died_in_a_renewal_is_taken_over(session, settings):
    vault.keep(session, "oidc", {"number": 0})
    long_ago = "2020-01-01T00:00:00Z"
    Secret.objects.update(lease=long_ago, version=7)
    assert vault.renewed(session, "oidc", lambda values: True, lambda values: {"number": 1}) == {"number": 1}


def test_signing_out_during_a_renewal_leaves_nothing(session):
    vault.keep(session, "oidc", {"number": 0})

    def renew(values):
        SessionStore(session.session_key).flush()
        return {"number": 1}

    assert vault.renewed(session, "oidc", lambda values: True, renew) is None
    assert not Secret.objects.exists()
