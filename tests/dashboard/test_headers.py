"""At a real server that people reach by https: its cookies, and what each answer tells browsers to keep to."""

import http.client
import re
import subprocess
import sys
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from clusters.demo.server import serving
from tests.dashboard.test_serving import ROOT, environment, port_of, started

HTTPS = {"PORTHOLE_HTTPS": "true", "PORTHOLE_WAYS": "demo"}
ORIGIN = "https://localhost"
PASSWORD = "not to be guessed"


class Visitor:
    """A browser, of which a proxy in front of Porthole ends TLS: it comes by plain HTTP and sends its cookies."""

    def __init__(self, port):
        self.port, self.jar, self.set_cookies = port, SimpleCookie(), []

    def ask(self, method, path, fields=None, **more):
        """The answer, read; its cookies are kept. ``more`` are headers."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        headers = {"Cookie": "; ".join(f"{name}={each.value}" for name, each in self.jar.items()), "Host": "localhost"}
        headers |= more
        if fields is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": ORIGIN}
        connection.request(method, path, urlencode(fields) if fields is not None else None, headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        for line in answer.msg.get_all("Set-Cookie") or []:
            self.set_cookies.append(line)
            self.jar.load(line)
        return answer

    def post(self, path, **fields):
        """The answer to a form that stands at ``path``."""
        form = self.ask("GET", path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)[1]
        return self.ask("POST", path, {"csrfmiddlewaretoken": token, **fields})


@pytest.fixture(scope="module")
def https(tmp_path_factory):
    """The port of a server that takes every request for one by https, with an account for its admin."""
    folder = tmp_path_factory.mktemp("porthole")
    with serving(trials=True) as cluster:
        names = {**HTTPS, "PORTHOLE_DEMO_SERVER": cluster.url}
        with started(folder, "serve", **names) as process:
            port = port_of(process)
            account = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "root@example.com"}
            subprocess.run(
                [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username", "root"],
                cwd=ROOT,
                env=environment(folder, **names, **account),
                check=True,
                capture_output=True,
                timeout=60,
            )
            yield port


@pytest.fixture
def olivia(https):
    visitor = Visitor(https)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', visitor.ask("GET", "/signin/").text)[1]
    assert visitor.ask("POST", "/signin/demo/", {"csrfmiddlewaretoken": token, "person": "olivia"}).status == 302
    return visitor


@pytest.fixture
def root(https):
    visitor = Visitor(https)
    assert visitor.post("/admin/login/", username="root", password=PASSWORD, next="/admin/").status == 302
    return visitor


def test_check_41_cookies_are_for_this_host_and_https_alone(olivia, root):
    for visitor in (olivia, root):
        names = set()
        for line in visitor.set_cookies:
            name, _, rest = line.partition("=")
            parts = {part.strip().lower() for part in rest.split(";")[1:]}
            names.add(name)
            # RFC 6265bis, section 4.1.3.2: __Host- needs Secure, Path=/ and no Domain.
            assert name.startswith("__Host-")
            assert {"secure", "samesite=lax", "path=/"} <= parts
            assert not any(part.startswith("domain") for part in parts)
            if not name.endswith("-csrf"):
                assert "httponly" in parts
        assert names >= {"__Host-porthole", "__Host-porthole-csrf"}


PAGES = ["/", "/clusters/", "/c/demo/", "/c/demo/shop/pods/", "/sessions/", "/c/demo/nowhere/pods/none/", "/nothing"]


def test_check_41_each_answer_tells_browsers_what_to_keep_to(olivia, root):
    found = [(path, olivia.ask("GET", path)) for path in [*PAGES, *PAGES]]
    found += [(path, root.ask("GET", path)) for path in ("/admin/", "/admin/clusters/cluster/add/", "/admin/login/")]
    nonces = []
    for path, answer in found:
        headers = dict(answer.getheaders())
        assert int(re.search(r"max-age=(\d+)", headers["Strict-Transport-Security"])[1]) >= 31536000, path
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer", "strict-origin-when-cross-origin"), path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "no-store" in headers["Cache-Control"], path
        policy = headers["Content-Security-Policy"]
        assert "unsafe-" not in policy, path
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "base-uri 'none'" in policy, path
        assert "form-action 'self'" in policy, path
        nonces += set(re.findall(r"'nonce-([^']+)'", policy))
    assert len(nonces) == len(set(nonces))
    assert len(nonces) >= len(PAGES), "pages have nonces"
    assert all(len(nonce) >= 16 for nonce in nonces)


@pytest.mark.parametrize("path", ["/static/nothing.css", "/static/signin/", "/static/c/demo/shop/pods/"])
@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "X-Script-Name"])
def test_no_header_makes_a_page_a_file_that_may_be_kept(olivia, path, name):
    answer = olivia.ask("GET", path, **{name: "/static"})
    assert (answer.status, answer.getheader("Cache-Control")) == (404, "no-store")
    assert "max-age" in olivia.ask("GET", "/static/icons/porthole.svg").getheader("Cache-Control")


def test_check_41_what_stands_in_a_page_has_its_nonce_and_no_handlers(olivia):
    answer = olivia.ask("GET", "/c/demo/shop/pods/")
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", answer.getheader("Content-Security-Policy")))
    scripts = re.findall(r"<(?:script|style)\b([^>]*)>", answer.text)
    assert scripts
    for attributes in scripts:
        assert f'nonce="{nonce}"' in attributes or "src=" in attributes
    assert not re.search(r"<[a-z][^>]*\son[a-z]+=", answer.text)


def test_check_42_https_is_what_the_operator_says_and_nobody_else(tmp_path):
    with (
        serving(trials=True) as cluster,
        started(tmp_path, "serve", PORTHOLE_WAYS="demo", PORTHOLE_DEMO_SERVER=cluster.url) as process,
    ):
        connection = http.client.HTTPConnection("localhost", port_of(process), timeout=20)
        connection.request("GET", "/signin/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on"})
        answer = connection.getresponse()
        assert answer.getheader("Strict-Transport-Security") is None
        assert "secure" not in (answer.getheader("Set-Cookie") or "").lower()
        connection.close()
