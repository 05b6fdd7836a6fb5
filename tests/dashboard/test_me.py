"""Who am I here? In the cluster's own words; and when it says nothing, what is presented and why it may be refused."""

import time

import pytest

from clusters.demo.world.people import TOKENS, Person
from clusters.models import Cluster
from tests.dashboard.pages import tree
from tests.dashboard.test_token_signin import jwt
from tests.dashboard.wire import refusal

ME = "/c/demo/me/"
REVIEW = r"POST /apis/authentication.k8s.io/v1/selfsubjectreviews"


def pairs(response):
    """Labels and texts of all facts."""
    found = tree(response.content)
    return {each.one("dt").text: each.one("dd").text for box in found.all("dl") for each in box.all("div")}


def tags(response):
    return [each.text for box in tree(response.content).all("ul", class_="tags") for each in box.all("li")]


def test_it_says_who_one_is_to_the_cluster_and_how(olivia):
    response = olivia.get(ME)
    assert response.status_code == 200
    page = tree(response.content)
    assert page.one("section", class_="band").text == "olivia This is who Demo takes you for."
    assert tags(response)[:2] == ["operators", "system:authenticated"]
    assert "uid olivia" in tags(response)
    facts = pairs(response)
    assert (facts["Signed in with"], facts["Presented here"]) == ("Demo", "The token of a demo person")
    assert facts["Checked"] == "by this cluster, just now"
    assert facts["What is presented"] == "does not say when it ends"
    assert "in 11h at the latest" in facts["Your session"] or "in 12h at the latest" in facts["Your session"]


def test_more_leads_there_and_it_leads_back(olivia):
    links = [link.attributes["href"] for link in tree(olivia.get("/c/demo/more/").content).all("a")]
    assert ME in links
    assert tree(olivia.get(ME).content).one("a", class_="back").attributes["href"] == "/c/demo/more/"


def test_extra_is_shown_as_the_api_server_has_it(olivia, tap):
    user = {"username": "a", "uid": "1", "groups": [], "extra": {"example.com/<b>": ["x", "\u202ey"]}}
    with tap.answering(REVIEW, 201, {"kind": "SelfSubjectReview", "status": {"userInfo": user}}):
        response = olivia.get(ME)
    assert "example.com/<b> x, \u202ey" in tags(response)
    assert tree(response.content).all("b") == []


def test_a_token_tells_its_claims_and_when_it_ends(browser, settings, monkeypatch, db, module_tap):
    now = int(time.time())
    claims = {"iss": "https://id.example", "aud": ["porthole", "k8s"], "sub": "1", "email_verified": False}
    token = jwt(**claims, exp=now + 600, secret_hint="not for showing")
    monkeypatch.setitem(TOKENS, token, Person("oidc:alice", (), ""))
    Cluster.objects.create(name="home", server=module_tap.url)
    client = browser()
    assert client.post("/signin/token/", {"cluster": "home", "token": token}).status_code == 302
    response = client.get("/c/home/me/")
    shown = tags(response)
    assert {"iss https://id.example", "aud porthole, k8s", "sub 1", "email_verified false"} <= set(shown)
    assert any(each.startswith("exp 2") and each.endswith("UTC") for each in shown)
    assert "not for showing" not in response.content.decode()
    facts = pairs(response)
    assert facts["Presented here"] == "A token that you pasted"
    assert facts["What is presented"].endswith(("in 9m59s", "in 9m58s", "in 9m57s", "in 9m56s", "in 9m55s", "in 10m"))


def test_a_token_that_the_cluster_refuses_since_is_explained(browser, settings, monkeypatch, db, module_tap):
    claims = {"iss": "https://id.example", "aud": "k8s", "email": "una@example.com", "email_verified": False}
    token = jwt(**claims, exp=int(time.time()) + 600)
    monkeypatch.setitem(TOKENS, token, Person("una@example.com", (), ""))
    Cluster.objects.create(name="home", server=module_tap.url)
    client = browser()
    assert client.post("/signin/token/", {"cluster": "home", "token": token}).status_code == 302
    with module_tap.answering(REVIEW, 401, refusal(401, "Unauthorized", "Unauthorized")):
        response = client.get("/c/home/me/")
    assert response.status_code == 200
    assert "una@example.com is not verified" in tree(response.content).one("div", class_="problem").text


def test_it_stands_where_the_cluster_refuses_and_shows_the_claims_at_once(olivia, tap, monkeypatch):
    with tap.answering(REVIEW, 401, refusal(401, "Unauthorized", "Unauthorized")):
        response = olivia.get(ME)
    assert response.status_code == 200
    page = tree(response.content)
    assert page.one("div", class_="problem").one("h2").text == "The cluster does not know you"
    assert page.all("section", class_="band") == []
    assert pairs(response)["Presented here"] == "The token of a demo person"
    assert "Checked" not in pairs(response)


@pytest.mark.parametrize(("status", "title"), [(403, "You may not do this"), (500, "The cluster failed")])
def test_it_stands_whatever_the_cluster_answers(olivia, tap, status, title):
    with tap.answering(REVIEW, status, refusal(status, "", "words of the server")):
        response = olivia.get(ME)
    assert response.status_code == 200
    problem = tree(response.content).one("div", class_="problem")
    assert (problem.one("h2").text, problem.one("p", class_="said").text) == (title, "words of the server")


def test_it_stands_where_the_cluster_is_away(olivia, settings):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_DEMO_SERVER": "http://127.0.0.1:9"}
    response = olivia.get(ME)
    assert response.status_code == 200
    assert tree(response.content).one("div", class_="problem").one("h2").text == "The cluster does not answer"
    assert pairs(response)["Signed in with"] == "Demo"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "soon"},
        {"exp": 1e300},
        {"exp": True, "iss": {"a": [1]}},
        {"iss": "x" * 5000, "groups": ["g"] * 1000, "exp": None},
        {"iss": "\x00\u202e<script>", "aud": [1, None, {}]},
    ],
)
def test_odd_claims_are_shown_and_break_nothing(browser, db, module_tap, monkeypatch, claims):
    token = jwt(**claims)
    monkeypatch.setitem(TOKENS, token, Person("odd", (), ""))
    Cluster.objects.create(name="home", server=module_tap.url)
    client = browser()
    client.post("/signin/token/", {"cluster": "home", "token": token})
    response = client.get("/c/home/me/")
    assert response.status_code == 200
    assert len(response.content) < 60_000
    assert not [each for each in tree(response.content).by_id("main").walk() if each.tag == "script"]


def test_a_cluster_that_one_cannot_open_is_as_good_as_none(olivia, browser, tap):
    assert olivia.get("/c/other/me/").status_code == 404
    assert browser().get(ME).headers["Location"] == "/signin/?next=%2Fc%2Fdemo%2Fme%2F"
    assert tap.seen == []
