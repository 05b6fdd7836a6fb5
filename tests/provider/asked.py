"""What a provider was asked, and how it answers on the wire."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.clusters.fakes import Answer, Seen, http


@dataclass(frozen=True)
class Asked:
    """One request: the endpoint's name (or "" for none that there is), and its parameters of query and form."""

    endpoint: str
    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        """The first header of that name, or empty."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that came."""
        parts = (part.partition("=") for part in self.header("Cookie").split(";"))
        return {name.strip(): value for name, _equals, value in parts}


Answering = Callable[[Asked], Answer]


def asked(seen: Seen, endpoint: str) -> Asked:
    """A request as it came over the wire, read as a form (application/x-www-form-urlencoded)."""
    target = urlsplit(seen.target)
    query = dict(parse_qsl(target.query, keep_blank_values=True))
    form = dict(parse_qsl(seen.body.decode(), keep_blank_values=True))
    return Asked(endpoint, seen.method, target.path, query, form, tuple(seen.headers))


def json_answer(body: Mapping[str, Any], status: int = 200) -> bytes:
    """A JSON object that nobody may keep (RFC 6749, section 5.1)."""
    return http(json.dumps(body).encode(), status, headers=("Cache-Control: no-store",))


def oauth_error(error: str, description: str, status: int = 400) -> bytes:
    """An error of the token endpoint (RFC 6749, section 5.2)."""
    return json_answer({"error": error, "error_description": description}, status)


def html_answer(body: str, status: int = 200, *headers: str) -> bytes:
    """A page."""
    whole = f'<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">{body}</html>'
    return http(whole.encode(), status, type="text/html; charset=utf-8", headers=headers)


def redirect(url: str, *headers: str) -> bytes:
    """A redirect."""
    return http(b"", 302, headers=(f"Location: {url}", *headers))


def with_parameters(url: str, **parameters: str) -> str:
    """``url`` with further parameters in its query; empty ones are left out."""
    added = urlencode({name: value for name, value in parameters.items() if value})
    return f"{url}{'&' if urlsplit(url).query else '?'}{added}"
