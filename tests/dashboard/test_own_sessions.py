"""Your sessions: a person's own, this one marked, each ended by a form and for good."""

import pytest
from django.conf import settings as django_settings

from dashboard.browsers import browser_words
from tests.dashboard.pages import tree

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1"
)
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36"
)
CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0"
OTHERS = {
    "Samsung Internet on Android": ANDROID.replace("Chrome/138", "SamsungBrowser/28.0 Chrome/130"),
    "Safari on macOS": PHONE.replace("iPhone; CPU iPhone OS 18_5 like", "Macintosh; Intel").replace(
        " Mobile/15E148", ""
    ),
    "Opera on Windows": f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROMIUM} Safari/537.36 OPR/122.0.0.0",
}


@pytest.fixture
def at(browser):
    """``at(user_agent, person)``: a browser that signed in so."""

    def signed_in(agent, person="olivia", **options):
        client = browser(headers={"User-Agent": agent}, **options)
        assert client.post("/signin/demo/", {"person": person}).status_code == 302
        return client

    return signed_in


def rows(client):
    return tree(client.get("/sessions/").content).all("li", class_="line")


def titles(client):
    return [row.one("b").text for row in rows(client)]


def handle_of(client, title):
    row = next(row for row in rows(client) if row.one("b").text == title)
    return row.one("button", name="session").attributes["value"]


def test_one_s_own_sessions_and_nobody_else_s_this_one_first(at):
    phone, desktop = at(PHONE), at(DESKTOP)
    at(ANDROID, "victor")
    assert titles(phone) == ["Safari on iPhone", "Firefox on Linux"]
    assert titles(desktop) == ["Firefox on Linux", "Safari on iPhone"]
    assert [bool(row.all("span", class_="mark")) for row in rows(phone)] == [True, False]


def test_ending_one_ends_that_alone(at):
    phone, desktop, tablet = at(PHONE), at(DESKTOP), at(ANDROID)
    response = phone.post("/sessions/end/", {"session": handle_of(phone, "Firefox on Linux")})
    assert response.headers["Location"] == "/sessions/"
    assert [client.get("/c/demo/").status_code for client in (phone, desktop, tablet)] == [200, 302, 200]
    assert titles(phone) == ["Safari on iPhone", "Chrome on Android"]


def test_ending_all_others_keeps_this_one(at):
    phone, desktop, tablet, victor = at(PHONE), at(DESKTOP), at(ANDROID), at(DESKTOP, "victor")
    assert tree(phone.get("/sessions/").content).one("button", value="others").text == "End all 2 others"
    phone.post("/sessions/end/", {"session": "others"})
    found = [client.get("/c/demo/").status_code for client in (phone, desktop, tablet, victor)]
    assert found == [200, 302, 302, 200]
    assert "You are signed in nowhere else." in tree(phone.get("/sessions/").content).text


def test_nobody_ends_another_person_s_session(at):
    olivia, victor = at(PHONE), at(DESKTOP, "victor")
    handle = handle_of(at(ANDROID), "Safari on iPhone")
    victor.post("/sessions/end/", {"session": handle})
    assert olivia.get("/c/demo/").status_code == 200


@pytest.mark.parametrize("handle", ["", "x", "'; --", "\x00", "a" * 5000])
def test_what_names_no_session_ends_none(at, handle):
    olivia, other = at(PHONE), at(DESKTOP)
    assert olivia.post("/sessions/end/", {"session": handle}).status_code == 302
    assert [client.get("/c/demo/").status_code for client in (olivia, other)] == [200, 200]


def test_a_link_or_a_foreign_form_ends_nothing(at):
    olivia, other = at(PHONE, enforce_csrf_checks=False), at(DESKTOP)
    handle = handle_of(olivia, "Firefox on Linux")
    assert olivia.get("/sessions/end/", {"session": handle}).status_code == 405
    olivia.handler.enforce_csrf_checks = True
    assert olivia.post("/sessions/end/", {"session": handle}).status_code == 403
    assert other.get("/c/demo/").status_code == 200


def test_the_list_opens_nothing(at, browser):
    olivia = at(PHONE)
    at(DESKTOP)
    content = olivia.get("/sessions/").content.decode()
    assert olivia.cookies[django_settings.SESSION_COOKIE_NAME].value not in content
    thief = browser()
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = handle_of(olivia, "Firefox on Linux")
    assert thief.get("/c/demo/").status_code == 302


def test_who_is_not_signed_in_has_none(browser):
    assert browser().get("/sessions/").headers["Location"] == "/signin/?next=%2Fsessions%2F"
    assert browser().post("/sessions/end/", {"session": "others"}).status_code == 401


def test_it_is_reached_from_the_clusters_and_from_more(olivia):
    for address in ("/clusters/", "/c/demo/more/", "/c/demo/me/"):
        assert tree(olivia.get(address).content).all("a", href="/sessions/")


# The User-Agent strings are those that the browsers of summer 2025 send.
@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (PHONE, "Safari on iPhone"),
        (DESKTOP, "Firefox on Linux"),
        (ANDROID, "Chrome on Android"),
        (f"{ANDROID} EdgA/138.0.0.0", "Edge on Android"),
        (PHONE.replace("Version/18.5", "CriOS/138.0.7204.119"), "Chrome on iPhone"),
        (PHONE.replace("Version/18.5", "FxiOS/141.0"), "Firefox on iPhone"),
        *((agent, words) for words, agent in OTHERS.items()),
        ("curl/8.14.1", "curl"),
        ("", "A browser that does not say which"),
        ("<script>alert(1)</script>", "A browser that does not say which"),
    ],
)
def test_a_browser_is_known_again_by_its_words(agent, words):
    assert browser_words(agent) == words
