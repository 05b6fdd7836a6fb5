"""Signing in and out, and what somebody who is not signed in gets."""

import pytest
from django.conf import settings

from clusters.models import Cluster
from dashboard.signin.demo import PEOPLE
from tests.dashboard.pages import tree

PODS = "/c/demo/shop/pods/"

pytestmark = pytest.mark.store


def test_the_first_page_leads_to_the_people_that_one_can_be(browser, tap):
    response = browser().get("/", follow=True)
    assert response.redirect_chain == [("/signin/?next=%2F", 302)]
    forms = tree(response.content).all("form", action="/signin/demo/")
    chosen = [form.one("input", name="person").attributes["value"] for form in forms]
    assert chosen == [person.name for person in PEOPLE] == ["olivia", "victor", "nadia"]


@pytest.mark.parametrize(("person", "title"), [("olivia", "Olivia"), ("victor", "Victor"), ("nadia", "Nadia")])
def test_each_person_reaches_the_cluster_with_their_own_token(browser, tap, person, title):
    client = browser()
    response = client.post("/signin/demo/", {"person": person, "next": "/"}, follow=True)
    assert response.status_code == 200
    assert response.context["person"] == title
    assert {request.header("authorization") for request in tap.seen} == {f"Bearer {person}-token"}


def test_a_person_that_does_not_exist_is_not_let_in(browser):
    client = browser()
    assert client.post("/signin/demo/", {"person": "mallory"}).headers["Location"] == "/signin/"
    assert client.get(PODS).status_code == 302


def test_signing_in_by_get_is_refused(browser):
    client = browser()
    assert client.get("/signin/demo/?person=olivia").status_code == 405
    assert client.get(PODS).status_code == 302


def test_session_key_and_csrf_token_change_at_sign_in(browser):
    client = browser(enforce_csrf_checks=True)

    def post(person):
        token = client.cookies[settings.CSRF_COOKIE_NAME].value
        return client.post("/signin/demo/", {"person": person, "csrfmiddlewaretoken": token})

    client.get("/signin/")
    assert post("victor").status_code == 302
    first = client.cookies[settings.SESSION_COOKIE_NAME].value, client.cookies[settings.CSRF_COOKIE_NAME].value
    assert post("olivia").status_code == 302
    second = client.cookies[settings.SESSION_COOKIE_NAME].value, client.cookies[settings.CSRF_COOKIE_NAME].value
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_the_session_of_before_is_gone_after_another_sign_in(browser, tap):
    client = browser()
    client.post("/signin/demo/", {"person": "olivia"})
    former = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/signin/demo/", {"person": "victor"})
    thief = browser()
    thief.cookies[settings.SESSION_COOKIE_NAME] = former
    assert thief.get(PODS).status_code == 302
    assert tap.seen == []


def test_the_session_cookie_is_for_http_only_and_for_this_site(browser):
    client = browser()
    client.post("/signin/demo/", {"person": "olivia"})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_signing_out_ends_the_session_for_whoever_has_its_cookie(olivia, browser, tap):
    former = olivia.cookies[settings.SESSION_COOKIE_NAME].value
    assert olivia.get(PODS).status_code == 200
    tap.seen.clear()
    assert olivia.post("/signout/").headers["Location"] == "/signin/"
    thief = browser()
    thief.cookies[settings.SESSION_COOKIE_NAME] = former
    assert [client.get(PODS).status_code for client in (olivia, thief)] == [302, 302]
    assert tap.seen == []


def test_a_link_cannot_sign_anybody_out(olivia):
    assert olivia.get("/signout/").status_code == 405
    assert olivia.get(PODS).status_code == 200


def test_signing_out_needs_the_csrf_token(signed_in):
    client = signed_in("olivia", enforce_csrf_checks=False)
    client.handler.enforce_csrf_checks = True
    assert client.post("/signout/").status_code == 403
    assert client.get(PODS).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/c/demo/",
        "/c/demo/namespaces/",
        "/c/demo/more/",
        PODS,
        f"{PODS}?watch=1",
        "/c/demo/shop/pods/worker/",
        "/c/demo/shop/pods/worker/logs/?follow=start",
        "/c/demo/shop/pods/worker/events/",
        "/c/demo/shop/pods/worker/yaml/",
        "/c/demo/shop/deployments.apps/api/scale/",
        "/c/other/",
        "/clusters/",
    ],
)
def test_check_21_no_page_asks_a_cluster_for_somebody_who_is_not_signed_in(browser, tap, address):
    client = browser()
    response = client.get(address)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/signin/?next=")
    assert client.post(address, {"replicas": "0"}).status_code in (401, 405)
    assert tap.seen == []


