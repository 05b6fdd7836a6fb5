"""A browser without a window, for a proxy's sign-in and for the headers that an attacker would send through it."""

import html
import re
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from tests.identity import realm
from tests.identity.echo import Echo
from tests.identity.keycloak import Keycloak

FORM = re.compile(r'<form id="kc-form-login"[^>]* action="([^"]+)"')


class Loopback(DefaultCookiePolicy):
    """Browsers take http://localhost for a secure place, as Python's own policy does not."""

    def return_ok_secure(self, cookie: Any, request: Any) -> bool:
        """Whether a cookie for secure places may go there."""
        return True


class Visitor:
    """Somebody's browser at ``site``, which a proxy guards."""

    def __init__(self, keycloak: Keycloak, site: str) -> None:
        self.site = site
        self.session = keycloak.session()
        self.session.cookies.set_policy(Loopback())

    def sign_in(self, person: str, path: str = "/") -> requests.Response:
        """Sign in at oauth2-proxy, by the provider's own form; the page that comes at last."""
        page = self.session.get(f"{self.site}/oauth2/start", params={"rd": path}, timeout=30)
        found = FORM.search(page.text)
        assert found, f"no form at {page.url}: {page.status_code} {page.text[:500]}"
        form = {"username": person, "password": realm.PASSWORD}
        return self.session.post(html.unescape(found[1]), form, timeout=30)

    def ask(self, path: str = "/", method: str = "GET", headers: Mapping[str, str] | None = None) -> requests.Response:
        """One request, with these headers besides a browser's own; redirects are not followed."""
        return self.session.request(
            method, f"{self.site}{path}", headers=dict(headers or {}), timeout=30, allow_redirects=False
        )

    def arrives(self, headers: Mapping[str, str] | None = None) -> dict[str, str]:
        """The headers that the echoing application gets, by lower-case name; one that comes twice is an error."""
        answer = self.ask("/echo", headers=headers)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:500]}"
        pairs = [(name.lower(), value) for name, value in answer.json()]
        assert len(pairs) == len(dict(pairs))
        return dict(pairs)

    def streams(self, echo: Echo) -> list[str]:
        """The lines of the application's stream; the second is not sent before the first has come."""
        echo.more.clear()
        with self.session.get(f"{self.site}/stream", stream=True, timeout=15) as answer:
            lines = answer.iter_lines(chunk_size=1)
            first = next(line for line in lines if line)
            echo.more.set()
            return [first.decode(), *(line.decode() for line in lines if line)]
