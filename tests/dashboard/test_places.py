"""The places of a cluster: its home, its namespaces, everything else, and one's own preferences."""

import re

import pytest

from tests.dashboard.pages import tree
from tests.dashboard.wire import refusal


def sections(response):
    return {section.title: section for section in response.context["page"].sections}


def test_home_says_what_is_wrong_before_anything_else(olivia):
    response = olivia.get("/c/demo/")
    found = sections(response)
    assert list(found) == ["Pods", "Deployments", "StatefulSets"]
    assert {row.name.split("-")[0] for row in found["Deployments"].items} == {"checkout", "worker"}
    assert {row.tone for row in found["Pods"].items} <= {"bad", "warn"}
    assert found["StatefulSets"].all_well
    assert "All well" in tree(response.content).text
    attention = olivia.get(found["Pods"].more_url).context["page"]
    assert found["Pods"].counts[1].text == str(attention.matched)


def test_home_of_a_namespace_is_about_it_alone(nadia, tap):
    response = nadia.get("/c/demo/")
    assert response.status_code == 200
    assert response.context["namespace"] == "shop"
    assert {row.namespace for section in sections(response).values() for row in section.items} == {"shop"}
    assert tap.of(r"GET /api/v1/pods\?") == []


def test_home_stands_where_one_kind_may_not_be_read(olivia, tap):
    words = "pods is forbidden"
    with tap.answering(r"GET /api/v1/pods\?", 403, refusal(403, "Forbidden", words)):
        response = olivia.get("/c/demo/")
    assert response.status_code == 200
    found = sections(response)
    assert (found["Pods"].problem.title, found["Pods"].problem.message) == (
        "You may not list pods in all namespaces",
        words,
    )
    assert not found["Pods"].all_well
    assert found["Deployments"].items


def test_home_of_an_empty_namespace_calls_nothing_well(olivia):
    response = olivia.get("/c/demo/?namespace=empty")
    page = tree(response.content)
    assert (response.context["page"].tone, response.context["page"].verdict) == ("off", "Nothing here")
    assert "All well" not in page.text
    assert not response.context["page"].missing_url
    assert all(section.empty and not section.counts for section in sections(response).values())


def test_home_of_a_namespace_that_is_not_there_says_so_and_offers_others(olivia):
    response = olivia.get("/c/demo/?namespace=shpo")
    page = tree(response.content)
    assert "There is no namespace shpo" in page.text
    assert "All well" not in page.text
    choice = page.one("div", class_="empty").one("a").attributes["href"]
    assert "/c/demo/?namespace=shop" in {option.url for option in olivia.get(choice).context["options"]}


def test_home_does_not_call_a_namespace_missing_that_one_may_not_look_at(olivia, tap):
    words = "namespaces is forbidden"
    with tap.answering(r"GET /api/v1/namespaces/empty", 403, refusal(403, "Forbidden", words)):
        response = olivia.get("/c/demo/?namespace=empty")
    assert not response.context["page"].missing_url
    assert "There is no namespace" not in tree(response.content).text


def test_home_says_when_it_was_read_where_no_script_does(olivia):
    assert re.fullmatch(r"As of \d\d:\d\d UTC", tree(olivia.get("/c/demo/").content).one("noscript").text)


def test_home_leads_to_the_pages_of_what_is_wrong(olivia):
    page = tree(olivia.get("/c/demo/").content)
    worker = next(row for row in page.all("tr", class_="row") if row.text.startswith("worker"))
    assert olivia.get(worker.one("a").attributes["href"]).status_code == 200


def test_the_bar_marks_where_one_is(olivia):
    for address, label in (
        ("/c/demo/", "Home"),
        ("/c/demo/-/pods/", "Pods"),
        ("/c/demo/shop/pods/image-resizer/logs/", "Pods"),
        ("/c/demo/shop/statefulsets.apps/", "Workloads"),
        ("/c/demo/more/", "More"),
    ):
        bar = tree(olivia.get(address).content).one("nav", class_="nav")
        assert [link.text for link in bar.all("a") if link.attributes.get("aria-current")] == [label]


def test_the_namespace_stays_while_one_moves_along_the_bar(olivia):
    bar = tree(olivia.get("/c/demo/shop/configmaps/").content).one("nav", class_="nav")
    addresses = {link.text: link.attributes["href"] for link in bar.all("a")}
    assert addresses["Pods"] == "/c/demo/shop/pods/"
    assert addresses["Workloads"] == "/c/demo/shop/deployments.apps/"


def bar_of(response):
    bar = tree(response.content).one("nav", class_="nav")
    return {link.text: link.attributes["href"] for link in bar.all("a")}


def test_home_and_more_stay_in_the_namespace_too(olivia, tap):
    home = olivia.get(bar_of(olivia.get("/c/demo/shop/pods/"))["Home"])
    assert {row.namespace for section in sections(home).values() for row in section.items} == {"shop"}
    assert tap.of(r"GET /api/v1/pods\?") == []
    more = olivia.get(bar_of(home)["More"])
    links = [link for _title, members in more.context["page"].groups for link in members]
    assert [link.url for link in links if link.label == "Deployments"] == ["/c/demo/shop/deployments.apps/"]
    assert bar_of(more)["Home"] == "/c/demo/?namespace=shop"
    assert bar_of(more)["Pods"] == "/c/demo/shop/pods/"


def test_all_namespaces_are_asked_for_where_there_is_a_default(nadia, tap):
    response = nadia.get("/c/demo/more/?namespace=-")
    assert bar_of(response) == {
        "Home": "/c/demo/?namespace=-",
        "Pods": "/c/demo/-/pods/",
        "Workloads": "/c/demo/-/deployments.apps/",
        "More": "/c/demo/more/?namespace=-",
    }
    nadia.get("/c/demo/?namespace=-")
    assert tap.of(r"GET /api/v1/pods\?")


