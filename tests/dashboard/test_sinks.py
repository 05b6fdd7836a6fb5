"""Check 44: whatever goes wrong, at DEBUG in everything, no secret is in a page or in what the server writes.

The server is a real one with all its output; the provider and the API server are real ones, too, on loopback.
"""

import contextlib
import re
import signal
import sqlite3
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import yaml

from dashboard.reports import Reporter
from tests.clusters.fakes import http, serving
from tests.clusters.test_connection_tls import CA, server_context
from tests.dashboard.test_serving import port_of, started
from tests.provider.provider import provider

TOKEN = "pasted-token-that-nobody-may-read"
PASSWORD = "password-that-nobody-may-read"
CODE = "code-that-nobody-may-read"
UNAUTHORIZED = b'{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Unauthorized","code":401}'
KEY = "key-of-the-server-that-nobody-may-read-0123456789"


class Visitor:
    """A browser that keeps its cookies, and every page that it was given."""

    def __init__(self, port):
        self.port, self.jar, self.shown = port, SimpleCookie(), []

    def ask(self, method, target, fields=None, **headers):
        connection = HTTPConnection("localhost", self.port, timeout=30)
        headers["Cookie"] = "; ".join(f"{name}={each.value}" for name, each in self.jar.items())
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, target, urlencode(fields) if fields is not None else None, headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        for line in answer.msg.get_all("Set-Cookie") or []:
            self.jar.load(line)
        self.shown.append(answer.text)
        return answer

    def post(self, path, **fields):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.ask("GET", path).text)[1]
        return self.ask("POST", path, {"csrfmiddlewaretoken": token, **fields})


@contextlib.contextmanager
def everything_at_debug(folder, op, cluster):
    """Porthole with all that talks at its most talkative, and its output."""
    clusters = folder / "clusters.yaml"
    clusters.write_text(
        yaml.safe_dump([{"name": "home", "server": cluster.url, "certificate_authority": CA.certificate}])
    )
    names = {
        "DEBUG": "true",
        "LOG_LEVEL": "DEBUG",
        "SECRET_KEY": KEY,
        "OIDC_ISSUER_URL": op.issuer,
        "OIDC_CLIENT_ID": op.client_id,
        "OIDC_CLIENT_SECRET": op.client_secret,
        "OIDC_CA_FILE": str(op.authority_file),
        "PORTHOLE_TOKEN_SIGNIN": "true",
        "PORTHOLE_CLUSTERS_FILE": str(clusters),
        "PORTHOLE_ADMIN_GROUPS": "operators",
    }
    with started(folder, "serve", **names) as process:
        yield process, port_of(process)


def wreck(folder):
    """Take away a table, so that every page that asks who somebody is fails as nothing foresaw."""
    with contextlib.closing(sqlite3.connect(folder / "porthole.sqlite3")) as database:
        database.execute("alter table dashboard_session rename to elsewhere")
        database.commit()


def visit(port, op, folder):
    """Go through whatever carries a secret, last with a database that is wrecked; all cookies and pages."""
    visitor = Visitor(port)
    begun = visitor.ask("GET", "/signin/oidc/?next=/clusters/").getheader("Location")
    back = urlsplit(op.sign_in(begun, "olivia"))
    assert visitor.ask("GET", f"{back.path}?{back.query}").status == 302
    assert visitor.ask("GET", "/clusters/").status == 200
    visitor.ask("GET", "/c/home/", Authorization=f"Bearer {TOKEN}")
    visitor.ask("GET", f"/oidc-callback?code={CODE}&state=made-up")
    assert visitor.ask("GET", "/nowhere").status == 404
    assert visitor.post("/signin/token/?cluster=home", cluster="home", token=TOKEN).status == 422
    op.token_changes = {"error": "invalid_grant", "access_token": None, "id_token": None}
    other = Visitor(port)
    begun = other.ask("GET", "/signin/oidc/").getheader("Location")
    failing = urlsplit(op.sign_in(begun, "victor"))
    assert other.ask("GET", f"{failing.path}?{failing.query}").status == 400
    cookies = {each.value for each in (*visitor.jar.values(), *other.jar.values()) if len(each.value) > 16}
    wreck(folder)
    csrf = next(each.value for name, each in visitor.jar.items() if name.endswith("-csrf"))
    form = {"token": TOKEN, "password": PASSWORD, "csrfmiddlewaretoken": csrf}
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert visitor.ask("GET", f"/clusters/?code={CODE}", **bearer).status == 500
    assert visitor.ask("POST", f"/signin/token/?token={TOKEN}", form, **bearer).status == 500
    codes = [dict(parse_qsl(each.query))["code"] for each in (back, failing)]
    return cookies, codes, visitor.shown + other.shown


def test_check_44_no_secret_is_in_any_page_or_in_what_the_server_writes(tmp_path):
    with (
        provider() as op,
        serving(lambda _seen: http(UNAUTHORIZED, 401), server_context(tmp_path)) as cluster,
        everything_at_debug(tmp_path, op, cluster) as (process, port),
    ):
        cookies, codes, shown = visit(port, op, tmp_path)
        tokens = [*op.refresh_tokens, *op.access_tokens, *op.codes]
        process.send_signal(signal.SIGINT)
        written = process.stdout.read()
    assert "porthole.audit" in written, "nothing was written"
    assert "Traceback" in written, "nothing failed"
    debug_pages = [page for page in shown if "OperationalError" in page]
    assert debug_pages, "Django's debug page was not seen"
    secrets = [TOKEN, PASSWORD, CODE, KEY, op.client_secret, *codes, *tokens, *cookies]
    for text in (written, *debug_pages):
        assert [secret for secret in secrets if secret in text] == []
        assert not re.search(r"\bcode=[^&\s]", text)
        assert "Bearer " not in text
        assert not re.search(r"eyJ[\w-]{10,}\.[\w-]+\.", text)
    assert [secret for secret in (TOKEN, PASSWORD, KEY, op.client_secret, *tokens) if secret in "".join(shown)] == []


@pytest.mark.parametrize("part", ["get_traceback_html", "get_traceback_text"])
def test_check_44_a_report_shows_where_and_no_values(rf, settings, part):
    settings.DEBUG = True
    settings.OIDC_CLIENT_SECRET = PASSWORD
    request = rf.post(
        f"/x?code={CODE}", {"token": TOKEN}, headers={"Authorization": f"Bearer {TOKEN}", "Cookie": f"a={KEY}"}
    )
    local = TOKEN
    try:
        {}[f"{len(local)} letters"]
    except LookupError as error:
        report = getattr(Reporter(request, type(error), error, error.__traceback__), part)()
    assert "KeyError" in report
    assert "letters" in report
    assert [secret for secret in (TOKEN, CODE, KEY, PASSWORD) if secret in report] == []
