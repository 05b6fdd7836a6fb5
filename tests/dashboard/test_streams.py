"""Live pages: changes as they come, resumed where they broke off, and ended with a reason."""

import itertools
import time
from contextlib import closing

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from dashboard.models import Session
from dashboard.views.streams import OPEN, message
from tests.dashboard.api import api
from tests.dashboard.events import changes, ended, fields, opened
from tests.dashboard.pages import tree
from tests.dashboard.wire import refusal

SHOP = "/c/demo/shop/configmaps/"
CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps"
MERGE = "application/merge-patch+json"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("nothing_left_open")]


@pytest.fixture
def config_map(demo):
    """``config_map(name)``: a new ConfigMap; all are deleted afterwards."""
    made = []

    def new(name, **labels):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}
        made.append(name)
        return api(demo, "POST", CONFIG_MAPS, body)

    yield new
    left = {item["metadata"]["name"] for item in api(demo, "GET", CONFIG_MAPS)["items"]}
    for name in left & set(made):
        api(demo, "DELETE", f"{CONFIG_MAPS}/{name}")


def stream_of(client, address):
    return client.get(address).context["page"].stream_url


def partial(each):
    return tree(each["data"]).children[0]


def test_headers_let_events_through_as_they_come(olivia, read):
    response, _messages = opened(read, olivia, stream_of(olivia, SHOP))
    with closing(response):
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert "Content-Encoding" not in response.headers
        assert "Content-Length" not in response.headers


def test_compression_leaves_streams_alone_and_packs_pages(olivia, read):
    headers = {"Accept-Encoding": "gzip"}
    assert olivia.get("/c/demo/shop/pods/", headers=headers).headers["Content-Encoding"] == "gzip"
    response, _messages = opened(read, olivia, stream_of(olivia, SHOP), headers=headers)
    with closing(response):
        assert "Content-Encoding" not in response.headers


def test_a_new_row_a_changed_one_and_one_that_is_gone(olivia, read, config_map, demo):
    address = stream_of(olivia, SHOP)
    made = config_map("a-new-one")
    response, messages = opened(read, olivia, address)
    with closing(response):
        found = changes(messages)
        added = next(found)
        assert added["id"] == made["metadata"]["resourceVersion"]
        target = partial(added)
        assert (target.attributes["hx-target"], target.attributes["hx-swap"]) == ("#rows", "upsert key:data-key")
        row = target.one("tr")
        assert row.attributes["data-key"] == "shop/a-new-one"
        assert row.one("a").attributes["href"] == f"{SHOP}a-new-one/"
        api(demo, "PATCH", f"{CONFIG_MAPS}/a-new-one", {"data": {"KEY": "value"}}, MERGE)
        changed = partial(next(found)).one("tr")
        assert changed.attributes["id"] == row.attributes["id"]
        assert (row.all("td", class_="text")[0].text, changed.all("td", class_="text")[0].text) == ("0", "1")
        api(demo, "DELETE", f"{CONFIG_MAPS}/a-new-one")
        gone = partial(next(found))
        assert gone.attributes["hx-target"] == f"#{row.attributes['id']}"
        assert gone.attributes["hx-swap"] == "delete"


def test_a_row_is_the_one_of_the_page(olivia, read, config_map):
    address = stream_of(olivia, SHOP)
    config_map("a-new-one")
    response, messages = opened(read, olivia, address)
    with closing(response):
        live = partial(next(changes(messages))).one("tr")
    page = tree(olivia.get(SHOP).content)
    still = page.by_id(live.attributes["id"])
    assert live.attributes["class"].split() == [*still.attributes["class"].split(), "fresh"]
    assert [cell.text for cell in live.all("td")][:-1] == [cell.text for cell in still.all("td")][:-1]


def test_a_change_that_no_cell_shows_is_not_sent(olivia, read, config_map, demo):
    address = stream_of(olivia, SHOP)
    config_map("a-new-one")
    api(demo, "PATCH", f"{CONFIG_MAPS}/a-new-one", {"metadata": {"labels": {"seen": "not"}}}, MERGE)
    config_map("b-marks-the-end")
    response, messages = opened(read, olivia, address)
    with closing(response):
        keys = [partial(each).one("tr").attributes["data-key"] for each in itertools.islice(changes(messages), 2)]
    assert keys == ["shop/a-new-one", "shop/b-marks-the-end"]


