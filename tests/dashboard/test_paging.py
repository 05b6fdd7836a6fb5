"""A list that does not fit on one page: every row comes once, whatever the order, and the total is true."""

import pytest

from clusters.demo.server import serving
from clusters.demo.world.clock import ManualClock
from tests.dashboard.api import api
from tests.dashboard.pages import tree
from tests.dashboard.wire import tapped

PODS = 230
LOAD = "/c/demo/-/pods/"


@pytest.fixture(scope="module")
def crowd():
    """A demo cluster with more pods than two pages hold."""
    with serving(clock=ManualClock(), pods=PODS) as handle, tapped(handle.url) as tap:
        yield tap


@pytest.fixture
def crowded(crowd, olivia, settings):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_DEMO_SERVER": crowd.url}
    crowd.seen.clear()
    return olivia


@pytest.fixture(scope="module")
def everything(crowd):
    """Namespace and name of every pod, by the API server's own list."""
    items = api(crowd, "GET", "/api/v1/pods")["items"]
    return [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items]


def visit(client, address):
    """The pages from ``address`` on: the page contexts."""
    pages = []
    while address:
        pages.append(client.get(address).context["page"])
        address = pages[-1].next_url
    return pages


def places(pages):
    return [(row.namespace, row.name) for page in pages for row in page.rows]


def test_the_api_server_s_own_order_is_followed_by_its_continue_token(crowded, everything, crowd):
    pages = visit(crowded, LOAD)
    assert places(pages) == everything
    assert [len(page.rows) for page in pages] == [100, 100, len(everything) - 200]
    assert [page.first for page in pages] == [1, 101, 201]
    assert [page.total for page in pages] == [len(everything)] * 3
    lists = crowd.of(r"GET /api/v1/pods\?")
    assert len(lists) == 3
    assert all("limit=100" in request.path for request in lists)


@pytest.mark.parametrize(
    "query", ["sort=age", "sort=-age", "sort=name", "sort=-node", "state=ok", "q=0", "sort=restarts&state=ok"]
)
def test_a_sorted_or_filtered_list_is_visited_once_too(crowded, everything, query):
    pages = visit(crowded, f"{LOAD}?{query}")
    found = places(pages)
    assert len(found) > 100
    assert len(set(found)) == len(found)
    assert set(found) <= set(everything)
    assert {page.matched for page in pages} == {len(found)}
    assert {page.total for page in pages} == {len(everything)}
    if "state" not in query and "q" not in query:
        assert set(found) == set(everything)


def test_a_selector_keeps_its_true_total(crowded, everything):
    pages = visit(crowded, f"{LOAD}?selector=!no-such-label")
    assert set(places(pages)) == set(everything)
    assert len(places(pages)) == len(everything)
    assert {page.total for page in pages} == {len(everything)}


def test_the_count_says_how_many_there_are(crowded, everything):
    page = tree(crowded.get(LOAD).content)
    assert page.by_id("count").text == str(len(everything))
    more = page.by_id("more").one("a")
    assert more.attributes["href"] == more.attributes["hx-get"]
    fragment = tree(
        crowded.get(more.attributes["href"], headers={"HX-Request": "true", "HX-Target": "tr#more"}).content
    )
    assert len(fragment.all("tr", class_="row")) == 100
    assert [each.attributes["hx-target"] for each in fragment.all("hx-partial")] == ["#count"]


def test_only_the_first_page_is_live(crowded):
    pages = visit(crowded, LOAD)
    assert "watch=" in pages[0].stream_url
    assert "until=" in pages[0].stream_url
    assert [page.stream_url for page in pages[1:]] == ["", ""]


def test_a_continue_token_that_has_expired_offers_the_beginning(crowded, crowd):
    status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "The provided continue parameter is old."}
    with crowd.answering(r"continue=", 410, status):
        response = crowded.get(f"{LOAD}?continue=abc&from=100")
    assert response.status_code == 410
    page = tree(response.content)
    assert "The provided continue parameter is old." in page.text


@pytest.mark.parametrize("offset", ["-1", "x", "1.5", "9" * 30, "\u00b2"])
def test_an_offset_that_is_none_is_refused_before_anything_is_sent(crowded, crowd, offset):
    response = crowded.get(LOAD, {"from": offset})
    assert response.status_code in (400, 422)
    assert "is not a number of rows" in tree(response.content).text
    assert crowd.of("/pods") == []


def test_an_offset_behind_the_end_shows_nothing(crowded):
    page = crowded.get(f"{LOAD}?sort=name&from=5000").context["page"]
    assert (page.rows, page.next_url) == ([], "")
