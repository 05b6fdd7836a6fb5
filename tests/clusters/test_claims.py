"""Why an API server probably refused a token, said from what the token says of itself."""

import json
import time
from base64 import urlsafe_b64encode

import pytest

from clusters.claims import likely_reason, of

ISSUER, AUDIENCE = "https://id.example.com/", "porthole"
SIGNATURE = "c2ln" * 85 + "cw"  # 256 bytes, as by an RSA key of 2048 bits
GOOD = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u-1", "groups": ["dev"]}


def encoded(value):
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def minted(algorithm="RS256", **claims):
    """A token whose header names ``algorithm``; nobody signed it."""
    body = {**GOOD, "exp": int(time.time()) + 7200, **claims}
    body = {name: value for name, value in body.items() if value is not None}
    return f"{encoded({'alg': algorithm})}.{encoded(body)}.{SIGNATURE}"


def reason(token, issuer=ISSUER, audience=AUDIENCE):
    return likely_reason(token, issuer=issuer, audience=audience)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("olivia-token", "The token is no JWT."),
        ("", "The token is no JWT."),
        ("a.b.c", "The token is no JWT."),
        ("é.é.é", "The token is no JWT."),
        ("x" * 70_000, "The token is no JWT."),
        (".".join([minted().split(".")[0], "W10", "x"]), "The token is not whole"),  # its claims are a list
        (minted()[:90], "The token is not whole"),
        (minted()[:-1], "The token is not whole"),
        (minted()[:-200], "The token is not whole"),
        (minted().removesuffix(SIGNATURE), "The token is not whole"),
        (minted("ES256"), "The token is not whole"),
        (minted("EdDSA"), "Nothing in the token explains it."),  # of which no length is known here
        (".".join([minted().split(".")[0], *"bcde"]), "The token is encrypted (JWE)"),
        (minted("HS256"), "signed with a shared secret (HS256)"),
        (minted("none"), "The token is not signed."),
        (minted(exp=None), "does not say until when it is valid (exp)"),
        (minted(exp="soon"), "does not say until when it is valid (exp)"),
        (minted(exp=1e300), "does not say until when it is valid (exp)"),
        (minted(exp=1_700_000_000), "The token expired on 2023-11-14 22:13:20 UTC, "),
        (minted(nbf=4_000_000_000, exp=4_000_000_600), "valid only from 2096-10-02 07:06:40 UTC on"),
        (minted(iss=None), "does not say who issued it (iss)"),
        (minted(iss="https://other"), f"issued by https://other, but the cluster expects {ISSUER}. Sign in there"),
        (minted(iss="https://id.example.com"), "they differ in the last slash, which counts"),
        (minted(aud=None), "does not say for whom it is (aud)"),
        (minted(aud="headlamp"), "The token is for headlamp, but the cluster expects porthole."),
        (minted(aud=["a", "b"]), "The token is for a, b, but the cluster expects porthole."),
        (minted(email="a@example.com", email_verified=False), "the e-mail address a@example.com is not verified"),
        (minted(email_verified="true"), "is not verified"),
        (minted(groups=None, _claim_names={"groups": "src1"}), "leaves out your groups, since they are too many"),
        (minted(groups=None), "It has no groups, should the cluster demand one."),
        (minted(), f"it must trust the issuer {ISSUER} with the audience porthole. Its own log says why it refused."),
    ],
)
def test_the_likely_reason(token, said):
    assert said in reason(token)


def test_the_likeliest_comes_first():
    assert "expired" in reason(minted(exp=1, aud="other", iss="https://other"))
    assert "issued by" in reason(minted(aud="other", iss="https://other"))


def test_what_the_cluster_expects_need_not_be_known():
    assert "Nothing in the token explains it" in reason(minted(iss="https://other", aud="other"), "", "")


def test_one_of_several_audiences_is_enough():
    assert "Nothing in the token explains it" in reason(minted(aud=["other", AUDIENCE]))


def test_a_service_accounts_token_is_judged_by_itself():
    account = {"iss": "https://kubernetes.default.svc", "aud": ["k3s"], "kubernetes.io": {"namespace": "x"}}
    assert "token of a ServiceAccount, issued by https://kubernetes.default.svc" in reason(minted(**account))
    assert "token of a ServiceAccount" in reason(minted(**account, exp=None)), "those of Secrets have no end"
    assert "expired" in reason(minted(**account, exp=1))


@pytest.mark.parametrize("hostile", ["<script>\n\u202e" + "x" * 5000, {"a": [1]}, [["x"] * 3], 7, True])
def test_odd_claims_stay_short_and_printable(hostile):
    for claim in ("iss", "aud", "email", "groups", "nbf", "_claim_names", "email_verified"):
        said = reason(minted(**{claim: hostile}))
        assert 0 < len(said) < 1000
        assert said.isprintable()


def test_nothing_else_of_the_token_is_said():
    token = minted(sub="hush", name="hush", jti="hush", iss="https://other")
    assert "hush" not in reason(token)
    assert not any(piece in reason(token) for piece in token.split("."))


def test_the_claims_of_a_token_are_read_unverified():
    assert of(minted())["sub"] == "u-1"
    assert [of(text) for text in ("", "x", "a.b.c", "..", "a.b.c.d")] == [{}] * 5
