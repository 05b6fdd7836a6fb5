"""What goes wrong is a page worth reading, or a fragment of one, with the right status and never a trace."""

import re

import pytest

from clusters import errors
from tests.dashboard.failing_urls import FAILURES
from tests.dashboard.pages import tree
from tests.dashboard.wire import refusal

STATUSES = {
    "BadName": 404,
    "NoCredentials": 403,
    "Misconfigured": 503,
    "Unreachable": 502,
    "Untrusted": 502,
    "NoProvider": 502,
    "WrongToken": 403,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "NoKind": 404,
    "Conflict": 409,
    "Gone": 410,
    "Invalid": 422,
    "TooManyRequests": 429,
    "Failed": 502,
}
PODS = "/c/demo/shop/pods/"


@pytest.fixture
def failing(settings):
    settings.ROOT_URLCONF = "tests.dashboard.failing_urls"


def subclasses(cls):
    return {cls.__name__} | {name for each in cls.__subclasses__() for name in subclasses(each)}


def test_every_error_of_a_cluster_is_tried_here():
    base = {"ClusterError", "Refused", "ReplicasChanged", "SignInAgain"}  # the last leads to the sign-in page
    assert subclasses(errors.ClusterError) - base == set(STATUSES)


def told(page):
    """What a problem says, and whether it looks like the API server's words."""
    first = page.one("div", class_="problem").all("p")[0]
    return first.text, first.attributes.get("class") == "said"


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_each_error_is_a_page_and_a_fragment_in_its_own_words(olivia, failing, name, status):
    message = FAILURES[name].message
    response = olivia.get(f"/fail/{name}/")
    assert response.status_code == status
    page = tree(response.content)
    assert told(page) == (message, isinstance(FAILURES[name], errors.Refused))
    assert page.one("h1").text
    assert page.one("a", href="/")
    assert response.headers["X-Request-ID"] in page.text
    assert response.headers["Cache-Control"] == "no-store"
    fragment = olivia.get(f"/fail/{name}/", headers={"HX-Request": "true", "HX-Target": "div#x"})
    assert fragment.status_code == status
    assert told(tree(fragment.content)) == (message, isinstance(FAILURES[name], errors.Refused))
    assert tree(fragment.content).all("main") == []
    assert ("WWW-Authenticate" in response.headers) == (name == "Unauthorized")


def test_the_titles_tell_the_errors_apart(olivia, failing):
    titles = {tree(olivia.get(f"/fail/{name}/").content).one("h1").text for name in STATUSES}
    assert len(titles) == len(STATUSES)


def test_a_fault_of_porthole_s_own_shows_a_reference_and_no_detail(olivia, failing, caplog):
    olivia.raise_request_exception = False
    response = olivia.get("/fail/bug/", headers={"X-Request-ID": "trace-42"})
    assert response.status_code == 500
    html = response.content.decode()
    assert "Porthole failed" in html
    assert "trace-42" in html
    for detail in ("secret detail", "RuntimeError", "Traceback", "failing_urls"):
        assert detail not in html
    (logged,) = [record for record in caplog.records if record.exc_info]
    assert "secret detail" in str(logged.exc_info[1])
    assert logged.request_id == "trace-42"
    assert olivia.get(PODS).status_code == 200, "a fault must not end the session"


def test_an_api_server_writes_no_lines_of_its_own_into_the_log(olivia, failing, caplog):
    with caplog.at_level("INFO"):
        assert olivia.get("/fail/forged/").status_code == 403
    (line,) = [record.getMessage() for record in caplog.records if record.name == "dashboard.middleware"]
    assert line.isprintable()
    assert "porthole.audit" in line


def test_a_fault_met_by_htmx_is_a_fragment(olivia, failing):
    olivia.raise_request_exception = False
    response = olivia.get("/fail/bug/", headers={"HX-Request": "true", "HX-Target": "div#x"})
    assert b"<html" not in response.content
    assert tree(response.content).one("h2").text == "Porthole failed"


def test_a_request_that_django_refuses(olivia, failing):
    response = olivia.get("/fail/suspicious/")
    assert response.status_code == 400
    assert tree(response.content).one("h1").text == "Porthole cannot read this request"


