"""Is Porthole itself well? Asked by those who restart it."""

import pytest
from django.db import connection
from django.test import Client

from tests.dashboard.pages import tree


@pytest.fixture
def broken_database(django_db_blocker, settings):
    """A database that cannot be opened."""
    with django_db_blocker.unblock():
        whole = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = "/nonexistent/porthole.sqlite3"
        yield
        connection.close()
        connection.settings_dict["NAME"] = whole


def test_both_say_ok_to_anybody_and_ask_no_cluster(browser, tap):
    for path in ("/healthz", "/readyz"):
        response = browser().get(path)
        assert (response.status_code, response.content) == (200, b"ok\n")
        assert response.headers["Cache-Control"] == "no-store"
        assert not response.cookies
    assert tap.seen == []


@pytest.mark.django_db
def test_a_kubelet_may_ask_under_the_pods_own_address():
    for path in ("/healthz", "/readyz"):
        assert Client().get(path, headers={"Host": "10.244.3.7:8000"}).status_code == 200
    assert Client().get("/signin/", headers={"Host": "10.244.3.7:8000"}).status_code == 400


def test_a_broken_database_is_a_reason_to_send_nobody_here_and_not_to_restart(broken_database):
    assert Client().get("/healthz").status_code == 200
    response = Client().get("/readyz")
    assert (response.status_code, response.content) == (503, b"database: OperationalError\n")


def test_a_broken_database_is_a_page_with_a_reference_for_people(broken_database, settings):
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    response = client.get("/c/demo/", headers={"X-Request-ID": "trace-7"})
    assert response.status_code == 503
    page = tree(response.content)
    assert page.one("h1").text == "Porthole cannot reach its own store"
    assert "trace-7" in page.text
    assert "nonexistent" not in page.text


def test_health_is_not_to_be_changed(browser):
    assert [browser().post(path).status_code for path in ("/healthz", "/readyz")] == [405, 405]
