"""The way back from an object: to the list as it was, on all pages of the object, and never off the site."""

import pytest

from tests.dashboard.pages import tree

POD = "/c/demo/shop/pods/image-resizer/"
LIST = "/c/demo/-/pods/?q=image&state=attention&sort=-age"
HOST = "http://testserver"


def way_back(response):
    return tree(response.content).one("a", class_="back").attributes["href"]


def test_the_way_back_leads_to_the_list_as_it_was(olivia):
    assert way_back(olivia.get(POD, headers={"Referer": f"{HOST}{LIST}"})) == LIST
    assert way_back(olivia.get(POD)) == "/c/demo/shop/pods/"


def test_the_way_back_stays_on_every_page_of_the_object(olivia):
    response = olivia.get(POD, headers={"Referer": f"{HOST}{LIST}"})
    page = response.context["page"]
    addresses = [tab.url for tab in page.head.tabs]
    addresses += [page.logs_url, *(container.logs_url for container in page.containers)]
    logs = olivia.get(page.logs_url).context["page"]
    addresses += [logs.wrap_url, logs.timestamps_url]
    for address in addresses:
        assert way_back(olivia.get(address)) == LIST


def test_the_way_back_stays_while_one_scales(olivia, demo):
    deployments = "/c/demo/-/deployments.apps/?sort=-age"
    address = "/c/demo/shop/deployments.apps/frontend/"
    page = olivia.get(address, headers={"Referer": f"{HOST}{deployments}"}).context["page"]
    form = olivia.get(page.scale_url).context["page"]
    assert way_back(olivia.get(form.head.back.url)) == deployments
    assert way_back(olivia.get(olivia.get(form.more_url).context["page"].head.back.url)) == deployments
    done = olivia.post(form.action_url, {"replicas": "4", "seen": "3"}, follow=True)
    assert way_back(done) == deployments
    undo = done.context["page"].undo
    assert way_back(olivia.post(undo.action_url, {"replicas": "3", "seen": "4"}, follow=True)) == deployments


def test_who_comes_from_home_goes_back_there(olivia):
    home = "/c/demo/?namespace=shop"
    response = olivia.get(POD, headers={"Referer": f"{HOST}{home}"})
    link = tree(response.content).one("a", class_="back")
    assert (link.text, link.attributes["href"]) == ("Home", home)


def bar(response):
    links = tree(response.content).one("nav", class_="nav").all("a")
    return {link.text: link.attributes["href"] for link in links}


@pytest.mark.parametrize("before", ["/c/demo/", "/c/demo/?namespace=-", "/c/demo/-/pods/?q=image"])
def test_the_bar_keeps_all_namespaces_on_every_page_of_an_object_that_was_found_there(olivia, before):
    page = olivia.get(POD, headers={"Referer": f"{HOST}{before}"})
    logs = olivia.get(page.context["page"].logs_url)
    for response in (page, logs):
        places = bar(response)
        assert (places["Home"], places["Pods"], places["More"]) == ("/c/demo/", "/c/demo/-/pods/", "/c/demo/more/")


def test_the_bar_asks_for_all_namespaces_where_there_is_a_default_one(nadia):
    page = nadia.get(POD, headers={"Referer": f"{HOST}/c/demo/?namespace=-"})
    assert bar(page)["Home"] == "/c/demo/?namespace=-"
    assert bar(nadia.get(POD, headers={"Referer": f"{HOST}/c/demo/"}))["Home"] == "/c/demo/?namespace=shop"


@pytest.mark.parametrize("before", ["/c/demo/?namespace=shop", "/c/demo/shop/pods/", "/c/demo/-/nodes/", "/nowhere/"])
def test_the_bar_stays_in_the_namespace_of_an_object_that_was_not_found_among_all(olivia, before):
    places = bar(olivia.get(POD, headers={"Referer": f"{HOST}{before}"}))
    assert (places["Home"], places["Pods"]) == ("/c/demo/?namespace=shop", "/c/demo/shop/pods/")


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/c/demo/-/pods/?q=a",
        "//elsewhere.example/c/demo/-/pods/",
        "javascript:alert(1)",
        "/signout/",
        "/c/other/-/pods/",
        "/c/demo/-/nodes/",
        "/c/demo/%2e%2e%2f/pods/",
        "\\\\elsewhere.example/",
        "/c/demo/shop/pods/?watch=1&continue=x&from=100",
    ],
)
def test_no_address_leads_anywhere_else(olivia, address):
    assert way_back(olivia.get(POD, {"back": address})) == "/c/demo/shop/pods/"
    assert way_back(olivia.get(POD, headers={"Referer": address})) == "/c/demo/shop/pods/"


def test_a_page_of_another_host_is_none_of_ours(olivia):
    assert way_back(olivia.get(POD, headers={"Referer": f"https://elsewhere.example{LIST}"})) == "/c/demo/shop/pods/"


def test_the_list_of_clusters_leads_back_to_where_one_was(olivia):
    for address in (POD, LIST, "/c/demo/"):
        page = tree(olivia.get("/clusters/", headers={"Referer": f"{HOST}{address}"}).content)
        link = page.one("a", class_="back")
        assert (link.text, link.attributes["href"]) == ("Demo", address)


@pytest.mark.parametrize(
    "address", ["", f"{HOST}/clusters/", f"{HOST}/c/other/", f"https://elsewhere.example{POD}", f"{HOST}//c/demo/"]
)
def test_the_list_of_clusters_leads_back_to_nowhere_else(olivia, address):
    page = tree(olivia.get("/clusters/", headers={"Referer": address}).content)
    assert page.all("a", class_="back") == []
