"""Scaling: tried by the API server first, refused in its words, confirmed for zero, undone, and written down."""

import json
import logging
import time

import pytest

from dashboard import undo
from tests.dashboard.api import api, scale_path
from tests.dashboard.pages import tree
from tests.dashboard.wire import refusal

FRONTEND = "/c/demo/shop/deployments.apps/frontend/"
SCALE = f"{FRONTEND}scale/"
PUT = r"^PUT "
DRY_RUN = "dryRun=All"


@pytest.fixture
def replicas(demo):
    """``replicas(name, plural)``: the wanted number as the API server has it; all are put back afterwards."""
    before = {
        (plural, item["metadata"]["name"]): item["spec"]["replicas"]
        for plural in ("deployments", "statefulsets")
        for item in api(demo, "GET", f"/apis/apps/v1/namespaces/shop/{plural}")["items"]
    }

    def now(name="frontend", plural="deployments"):
        return api(demo, "GET", scale_path(plural, name))["spec"].get("replicas", 0)

    yield now
    for (plural, name), count in before.items():
        if now(name, plural) != count:
            patch = {"spec": {"replicas": count}}
            api(demo, "PATCH", scale_path(plural, name), patch, "application/merge-patch+json")
    demo.world.advance(30)


def field(page, name):
    return page.by_id("scale").one("input", name=name).attributes["value"]


def test_the_form_shows_the_number_and_steps_that_need_no_script(olivia, replicas, tap):
    response = olivia.get(SCALE)
    page = tree(response.content)
    assert (field(page, "replicas"), field(page, "seen")) == ("3", "3")
    steps = [link.attributes["href"] for link in page.by_id("scale").all("a") if "data-step" in link.attributes]
    assert steps == [f"{SCALE}?replicas=2", f"{SCALE}?replicas=4"]
    stepped = tree(olivia.get(steps[1]).content)
    assert (field(stepped, "replicas"), field(stepped, "seen")) == ("4", "3")
    assert replicas() == 3
    assert tap.of(r"^(PUT|PATCH|DELETE) ") == []


@pytest.mark.parametrize(
    ("asked", "number"), [("0", "0"), ("-1", "3"), ("", "3"), ("two", "3"), ("10001", "10000"), ("9" * 30, "3")]
)
def test_the_address_sets_the_number_within_bounds(olivia, replicas, asked, number):
    page = tree(olivia.get(SCALE, {"replicas": asked}).content)
    assert (field(page, "replicas"), field(page, "seen")) == (number, "3")
    assert replicas() == 3


@pytest.mark.parametrize(
    ("plural", "name", "before", "after"), [("deployments", "frontend", 3, 5), ("statefulsets", "database", 1, 2)]
)
def test_scaling_is_tried_first_then_done_and_leads_back_to_the_object(
    olivia, replicas, tap, plural, name, before, after
):
    address = f"/c/demo/shop/{plural}.apps/{name}/"
    response = olivia.post(f"{address}scale/", {"replicas": str(after), "seen": str(before)})
    assert response.status_code == 303
    where, _query, offer = response.headers["Location"].partition("?undo=")
    assert (where, bool(offer)) == (address, True)
    assert replicas(name, plural) == after
    first, second = tap.of(PUT)
    assert (DRY_RUN in first.path, DRY_RUN in second.path) == (True, False)
    for request in (first, second):
        assert json.loads(request.body)["spec"] == {"replicas": after}
        assert json.loads(request.body)["metadata"]["resourceVersion"]


def test_a_replica_set_scales_through_the_same_page(olivia, demo, tap):
    listed = api(demo, "GET", "/apis/apps/v1/namespaces/shop/replicasets")["items"]
    name = next(item["metadata"]["name"] for item in listed if item["metadata"]["name"].startswith("frontend-g"))
    response = olivia.post(f"/c/demo/shop/replicasets.apps/{name}/scale/", {"replicas": "4", "seen": "3"})
    assert response.status_code == 303
    assert [DRY_RUN in request.path for request in tap.of(PUT)] == [True, False]
    assert all(f"/replicasets/{name}/scale" in request.path for request in tap.of(PUT))
    demo.world.advance(30)


def test_the_page_after_scaling_offers_the_way_back(olivia, replicas, demo):
    response = olivia.post(SCALE, {"replicas": "2", "seen": "3"}, follow=True)
    form = tree(response.content).one("form", class_="undo")
    fields = {each.attributes["name"]: each.attributes["value"] for each in form.all("input")}
    fields.pop("csrfmiddlewaretoken")
    assert "Scaled from 3 to 2" in form.text
    assert replicas() == 2
    assert olivia.post(form.attributes["action"], fields).status_code == 303
    assert replicas() == 3


