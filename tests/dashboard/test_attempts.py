"""Failed sign-ins are counted; who fails too often waits, and others do not."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory

from dashboard import attempts
from dashboard.attempts import ACCOUNT_ANYWHERE_LIMIT, ACCOUNT_LIMIT, ADDRESS_LIMIT, PROXY_LIMIT, WINDOW
from dashboard.environment import load
from dashboard.models import Attempt
from dashboard.sessions import SessionStore
from tests.dashboard.pages import tree

pytestmark = pytest.mark.usefixtures("early_in_a_window")

LOGIN = "/admin/login/"
WRONG = {"username": "operator", "password": "not-the-password"}
RIGHT = {"username": "operator", "password": "unguessable"}


@pytest.fixture
def account(db):
    return User.objects.create_superuser("operator", password="unguessable")


def request(peer="203.0.113.7", **headers):
    made = RequestFactory().post("/", REMOTE_ADDR=peer, headers=headers)
    made.session = SessionStore()
    return made


def test_check_45_repeated_failed_logins_are_answered_429(account, browser, caplog):
    client = browser()
    for _ in range(ACCOUNT_LIMIT):
        assert client.post(LOGIN, WRONG).status_code == 200
    response = client.post(LOGIN, WRONG)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= WINDOW
    page = tree(response.content)
    assert "Too many attempts" in page.text
    assert response["X-Request-ID"] in page.text
    right = {"username": "Operator", "password": "unguessable"}
    assert client.post(LOGIN, right).status_code == 429, "the right password is not tried, either"
    assert "not-the-password" not in caplog.text
    assert "too many attempts" in caplog.text


def test_check_45_who_is_wrong_elsewhere_does_not_keep_an_account_s_owner_out(account, browser):
    stranger, owner = browser(REMOTE_ADDR="198.51.100.9"), browser(REMOTE_ADDR="203.0.113.7")
    for _ in range(ACCOUNT_LIMIT - 1):
        attempts.failed(request("198.51.100.9"), "admin", "operator")
    assert [stranger.post(LOGIN, WRONG).status_code for _ in range(2)] == [200, 429]
    assert owner.post(LOGIN, RIGHT).status_code == 302
    assert stranger.post(LOGIN, RIGHT).status_code == 429, "that its owner came in gives the stranger nothing"


def test_check_45_an_account_is_not_guessed_from_many_addresses(account, browser):
    for number in range(ACCOUNT_ANYWHERE_LIMIT):
        attempts.failed(request(f"198.51.100.{number}"), "admin", "operator")
    assert browser(REMOTE_ADDR="203.0.113.7").post(LOGIN, RIGHT).status_code == 429
    assert attempts.refused(request("203.0.113.7"), "admin", "another") is None


def test_check_45_one_address_may_not_try_every_account(account, browser):
    client = browser(REMOTE_ADDR="198.51.100.9")
    for number in range(ADDRESS_LIMIT):
        assert client.post(LOGIN, {**WRONG, "username": f"user-{number}"}).status_code == 200
    assert client.post(LOGIN, {"username": "operator", "password": "unguessable"}).status_code == 429
    elsewhere = browser(REMOTE_ADDR="198.51.100.10")
    assert elsewhere.post(LOGIN, {"username": "operator", "password": "unguessable"}).status_code == 302


def test_who_comes_in_begins_anew(account, browser):
    client = browser(REMOTE_ADDR="203.0.113.7")
    for number in range(ACCOUNT_ANYWHERE_LIMIT - 1):
        elsewhere = f"198.51.100.{number}"
        attempts.failed(request("203.0.113.7" if number < ACCOUNT_LIMIT - 1 else elsewhere), "admin", "operator")
    assert client.post(LOGIN, RIGHT).status_code == 302
    client.logout()
    assert [client.post(LOGIN, WRONG).status_code for _ in range(2)] == [200, 200]


def test_the_next_window_is_a_new_one_and_the_last_but_one_is_forgotten(db):
    now = attempts.window()
    for _ in range(ADDRESS_LIMIT):
        attempts.failed(request(), "token")
    assert attempts.refused(request(), "token").status_code == 429
    Attempt.objects.update(window=now - 1)
    assert attempts.refused(request(), "token") is None
    Attempt.objects.update(window=now - 2)
    attempts.failed(request(), "token")
    assert list(Attempt.objects.values_list("window", "count")) == [(attempts.window(), 1)]


def test_one_thing_that_fails_does_not_stop_another(db):
    for _ in range(ADDRESS_LIMIT):
        attempts.failed(request(), "token")
    assert attempts.refused(request(), "token")
    assert attempts.refused(request(), "admin", "operator") is None


def test_nothing_is_kept_that_names_anybody(db):
    attempts.failed(request("203.0.113.7"), "admin", "operator")
    with connection.cursor() as cursor:
        cursor.execute("select * from dashboard_attempt")
        rows = str(cursor.fetchall())
    assert "operator" not in rows
    assert "203.0.113.7" not in rows


@pytest.fixture
def named(settings):
    """``named("10.0.0.0/8")``: the networks in which an operator says that proxies are; whether PROXY_AUTH is on."""

    def name(text, *, proxy_auth="false"):
        given = load({"PROXY_AUTH_TRUSTED_NETWORKS": text, "PROXY_AUTH": proxy_auth})
        settings.CONFIG = settings.CONFIG | {
            name: given[name] for name in ("PROXY_AUTH_TRUSTED_NETWORKS", "PROXY_AUTH")
        }

    return name


@pytest.mark.parametrize("proxy_auth", ["false", "true"])
def test_a_named_proxy_s_word_tells_people_apart_and_nobody_else_s(db, named, proxy_auth):
    named("10.0.0.0/24", proxy_auth=proxy_auth)
    forwarded = {"X-Forwarded-For": "192.0.2.66, 198.51.100.1"}
    assert attempts.address_of(request("10.0.0.1", **forwarded)) == "198.51.100.1"
    assert attempts.address_of(request("203.0.113.7", **forwarded)) == "203.0.113.7"
    assert attempts.address_of(request("10.0.0.1", **{"X-Forwarded-For": "<b>"})) == "10.0.0.1"
    assert attempts.address_of(request("10.0.0.1")) == "10.0.0.1"
    for number in range(PROXY_LIMIT):
        attempts.failed(request("10.0.0.1", **{"X-Forwarded-For": f"2001:db8::{number:x}"}), "token")
    assert attempts.refused(request("10.0.0.1", **{"X-Forwarded-For": "2001:db8::ffff"}), "token"), "of all together"


def test_a_named_proxy_that_tells_nobody_apart_is_not_taken_for_one_person(db, named):
    named("10.0.0.0/24")
    for _ in range(PROXY_LIMIT):
        assert attempts.refused(request("10.0.0.1"), "token") is None
        attempts.failed(request("10.0.0.1"), "token")
    assert attempts.refused(request("10.0.0.1"), "token")


@pytest.mark.parametrize(
    ("peer", "proxy_auth"),
    [("127.0.0.1", "false"), ("10.42.0.9", "true"), ("172.31.0.9", "false"), ("192.168.1.9", "true"), ("fd00::9", "")],
)
def test_where_no_proxy_is_named_nobody_chooses_whose_address_waits(db, named, peer, proxy_auth):
    named("", proxy_auth=proxy_auth)
    victim = "192.168.1.20"
    for _ in range(PROXY_LIMIT):
        attempts.failed(request(peer, **{"X-Forwarded-For": victim}), "token")
    assert attempts.refused(request(victim), "token") is None
    assert attempts.refused(request("192.168.1.1", **{"X-Forwarded-For": victim}), "token") is None
    assert attempts.refused(request(peer, **{"X-Forwarded-For": victim}), "token").status_code == 429


def test_where_no_proxy_is_named_another_name_at_each_guess_is_no_way_round(account, browser, named):
    named("")
    pod = browser(REMOTE_ADDR="10.42.0.9")
    for number in range(ACCOUNT_ANYWHERE_LIMIT):
        assert pod.post(LOGIN, WRONG, headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code == 200
    assert pod.post(LOGIN, RIGHT, headers={"X-Forwarded-For": "203.0.113.1"}).status_code == 429


def test_behind_a_proxy_that_is_not_named_a_few_who_are_wrong_keep_nobody_else_out(account, browser, named, caplog):
    named("")
    household = browser(REMOTE_ADDR="172.18.0.2", headers={"X-Forwarded-For": "192.168.1.30"})
    for _ in range(ADDRESS_LIMIT):
        attempts.failed(request("172.18.0.2", **{"X-Forwarded-For": "192.168.1.31"}), "admin", "operator")
    assert household.post(LOGIN, RIGHT).status_code == 302
    for number in range(PROXY_LIMIT - ADDRESS_LIMIT):
        attempts.failed(request("172.18.0.2", **{"X-Forwarded-For": "192.168.1.31"}), "admin", f"user-{number}")
    assert "PROXY_AUTH_TRUSTED_NETWORKS" not in caplog.text
    household.logout()
    assert household.post(LOGIN, RIGHT).status_code == 429
    assert "If a proxy of yours is at 172.18.0.2, name it in PROXY_AUTH_TRUSTED_NETWORKS" in caplog.text


@pytest.mark.parametrize(
    ("networks_named", "peer", "headers"),
    [
        ("", "192.168.1.31", {}),
        ("", "203.0.113.7", {"X-Forwarded-For": "192.168.1.30"}),
        ("10.0.0.1", "192.168.1.31", {"X-Forwarded-For": "192.168.1.30"}),
    ],
)
def test_who_is_no_proxy_has_the_limit_of_one_address(db, named, networks_named, peer, headers):
    named(networks_named)
    for _ in range(ADDRESS_LIMIT):
        attempts.failed(request(peer, **headers), "token")
    assert attempts.refused(request(peer, **headers), "token").status_code == 429


@pytest.mark.django_db(transaction=True)
def test_failures_at_the_same_time_are_all_counted():
    def fail(_number):
        try:
            attempts.failed(request(), "token")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fail, range(24)))
    assert Attempt.objects.get().count == 24


@pytest.mark.parametrize("spelling", [" operator\u3000"])
def test_check_45_another_spelling_of_an_account_is_no_other_account(account, browser, spelling):
    client = browser()
    for _ in range(ACCOUNT_LIMIT):
        assert client.post(LOGIN, WRONG).status_code == 200
    assert client.post(LOGIN, {"username": spelling, "password": "unguessable"}).status_code == 429


def test_an_ipv6_network_is_one_address(db):
    for number in range(ADDRESS_LIMIT):
        attempts.failed(request(f"2001:db8:1:2::{number:x}"), "token")
    assert attempts.refused(request("2001:db8:1:2:ffff::1"), "token").status_code == 429
    assert attempts.refused(request("2001:db8:1:3::1"), "token") is None


def test_a_mapped_address_is_the_one_that_it_maps(named):
    named("10.0.0.0/8")
    assert attempts.address_of(request("::ffff:203.0.113.7")) == "203.0.113.7"
    forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    assert attempts.address_of(request("::ffff:10.0.0.1", **forwarded)) == "203.0.113.9"
    assert attempts.address_of(request("198.51.100.7", **forwarded)) == "198.51.100.7"
    assert attempts.address_of(request("")) == ""
