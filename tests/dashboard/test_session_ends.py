"""When sessions end: unused, grown old, or ended from another one of the same person or by their provider."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.conf import settings as django_settings
from django.test import RequestFactory
from django.utils import timezone

from dashboard import sessions, signin, vault
from dashboard.models import Secret, Session
from dashboard.sessions import SessionStore, digest_of

PODS = "/c/demo/shop/pods/"
ISSUER = "https://op.example"

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def row_of(client):
    return Session.objects.get(pk=digest_of(client.session.session_key))


def later(client, **ago):
    """Make a session's row as if all of it had happened that much earlier."""
    row, gone = row_of(client), timedelta(**ago)
    Session.objects.filter(pk=row.pk).update(
        seen=row.seen - gone, expire_date=row.expire_date - gone, ends=row.ends - gone
    )


def request_of(client):
    """A request that carries the session of a browser."""
    request = RequestFactory().get("/")
    request.session = SessionStore(client.session.session_key)
    return request


def somebody(subject="s-1", sid="", issuer=ISSUER, agent="Phone"):
    """A request whose session belongs to a person of a provider."""
    request = RequestFactory().get("/", headers={"User-Agent": agent})
    request.session = SessionStore()
    signin.sign_in(request, "demo", {}, signin.Identity(issuer, subject, name=subject, sid=sid))
    return request


def alive(request):
    return bool(SessionStore(request.session.session_key).load())


def test_nobody_used_it_for_long(olivia, tap):
    later(olivia, seconds=django_settings.CONFIG["SESSION_IDLE"] + 1)
    assert olivia.get(PODS).headers["Location"].startswith("/signin/?next=")
    assert tap.seen == []


def test_use_puts_the_end_off(olivia):
    idle = django_settings.CONFIG["SESSION_IDLE"]
    later(olivia, seconds=idle - 100)
    before = row_of(olivia).expire_date
    assert olivia.get(PODS).status_code == 200
    after = row_of(olivia).expire_date
    assert after - before > timedelta(seconds=idle - 200)


def test_use_never_puts_it_off_beyond_the_absolute_end(olivia):
    lasts = django_settings.CONFIG["SESSION_TTL"]
    Session.objects.update(
        seen=timezone.now() - timedelta(hours=1),
        ends=timezone.now() + timedelta(minutes=3),
        expire_date=timezone.now() + timedelta(minutes=2),
    )
    assert olivia.get(PODS).status_code == 200
    row = row_of(olivia)
    assert row.expire_date == row.ends
    later(olivia, seconds=lasts)
    assert olivia.get(PODS).status_code == 302


def test_what_a_page_keeps_does_not_begin_it_anew(olivia):
    ends = row_of(olivia).ends
    session = olivia.session
    session["anything"] = 1
    session.save()
    assert row_of(olivia).ends == ends
    session.cycle_key()
    session.save()
    assert Session.objects.get(pk=digest_of(session.session_key)).ends == ends


def test_signing_in_clears_what_has_expired(olivia, signed_in):
    former = olivia.session
    vault.keep(former, "oidc", {"refresh_token": "r"})
    Session.objects.update(expire_date=timezone.now())
    signed_in("victor")
    assert Session.objects.count() == 1
    assert not Secret.objects.exists()


def test_one_sees_one_s_own_sessions_and_nobody_else_s():
    first, second = somebody(agent="Phone"), somebody(agent="Desk")
    somebody("s-2")
    somebody(issuer="https://other.example")
    found = sessions.own(second)
    assert {each.browser for each in found} == {"Phone", "Desk"}
    (current,) = [each for each in found if each.current]
    assert current.browser == "Desk"
    assert first.session.session_key not in str(found)


def test_one_ends_one_s_own_sessions_and_nobody_else_s():
    first, second, stranger = somebody(), somebody(), somebody("s-2")
    assert sessions.end(second, digest_of(first.session.session_key))
    assert not sessions.end(second, digest_of(stranger.session.session_key))
    assert not sessions.end(second, "nonsense")
    assert [alive(each) for each in (first, second, stranger)] == [False, True, True]


def test_all_others_of_one_s_own_are_ended_at_once():
    first, second, third, stranger = somebody(), somebody(), somebody(), somebody("s-2")
    vault.keep(first.session, "oidc", {"id_token": "t"})
    assert sessions.end_others(third) == 2
    assert [alive(each) for each in (first, second, third, stranger)] == [False, False, True, True]
    assert not Secret.objects.exists()


def test_a_provider_ends_one_of_its_sessions_or_all_of_a_person():
    first, second, stranger = somebody(sid="a"), somebody(sid="b"), somebody("s-2", sid="c")
    elsewhere = somebody(sid="a", issuer="https://other.example")
    assert sessions.end_all(ISSUER, sid="a") == 1
    assert [alive(each) for each in (first, second, stranger, elsewhere)] == [False, True, True, True]
    assert sessions.end_all(ISSUER, subject="s-2", sid="b") == 0
    assert sessions.end_all(ISSUER, subject="s-1") == 1
    assert [alive(each) for each in (second, stranger, elsewhere)] == [False, True, True]
    with pytest.raises(ValueError, match="subject or a sid"):
        sessions.end_all(ISSUER)


def test_they_are_found_by_a_former_key_too(settings):
    first = somebody(sid="a")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough to be one"
    assert len(sessions.own(first)) == 1
    assert sessions.end_all(ISSUER, sid="a") == 1


def test_the_database_says_nothing_of_who_they_are():
    somebody("very-visible", sid="sid-visible", agent="Visible Phone")
    row = Session.objects.get()
    assert not [field for field in vars(row).values() if "visible" in str(field).lower()]


def test_the_cookie_lasts_no_longer_than_the_session(browser):
    client = browser()
    response = client.post("/signin/demo/", {"person": "olivia"})
    morsel = SimpleCookie(str(response.cookies[django_settings.SESSION_COOKIE_NAME]).partition(": ")[2])
    (cookie,) = morsel.values()
    assert int(cookie["max-age"]) == django_settings.CONFIG["SESSION_TTL"]
