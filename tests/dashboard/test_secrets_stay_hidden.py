"""A Secret's values are in no page, fragment, stream, file, log line or error, and no address reveals them yet."""

import base64
import json
import logging
from contextlib import closing

import pytest

from tests.dashboard.api import api
from tests.dashboard.events import changes, opened
from tests.dashboard.pages import tree

SECRETS = "/api/v1/namespaces/shop/secrets"
MERGE = "application/merge-patch+json"
VALUE = "correct-horse-battery-staple"
ENCODED = base64.b64encode(VALUE.encode()).decode()
OBJECT = "/c/demo/shop/secrets/kept/"


@pytest.fixture
def kept(demo):
    """A Secret in the shop, and in it a value that nothing else has."""
    body = {"metadata": {"name": "kept"}, "data": {"password": ENCODED}, "type": "Opaque"}
    yield api(demo, "POST", SECRETS, {"apiVersion": "v1", "kind": "Secret", **body})
    api(demo, "DELETE", f"{SECRETS}/kept")


@pytest.fixture(autouse=True)
def nothing_shown(shown, caplog):
    """In whatever a test was shown, and in all log lines."""
    yield
    written = "\n".join([*shown, *(record.getMessage() for record in caplog.get_records("call"))])
    assert shown
    assert VALUE not in written
    assert ENCODED not in written


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true", "HX-Target": "main#main"}])
def test_check_36_no_page_or_fragment_shows_a_value(olivia, kept, htmx):
    for address in (OBJECT, f"{OBJECT}events/", f"{OBJECT}yaml/", f"{OBJECT}yaml/?download=1", "/c/demo/shop/secrets/"):
        assert olivia.get(address, headers=htmx).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_check_36_no_stream_shows_a_value(olivia, kept, read, demo):
    response, messages = opened(read, olivia, olivia.get("/c/demo/shop/secrets/").context["page"].stream_url)
    with closing(response):
        # A key more, so that the row's count changes.
        api(demo, "PATCH", f"{SECRETS}/kept", {"data": {"user": ENCODED}}, MERGE)
        assert "kept" in next(changes(messages))["data"]


def test_check_36_nothing_reveals_a_value_as_long_as_no_form_for_it_exists(olivia, kept):
    for query in ("reveal=1", "reveal=password", "show=data", "unmask=1", "raw=1", "managed=1"):
        assert olivia.get(f"{OBJECT}yaml/?{query}").status_code == 200
        assert olivia.get(f"{OBJECT}?{query}").status_code == 200
    for page in ("", "yaml/", "events/"):
        assert olivia.post(f"{OBJECT}{page}", {"reveal": "password"}).status_code == 405
    for page in ("reveal/", "data/", "raw/", "logs/", "scale/"):
        assert olivia.get(f"{OBJECT}{page}").status_code == 404
        assert olivia.post(f"{OBJECT}{page}", {"reveal": "password"}).status_code in (404, 405)


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind": "Secret", "data": {"password": "' + ENCODED.encode() + b'"',
        json.dumps({"kind": "Secret", "metadata": 7, "data": {"password": ENCODED}}).encode(),
        json.dumps({"kind": "Secret", "metadata": {"name": "kept"}, "data": ENCODED}).encode(),
        json.dumps({"kind": "Secret", "metadata": {}, "data": [ENCODED], "stringData": [VALUE]}).encode(),
        json.dumps({"kind": "Secret", "metadata": {}, "stringData": {"password": VALUE, "data": 1}}).encode(),
    ],
)
def test_check_36_an_answer_that_cannot_be_read_is_not_quoted(olivia, kept, tap, caplog, body):
    caplog.set_level(logging.DEBUG)
    with tap.answering(r"GET .*/secrets/kept$", 200, body, "application/json"):
        for page in ("", "yaml/", "yaml/?download=1", "events/"):
            assert olivia.get(f"{OBJECT}{page}").status_code in (200, 502)


def test_check_36_who_may_not_read_a_secret_reads_so(victor, kept):
    response = victor.get(f"{OBJECT}yaml/")
    assert response.status_code == 403
    assert 'User "victor" cannot get resource "secrets"' in tree(response.content).text
