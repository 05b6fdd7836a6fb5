"""A pasted token: checked by its cluster, kept for it alone, never shown again, and over when it says so."""

import base64
import json
import threading
import time

import pytest
from django.db import connections

from clusters.demo.server import serving
from clusters.demo.world.clock import ManualClock
from clusters.demo.world.people import TOKENS, Person
from clusters.models import Cluster
from dashboard.attempts import ADDRESS_LIMIT, WINDOW
from dashboard.models import Secret, Session
from dashboard.pasting import AT_ONCE
from tests.clusters.test_claims import SIGNATURE
from tests.dashboard.pages import tree
from tests.dashboard.wire import PATIENCE, refusal, tapped

PASTE = "/signin/token/"
REVIEW = r"POST /apis/authentication.k8s.io/v1/selfsubjectreviews"
DEPLOYER = "system:serviceaccount:shop:deployer"
HOUR = 3600


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def jwt(**claims):
    """A token in JWT's form; the demo's API server knows it by its text, and nobody here checks its signature."""
    return f"{encoded({'alg': 'RS256', 'kid': 'k'})}.{encoded(claims)}.{SIGNATURE}"


@pytest.fixture(autouse=True)
def ways(settings):
    """The demo's people and pasted tokens."""
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_WAYS": ["demo", "token"]}


@pytest.fixture
def token(monkeypatch):
    """``token(exp=…)``: one that the demo's API server takes for a ServiceAccount's."""

    def new(name=DEPLOYER, groups=("operators",), **claims):
        made = jwt(iss="https://kubernetes.default.svc", sub=name, **{"exp": int(time.time()) + HOUR, **claims})
        monkeypatch.setitem(TOKENS, made, Person(name, groups, f"uid-of-{name}"))
        return made

    return new


@pytest.fixture
def home(db, module_tap):
    """The demo cluster as the operator set it up."""
    return Cluster.objects.create(name="home", title="Home", server=module_tap.url)


@pytest.fixture(scope="module")
def other_tap():
    """The wire to a second cluster."""
    with serving(clock=ManualClock()) as handle, tapped(handle.url) as running:
        yield running


@pytest.fixture
def other(db, other_tap):
    """A second cluster, of another server."""
    other_tap.seen.clear()
    return Cluster.objects.create(name="other", title="Other", server=other_tap.url)


def paste(client, text, cluster="home", **fields):
    return client.post(PASTE, {"cluster": cluster, "token": text, **fields})


def written(shown, caplog):
    return "\n".join([*shown, *(record.getMessage() for record in caplog.get_records("call"))])


def title_of(response):
    return tree(response.content).one("div", class_="problem").one("h2").text


def presented(tap):
    return {request.header("authorization").removeprefix("Bearer ") for request in tap.seen}


def test_check_25_a_pasted_token_is_checked_by_the_cluster_and_signs_in(browser, home, token, tap):
    client, made = browser(), token()
    response = paste(client, made, next="/c/home/shop/pods/?q=a")
    assert response.headers["Location"] == "/c/home/shop/pods/?q=a"
    assert [request.method for request in tap.of(REVIEW)] == ["POST"]
    page = client.get("/c/home/shop/pods/")
    assert page.status_code == 200
    assert page.context["person"] == DEPLOYER
    assert presented(tap) == {made}


def test_check_25_nothing_is_kept_of_a_token_that_the_cluster_refuses(browser, home, tap):
    client = browser()
    response = paste(client, jwt(iss="elsewhere", exp=int(time.time()) + 600, **{"kubernetes.io": {}}))
    assert response.status_code == 422
    assert title_of(response) == "Home does not know this token"
    assert "issued by elsewhere. It may be one of another" in tree(response.content).one("div", class_="problem").text
    assert len(tap.of(REVIEW)) == 1
    assert (Session.objects.count(), Secret.objects.count()) == (0, 0)
    assert client.get("/c/home/").status_code == 302


def test_check_25_it_is_kept_encrypted_and_shown_nowhere(browser, home, token, tap, shown, caplog):
    client, made = browser(), token()
    paste(client, made)
    for address in ("/c/home/", "/c/home/me/", "/c/home/more/", f"{PASTE}?cluster=home", "/sessions/", "/clusters/"):
        assert client.get(address).status_code == 200
    with tap.answering(r"GET .*/pods", 401, refusal(401, "Unauthorized", "Unauthorized")):
        assert client.get("/c/home/shop/pods/").status_code == 401
    paste(client, made + "x")
    signature = made.rpartition(".")[2]
    assert signature not in written(shown, caplog)
    stored = [*Secret.objects.values_list("name", "sealed"), *Session.objects.values_list("session_data", "person")]
    assert len(stored) == 2
    assert not any(part in str(stored) for part in (*made.split("."), DEPLOYER))