def test_a_row_that_leaves_the_filter_is_taken_away(olivia, read, config_map, demo):
    address = stream_of(olivia, f"{SHOP}?selector=team=a")
    config_map("a-new-one", team="a")
    config_map("another", team="b")
    api(demo, "PATCH", f"{CONFIG_MAPS}/a-new-one", {"metadata": {"labels": {"team": "b"}}}, MERGE)
    response, messages = opened(read, olivia, address)
    with closing(response):
        first, second = itertools.islice(changes(messages), 2)
    row = partial(first).one("tr").attributes
    assert row["data-key"] == "shop/a-new-one"
    assert partial(second).attributes == {"hx-target": f"#{row['id']}", "hx-swap": "delete"}


def test_the_text_filter_holds_for_what_comes_later(olivia, read, config_map):
    address = stream_of(olivia, f"{SHOP}?q=wanted")
    config_map("unwished")
    config_map("wanted")
    response, messages = opened(read, olivia, address)
    with closing(response):
        first, second = itertools.islice(changes(messages), 2)
    assert partial(first).attributes["hx-swap"] == "delete"
    assert partial(second).one("tr").attributes["data-key"] == "shop/wanted"


def test_a_list_in_another_order_takes_no_new_rows(olivia, read, config_map):
    address = stream_of(olivia, f"{SHOP}?sort=-age")
    made = config_map("a-new-one")
    response, messages = opened(read, olivia, address)
    with closing(response):
        target = partial(next(changes(messages)))
    row = "row-" + made["metadata"]["uid"].replace("-", "")[:12]
    assert target.attributes == {"hx-target": f"#{row}", "hx-swap": "outerHTML"}


def test_an_event_comes_first_when_it_happens(olivia, read, demo):
    address = stream_of(olivia, "/c/demo/shop/events/")
    event = {
        "metadata": {"name": "just-now", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "name": "api", "namespace": "shop"},
        "type": "Warning",
        "reason": "Unhappy",
        "message": "It rains",
    }
    api(demo, "POST", "/api/v1/namespaces/shop/events", event)
    try:
        response, messages = opened(read, olivia, address)
        with closing(response):
            former, new = tree(next(changes(messages))["data"]).children
        row = new.one("tr")
        assert former.attributes == {"hx-target": f"#{row.attributes['id']}", "hx-swap": "delete"}
        assert new.attributes == {"hx-target": "#rows", "hx-swap": "afterbegin"}
        assert row.one("td", class_="name").text == "pod/api"
        assert row.one("td", class_="state").text == "Unhappy"
    finally:
        api(demo, "DELETE", "/api/v1/namespaces/shop/events/just-now")


def test_rows_behind_the_page_s_end_are_not_sent(olivia, read, config_map):
    address = stream_of(olivia, SHOP)
    config_map("zz-behind")
    config_map("aa-before")
    response, messages = opened(read, olivia, f"{address}&until=shop/mm")
    with closing(response):
        row = partial(next(changes(messages))).one("tr")
    assert row.attributes["data-key"] == "shop/aa-before"


def test_a_broken_stream_goes_on_behind_the_last_event(olivia, read, config_map):
    address = stream_of(olivia, SHOP)
    first = config_map("a-first")
    config_map("b-second")
    headers = {"Last-Event-ID": first["metadata"]["resourceVersion"]}
    response, messages = opened(read, olivia, address, headers=headers)
    with closing(response):
        row = partial(next(changes(messages))).one("tr")
    assert row.attributes["data-key"] == "shop/b-second"


@pytest.mark.parametrize(
    ("status", "reason", "end"),
    [
        (410, "Expired", "gone"),
        (401, "Unauthorized", "session"),
        (403, "Forbidden", "denied"),
        (404, "NotFound", "done"),
    ],
)
def test_what_the_api_server_refuses_ends_the_stream_with_a_reason(olivia, read, tap, status, reason, end):
    address = stream_of(olivia, SHOP)
    with tap.answering(r"GET .*watch=true", status, refusal(status, reason, "no")):
        _response, messages = opened(read, olivia, address)
        assert ended(messages) == end