@pytest.mark.parametrize("page", ["", "more/"])
def test_a_namespace_that_cannot_be_one_is_refused(olivia, tap, page):
    assert olivia.get(f"/c/demo/{page}?namespace=a/b").status_code == 404
    assert tap.seen == []


@pytest.mark.parametrize("page", ["", "more/"])
def test_the_picker_stays_on_the_page_and_marks_what_is_open(olivia, page):
    opened = tree(olivia.get(f"/c/demo/{page}?namespace=shop").content).one("a", class_="namespace")
    response = olivia.get(opened.attributes["href"])
    assert ("jobs", f"/c/demo/{page}?namespace=jobs") in options(response)
    assert response.context["all_url"] == f"/c/demo/{page}"
    assert [option.label for option in response.context["options"] if option.current] == ["shop"]
    fields = {each.attributes["name"] for each in tree(response.content).one("form").all("input", type="hidden")}
    assert fields == {"page", "namespace"}


def options(response):
    return [(option.label, option.url) for option in response.context["options"]]


def test_the_picker_lists_namespaces_and_stays_with_the_kind(olivia):
    page = tree(olivia.get("/c/demo/shop/deployments.apps/").content)
    picker = page.one("a", class_="namespace").attributes["href"]
    response = olivia.get(picker)
    assert ("shop", "/c/demo/shop/deployments.apps/") in options(response)
    assert len(options(response)) == 9
    assert response.context["all_url"] == "/c/demo/-/deployments.apps/"


def test_the_picker_of_a_kind_without_namespaces_leads_to_pods(olivia):
    assert ("shop", "/c/demo/shop/pods/") in options(olivia.get("/c/demo/namespaces/?kind=nodes"))


def test_the_picker_narrows_as_one_types(olivia):
    response = olivia.get("/c/demo/namespaces/?q=SHO", headers={"HX-Request": "true", "HX-Target": "div#options"})
    assert [label for label, _ in options(response)] == ["shop"]
    assert b"<main" not in response.content
    nothing = tree(olivia.get('/c/demo/namespaces/?q="<i>').content)
    assert 'No namespace contains “ "<i> ”' in nothing.text or 'No namespace contains “"<i>”' in nothing.text


def test_all_namespaces_come_last_for_who_may_not_list_them(olivia, nadia):
    def texts(client):
        return [link.text for link in tree(client.get("/c/demo/namespaces/").content).one("main").all("a")]

    assert texts(nadia) == ["shop", "All namespaces"]
    assert texts(olivia)[0] == "All namespaces"


def test_who_may_not_list_namespaces_types_the_name_of_one(nadia):
    assert options(nadia.get("/c/demo/namespaces/")) == [("shop", "/c/demo/shop/pods/")]
    response = nadia.get("/c/demo/namespaces/?q=jobs&kind=configmaps")
    assert options(response) == [("jobs", "/c/demo/jobs/configmaps/")]


@pytest.mark.parametrize("text", ["a/b", "..", "a?b", "%2e"])
def test_what_cannot_be_a_namespace_is_not_offered_and_the_reason_is_read(nadia, text):
    response = nadia.get("/c/demo/namespaces/", {"q": text})
    assert response.status_code == 200
    assert options(response) == []
    words = (
        'namespaces is forbidden: User "nadia" cannot list resource "namespaces" in API group "" at the cluster scope'
    )
    assert tree(response.content).one("p", class_="said").text == words


def test_more_groups_all_kinds_and_says_who_one_is_to_the_cluster(olivia):
    response = olivia.get("/c/demo/more/")
    page = response.context["page"]
    titles = [title for title, _ in page.groups]
    assert titles == ["Workloads", "Kubernetes", "Custom"]
    assert [link.label for link in dict(page.groups)["Custom"]] == ["Boats"]
    assert page.username == "olivia"
    for _title, links in page.groups:
        for link in links:
            assert olivia.get(link.url).status_code == 200


def test_more_stands_where_the_cluster_will_not_say(olivia, tap):
    with tap.answering(r"GET /apis?$", 500, refusal(500, "InternalError", "etcd is away")):
        response = olivia.get("/c/demo/more/")
    assert response.status_code == 200
    assert response.context["page"].problem.message == "etcd is away"
    html = tree(response.content)
    assert html.all("form", action="/signout/")
    assert html.all("form", action="/theme/")


@pytest.mark.parametrize(("chosen", "theme"), [("dark", "dark"), ("light", "light"), ("system", ""), ("<b>", "")])
def test_a_theme_is_remembered(olivia, chosen, theme):
    olivia.post("/theme/", {"theme": "dark"})
    response = olivia.post("/theme/", {"theme": chosen, "next": "/c/demo/more/"})
    assert response.headers["Location"] == "/c/demo/more/"
    html = tree(olivia.get("/c/demo/more/").content).one("html")
    assert html.attributes.get("data-theme", "") == theme


def test_a_theme_that_was_forged_is_none(olivia):
    olivia.cookies["theme"] = '"><script>'
    assert "data-theme" not in tree(olivia.get("/c/demo/more/").content).one("html").attributes


def test_a_theme_is_chosen_by_form_only(olivia):
    assert olivia.get("/theme/?theme=dark").status_code == 405


def test_the_only_cluster_is_opened_at_once(olivia):
    assert olivia.get("/").headers["Location"] == "/c/demo/"


def test_the_list_of_clusters_opens_where_a_person_may_be(nadia):
    rows = nadia.get("/clusters/").context["page"].rows
    assert [row.url for row in rows] == ["/c/demo/shop/pods/"]