@pytest.mark.parametrize(
    "text", ["", "two words?", "-----BEGIN CERTIFICATE-----\nMII\n", '{"token": "x"}', "a" * 20_000]
)
def test_check_25_what_is_no_token_is_not_sent_and_not_echoed(browser, home, tap, text):
    response = paste(browser(), text)
    assert response.status_code == 400
    page = tree(response.content)
    assert page.one("textarea", name="token").text == ""
    assert page.one("div", class_="problem").one("h2").text in (
        "Nothing was pasted",
        "This is no token",
        "This is too long for a token",
    )
    assert tap.seen == []
    assert not text or text not in response.content.decode()


def test_check_25_a_token_is_for_one_cluster(browser, home, other, token, tap, other_tap):
    client = browser()
    paste(client, token())
    response = client.get("/c/other/shop/pods/")
    assert response.headers["Location"].startswith(f"{PASTE}?next=%2Fc%2Fother%2Fshop%2Fpods%2F")
    assert response.headers["Location"].endswith("&cluster=other")
    assert other_tap.seen == []
    assert client.get("/c/home/").status_code == 200


def test_check_25_an_edited_cluster_does_not_get_the_token_that_another_server_was_given(
    browser, home, token, tap, other_tap
):
    client = browser()
    paste(client, token())
    other_tap.seen.clear()
    Cluster.objects.filter(pk=home.pk).update(server=other_tap.url)
    assert client.get("/c/home/").headers["Location"].startswith(PASTE)
    Cluster.objects.filter(pk=home.pk).update(server=home.server)
    assert client.get("/c/home/").headers["Location"].startswith(PASTE), "it was forgotten, not put away"
    assert other_tap.seen == []


@pytest.mark.parametrize(
    "change", [{"certificate_authority": "-"}, {"tls_server_name": "x"}, {"insecure_skip_tls_verify": True}]
)
def test_check_25_who_reads_the_token_is_part_of_where_it_goes(browser, home, token, tap, change):
    client = browser()
    paste(client, token())
    tap.seen.clear()
    Cluster.objects.filter(pk=home.pk).update(**change)
    assert client.get("/c/home/").headers["Location"].startswith(PASTE)
    assert tap.seen == []


def test_check_25_signing_out_forgets_the_token(browser, home, token):
    client = browser()
    paste(client, token())
    assert Secret.objects.count() == 1
    left = client.post("/signout/", follow=True)
    assert "You are signed out" in tree(left.content).text
    assert "good until it expires" in tree(left.content).text
    assert (Secret.objects.count(), Session.objects.count()) == (0, 0)
    assert "You are signed out" not in tree(client.get("/signin/").content).text


def test_a_token_that_has_expired_is_not_sent(browser, home, tap):
    response = paste(browser(), jwt(exp=int(time.time()) - 2 * HOUR))
    assert response.status_code == 422
    assert title_of(response) == "This token has expired"
    assert "It ended 2h ago" in tree(response.content).text.replace("120m", "2h")
    assert tap.seen == []


def test_a_token_ends_when_it_says_and_only_for_its_cluster(olivia, home, other, token, other_tap, monkeypatch, tap):
    # olivia came by the demo, whose cluster is the row of the same server.
    paste(olivia, token(exp=int(time.time()) + 60))
    assert olivia.get("/c/home/").status_code == 200
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    tap.seen.clear()
    response = olivia.get("/c/home/shop/pods/?q=a")
    assert response.headers["Location"] == f"{PASTE}?next=%2Fc%2Fhome%2Fshop%2Fpods%2F%3Fq%3Da&ended=1&cluster=home"
    page = tree(olivia.get(response.headers["Location"]).content)
    assert "The token for this cluster has ended" in page.text
    assert page.one("form", class_="paste").one("input", name="next").attributes["value"] == "/c/home/shop/pods/?q=a"
    assert tap.seen == [], "nobody becomes somebody else unasked"
    assert olivia.get("/clusters/").status_code == 200