def test_a_version_that_is_too_old_comes_as_an_event_of_the_watch(olivia, read, tap):
    error = '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n'
    address = stream_of(olivia, SHOP)
    with tap.answering(r"GET .*watch=true", 200, error):
        _response, messages = opened(read, olivia, address)
        assert ended(messages) == "gone"


@pytest.mark.parametrize("version", ["nonsense", "-1", "9" * 40])
def test_a_version_that_is_none_makes_the_page_load_anew(olivia, read, tap, version):
    with tap.answering(r"GET .*watch=true", 400, refusal(400, "BadRequest", "Invalid value: resourceVersion")):
        _response, messages = opened(read, olivia, f"{SHOP}?watch={version}")
        assert ended(messages) == "gone"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_cluster_that_fails_lets_the_browser_come_again(olivia, read, tap, status):
    address = stream_of(olivia, SHOP)
    with tap.answering(r"GET .*watch=true", status, refusal(status, "Busy", "later")):
        _response, messages = opened(read, olivia, address)
        assert ended(messages) == "away"


def test_a_wrong_selector_ends_the_stream(olivia, read):
    _response, messages = opened(read, olivia, f"{SHOP}?selector=app===&watch=1")
    assert ended(messages) == "gone"


def quiet():
    return []


@pytest.mark.parametrize("by", ["deleted", "expired"])
def test_the_end_of_the_session_ends_the_stream(olivia, read, tap, by):
    address = stream_of(olivia, SHOP)
    with tap.answering(r"GET .*watch=true", 200, quiet):
        _response, messages = opened(read, olivia, address)
        assert next(messages)["event"] == "beat"
        if by == "deleted":
            Session.objects.all().delete()
        else:
            Session.objects.update(expire_date=timezone.now())
        assert ended(messages) == "session"


def test_signing_out_ends_the_streams_of_the_session(olivia, browser, read, tap):
    address = stream_of(olivia, SHOP)
    other = browser()
    other.cookies[django_settings.SESSION_COOKIE_NAME] = olivia.cookies[django_settings.SESSION_COOKIE_NAME].value
    with tap.answering(r"GET .*watch=true", 200, quiet):
        _response, messages = opened(read, olivia, address)
        other.post("/signout/")
        asked = len(tap.of("watch=true"))
        assert ended(messages) == "session"
        assert len(tap.of("watch=true")) <= asked + 1


def test_a_stream_beats_while_nothing_happens(olivia, read, tap):
    address = stream_of(olivia, SHOP)
    with tap.answering(r"GET .*watch=true", 200, quiet):
        response, messages = opened(read, olivia, address)
        with closing(response):
            assert next(messages) == {"event": "beat", "data": "1"}
            began = time.monotonic()
            assert next(messages) == {"event": "beat", "data": "1"}
            assert time.monotonic() - began > 0.5, "a server that ends watches at once is asked in a tight loop"


def test_a_bookmark_moves_the_place_to_go_on_from(olivia, read, tap):
    bookmark = (
        '{"type":"BOOKMARK","object":{"kind":"Table","metadata":{"resourceVersion":"777"},'
        '"columnDefinitions":null,"rows":[{"cells":[],"object":{"metadata":{"resourceVersion":"777"}}}]}}\n'
    )
    address = stream_of(olivia, SHOP)
    with tap.answering(r"GET .*watch=true", 200, bookmark):
        response, messages = opened(read, olivia, address)
        with closing(response):
            assert next(messages) == {"event": "beat", "id": "777", "data": "1"}
            next(messages)
            next(messages)
    assert tap.of(r"watch=true")[1].path.count("resourceVersion=777") == 1


def test_open_streams_are_bounded_and_places_come_back(olivia, signed_in, read, settings):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_STREAMS": 2}
    address = stream_of(olivia, SHOP)
    first, second = (opened(read, person, address)[0] for person in (olivia, signed_in("victor")))
    third = signed_in("nadia").get(address)
    assert [fields(each) for each in read(third)] == [{"event": "end", "data": "full"}]
    assert OPEN.count == 2
    first.close()
    assert OPEN.count == 1
    again, _messages = opened(read, olivia, address)
    again.close()
    second.close()


