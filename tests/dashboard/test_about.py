"""What the pages of events, nodes and jobs tell beyond what the API server prints."""

import pytest

from dashboard.views.about import readable
from tests.dashboard.api import api
from tests.dashboard.pages import tree

EVENT = "/api/v1/namespaces/shop/events/odd.1"


def facts_of(response):
    return {fact.label: fact.text for fact in response.context["page"].facts}


def links_of(response):
    return {link.label: link.url for link in response.context["page"].links}


def first_line(response):
    return tree(response.content).by_id("state").one("p", class_="word").text


def event_page(client, name):
    row = client.get("/c/demo/shop/events/", {"q": name}).context["page"].rows[0]
    return client.get(row.url)


def test_an_event_says_what_happened_and_leads_to_what_it_is_about(olivia):
    response = event_page(olivia, "recommendations")
    page = tree(response.content)
    assert first_line(response) == "FailedScheduling"
    assert page.by_id("state").one("p", class_="why").text.startswith("0/4 nodes are available")
    facts = facts_of(response)
    assert {"Last Seen", "First Seen", "Count", "Source"} <= set(facts)
    assert set(facts) & {"Type", "Reason", "Message", "Object"} == set()
    (link,) = page.one("ul", class_="links").all("a")
    assert (link.text, link.attributes["href"]) == ("recommendations Pod", "/c/demo/shop/pods/recommendations/")
    assert olivia.get(link.attributes["href"]).status_code == 200


@pytest.mark.parametrize(
    ("involved", "url"),
    [
        ({"kind": "Boat", "apiVersion": "marina.example.com/v1", "namespace": "shop", "name": "albatross"}, ""),
        ({"kind": "Pod", "namespace": "shop", "name": "a/../b"}, ""),
        ({"kind": "Pod", "namespace": "..", "name": "a"}, ""),
        ({"kind": "Node", "name": "harbor-1"}, "/c/demo/-/nodes/harbor-1/"),
        ({"kind": "Deployment", "apiVersion": "apps/v1", "namespace": "shop", "name": "api"},
         "/c/demo/shop/deployments.apps/api/"),
    ],
)  # fmt: skip
def test_an_event_leads_only_to_kinds_that_are_known_and_names_that_can_be(olivia, tap, involved, url):
    event = {
        "kind": "Event", "apiVersion": "v1", "metadata": {"name": "odd.1", "namespace": "shop", "uid": "1"},
        "reason": "Odd", "message": "It is odd.", "type": "Warning", "involvedObject": involved,
    }  # fmt: skip
    with tap.answering(rf"GET {EVENT}$", 200, event):
        response = olivia.get("/c/demo/shop/events/odd.1/")
    assert response.status_code == 200
    assert links_of(response) == ({involved["name"]: url} if url else {})


def test_a_node_says_how_much_room_it_has(olivia, demo):
    status = api(demo, "GET", "/api/v1/nodes/harbor-1")["status"]
    response = olivia.get("/c/demo/-/nodes/harbor-1/")
    facts = facts_of(response)
    assert (facts["CPU"], facts["Room for pods"]) == (status["capacity"]["cpu"], status["capacity"]["pods"])
    assert facts["Memory"] == "15.5Gi for pods, of 15.6Gi"
    assert facts["Version"] == "v1.37.2"
    assert "Status" not in facts, "it is the state"


def test_a_node_leads_to_its_pods_and_to_no_others(olivia, demo, tap):
    url = links_of(olivia.get("/c/demo/-/nodes/harbor-4/"))["Pods"]
    assert url == "/c/demo/-/pods/?fields=spec.nodeName%3Dharbor-4"
    items = api(demo, "GET", "/api/v1/pods")["items"]
    right = {item["metadata"]["name"] for item in items if item["spec"].get("nodeName") == "harbor-4"}
    response = olivia.get(url)
    page = response.context["page"]
    assert {row.name for row in page.rows} == right
    assert 0 < page.total == len(right) < len(items)
    form = tree(response.content).one("form", role="search")
    assert form.one("input", name="fields").attributes["value"] == "spec.nodeName=harbor-4"
    assert [(link.label, link.url) for link in page.used] == [("Fields spec.nodeName=harbor-4", "/c/demo/-/pods/")]
    assert "fields=spec.nodeName%3Dharbor-4" in page.stream_url
    assert all("fields=spec.nodeName%3Dharbor-4" in choice.url for choice in page.states)
    sorted_rows = olivia.get(url, {"fields": "spec.nodeName=harbor-4", "sort": "name"}).context["page"].rows
    assert {row.name for row in sorted_rows} == right


def test_a_list_of_fields_that_a_kind_does_not_have_says_so(olivia):
    response = olivia.get("/c/demo/-/nodes/", {"fields": "spec.nodeName=harbor-4"})
    assert response.status_code == 422
    assert "field label not supported: spec.nodeName" in tree(response.content).text


def test_a_node_is_called_the_same_on_its_page_and_in_the_list(olivia):
    rows = {row.name: row.word for row in olivia.get("/c/demo/-/nodes/").context["page"].rows}
    assert rows["harbor-4"] == first_line(olivia.get("/c/demo/-/nodes/harbor-4/")) == "NotReady"
    assert rows["harbor-1"] == first_line(olivia.get("/c/demo/-/nodes/harbor-1/")) == "Ready"


def test_a_job_says_how_it_ended_and_leads_to_its_pods(olivia):
    response = olivia.get("/c/demo/jobs/jobs.batch/import/")
    state = response.context["page"].state
    assert (state.tone, state.word) == ("bad", "Failed")
    assert state.reason == "Job has reached the specified backoff limit"
    assert facts_of(response)["Completions"] == "0/1"
    names = [row.name for row in olivia.get(links_of(response)["Pods"]).context["page"].rows]
    assert names
    assert all(name.startswith("import-") for name in names)


def test_a_cron_job_leads_to_its_jobs(olivia, demo):
    items = api(demo, "GET", "/apis/batch/v1/namespaces/jobs/jobs")["items"]
    owned = [item for item in items if any(o["kind"] == "CronJob" for o in item["metadata"].get("ownerReferences", []))]
    assert owned, "the demo has none"
    name = owned[0]["metadata"]["ownerReferences"][0]["name"]
    response = olivia.get(f"/c/demo/jobs/cronjobs.batch/{name}/")
    assert {"Schedule", "Last Schedule"} <= set(facts_of(response))
    found = olivia.get(links_of(response)["Jobs"]).context["page"].rows
    assert {row.name for row in found} == {
        item["metadata"]["name"] for item in owned if item["metadata"]["ownerReferences"][0]["name"] == name
    }


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("16384000Ki", "15.6Gi"), ("1048576Ki", "1.0Gi"), ("512Ki", "512Ki"), ("16Gi", "16Gi"), (8, "8"), ("", ""),
        ("oddKi", "oddKi"), ("9" * 20 + "Ki", "9" * 20 + "Ki"),
    ],
)  # fmt: skip
def test_memory_in_gibibytes(quantity, words):
    assert readable(quantity) == words
