"""A workload's page: how far it is, its pods, and who owns its number."""

import pytest

from tests.dashboard.api import api, scale_path
from tests.dashboard.pages import tree
from tests.dashboard.wire import refusal

SHOP = "/c/demo/shop/deployments.apps/"


def test_a_deployment_that_is_well(olivia):
    response = olivia.get(f"{SHOP}frontend/")
    page = response.context["page"]
    assert (page.state.tone, page.state.word, page.state.reason, page.state.rollout) == ("ok", "Ready", "", "")
    assert (page.state.wanted, page.state.available) == (3, 3)
    assert page.images == ["registry.example.com/shop/frontend:4.12.1"]
    assert [row.word for row in page.pods] == ["Running"] * 3
    assert all(row.name.startswith("frontend-") for row in page.pods)
    assert page.pods_url == "/c/demo/shop/pods/?selector=app%3Dfrontend"
    assert len(olivia.get(page.pods_url).context["page"].rows) == 3
    html = tree(response.content)
    assert html.by_id("state").one("p", class_="word").text == "Ready Available of wanted: 3/3"
    assert html.all("progress") == []
    assert html.one("a", href=f"{SHOP}frontend/scale/").text == "Scale"


def test_a_deployment_that_is_not(olivia):
    response = olivia.get(f"{SHOP}worker/")
    page = response.context["page"]
    assert (page.state.tone, page.state.word) == ("bad", "None ready")
    assert page.state.rollout == "0 of 1 replicas are available."
    assert [row.word for row in page.pods] == ["CrashLoopBackOff"]
    progress = tree(response.content).one("progress")
    assert (progress.attributes["max"], progress.attributes["value"]) == ("1", "0")


def test_a_rollout_says_how_far_it_is(olivia, demo):
    address = scale_path("deployments", "frontend")
    api(demo, "PATCH", address, {"spec": {"replicas": 5}}, "application/merge-patch+json")
    try:
        demo.world.advance(0.2)
        page = olivia.get(f"{SHOP}frontend/").context["page"]
        assert (page.state.wanted, page.state.available, page.state.tone, page.state.word) == (
            5,
            3,
            "busy",
            "3 of 5 ready",
        )
        assert page.state.rollout == "3 of 5 replicas are available."
        assert page.pods[0].tone != "ok"
        demo.world.advance(30)
        page = olivia.get(f"{SHOP}frontend/").context["page"]
        assert (page.state.available, page.state.tone, page.state.rollout) == (5, "ok", "")
    finally:
        api(demo, "PATCH", address, {"spec": {"replicas": 3}}, "application/merge-patch+json")
        demo.world.advance(60)
    assert olivia.get(f"{SHOP}frontend/").context["page"].state.available == 3


@pytest.mark.parametrize(
    ("kind", "name", "scalable"),
    [("statefulsets.apps", "database", True), ("daemonsets.apps", "kube-proxy", False)],
)
def test_other_workloads_have_the_same_page(olivia, kind, name, scalable):
    namespace = "shop" if scalable else "kube-system"
    response = olivia.get(f"/c/demo/{namespace}/{kind}/{name}/")
    page = response.context["page"]
    assert (page.state.tone, page.state.word, page.state.rollout) == ("ok", "Ready", "")
    assert page.pods
    assert page.may_scale == scalable
    assert bool(tree(response.content).all("div", class_="act")) == scalable


def test_a_replica_set_names_its_owner(olivia):
    rows = olivia.get("/c/demo/shop/replicasets.apps/?q=frontend").context["page"].rows
    page = olivia.get(rows[0].url).context["page"]
    assert (page.owner.kind, page.owner.url) == ("Deployment", f"{SHOP}frontend/")


def test_who_may_not_scale_is_shown_no_button(victor, nadia):
    assert victor.get(f"{SHOP}frontend/").context["page"].may_scale is False
    assert nadia.get(f"{SHOP}frontend/").context["page"].may_scale is True


def test_the_page_stands_without_pods_events_and_autoscalers(olivia, tap):
    refused = refusal(403, "Forbidden", "not for you")
    with (
        tap.answering(r"GET /api/v1/namespaces/shop/(pods|events)\?", 403, refused),
        tap.answering(r"GET /apis/autoscaling", 403, refused),
    ):
        response = olivia.get(f"{SHOP}api/")
    assert response.status_code == 200
    page = response.context["page"]
    assert (page.pods, page.details.events.rows, page.autoscaler) == ([], [], None)
    assert tree(response.content).text.count("not for you") == 2


@pytest.mark.parametrize("what", [r"POST .*selfsubjectaccessreviews", r"GET /apis/autoscaling"])
@pytest.mark.parametrize("status", [403, 500])
def test_the_page_stands_where_a_side_question_fails(olivia, tap, what, status):
    with tap.answering(what, status, refusal(status, "Failure", "not now")):
        response = olivia.get(f"{SHOP}frontend/")
    assert response.status_code == 200
    assert response.context["page"].state.word == "Ready"


def test_a_workload_that_is_gone(olivia):
    response = olivia.get(f"{SHOP}ghost/")
    assert response.status_code == 404
    assert 'deployments.apps "ghost" not found' in tree(response.content).text