def test_one_s_own_sign_in_counts_again_once_the_token_is_given_up(olivia, home, token, tap):
    made = token()
    paste(olivia, made, next="/c/home/me/")
    page = tree(olivia.get("/c/home/me/").content)
    form = page.one("form", action=f"{PASTE}drop/")
    fields = {each.attributes["name"]: each.attributes["value"] for each in form.all("input")}
    assert page.one("section", class_="band").text.startswith(DEPLOYER)
    assert olivia.get(f"{PASTE}drop/").status_code == 405
    assert olivia.post(form.attributes["action"], fields).headers["Location"] == "/c/home/me/"
    tap.seen.clear()
    again = tree(olivia.get("/c/home/me/").content)
    assert again.one("section", class_="band").text.startswith("olivia")
    assert again.all("form", action=f"{PASTE}drop/") == []
    assert presented(tap) == {"olivia-token"}


def test_a_token_beside_a_sign_in_changes_nobody_s_session(olivia, home, token, tap, settings):
    before = olivia.cookies[settings.SESSION_COOKIE_NAME].value
    paste(olivia, token())
    assert olivia.cookies[settings.SESSION_COOKIE_NAME].value == before
    assert olivia.get("/c/home/").context["person"] == "Olivia"


def test_another_person_s_token_for_the_same_cluster_begins_a_session_anew(browser, home, token, settings):
    client = browser()
    paste(client, token())
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    paste(client, token("alice"))
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert client.get("/c/home/").context["person"] == "alice"
    assert (Session.objects.count(), Secret.objects.count()) == (1, 1)


def test_signing_in_by_a_token_changes_session_key_and_csrf_token(browser, home, token, settings):
    client = browser(enforce_csrf_checks=True)
    client.get("/signin/")
    before = client.cookies[settings.CSRF_COOKIE_NAME].value
    assert paste(client, token()).status_code == 403
    assert paste(client, token(), csrfmiddlewaretoken=before).status_code == 302
    assert client.cookies[settings.CSRF_COOKIE_NAME].value != before


@pytest.mark.parametrize(
    "dressed",
    [
        "  {}\n",
        "Bearer {}",
        "bearer   {}\r\n",
        "Authorization: Bearer {}",
        '"{}"',
        "`{}`",
        "\ufeff{}\u200b",
    ],
)
def test_what_stands_around_a_token_does_not_matter(browser, home, token, tap, dressed):
    made = token()
    assert paste(browser(), dressed.format(made)).status_code == 302
    assert presented(tap) == {made}


def test_a_token_that_was_broken_into_lines_is_put_together(browser, home, token, tap):
    made = token()
    folded = "\n".join(made[at : at + 76] for at in range(0, len(made), 76))
    assert paste(browser(), folded).status_code == 302
    assert presented(tap) == {made}


def test_a_token_as_a_secret_s_yaml_has_it_is_decoded(browser, home, token, tap):
    made = token()
    assert paste(browser(), base64.b64encode(made.encode()).decode()).status_code == 302
    assert presented(tap) == {made}


def test_a_cluster_that_knows_the_bearer_as_nobody_does_not_sign_in(browser, home, tap):
    nobody = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}
    answer = {"kind": "SelfSubjectReview", "status": {"userInfo": nobody}}
    with tap.answering(REVIEW, 201, answer):
        assert paste(browser(), jwt(sub="x")).status_code == 422
    assert Secret.objects.count() == 0


def test_a_cluster_that_is_away_says_so_and_nothing_is_kept(browser, home):
    Cluster.objects.filter(pk=home.pk).update(server="http://127.0.0.1:9")
    response = paste(browser(), jwt(sub="x"))
    assert response.status_code == 502
    assert title_of(response) == "The cluster does not answer"
    assert Secret.objects.count() == 0


def test_a_cluster_that_there_is_not_is_asked_for_again(browser, home, tap):
    response = paste(browser(), jwt(sub="x"), cluster="nowhere")
    assert response.status_code == 400
    assert title_of(response) == "Which cluster is it for?"
    assert tap.seen == []


@pytest.mark.parametrize("address", ["//e", "/\\e", "javascript:alert(1)", "https://us@e"])
def test_check_40_a_pasted_token_never_leads_to_another_site(browser, home, token, address):
    assert paste(browser(), token(), next=address).headers["Location"] == "/c/home/"
    assert tree(browser().get(PASTE, {"next": address}).content).one("input", name="next").attributes["value"] == "/"


def test_the_field_hides_what_it_holds_and_is_nobody_s_to_remember(browser, home):
    field = tree(browser().get("/signin/").content).one("textarea", name="token")
    wanted = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none", "data-lpignore": "true"}
    assert wanted.items() <= field.attributes.items()
    assert "hidden-text" in field.attributes["class"].split()
    assert field.text == ""