@pytest.mark.parametrize("address", ["/nothing/here/", "/c/demo/shop/pods/a/b/c/", "/<script>/", "/c/demo/a/b/c/x/"])
def test_an_unknown_address(olivia, browser, tap, address):
    for client in (olivia, browser()):
        response = client.get(address)
        assert response.status_code == 404
        page = tree(response.content)
        assert page.one("h1").text == "There is no such page"
        assert f"Nothing is at {address}." in page.text
        assert "<script>/" not in response.content.decode()
    assert tap.seen == []


def test_a_cluster_that_is_down(olivia, settings):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_DEMO_SERVER": "http://127.0.0.1:9"}
    for address in (PODS, f"{PODS}x/", "/c/demo/shop/pods/x/logs/", "/c/demo/shop/deployments.apps/api/scale/"):
        response = olivia.get(address)
        assert response.status_code == 502
        page = tree(response.content)
        assert page.one("h1").text == "The cluster does not answer"
        assert "nothing answers at its address" in page.text
    response = olivia.get("/c/demo/")
    assert response.status_code == 200
    assert "nothing answers at its address" in tree(response.content).text
    assert "nothing answers at its address" in olivia.get("/c/demo/more/").context["page"].problem.message


def test_a_token_that_the_cluster_refuses(olivia, tap):
    with tap.answering(r"GET /api/v1/namespaces/shop/pods", 401, refusal(401, "Unauthorized", "Unauthorized")):
        response = olivia.get(PODS)
    assert response.status_code == 401
    assert tree(response.content).one("h1").text == "The cluster does not know you"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>sign in to the proxy</html>", "text/html"),
        (200, b'{"kind": "Table", "rows": 7}', "application/json"),
        (200, b"", "application/json"),
        (302, b"elsewhere", "text/plain"),
        (500, b"<h1>nginx</h1>", "text/html"),
    ],
)
def test_an_answer_that_no_api_server_gives(olivia, tap, status, body, kind):
    with tap.answering(r"GET /api/v1/namespaces/shop/pods", status, body, kind):
        response = olivia.get(PODS)
    assert response.status_code == 502
    assert b"nginx" not in response.content
    assert len(tap.of("/pods")) == 1


def test_the_form_of_an_older_session_says_that_nothing_was_changed(olivia):
    olivia.handler.enforce_csrf_checks = True
    response = olivia.post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    page = tree(response.content)
    assert page.one("h1").text == "This form is out of date"
    assert "Nothing was changed." in page.text
    fragment = olivia.post("/theme/", {"theme": "dark"}, headers={"HX-Request": "true"})
    assert fragment.status_code == 403
    assert tree(fragment.content).all("main") == []


def directives(response):
    policy = response.headers["Content-Security-Policy"]
    return dict(directive.strip().split(" ", 1) for directive in policy.split(";"))


@pytest.mark.parametrize(
    "address", ["/signin/", PODS, "/c/demo/", "/nothing/", "/c/other/", "/c/demo/shop/pods/worker/", "/healthz"]
)
def test_every_answer_is_under_the_same_policy(olivia, browser, address):
    for client in (olivia, browser()):
        response = client.get(address)
        found = directives(response)
        assert found["default-src"] == "'none'"
        assert found["base-uri"] == found["frame-ancestors"] == "'none'"
        assert found["form-action"] == found["connect-src"] == found["img-src"] == "'self'"
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        for name, value in (
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
        ):
            assert response.headers[name] == value


def test_the_nonce_is_new_each_time_and_on_every_script_and_style(olivia):
    nonces = set()
    for _ in range(3):
        response = olivia.get(PODS)
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", response.headers["Content-Security-Policy"]))
        nonces.add(nonce)
        page = tree(response.content)
        inline = [*page.all("style"), *(each for each in page.all("script") if "src" not in each.attributes)]
        assert inline
        assert {each.attributes["nonce"] for each in inline} == {nonce}
        assert [each for each in page.walk() if any(name.startswith("on") for name in each.attributes)] == []
        assert [each for each in page.walk() if "style" in each.attributes] == []
    assert len(nonces) == 3


@pytest.mark.parametrize("given", ["abc-1.2_X", "a" * 64])
def test_a_plain_request_id_is_echoed(browser, given):
    assert browser().get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "<script>", "a\x00b", "é", "a\n"])
def test_any_other_request_id_is_replaced(browser, given):
    found = browser().get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", found)


def test_each_request_has_its_own_id(browser):
    client = browser()
    assert client.get("/healthz").headers["X-Request-ID"] != client.get("/healthz").headers["X-Request-ID"]
