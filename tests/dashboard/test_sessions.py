"""The session store: what the database holds, and what the keys open."""

import base64
import json

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings

from dashboard.models import Session
from dashboard.sessions import SessionStore, digest_of

PODS = "/c/demo/shop/pods/"

pytestmark = pytest.mark.store


def test_the_database_shows_neither_person_nor_way(olivia):
    stored = Session.objects.get().session_data
    raw = base64.urlsafe_b64decode(stored)
    for text in (stored.encode(), raw):
        for word in (b"olivia", b"demo", b"way", b"person"):
            assert word not in text


def test_what_the_database_holds_is_no_cookie(olivia, browser):
    held = Session.objects.get().session_key
    assert held != olivia.session.session_key
    thief = browser()
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = held
    assert thief.get(PODS).status_code == 302


def test_a_session_moved_to_another_row_is_nobody_s(olivia, signed_in, tap):
    victor = signed_in("victor")
    mine, hers = (Session.objects.get(session_key=digest_of(each.session.session_key)) for each in (victor, olivia))
    Session.objects.filter(pk=mine.pk).update(session_data=hers.session_data)
    assert victor.get(PODS).status_code == 302
    assert olivia.get(PODS).status_code == 200
    assert len(tap.of(r"GET /api/v1/namespaces/shop/pods\?")) == 1


def test_signing_out_leaves_no_row(olivia):
    olivia.post("/signout/")
    assert not Session.objects.exists()


def test_two_sessions_with_the_same_content_look_different(db):
    store = SessionStore()
    assert store.encode({"a": "b"}) != store.encode({"a": "b"})
    assert store.decode(store.encode({"a": "b"})) == {"a": "b"}


def test_a_former_key_still_opens_sessions_until_it_is_taken_away(olivia, settings):
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "a" * 50
    settings.SECRET_KEY_FALLBACKS = [former]
    assert olivia.get(PODS).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert olivia.get(PODS).status_code == 302


def test_new_sessions_are_under_the_new_key(signed_in, settings):
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a" * 50, [former]
    client = signed_in("olivia")
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(PODS).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        "",
        "garbage",
        "\u0416",
        json.dumps({"way": "demo", "person": "olivia"}),
        base64.urlsafe_b64encode(b'{"way": "demo", "person": "olivia"}').decode(),
        Fernet(Fernet.generate_key()).encrypt(b'{"way": "demo", "person": "olivia"}').decode(),
    ],
)
def test_a_foreign_session_is_nobody_s(olivia, tap, data):
    Session.objects.update(session_data=data)
    assert olivia.get(PODS).status_code == 302
    assert tap.seen == []


def test_django_s_own_signed_sessions_are_not_read(olivia):
    from django.contrib.sessions.backends.db import SessionStore as Plain

    Session.objects.update(session_data=Plain().encode({"way": "demo", "person": "olivia"}))
    assert olivia.get(PODS).status_code == 302


def test_a_session_that_was_altered_is_nobody_s(olivia):
    stored = Session.objects.get().session_data
    middle = len(stored) // 2
    other = "A" if stored[middle] != "A" else "B"
    Session.objects.update(session_data=stored[:middle] + other + stored[middle + 1 :])
    assert olivia.get(PODS).status_code == 302