def test_a_deep_link_is_where_one_is_after_signing_in(browser):
    deep = "/c/demo/shop/pods/?q=api&sort=-age"
    client = browser()
    response = client.get(deep, follow=True)
    form = tree(response.content).all("form", action="/signin/demo/")[0]
    following = form.one("input", name="next").attributes["value"]
    assert following == deep
    assert client.post("/signin/demo/", {"person": "olivia", "next": following}).headers["Location"] == deep


ELSEWHERE = ["//e", "/\\e", "javascript:alert(1)", "https://us@e", "https:///e", "http:e", "\t//e", "/\t/e", "e", ""]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_check_40_signing_in_never_leads_to_another_site(browser, address):
    client = browser()
    assert client.post("/signin/demo/", {"person": "olivia", "next": address}).headers["Location"] == "/"
    assert client.get("/signin/", {"next": address}).headers["Location"] == "/"
    assert client.post("/theme/", {"theme": "dark", "next": address}).headers["Location"] == "/"


def test_by_https_forms_are_taken_and_browsers_told_to_stay_there_whatever_ends_tls(browser, settings):
    settings.HTTPS, settings.SECURE_HSTS_SECONDS = True, 3600
    client = browser(enforce_csrf_checks=True)
    response = client.get("/signin/")
    assert response.headers["Strict-Transport-Security"] == "max-age=3600"
    form = {"person": "olivia", "csrfmiddlewaretoken": client.cookies[settings.CSRF_COOKIE_NAME].value}
    for origin, status in (("https://testserver", 302), ("http://testserver", 403), ("https://elsewhere.example", 403)):
        assert (
            client.post("/signin/demo/", form, headers={"Host": "testserver", "Origin": origin}).status_code == status
        )
        form["csrfmiddlewaretoken"] = client.cookies[settings.CSRF_COOKIE_NAME].value


def test_a_fragment_for_somebody_who_is_not_signed_in_sends_its_page_to_sign_in(browser, tap):
    headers = {"HX-Request": "true", "HX-Target": "tbody#rows", "HX-Current-URL": f"http://testserver{PODS}?q=a"}
    response = browser().get(f"{PODS}?q=ap", headers=headers)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/signin/?next=%2Fc%2Fdemo%2Fshop%2Fpods%2F%3Fq%3Da"
    assert response.content == b""
    assert tap.seen == []


@pytest.mark.parametrize("url", ["https://elsewhere.example/c/", "http://[::1", "//", "javascript:alert(1)"])
def test_a_page_of_another_site_is_no_place_to_come_back_to(browser, url):
    headers = {"HX-Request": "true", "HX-Current-URL": url}
    response = browser().get(PODS, headers=headers)
    assert response.headers["HX-Redirect"] == "/signin/?next=%2F"


def test_what_a_client_says_of_itself_never_reaches_the_api_server(olivia, tap):
    headers = {
        "Authorization": "Basic c3RvbGVuOg==",
        "Impersonate-User": "admin",
        "Impersonate-Group": "system:masters",
        "X-Forwarded-User": "admin",
    }
    assert olivia.get(PODS, headers=headers).status_code == 200
    assert tap.seen
    for request in tap.seen:
        assert request.header("authorization") == "Bearer olivia-token"
        assert [name for name, _ in request.headers if name.startswith(("impersonate", "x-forwarded", "cookie"))] == []
        assert request.header("user-agent").startswith("porthole/")


def test_somebody_who_is_signed_in_goes_on_from_the_sign_in_page(olivia):
    assert olivia.get("/signin/?next=/c/demo/more/").headers["Location"] == "/c/demo/more/"


def test_a_way_that_was_switched_off_signs_its_people_out(olivia, settings, tap):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_WAYS": ["kubeconfig"]}
    assert olivia.get(PODS).status_code == 302
    assert tap.seen == []


def test_a_cluster_that_one_cannot_open_is_as_good_as_none(olivia, tap):
    response = olivia.get("/c/other/shop/pods/")
    assert response.status_code == 404
    assert "There is no cluster other that you can open." in tree(response.content).text
    assert tap.seen == []


def test_the_icon_is_found_where_browsers_look_by_themselves(browser):
    response = browser().get("/favicon.ico")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/static/icons/porthole-192.")
    assert response.headers["Cache-Control"] == "public, max-age=86400"
    assert not response.cookies


def test_a_file_of_clusters_that_never_could_be_read_leaves_the_ways_in_open(browser, module_tap, settings, tmp_path):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_CLUSTERS_FILE": str(tmp_path / "absent.yaml")}
    Cluster.objects.create(name="home", title="Home", server=module_tap.url)
    client = browser()
    response = client.get("/signin/")
    assert response.status_code == 200
    assert "Home" in tree(response.content).text
    assert client.post("/signin/token/", {"cluster": "home", "token": "nadia-token"}).status_code == 302
    assert client.get("/c/home/shop/pods/").status_code == 503