def offer_of(response):
    """What the answer to a scaling leads to."""
    return response.headers["Location"].partition("?")[2]


def undo_at(client, address):
    """The way back that the page at ``address`` offers."""
    return client.get(address).context["page"].undo


def test_the_way_back_is_offered_to_the_session_that_scaled_alone(olivia, signed_in, replicas):
    offer = offer_of(olivia.post(SCALE, {"replicas": "2", "seen": "3"}))
    assert undo_at(olivia, f"{FRONTEND}?{offer}").replicas == 3
    assert undo_at(signed_in("olivia"), f"{FRONTEND}?{offer}") is None
    assert undo_at(signed_in("nadia"), f"{FRONTEND}?{offer}") is None


def test_the_way_back_is_that_of_one_object_and_one_number(olivia, replicas):
    offer = offer_of(olivia.post(SCALE, {"replicas": "2", "seen": "3"}))
    assert replicas("api") == 2
    assert undo_at(olivia, f"/c/demo/shop/deployments.apps/api/?{offer}") is None
    olivia.post(SCALE, {"replicas": "4", "seen": "2"})
    assert undo_at(olivia, f"{FRONTEND}?{offer}") is None


def test_the_way_back_is_offered_for_a_while(olivia, replicas, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - undo.SECONDS - 5)
    late = offer_of(olivia.post(SCALE, {"replicas": "2", "seen": "3"}))
    monkeypatch.setattr(time, "time", lambda: now)
    assert undo_at(olivia, f"{FRONTEND}?{late}") is None


@pytest.mark.parametrize(
    "query",
    ["scaled_from=0&scaled_to=3", "undo=", "undo=0:3", "undo=WzAsM10:1vxxxx:AAAA", "undo=%00", "undo=:::"],
)
def test_no_way_back_is_offered_by_a_link_that_somebody_made_up(olivia, replicas, query):
    assert undo_at(olivia, f"{FRONTEND}?{query}") is None


def test_zero_asks_whether_it_is_meant(olivia, replicas, tap):
    response = olivia.post(SCALE, {"replicas": "0", "seen": "3"})
    assert response.status_code == 409
    page = tree(response.content)
    assert "Scale to zero?" in page.text
    assert tap.of(PUT) == []
    assert (field(page, "replicas"), field(page, "seen"), field(page, "confirm")) == ("0", "3", "yes")
    assert olivia.post(SCALE, {"replicas": "0", "seen": "3", "confirm": "yes"}).status_code == 303
    assert replicas() == 0


def test_zero_is_asked_about_where_the_number_stands_in_the_address(olivia):
    page = tree(olivia.get(SCALE, {"replicas": "0"}).content)
    assert "tone-bad" in page.by_id("ask").attributes["class"].split()
    button = page.by_id("scale").one("button")
    assert (button.text, "danger" in button.attributes["class"].split()) == ("Stop all", True)
    assert page.all("p", id="unanswered") == []


def test_a_big_step_asks_whether_it_is_meant(olivia, replicas, tap):
    response = olivia.post(SCALE, {"replicas": "500", "seen": "3"})
    assert response.status_code == 409
    page = tree(response.content)
    assert page.by_id("ask").text.startswith("500 replicas? There are 3 now")
    assert page.by_id("unanswered").text == "Tick the box to say that this is meant."
    assert page.by_id("scale").one("button").text == "Scale to 500"
    assert tap.of(PUT) == []
    assert olivia.post(SCALE, {"replicas": "500", "seen": "3", "confirm": "yes"}).status_code == 303
    assert replicas() == 500


@pytest.mark.parametrize("wanted", ["4", "23"])
def test_a_step_that_is_not_big_asks_nothing(olivia, replicas, wanted):
    assert olivia.get(SCALE, {"replicas": wanted}).context["page"].question is None


def test_who_may_not_scale_is_told_so_before_filling_in_a_form(victor, olivia):
    response = victor.get(SCALE)
    assert response.status_code == 403
    page = tree(response.content)
    assert page.all("form", id="scale") == []
    problem = page.one("div", class_="problem")
    assert problem.one("h2").text == "You may not scale frontend"
    assert problem.one("a").attributes["href"] == FRONTEND
    assert olivia.get(SCALE).status_code == 200