def test_one_session_gets_half_of_the_places(olivia, signed_in, read, settings):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_STREAMS": 4}
    address = stream_of(olivia, SHOP)
    mine = [opened(read, olivia, address)[0] for _ in range(2)]
    assert [fields(each) for each in read(olivia.get(address))] == [{"event": "end", "data": "full"}]
    other, _messages = opened(read, signed_in("victor"), address)
    for response in (*mine, other):
        response.close()
    again, _messages = opened(read, olivia, address)
    again.close()


@pytest.mark.parametrize("beginning", ["", "&until=x"])
def test_a_stream_from_no_place_on_is_not_every_row_there_is(olivia, tap, read, beginning):
    response = olivia.get(f"{SHOP}?watch={beginning}")
    assert ended(map(fields, read(response))) == "gone"
    assert not tap.of("watch=true")


def test_a_stream_that_nobody_reads_takes_no_place(olivia):
    response = olivia.get(stream_of(olivia, SHOP))
    assert OPEN.count == 0
    response.close()
    assert OPEN.count == 0


def test_an_object_s_stream_begins_with_its_state_now(olivia, read, demo):
    address = "/c/demo/shop/statefulsets.apps/database/"
    response, messages = opened(read, olivia, stream_of(olivia, address))
    with closing(response):
        targets = [each.attributes["hx-target"] for each in tree(next(changes(messages))["data"]).all("hx-partial")]
        assert targets == ["#state", "#rows"]
        scale = "/apis/apps/v1/namespaces/shop/statefulsets/database/scale"
        api(demo, "PATCH", scale, {"spec": {"replicas": 2}}, MERGE)
        live = tree(next(changes(messages))["data"])
        assert "1/2" in live.by_id("state").text
        api(demo, "PATCH", scale, {"spec": {"replicas": 1}}, MERGE)
    demo.world.advance(60)


def test_a_pod_s_stream_says_when_it_is_gone(olivia, read, demo):
    pods = "/api/v1/namespaces/shop/pods"
    spec = {"containers": [{"name": "main", "image": "registry.example.com/shop/api:2.31.0"}]}
    api(demo, "POST", pods, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "short"}, "spec": spec})
    demo.world.advance(20)
    _response, messages = opened(read, olivia, stream_of(olivia, "/c/demo/shop/pods/short/"))
    assert tree(next(changes(messages))["data"]).by_id("state").one("p", class_="word").text == "Running"
    api(demo, "DELETE", f"{pods}/short?gracePeriodSeconds=0")
    *_earlier, farewell, end = messages
    assert (end["event"], end["data"]) == ("end", "done")
    gone(farewell, "pod", "pods")


def gone(farewell, kind, plural):
    """Look that a message says that an object is gone, leads to its list and takes away what could be done."""
    state, *emptied = tree(farewell["data"]).all("hx-partial")
    assert state.by_id("state").one("p", class_="word").text == f"This {kind} is gone"
    assert state.one("a").attributes["href"] == f"/c/demo/shop/{plural}/"
    assert [(each.attributes["hx-target"], each.text) for each in emptied] == [("#acts", ""), ("#undo", "")]


def test_the_stream_of_an_object_that_is_gone_already_ends_at_once(olivia, read):
    _response, messages = opened(read, olivia, "/c/demo/shop/pods/ghost/?watch=1")
    farewell, end = messages
    assert (end["event"], end["data"]) == ("end", "done")
    gone(farewell, "pod", "pods")
    _response, messages = opened(read, olivia, "/c/demo/shop/deployments.apps/ghost/?watch=1")
    farewell, end = messages
    assert (end["event"], end["data"]) == ("end", "done")
    gone(farewell, "deployment", "deployments.apps")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_check_38_no_line_end_in_the_data_makes_a_field_of_its_own(end):
    assert fields(message(f"a{end}event: end{end}data: x")) == {"data": "a\nevent: end\ndata: x"}
    assert message("a", id=f"1{end}event: end").count("\nevent") == 0
