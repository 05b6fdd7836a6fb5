"""A pod's page: its state and why, its containers, and the way to its logs."""

import pytest

from tests.dashboard.api import api
from tests.dashboard.pages import tree

SHOP = "/c/demo/shop/pods/"


@pytest.fixture
def page_of(olivia):
    """``page_of("worker")``: address, context and tree of the page of the pod whose name begins so."""

    def find(start, namespace="shop"):
        rows = olivia.get(f"/c/demo/{namespace}/pods/").context["page"].rows
        address = next(row.url for row in rows if row.name.startswith(start))
        response = olivia.get(address)
        assert response.status_code == 200
        return address, response.context["page"], tree(response.content)

    return find


@pytest.mark.parametrize(
    ("start", "tone", "word", "reason"),
    [
        ("worker-", "bad", "CrashLoopBackOff", "worker: CrashLoopBackOff. Last time: Ended with exit code 1."),
        ("checkout-", "bad", "ImagePullBackOff", "shop/checkout:2.7.0-rc1"),
        ("image-resizer", "bad", "OOMKilled", "Used more memory than its limit and was killed (exit code 137)."),
        ("recommendations", "warn", "Pending", "0/4 nodes are available"),
        ("payments", "bad", "Unknown", "Node harbor-4 which was running pod payments is unresponsive"),
        ("mailer", "busy", "Terminating", ""),
        ("migrations", "busy", "Init:0/1", ""),
        ("frontend-", "ok", "Running", ""),
        ("database-0", "ok", "Running", ""),
    ],
)
def test_the_first_thing_is_the_state_and_why(page_of, start, tone, word, reason):
    _address, page, html = page_of(start)
    assert (page.state.tone, page.state.word) == (tone, word)
    assert reason in page.state.reason
    assert tone != "ok" or page.state.reason == ""
    band = html.by_id("state")
    assert f"tone-{tone}" in band.attributes["class"].split()
    assert band.one("p", class_="word").text == word
    assert [each.text for each in band.all("p", class_="why")] == ([page.state.reason] if page.state.reason else [])


def test_a_crashing_container_says_how_often_and_how_it_ended_last_time(page_of, demo):
    address, page, html = page_of("worker-")
    status = api(demo, "GET", f"/api/v1/namespaces/shop/pods/{address.split('/')[-2]}")["status"]
    restarts = status["containerStatuses"][0]["restartCount"]
    assert restarts >= 40  # other tests turn the demo's clock
    (container,) = page.containers
    assert (container.name, container.tone, container.word) == ("worker", "bad", "CrashLoopBackOff")
    assert (container.restarts, container.exit_code, container.ready) == (restarts, "1", False)
    assert container.last_state.startswith("Error 2026-05-28 ")
    assert container.previous_logs_url == f"{address}logs/?container=worker&previous=1"
    action = html.one("div", class_="act").all("a")[0]
    assert (action.text, action.attributes["href"]) == ("Previous logs", container.previous_logs_url)
    assert container.image == "registry.example.com/shop/worker:1.9.0"


def test_a_container_that_ended_shows_its_exit_code(page_of):
    _address, page, html = page_of("image-resizer")
    assert [container.exit_code for container in page.containers] == ["137"]
    assert "137" in html.one("details", class_="tone-bad").text


def test_what_a_container_asks_for_and_opens(page_of):
    _address, page, _html = page_of("api-")
    api, shipper = page.containers
    assert [fact.label for fact in api.resources] == ["cpu", "memory"]
    assert api.resources[0].text.startswith("200m")
    assert any("8080/tcp" in port for port in api.ports)
    assert ("/etc/shop", "settings (read only)") in [(fact.label, fact.text) for fact in api.mounts]
    assert shipper.name == "log-shipper"
    assert [container.name for container in page.init_containers] == ["migrate"]
    assert page.init_containers[0].word == "Completed"


def test_environment_variables_are_named_and_their_values_never_shown(page_of):
    _address, page, html = page_of("api-")
    assert page.containers[0].env == ["LOG_LEVEL", "DATABASE_URL", "PORT"]
    assert "LOG_LEVEL, DATABASE_URL, PORT" in html.text
    _address, page, html = page_of("hostile", "monitoring")
    assert page.containers[0].env == ["GREETING"]
    environment = next(each for each in html.all("div", class_="wordy") if each.one("dt").text == "Environment")
    assert environment.one("dd").text == "GREETING"


def test_owner_node_and_tabs_lead_on(olivia, page_of):
    address, page, _html = page_of("frontend-")
    assert (page.owner.kind, page.owner.url.rpartition("/frontend-")[0]) == (
        "ReplicaSet",
        "/c/demo/shop/replicasets.apps",
    )
    assert page.node.url == f"/c/demo/-/nodes/{page.node.label}/"
    assert [(tab.label, tab.current) for tab in page.head.tabs] == [
        ("Overview", True),
        ("Logs", False),
        ("Events", False),
        ("YAML", False),
    ]
    for target in (page.owner.url, page.node.url, page.head.back.url, *(tab.url for tab in page.head.tabs)):
        assert olivia.get(target).status_code == 200
    assert page.stream_url == f"{address}?watch=1"


def test_conditions_that_are_not_as_they_should_be_come_first(page_of):
    _address, page, _html = page_of("recommendations")
    first = page.details.conditions[0]
    assert (first.type, first.status, first.tone, first.reason) == ("PodScheduled", "False", "warn", "Unschedulable")
    _address, page, _html = page_of("frontend-")
    assert {condition.tone for condition in page.details.conditions} == {"ok"}


