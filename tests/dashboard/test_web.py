"""HTTP to identity providers, as real servers see it."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from dashboard.signin import web
from tests.cluster.certificates import Pair, authority, issue
from tests.clusters.fakes import Answer, Fake, Handler, Seen, http, serving
from tests.dashboard.issuer import server_context


@pytest.fixture(scope="module")
def ca() -> Pair:
    """An operator's own certificate authority."""
    return authority("the operator's authority")


@pytest.fixture
def ca_file(ca: Pair, tmp_path: Path) -> str:
    """Its file."""
    file = tmp_path / "ca.pem"
    file.write_text(ca.certificate)
    return str(file)


@pytest.fixture
def provider(ca: Pair, tmp_path: Path) -> Iterator[Callable[[Handler | bytes], Fake]]:
    """``provider(answer)``: an https server whose certificate the operator's authority signed."""
    with ExitStack() as servers:

        def start(answer: Handler | bytes) -> Fake:
            handler: Handler = (lambda seen: answer) if isinstance(answer, bytes) else answer
            context = server_context(issue(ca, "provider", hosts=("127.0.0.1",)), tmp_path)
            return servers.enter_context(serving(handler, context))

        yield start


def refused(fake_url: str, ca_file: str) -> str:
    """Why there was no answer."""
    with pytest.raises(web.Unanswered) as caught:
        web.get_json(fake_url, authorities=ca_file)
    return str(caught.value)


def test_a_json_object_is_read_with_the_operators_ca_file(provider: Callable[..., Fake], ca_file: str) -> None:
    fake = provider(http({"issuer": "https://provider.example.com"}))
    assert web.get_json(f"{fake.url}/discovery", authorities=ca_file) == {"issuer": "https://provider.example.com"}
    assert fake.seen[0].target == "/discovery"
    assert fake.seen[0].all("Authorization") == []


def test_a_bundle_in_the_environment_does_not_override_the_operators_ca_file(
    provider: Callable[..., Fake], ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    other.write_text(authority("somebody else's authority").certificate)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(other))
    assert web.get_json(provider(http({"a": 1})).url, authorities=ca_file) == {"a": 1}


def test_a_bundle_in_the_environment_is_not_trusted_beside_the_operators_ca_file(
    provider: Callable[..., Fake], ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = provider(http({"a": 1}))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, ca_file)
    other = tmp_path / "other.pem"
    other.write_text(authority("somebody else's authority").certificate)
    assert "certificate of 127.0.0.1 is not trusted" in refused(fake.url, str(other))
    assert fake.seen == []


def test_without_a_ca_file_the_systems_authorities_decide(
    provider: Callable[..., Fake], ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = provider(http({"a": 1}))
    assert "not trusted" in refused(fake.url, "")
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)  # how OpenSSL is told where the system's are
    assert web.get_json(fake.url) == {"a": 1}


def test_a_certificate_for_another_host_is_not_trusted(ca: Pair, ca_file: str, tmp_path: Path) -> None:
    context = server_context(issue(ca, "provider", hosts=("provider.example.com",)), tmp_path)
    with serving(lambda seen: http({"a": 1}), context) as fake:
        assert "IP address mismatch" in refused(fake.url, ca_file)


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_any_certificate_will_do_only_where_the_operator_asked_for_it(provider: Callable[..., Fake]) -> None:
    assert web.get_json(provider(http({"a": 1})).url, insecure=True) == {"a": 1}


def test_a_ca_file_that_cannot_be_read_is_named(provider: Callable[..., Fake], tmp_path: Path) -> None:
    fake = provider(http({}))
    assert "nowhere.pem cannot be read: No such file" in refused(fake.url, str(tmp_path / "nowhere.pem"))
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    assert "broken.pem cannot be read" in refused(fake.url, str(broken))
    assert fake.seen == []


def test_redirects_are_not_followed(provider: Callable[..., Fake], ca_file: str) -> None:
    elsewhere = provider(http({"a": 1}))
    fake = provider(http(b"", 302, headers=(f"Location: {elsewhere.url}/",)))
    assert "redirects are not followed" in refused(fake.url, ca_file)
    with pytest.raises(web.Unanswered):
        web.post_form(fake.url, {"code": "c"}, authorities=ca_file)
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://provider.example.com/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "//provider.example.com",
        "",
        "https://",
        "https://[",
        "http://127.0.0.1.example.com/",
        "http://169.254.169.254/latest/",
    ],
)
def test_only_https_is_spoken_to_other_machines(url: str, ca_file: str) -> None:
    assert "does not begin with https://" in refused(url, ca_file)


def test_http_is_spoken_on_this_machine(ca_file: str) -> None:
    with serving(lambda seen: http({"a": 1})) as fake:
        assert web.get_json(fake.url) == {"a": 1}


def test_an_answer_larger_than_a_mebibyte_is_refused(provider: Callable[..., Fake], ca_file: str) -> None:
    largest = b'{"a": "' + b"x" * (web.LARGEST - 9) + b'"}'
    assert len(largest) == 1024 * 1024
    assert web.get_json(provider(http(largest)).url, authorities=ca_file)["a"][:3] == "xxx"
    assert "larger than 1 MiB" in refused(provider(http(largest + b" ")).url, ca_file)