def test_the_form_stands_where_the_api_server_will_not_say_who_may_scale(olivia, tap):
    with tap.answering(r"POST .*selfsubjectaccessreviews", 403, refusal(403, "Forbidden", "not now")):
        response = olivia.get(SCALE)
    assert response.status_code == 200
    assert tree(response.content).by_id("scale")


def test_a_number_that_somebody_changed_meanwhile_is_a_conflict(olivia, replicas, demo, tap):
    api(demo, "PATCH", scale_path("deployments", "frontend"), {"spec": {"replicas": 4}}, "application/merge-patch+json")
    response = olivia.post(SCALE, {"replicas": "2", "seen": "3"})
    assert response.status_code == 409
    page = tree(response.content)
    assert "is 4 now; it was 3 when you looked" in page.text
    assert (field(page, "replicas"), field(page, "seen")) == ("2", "4")
    assert replicas() == 4
    assert tap.of(PUT) == []


@pytest.mark.parametrize("wanted", ["-1", "", "x", "1.5", "10001", "9" * 40, "\u0662", " ", "0x2", "1e3"])
def test_what_is_no_number_of_replicas_is_not_sent(olivia, replicas, tap, wanted):
    response = olivia.post(SCALE, {"replicas": wanted, "seen": "3", "confirm": "yes"})
    assert response.status_code == 400
    assert "Write a whole number from 0 to 10000." in tree(response.content).text
    assert tap.of(PUT) == []
    assert replicas() == 3


@pytest.mark.parametrize("seen", [None, "", "x", "-3"])
def test_a_number_is_only_changed_by_who_has_seen_it(olivia, replicas, tap, seen):
    fields = {"replicas": "2"} | ({} if seen is None else {"seen": seen})
    assert olivia.post(SCALE, fields).status_code == 400
    assert tap.of(PUT) == []
    assert replicas() == 3


def test_the_dry_run_s_refusal_is_shown_in_the_server_s_words_and_nothing_follows(olivia, tap, replicas):
    words = 'admission webhook "quota.example.com" denied the request: no more than 3 of frontend'
    with tap.answering(rf"PUT .*{DRY_RUN}", 403, refusal(403, "Forbidden", words)):
        response = olivia.post(SCALE, {"replicas": "5", "seen": "3"})
    assert response.status_code == 403
    page = tree(response.content)
    assert page.one("p", class_="said").text == words
    assert (field(page, "replicas"), field(page, "seen")) == ("5", "3")
    assert len(tap.of(PUT)) == 1
    assert replicas() == 3


def test_check_33_who_may_not_scale_sees_no_button_and_reads_the_refusal_in_the_server_s_words(victor, replicas, tap):
    assert tree(victor.get(FRONTEND).content).all("a", href=SCALE) == []
    response = victor.post(SCALE, {"replicas": "5", "seen": "3"})
    assert response.status_code == 403
    assert tree(response.content).one("p", class_="said").text == (
        'deployments.apps "frontend" is forbidden: User "victor" cannot update resource "deployments/scale"'
        ' in API group "apps" in the namespace "shop"'
    )
    assert replicas() == 3
    assert all(DRY_RUN in request.path for request in tap.of(PUT))


def test_nadia_scales_in_her_namespace_and_nowhere_else(nadia, replicas):
    assert nadia.post(SCALE, {"replicas": "4", "seen": "3"}).status_code == 303
    assert replicas() == 4
    response = nadia.post("/c/demo/monitoring/deployments.apps/grafana/scale/", {"replicas": "2", "seen": "1"})
    assert response.status_code == 403
    assert 'User "nadia" cannot get resource "deployments/scale"' in tree(response.content).text


def test_check_34_without_the_csrf_token_nothing_is_sent(olivia, replicas, tap):
    olivia.handler.enforce_csrf_checks = True
    for fields in ({}, {"csrfmiddlewaretoken": "x" * 64}):
        response = olivia.post(SCALE, {"replicas": "5", "seen": "3", **fields})
        assert response.status_code == 403
        assert "This form is out of date" in tree(response.content).text
    assert tap.seen == []
    assert replicas() == 3


