"""How much a request may bring to a real server: the largest form fits, and what is longer is refused by a page."""

import http.client
import re
import socket

import pytest

from dashboard.config import BODY_BYTES
from tests.dashboard.pages import tree
from tests.dashboard.test_headers import https, root  # noqa: F401 - fixtures

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def sent(port, length, **more):
    """The answer to a body of that length."""
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    connection.request("POST", "/signin/demo/", b"a" * length, FORM | more)
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    connection.close()
    return answer


def test_a_cluster_with_many_certificates_comes_as_far_as_its_form(root):  # noqa: F811
    fields = {"name": "many", "server": "https://127.0.0.1:1", "certificate_authority": "a" * 120_000}
    answer = root.post("/admin/clusters/cluster/add/", **fields)
    assert answer.status == 200
    assert "This is not a PEM certificate bundle" in answer.text


@pytest.mark.parametrize("length", [BODY_BYTES + 1, 8 * BODY_BYTES])
def test_a_body_that_is_too_long_is_refused_by_a_page(https, length):  # noqa: F811
    answer = sent(https, length)
    page = tree(answer.text.encode())
    assert (answer.status, answer.getheader("Cache-Control")) == (413, "no-store")
    assert page.one("h1").text == "This is too long"
    assert f"128 KiB at most, and this one has {-(-length // 1024)} KiB" in page.text
    assert answer.getheader("X-Request-ID") in page.text
    assert tree(sent(https, length, **{"HX-Request": "true"}).text.encode()).all("main") == []


def test_the_longest_body_is_read(https):  # noqa: F811
    assert sent(https, BODY_BYTES).status == 403, "a form without the token against forgery"


def test_a_page_that_refuses_does_not_wait_for_the_body(https):  # noqa: F811
    with socket.create_connection(("localhost", https), timeout=20) as client:
        client.sendall(b"POST /signin/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (1 << 40))
        with client.makefile("rb") as reader:
            assert reader.readline().startswith(b"HTTP/1.1 413 ")
            assert re.search(rb"(?i)^connection: close\r$", reader.read(), re.MULTILINE)