def test_an_endless_answer_is_refused(provider: Callable[..., Fake], ca_file: str) -> None:
    def endless(seen: Seen) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
        while True:
            yield b" " * 65536

    assert "larger than 1 MiB" in refused(provider(endless).url, ca_file)


def test_an_answer_that_drips_is_given_up(
    provider: Callable[..., Fake], ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "WHOLE", 0.2)
    sent = []

    def dripping(seen: Seen) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
        while True:
            sent.append(b" ")
            yield b" "

    assert "too long to answer" in refused(provider(dripping).url, ca_file)
    assert len(sent) < web.LARGEST


def test_a_packed_answer_is_refused_unread(provider: Callable[..., Fake], ca_file: str) -> None:
    fake = provider(http(b"\x1f\x8b", headers=("Content-Encoding: gzip",)))
    assert "form that was not asked for" in refused(fake.url, ca_file)
    assert fake.seen[0].all("Accept-Encoding") == ["identity"]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b'"text"', b"null", b"\xff", b"[" * 100_000, b'{"a": 1} and more']
)
def test_anything_but_a_json_object_is_refused(body: bytes, provider: Callable[..., Fake], ca_file: str) -> None:
    assert "not a JSON object" in refused(provider(http(body)).url, ca_file)


def test_a_failure_is_named_by_its_status(provider: Callable[..., Fake], ca_file: str) -> None:
    assert refused(provider(http({"a": 1}, 503)).url, ca_file) == "127.0.0.1 answered 503."


def test_nobody_there_and_somebody_who_hangs_up(provider: Callable[..., Fake], ca_file: str) -> None:
    with serving(lambda seen: None) as fake:
        assert "cannot be reached, or it broke off" in refused(fake.url, "")
    assert "cannot be reached, or it broke off" in refused(fake.url, "")
    half_answered = provider(lambda seen: _half())
    assert "broke off" in refused(half_answered.url, ca_file)


def _half() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
    raise OSError("the test hangs up here")


def test_a_form_is_posted_as_oauth_has_it(provider: Callable[..., Fake], ca_file: str) -> None:
    fake = provider(http({"access_token": "t"}))
    fields = {"grant_type": "authorization_code", "code": "a&b=c"}
    status, answer = web.post_form(fake.url, fields, auth=("port:hole", "s3cret&ü"), authorities=ca_file)
    assert (status, answer) == (200, {"access_token": "t"})
    seen = fake.seen[0]
    assert parse_qs(seen.body.decode()) == {"grant_type": ["authorization_code"], "code": ["a&b=c"]}
    assert seen.all("Content-Type") == ["application/x-www-form-urlencoded"]
    # RFC 6749 section 2.3.1: both are form-encoded first.
    assert seen.all("Authorization") == ["Basic " + b64encode(b"port%3Ahole:s3cret%26%C3%BC").decode()]


def test_a_refused_form_gives_the_status_and_the_providers_words(provider: Callable[..., Fake], ca_file: str) -> None:
    fake = provider(http({"error": "invalid_grant"}, 400))
    assert web.post_form(fake.url, {}, authorities=ca_file) == (400, {"error": "invalid_grant"})


def test_a_refused_form_in_other_words_gives_the_status(provider: Callable[..., Fake], ca_file: str) -> None:
    assert web.post_form(provider(http(b"<html>", 500)).url, {}, authorities=ca_file) == (500, {})


def test_an_empty_answer_to_a_form_is_one(provider: Callable[..., Fake], ca_file: str) -> None:
    # RFC 7009 section 2.2: a revocation is answered with 200 and nothing that matters.
    assert web.post_form(provider(http(b"")).url, {}, authorities=ca_file) == (200, {})
    with pytest.raises(web.Unanswered):
        web.post_form(provider(http(b"<html>")).url, {}, authorities=ca_file)


def test_a_bearer_token_is_sent_where_one_is_given(provider: Callable[..., Fake], ca_file: str) -> None:
    fake = provider(http({"sub": "alice"}))
    web.get_json(fake.url, token="userinfo-token", authorities=ca_file)
    assert fake.seen[0].all("Authorization") == ["Bearer userinfo-token"]


def test_no_credentials_of_the_environment_are_sent(
    provider: Callable[..., Fake], ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    fake = provider(http({}))
    web.get_json(fake.url, authorities=ca_file)
    assert fake.seen[0].all("Authorization") == []


def test_a_proxy_of_the_environment_is_used_unless_no_proxy_says_otherwise(
    ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def proxy(seen: Seen) -> Answer:
        return http(b"", 407)

    with serving(proxy) as fake:
        monkeypatch.setenv("HTTPS_PROXY", fake.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert "cannot be reached" in refused("https://provider.example.com/", ca_file)
        assert [(seen.method, seen.target) for seen in fake.seen] == [("CONNECT", "provider.example.com:443")]
        monkeypatch.setenv("NO_PROXY", "provider.example.com")
        assert "cannot be reached" in refused("https://provider.example.com/", ca_file)
        assert len(fake.seen) == 1