def test_check_34_a_form_of_another_site_is_refused_even_with_the_token(signed_in, replicas, tap):
    client = signed_in("olivia")
    client.handler.enforce_csrf_checks = True
    token = field(tree(client.get(SCALE).content), "csrfmiddlewaretoken")
    tap.seen.clear()
    fields = {"replicas": "5", "seen": "3", "csrfmiddlewaretoken": token}
    assert client.post(SCALE, fields, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert tap.seen == []
    assert client.post(SCALE, fields, headers={"Origin": "http://testserver"}).status_code == 303
    assert replicas() == 5


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_check_34_other_methods_do_nothing(olivia, tap, method):
    assert getattr(olivia, method)(SCALE).status_code == 405
    assert tap.seen == []


def test_an_autoscaler_that_owns_the_number_is_named(olivia):
    for address in ("/c/demo/shop/deployments.apps/api/", "/c/demo/shop/deployments.apps/api/scale/"):
        text = tree(olivia.get(address).content).text
        assert "An autoscaler owns this number" in text
        assert "api keeps it between 2 and 6 and will change what you set." in text
    assert "autoscaler" not in tree(olivia.get(SCALE).content).text


@pytest.mark.parametrize("kind", ["pods", "daemonsets.apps", "configmaps"])
def test_what_has_no_number_of_replicas_cannot_be_scaled(olivia, kind):
    assert olivia.get(f"/c/demo/shop/{kind}/frontend/scale/").status_code == 404
    assert olivia.post(f"/c/demo/shop/{kind}/frontend/scale/", {"replicas": "1", "seen": "0"}).status_code == 404


def test_what_is_not_there_cannot_be_scaled(olivia):
    response = olivia.post("/c/demo/shop/deployments.apps/ghost/scale/", {"replicas": "1", "seen": "0"})
    assert response.status_code == 404
    assert 'deployments.apps "ghost" not found' in tree(response.content).text


def audited(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "porthole.audit"]


def test_check_35_each_scaling_is_written_down_with_who_and_what_and_how_it_ended(
    olivia, victor, replicas, caplog, tap
):
    for client, wanted, seen, number in ((olivia, "4", "3", 1), (victor, "1", "4", 2), (olivia, "5", "3", 3)):
        client.post(SCALE, {"replicas": wanted, "seen": seen}, headers={"X-Request-ID": f"request-{number}"})
    by = "way='Demo' cluster='demo' verb=scale object='shop/deployments.apps/frontend'"
    assert audited(caplog) == [
        f"person='Olivia' {by} result='3 to 4' request=request-1",
        f"person='Victor' {by} result='Forbidden' request=request-2",
        f"person='Olivia' {by} result='Conflict' request=request-3",
    ]
    levels = {record.levelno for record in caplog.records if record.name == "porthole.audit"}
    assert levels == {logging.INFO}


def test_a_scaling_whose_end_is_not_known_is_written_down_too(olivia, replicas, caplog, tap):
    def breaks_off():
        raise ConnectionError("the test ends the connection")
        yield b""

    with tap.answering(r"PUT .*/scale$", 200, breaks_off):
        response = olivia.post(SCALE, {"replicas": "4", "seen": "3"})
    assert response.status_code == 502
    assert len(audited(caplog)) == 1
    assert "verb=scale object='shop/deployments.apps/frontend' result='unknown: " in audited(caplog)[0]


def test_a_name_cannot_forge_a_line_of_the_log(olivia, caplog):
    olivia.post("/c/demo/shop/deployments.apps/a%0Aperson=nobody/scale/", {"replicas": "1", "seen": "0"})
    olivia.handler.enforce_csrf_checks = True
    olivia.post("/c/demo/shop/deployments.apps/a%0Aperson=nobody/scale/", {"replicas": "1", "seen": "0"})
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) >= 3
    assert [line for line in lines if "\n" in line] == []


def test_check_34_nothing_is_changed_by_looking(olivia, replicas, tap):
    for address in (FRONTEND, SCALE, f"{SCALE}?replicas=0", f"{SCALE}?replicas=0&confirm=yes&seen=3"):
        assert olivia.get(address).status_code == 200
        assert olivia.head(address).status_code == 200
    assert {request.method for request in tap.seen} <= {"GET", "POST"}
    assert all("selfsubjectaccessreviews" in request.path for request in tap.of("^POST"))
    assert replicas() == 3


def test_the_number_that_is_there_already_is_not_written_again(olivia, replicas, tap):
    response = olivia.post(SCALE, {"replicas": "3", "seen": "3"})
    assert response.status_code == 200
    page = tree(response.content)
    assert page.one("div", role="status").text == "Nothing to do: it is 3 already."
    assert field(page, "replicas") == "3"
    assert tap.of(PUT) == []
    changed = olivia.post(SCALE, {"replicas": "4", "seen": "4"})
    assert changed.status_code == 409, "somebody else changed it meanwhile"
    assert replicas() == 3
