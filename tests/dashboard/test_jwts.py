"""Signed tokens against an issuer's published keys, over the wire."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest

from dashboard.signin import jwts
from tests.clusters.fakes import http
from tests.dashboard.issuer import Issuer, by_hand, issuing, new_key

ALL = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA")


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    """An issuer that nobody has asked yet."""
    jwts.forget()
    with issuing(tmp_path) as running:
        yield running
    jwts.forget()


def verify(at: Issuer, token: str, **more: Any) -> dict[str, Any]:
    """What Porthole makes of a token."""
    expected = {"issuer": at.url, "audience": "porthole", "algorithms": ALL} | more
    return jwts.verify(token, at.keys_url, authorities=str(at.ca_file), **expected)


def refused(at: Issuer, token: str, **more: Any) -> str:
    """The word of the refusal, whose sentence never holds the token."""
    with pytest.raises(jwts.Unverified) as caught:
        verify(at, token, **more)
    assert str(caught.value)
    assert token not in str(caught.value)
    return caught.value.word


@pytest.mark.parametrize("algorithm", ALL)
def test_a_good_token_gives_its_claims(algorithm: str, issuer: Issuer) -> None:
    issuer.keys = [new_key(algorithm)]
    claims = verify(issuer, issuer.token(email="alice@example.com"))
    assert (claims["sub"], claims["email"], claims["iss"]) == ("alice-7", "alice@example.com", issuer.url)


def test_check_04_alg_none_is_refused(issuer: Issuer) -> None:
    payload = json.dumps(issuer.claims()).encode()
    for header in (b'{"alg":"none"}', b'{"alg":"None","kid":"one"}', b"{}", b'{"alg":["RS256"]}', b'{"alg":null}'):
        assert refused(issuer, by_hand(header, payload)) == "algorithm"
        assert refused(issuer, by_hand(header, payload), algorithms=(*ALL, "none", "None")) == "algorithm"


def test_check_04_a_public_key_taken_for_a_shared_secret_is_refused(issuer: Issuer) -> None:
    # The old confusion of algorithms: HS256 with what everybody can read as the secret.
    issuer.keys = [new_key("RS256")]
    signed = jwt.PyJWS().get_algorithm_by_name("HS256")
    header = b'{"alg":"HS256","kid":"one"}'
    unsigned = by_hand(header, json.dumps(issuer.claims()).encode()).rsplit(".", 1)[0]
    public = json.dumps(issuer.keys[0].published).encode()
    token = by_hand(header, json.dumps(issuer.claims()).encode(), signed.sign(unsigned.encode(), public))
    assert refused(issuer, token) == "algorithm"
    assert refused(issuer, token, algorithms=(*ALL, "HS256")) == "algorithm"


def test_check_04_an_algorithm_that_is_not_configured_is_refused(issuer: Issuer) -> None:
    issuer.keys = [new_key("PS256")]
    assert refused(issuer, issuer.token(), algorithms=("RS256",)) == "algorithm"


def test_an_algorithm_that_is_not_the_keys_is_refused(issuer: Issuer) -> None:
    key = new_key("RS256")
    other = type(key)("PS256", key.private, key.kid)
    issuer.keys = [key]
    assert refused(issuer, issuer.token(other)) == "key"


def test_a_shared_secret_among_the_keys_is_never_used(issuer: Issuer) -> None:
    secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"
    issuer.broken = http({"keys": [{"kty": "oct", "kid": "one", "k": secret}]})
    token = jwt.encode(issuer.claims(), "secret-secret-secret-secret-secret", "HS256", headers={"kid": "one"})
    assert refused(issuer, token, algorithms=(*ALL, "HS256")) == "algorithm"
    assert refused(issuer, issuer.token()) == "key"


def test_a_key_for_encryption_is_never_used(issuer: Issuer) -> None:
    issuer.broken = http({"keys": [issuer.keys[0].published | {"use": "enc"}]})
    assert refused(issuer, issuer.token()) == "key"


def test_a_key_of_another_curve_is_never_used(issuer: Issuer) -> None:
    issuer.keys = [new_key("ES384")]
    issuer.broken = http({"keys": [issuer.keys[0].published | {"alg": "ES256"}]})
    token = issuer.token(new_key("ES256"))
    assert refused(issuer, token) == "key"


def test_a_critical_header_is_refused(issuer: Issuer) -> None:
    # RFC 7515 section 4.1.11, CVE-2026-32597.
    assert refused(issuer, issuer.token(header={"crit": ["exp"], "exp": 1})) == "malformed"
    assert refused(issuer, issuer.token(header={"crit": ["b64"], "b64": True})) == "malformed"
    assert refused(issuer, issuer.token(header={"crit": []})) == "malformed"


def test_a_key_that_the_token_brings_along_is_never_used(issuer: Issuer) -> None:
    other = new_key("RS256", "other")
    mine = {"jwk": other.published, "jku": "https://127.0.0.1:9/keys", "kid": "one"}
    assert refused(issuer, issuer.token(other, header=mine)) == "signature"


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_token_is_refused(part: int, issuer: Issuer) -> None:
    parts = issuer.token(groups=["a"]).split(".")
    if part == 1:
        parts[1] = issuer.token(groups=["system:masters"]).split(".")[1]
    else:
        parts[part] = parts[part][:-5] + ("AAAAA" if parts[part][-5:] != "AAAAA" else "BBBBB")
    assert refused(issuer, ".".join(parts)) in {"signature", "malformed", "algorithm"}


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "not a token", "e30.e30", "e30.e30.e30.e30.e30", "\ud800.x.y", "é.é.é", "x" * 70_000],
)
def test_what_is_no_token_is_refused_without_asking(token: str, issuer: Issuer) -> None:
    with pytest.raises(jwts.Unverified):
        verify(issuer, token)
    assert issuer.asked == 0


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"[" * 20_000, b"\xff", b'"text"'])
def test_a_signed_payload_that_is_no_object_is_refused(payload: bytes, issuer: Issuer) -> None:
    key = issuer.keys[0]
    token = jwt.PyJWS().encode(payload, key.private, "RS256", headers={"kid": "one"})
    assert refused(issuer, token) == "malformed"


def test_check_04_another_issuer_is_refused(issuer: Issuer) -> None:
    assert refused(issuer, issuer.token(iss="https://other.example.com")) == "issuer"
    assert refused(issuer, issuer.token(iss=issuer.url + "/")) == "issuer"


@pytest.mark.parametrize("expected", ["https://a.example.com/x", ["https://a.example.com/x"]])
@pytest.mark.parametrize("found", ["https://a.example.com", "https://a", "", "h", ["https://a.example.com/x"], 1, {}])
def test_check_04_a_part_of_the_issuers_name_is_refused(issuer: Issuer, found: Any, expected: Any) -> None:
    # CVE-2024-53861: "in" on a text finds parts of it.
    payload = json.dumps(issuer.claims() | {"iss": found}).encode()
    key = issuer.keys[0]
    token = jwt.PyJWS().encode(payload, key.private, "RS256", headers={"kid": "one"})
    assert refused(issuer, token, issuer=expected) == "issuer"


def test_one_of_several_issuers_is_enough(issuer: Issuer) -> None:
    # Google's older name is without https://.
    both = ["https://accounts.google.com", "accounts.google.com"]
    assert verify(issuer, issuer.token(iss="accounts.google.com"), issuer=both)["sub"] == "alice-7"


@pytest.mark.parametrize("audience", ["other", ["other", "another"], "port", "portholes", 7, [7], {}])
def test_check_04_another_audience_is_refused(issuer: Issuer, audience: Any) -> None:
    assert refused(issuer, issuer.token(aud=audience)) in {"audience", "missing"}


def test_one_of_several_audiences_is_enough(issuer: Issuer) -> None:
    assert verify(issuer, issuer.token(aud=["account", "porthole"]))["sub"] == "alice-7"


def test_nothing_expected_matches_nothing(issuer: Issuer) -> None:
    assert refused(issuer, issuer.token(iss=""), issuer="") in {"issuer", "missing"}
    assert refused(issuer, issuer.token(aud=""), audience="") in {"audience", "missing"}
    assert refused(issuer, issuer.token(), audience=[]) == "audience"


def test_check_04_another_authorized_party_is_refused(issuer: Issuer) -> None:
    both = ["porthole", "account"]
    assert refused(issuer, issuer.token(azp="other"), authorized_party="porthole") == "audience"
    assert refused(issuer, issuer.token(aud=both, azp="other"), authorized_party="porthole") == "audience"
    assert refused(issuer, issuer.token(aud=both), authorized_party="porthole") == "audience"
    assert verify(issuer, issuer.token(aud=both, azp="porthole"), authorized_party="porthole")
    assert verify(issuer, issuer.token(), authorized_party="porthole")
    assert verify(issuer, issuer.token(azp="other"))


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "sub"])
def test_check_04_a_claim_that_is_missing_is_named(claim: str, issuer: Issuer) -> None:
    with pytest.raises(jwts.Unverified, match=rf"does not say {claim}\.") as caught:
        verify(issuer, issuer.token(**{claim: None}))
    assert caught.value.word == "missing"


def test_which_claims_are_required_can_be_said(issuer: Issuer) -> None:
    # A logout token needs no exp in older drafts, and iat always.
    assert verify(issuer, issuer.token(exp=None, sub=None), required=("iat",))


def test_check_05_a_clock_may_be_30_seconds_off_but_not_5_minutes(issuer: Issuer) -> None:
    now = int(time.time())
    assert verify(issuer, issuer.token(iat=now + 30, nbf=now + 30))
    assert verify(issuer, issuer.token(exp=now - 30))
    assert refused(issuer, issuer.token(iat=now + 300)) == "not_yet"
    assert refused(issuer, issuer.token(nbf=now + 300)) == "not_yet"
    assert refused(issuer, issuer.token(exp=now - 300)) == "expired"
    assert refused(issuer, issuer.token(exp=now - 30), leeway=10) == "expired"


@pytest.mark.parametrize("value", ["soon", [], {}, 1e400, float("nan"), True])
@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
def test_times_that_are_none_are_refused(claim: str, value: Any, issuer: Issuer) -> None:
    if value is True and claim != "exp":
        return  # 1 second after 1970 is a time, and it is over
    assert refused(issuer, issuer.token(**{claim: value})) in {"malformed", "expired"}


def test_keys_are_fetched_once_for_many_tokens(issuer: Issuer) -> None:
    tokens = [issuer.token(jti=str(number)) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda token: verify(issuer, token), tokens))) == 16
    assert issuer.asked == 1


def test_check_06_a_rotated_key_has_the_keys_fetched_once_more(issuer: Issuer) -> None:
    assert verify(issuer, issuer.token())
    issuer.keys = [new_key("RS256", "two")]
    assert verify(issuer, issuer.token())["sub"] == "alice-7"
    assert issuer.asked == 2
    assert refused(issuer, issuer.token(new_key())) == "key"


def test_check_06_unknown_keys_have_nothing_fetched_again_at_once(issuer: Issuer) -> None:
    assert verify(issuer, issuer.token())
    for number in range(20):
        assert refused(issuer, issuer.token(header={"kid": f"made-up-{number}"})) == "key"
    assert issuer.asked == 2
    assert verify(issuer, issuer.token())


def test_check_06_after_a_pause_they_are_fetched_again(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify(issuer, issuer.token())
    assert refused(issuer, issuer.token(header={"kid": "made-up"})) == "key"
    issuer.keys = [new_key("RS256", "two")]
    assert refused(issuer, issuer.token()) == "key"
    monkeypatch.setattr(jwts, "PAUSE", 0.0)
    assert verify(issuer, issuer.token())


def test_a_first_token_with_an_unknown_key_has_them_fetched_once(issuer: Issuer) -> None:
    assert refused(issuer, issuer.token(header={"kid": "made-up"})) == "key"
    assert issuer.asked == 1


def test_keys_are_fetched_anew_when_they_are_old(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify(issuer, issuer.token())
    old = issuer.token()
    issuer.keys = [new_key("RS256", "two")]
    assert verify(issuer, old)
    monkeypatch.setattr(jwts, "FRESH", 0.0)
    assert refused(issuer, old) == "key"


def test_old_keys_go_on_for_a_while_when_the_issuer_does_not_answer(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verify(issuer, issuer.token())
    issuer.broken = http(b"", 503)
    monkeypatch.setattr(jwts, "FRESH", 0.0)
    assert verify(issuer, issuer.token())
    monkeypatch.setattr(jwts, "STALE", 0.0)
    assert refused(issuer, issuer.token()) == "unanswered"


def test_an_issuer_that_does_not_answer_is_not_asked_by_everybody(issuer: Issuer) -> None:
    issuer.broken = http(b"", 503)
    for _number in range(5):
        with pytest.raises(jwts.Unverified, match=r"127\.0\.0\.1 answered 503") as caught:
            verify(issuer, issuer.token())
        assert caught.value.word == "unanswered"
    assert issuer.asked == 1


@pytest.mark.parametrize(
    "keys", [{}, {"keys": None}, {"keys": {}}, {"keys": [1, None, []]}, {"keys": [{"kty": "RSA"}]}]
)
def test_key_sets_that_are_none_hold_no_key(keys: Any, issuer: Issuer) -> None:
    issuer.broken = http(keys)
    assert refused(issuer, issuer.token()) == "key"


@pytest.mark.parametrize("change", [{"n": "!"}, {"n": None}, {"e": "AA"}, {"n": "AQAB"}])
def test_a_broken_key_is_refused(change: dict[str, Any], issuer: Issuer) -> None:
    issuer.broken = http({"keys": [issuer.keys[0].published | change]})
    assert refused(issuer, issuer.token()) == "key"


def test_a_token_without_a_key_id_is_signed_with_the_only_key_of_its_kind(issuer: Issuer) -> None:
    issuer.keys = [new_key("ES256", None), new_key("RS256", "other")]
    assert verify(issuer, issuer.token())
    issuer.keys = [new_key("ES256", None), new_key("ES256", "other")]
    jwts.forget()
    assert refused(issuer, issuer.token()) == "key"


def test_keys_of_one_issuer_are_not_anothers(issuer: Issuer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with issuing(other) as second:
        second.keys = [new_key("RS256", "second")]
        assert verify(second, second.token())
        assert refused(issuer, second.token(iss=issuer.url)) == "key"


def test_what_a_token_says_can_be_shown_unverified(issuer: Issuer) -> None:
    assert jwts.unverified(issuer.token(name="Ålice"))["name"] == "Ålice"
    for nothing in ("", "a.b.c", "opaque", "e30.W10.e30", "e30.\ud800.e30", "e30." + "W" * 70_000 + ".e30"):
        assert jwts.unverified(nothing) == {}
