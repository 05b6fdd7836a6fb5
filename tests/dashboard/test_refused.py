"""A cluster that refuses somebody says only Unauthorized; the page says what in the token is likely the reason."""

import pytest

from dashboard.models import SignInLink
from tests.clusters.test_claims import minted
from tests.dashboard.pages import tree


@pytest.fixture
def served(browser, kubeconfig, tap):
    """``served(token)``: a browser whose kubeconfig presents this token."""

    def new(token):
        kubeconfig({"home": (tap.url, token)})
        client = browser(SERVER_NAME="localhost")
        assert client.get(f"/signin/kubeconfig/?token={SignInLink.renew()}").status_code == 302
        return client

    return new


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"exp": 1_700_000_000}, "The token expired on 2023-11-14 22:13:20 UTC"),
        ({"email": "a@example.com", "email_verified": False}, "e-mail address a@example.com is not verified"),
        ({}, "it must trust the issuer https://id.example.com/ with the audience porthole"),
    ],
)
def test_the_page_says_what_is_likely_wrong_with_the_token(served, claims, said):
    token = minted(**claims)
    client = served(token)
    for headers in ({}, {"HX-Request": "true", "HX-Target": "div#x"}):
        response = client.get("/c/home/shop/pods/", headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        page = tree(response.content)
        assert said in page.text
        assert not any(piece in response.content.decode() for piece in token.split("."))


def test_home_says_it_once(served):
    response = served(minted(exp=1_700_000_000)).get("/c/home/")
    assert response.status_code == 401
    assert tree(response.content).one("div", class_="problem").text.count("The token expired on 2023-11-14") == 1


def test_a_token_that_is_no_jwt_is_called_that(served):
    page = tree(served("mistyped-token").get("/c/home/shop/pods/").content)
    assert "The token is no JWT." in page.text
    assert "mistyped" not in page.text