def test_where_the_operator_does_not_allow_it_no_token_is_taken_and_none_counts(olivia, home, token, tap, settings):
    made = token()
    paste(olivia, made)
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_WAYS": ["demo"]}
    tap.seen.clear()
    assert olivia.get("/c/home/").status_code == 200
    assert presented(tap) == {"olivia-token"}
    assert "Use a token of your own here" not in tree(olivia.get("/c/home/me/").content).text


def test_a_page_that_was_open_says_that_the_token_is_over(olivia, home, token, monkeypatch):
    paste(olivia, token(exp=int(time.time()) + 60))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/c/home/shop/pods/"}
    response = olivia.get("/c/home/shop/pods/", headers=headers)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"].startswith(f"{PASTE}?next=%2Fc%2Fhome%2Fshop%2Fpods%2F")
    posted = olivia.post("/c/home/shop/deployments.apps/api/scale/", {"replicas": "1", "seen": "3"})
    assert posted.status_code == 401
    assert "Nothing was changed" in tree(posted.content).text


def test_what_is_done_with_a_pasted_token_is_written_down_with_whose_it_is(olivia, home, token, caplog, demo):
    paste(olivia, token())
    olivia.post("/c/home/shop/deployments.apps/frontend/scale/", {"replicas": "4", "seen": "3"})
    olivia.post(f"{PASTE}drop/", {"cluster": "home"})
    lines = [record.getMessage() for record in caplog.records if record.name == "porthole.audit"]
    by = f"person='Olivia' way='Token ({DEPLOYER})' cluster='home'"
    assert lines[0].startswith(f"{by} verb=paste object='token' result='{DEPLOYER}' request=")
    assert lines[1].startswith(f"{by} verb=scale object='shop/deployments.apps/frontend' result='3 to 4' request=")
    assert lines[2].startswith("person='Olivia' way='Demo' cluster='home' verb=drop object='token'")
    olivia.post("/c/home/shop/deployments.apps/frontend/scale/", {"replicas": "3", "seen": "4"})


@pytest.mark.usefixtures("early_in_a_window")
def test_check_45_who_pastes_wrong_tokens_again_and_again_waits_and_nothing_is_asked(browser, home, token, tap):
    client = browser()
    for _ in range(ADDRESS_LIMIT):
        assert paste(client, jwt(iss="elsewhere")).status_code == 422
    tap.seen.clear()
    response = paste(client, token())
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= WINDOW
    assert "Too many attempts" in tree(response.content).text
    assert not tap.seen
    assert paste(browser(REMOTE_ADDR="198.51.100.9"), token()).status_code == 302


def test_what_is_no_token_is_nobody_s_failure(browser, home, token):
    client = browser()
    for _ in range(ADDRESS_LIMIT + 1):
        assert paste(client, "-----BEGIN CERTIFICATE-----").status_code == 400
    assert paste(client, token()).status_code == 302


@pytest.mark.usefixtures("early_in_a_window")
def test_check_45_a_check_that_a_cluster_does_not_answer_counts_too(browser, home, token):
    client = browser()
    Cluster.objects.create(name="away", server="http://127.0.0.1:1")
    for _ in range(ADDRESS_LIMIT):
        assert paste(client, token(), cluster="away").status_code == 502
    assert paste(client, token(), cluster="away").status_code == 429
    assert paste(browser(REMOTE_ADDR="198.51.100.9"), token()).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_cluster_that_hangs_holds_a_few_threads_and_no_more(browser, home, token, tap):
    answer, found = threading.Event(), []

    def late():
        assert answer.wait(PATIENCE)
        yield b"{}"

    def wait_for_it(client):
        found.append(paste(client, jwt(sub="x")).status_code)
        connections.close_all()

    threads = [threading.Thread(target=wait_for_it, args=(browser(),)) for _ in range(AT_ONCE)]
    with tap.answering(REVIEW, 500, late):
        for thread in threads:
            thread.start()
        tap.wait_for(REVIEW, AT_ONCE)
        response = paste(browser(), token())
        answer.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert response.status_code == 503
    assert title_of(response) == "Too many at once"
    assert int(response["Retry-After"]) > 0
    assert len(tap.of(REVIEW)) == AT_ONCE, "nothing was asked for the one too many"
    assert found == [502] * AT_ONCE
    assert paste(browser(), token()).status_code == 302, "the places are given back"