def test_events_stand_on_the_page_and_on_one_of_their_own(olivia, page_of):
    address, page, html = page_of("recommendations")
    assert ("FailedScheduling", "warn") in {(event.reason, event.tone) for event in page.details.events.rows}
    assert "FailedScheduling" in html.by_id("events").text
    alone = olivia.get(f"{address}events/")
    events = page.details.events.rows
    assert [event.message for event in alone.context["page"].events.rows] == [event.message for event in events]
    times = [event.last_seen for event in events]
    assert times == sorted(times, reverse=True)


def test_the_page_stands_when_its_events_may_not_be_read(olivia, tap):
    words = 'events is forbidden: User "olivia" cannot list resource "events"'
    status = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": words}
    with tap.answering(r"GET /api/v1/namespaces/shop/events", 403, status):
        response = olivia.get(f"{SHOP}image-resizer/")
    assert response.status_code == 200
    page = tree(response.content)
    assert page.by_id("state").one("p", class_="word").text == "OOMKilled"
    assert page.by_id("events").one("p", class_="said").text == words


def test_hostile_text_is_inert_on_every_page(olivia):
    for place in ("", "events/", "yaml/", "logs/"):
        response = olivia.get(f"/c/demo/monitoring/pods/hostile/{place}")
        assert response.status_code == 200
        html = tree(response.content)
        inline = [script.text for script in html.all("script") if script.text]
        assert len(inline) == 1, "the line that lets our own scripts come"
        assert inline[0].startswith('addEventListener("DOMContentLoaded"')
        assert html.by_id("main").all("script") == []
        assert html.all("b", onmouseover="alert(1)") == []
        assert "<script>alert" not in response.content.decode()
    assert "<script>alert('x')</script>" in tree(olivia.get("/c/demo/monitoring/pods/hostile/events/").content).text


def test_a_pod_that_is_gone(olivia):
    response = olivia.get(f"{SHOP}ghost/")
    assert response.status_code == 404
    page = tree(response.content)
    assert page.one("h1").text == "It is not there"
    assert page.one("p", class_="said").text == 'pods "ghost" not found'


def test_who_may_not_read_a_pod(nadia):
    response = nadia.get("/c/demo/monitoring/pods/talker/")
    assert response.status_code == 403
    assert 'User "nadia" cannot get resource "pods"' in tree(response.content).text


@pytest.mark.parametrize("person", ["victor", "nadia"])
def test_others_see_a_pod_too(signed_in, person):
    response = signed_in(person).get(f"{SHOP}image-resizer/")
    assert response.status_code == 200
    assert response.context["page"].state.word == "OOMKilled"
    assert response.context["page"].details.events.rows


def test_logs_are_one_tap_away_and_not_three_times_the_same(page_of):
    _address, page, html = page_of("worker-")
    containers = html.all("details")[0].all("a")
    assert [link.text for link in containers] == ["Previous logs"]
    assert [link.text for link in html.one("div", class_="act").all("a")] == ["Previous logs", "Logs"]
    _address, page, html = page_of("api-")
    links = [link.attributes["href"] for link in html.all("a") if link.text == "Logs"]
    assert {container.logs_url for container in page.containers} <= set(links)


def test_a_config_map_and_a_secret_name_their_keys_and_show_no_value(olivia):
    page = olivia.get("/c/demo/shop/configmaps/").context["page"]
    url = next(row.url for row in page.rows if not row.name.startswith("kube-root"))
    assert "Keys" in {fact.label for fact in olivia.get(url).context["page"].facts}
    response = olivia.get("/c/demo/shop/secrets/database-credentials/")
    facts = {fact.label: fact.text for fact in response.context["page"].facts}
    assert "password" in facts["Keys"]
    assert "bm90LWEtcmVhbC1wYXNzd29yZA" not in response.content.decode()


def test_a_service_shows_its_ports(olivia):
    page = olivia.get("/c/demo/shop/services/").context["page"]
    facts = {fact.label: fact.text for fact in olivia.get(page.rows[0].url).context["page"].facts}
    assert facts["Port(s)"].endswith("/TCP")


def test_an_object_of_any_kind_has_a_page(olivia):
    response = olivia.get("/c/demo/shop/boats.marina.example.com/petrel/")
    page = response.context["page"]
    facts = {fact.label: fact.text for fact in page.facts}
    assert facts["API version"] == "marina.example.com/v1"
    assert (facts["Berth"], "Name" in facts, "Age" in facts) == ("C-1", False, False)
    assert [tab.key for tab in page.head.tabs] == ["object", "events", "yaml"]
    assert tree(response.content).one("h1").text == "petrel"
    node = olivia.get("/c/demo/-/nodes/harbor-4/").context["page"]
    assert (node.state.tone, node.state.word) == ("bad", "NotReady")
    assert node.state.reason == "Kubelet stopped posting node status."
    assert node.details.conditions[0].tone == "warn"


def test_a_long_name_can_be_read_whole(olivia, tap):
    name = "-".join(["reconciliation"] * 8)
    address = "/apis/marina.example.com/v1/namespaces/shop/boats/"
    boat = {"apiVersion": "marina.example.com/v1", "kind": "Boat", "metadata": {"name": name, "namespace": "shop"}}
    table = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": [], "rows": []}
    with tap.answering(f"GET {address}", 200, {**table, **boat, "kind": "Table"}):
        heading = tree(olivia.get(f"/c/demo/shop/boats.marina.example.com/{name}/").content).one("h1")
    assert heading.attributes == {"class": "long", "title": name, "tabindex": "0"}
    assert heading.text == name
    short = tree(olivia.get("/c/demo/shop/boats.marina.example.com/petrel/").content).one("h1")
    assert short.attributes == {}
