"""A browser without a window, for the provider's pages and for what a provider posts: no proxy, no redirects."""

import html
import http.client
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

PATIENCE = 10.0  # seconds


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str:
        """The first header of that name, or empty."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def fetch(
    url: str, form: Mapping[str, str] | None = None, *, authority_file: str | Path = "", cookie: str = ""
) -> Answer:
    """GET ``url``, or POST ``form`` to it."""
    parts = urlsplit(url)
    connection = connect(parts.scheme, parts.netloc, authority_file)
    headers = {"Accept": "text/html, application/json"}
    if cookie:
        headers["Cookie"] = cookie
    body = None if form is None else urlencode(form)
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request("GET" if body is None else "POST", url.split(parts.netloc, 1)[1] or "/", body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read().decode())
    finally:
        connection.close()


def connect(scheme: str, netloc: str, authority_file: str | Path) -> http.client.HTTPConnection:
    """A connection to a server, whose certificate has to be one of that authority."""
    if scheme == "http":
        return http.client.HTTPConnection(netloc, timeout=PATIENCE)
    context = ssl.create_default_context(cafile=str(authority_file) or None)
    return http.client.HTTPSConnection(netloc, timeout=PATIENCE, context=context)


@dataclass
class Visitor:
    """Somebody's browser at the provider at ``url``."""

    url: str
    authority_file: Path
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, url: str) -> Answer:
        """Open a page."""
        return self._fetch(url, None)

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send a form."""
        return self._fetch(url, form)

    def sign_in(self, authorize_url: str, person: str, password: str) -> str:
        """Where the provider sends the browser: after its form, or at once where the browser is known there.

        Raises AssertionError where the provider shows an error of its own.
        """
        page = self.get(authorize_url)
        if page.status == 200:
            fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.body))
            hidden = {name: html.unescape(value) for name, value in fields.items()}
            action = re.findall(r'<form method="post" action="([^"]+)">', page.body)[0]
            page = self.post(urljoin(self.url, action), {**hidden, "username": person, "password": password})
        assert page.status == 302, f"the provider says: {page.body}"
        return page.header("Location")

    def _fetch(self, url: str, form: Mapping[str, str] | None) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = fetch(url, form, authority_file=self.authority_file, cookie=cookie)
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer
