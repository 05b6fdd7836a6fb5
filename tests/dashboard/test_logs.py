"""A container's log as a page: its last lines, its containers, and text that stays text."""

import re

import pytest

from tests.dashboard.pages import tree

MONITORING = "/c/demo/monitoring/pods/"
SHOP = "/c/demo/shop/pods/"


def lines(response):
    return [line.html for line in response.context["page"].lines]


def shown(response):
    return [line.text for line in tree(response.content).by_id("log").all("div", class_="l")]


@pytest.fixture
def worker(olivia):
    rows = olivia.get(SHOP).context["page"].rows
    return next(row.url for row in rows if row.name.startswith("worker-"))


@pytest.fixture
def api_pod(olivia):
    rows = olivia.get(SHOP).context["page"].rows
    return next(row.url for row in rows if row.name.startswith("api-"))


def test_the_last_lines_in_their_order(olivia):
    response = olivia.get(f"{MONITORING}talker/logs/")
    page = response.context["page"]
    found = shown(response)
    assert len(found) == page.tail == 200
    numbers = [int(line.removeprefix("tick ")) for line in found]
    assert numbers == list(range(numbers[0], numbers[0] + 200))
    assert page.more_url == f"{MONITORING}talker/logs/?container=talker&tail=1000"
    more = shown(olivia.get(page.more_url))
    assert more[-200:] == found
    assert len(more) == 1000


@pytest.mark.parametrize(
    ("tail", "count"), [("5", 5), ("0", 1), ("-3", 200), ("x", 200), ("\u0665", 5), ("9" * 9, 200)]
)
def test_how_many_lines_is_bounded(olivia, tail, count):
    assert len(shown(olivia.get(f"{MONITORING}talker/logs/", {"tail": tail}))) == count


def test_more_than_the_most_is_the_most(olivia, tap):
    page = olivia.get(f"{MONITORING}talker/logs/?tail=999999").context["page"]
    assert page.tail == 5000
    assert page.more_url == ""
    assert tap.of(r"tailLines=5000")


def test_the_previous_run_ends_with_what_went_wrong(olivia, worker):
    page = olivia.get(f"{worker}logs/").context["page"]
    assert page.previous_url == f"{worker}logs/?container=worker&previous=1"
    response = olivia.get(page.previous_url)
    text = "\n".join(shown(response))
    assert "Traceback (most recent call last):" in text
    assert shown(response)[-1] == "KeyError: 'price'"
    former = response.context["page"]
    assert former.previous
    assert former.stream_url == ""
    assert former.previous_url == f"{worker}logs/?container=worker"


def test_no_previous_run_says_so_in_the_server_s_words(olivia):
    assert olivia.get(f"{MONITORING}talker/logs/").context["page"].previous_url == ""
    response = olivia.get(f"{MONITORING}talker/logs/?previous=1")
    assert response.status_code == 200
    problem = response.context["page"].problem
    assert problem.title == "There is no previous log"
    assert problem.message == 'previous terminated container "talker" in pod "talker" not found'
    assert response.context["page"].stream_url == ""


def test_a_container_that_has_not_started_says_so(olivia):
    rows = olivia.get(SHOP).context["page"].rows
    address = next(row.url for row in rows if row.name.startswith("checkout-"))
    response = olivia.get(f"{address}logs/")
    problem = response.context["page"].problem
    assert problem.title == "There is no log yet"
    assert "is waiting to start" in problem.message
    assert problem.action_url == address
    assert olivia.get(f"{SHOP}migrations/logs/").context["page"].problem.title == "There is no log yet"


def test_every_container_has_its_log_init_containers_too(olivia, api_pod):
    page = olivia.get(f"{api_pod}logs/").context["page"]
    assert [choice.key for choice in page.containers] == ["migrate", "api", "log-shipper"]
    assert page.container == "api"
    texts = set()
    for choice in page.containers:
        response = olivia.get(choice.url)
        assert response.context["page"].container == choice.key
        assert [each.key for each in response.context["page"].containers if each.current] == [choice.key]
        texts.add(tuple(shown(response)[:3]))
    assert len(texts) == 3


def test_the_pod_s_own_default_container_comes_first(olivia, tap):
    pod = {
        "kind": "Pod",
        "metadata": {
            "name": "two",
            "namespace": "shop",
            "annotations": {"kubectl.kubernetes.io/default-container": "second"},
        },
        "spec": {"containers": [{"name": "first"}, {"name": "second"}]},
    }
    with (
        tap.answering(r"GET /api/v1/namespaces/shop/pods/two$", 200, pod),
        tap.answering(r"GET /api/v1/namespaces/shop/pods/two/log\?", 200, "2026-01-01T00:00:00Z hello\n"),
    ):
        page = olivia.get(f"{SHOP}two/logs/").context["page"]
    assert page.container == "second"
    assert tap.of(r"/log\?.*container=second")


def test_a_container_that_the_pod_does_not_have(olivia, tap):
    response = olivia.get(f"{MONITORING}talker/logs/?container=ghost")
    assert response.status_code == 404
    assert "container ghost is not in pod talker" in tree(response.content).text
    assert tap.of(r"/log\?") == []


def test_only_pods_have_logs(olivia):
    assert olivia.get("/c/demo/shop/deployments.apps/api/logs/").status_code == 404


def test_times_and_wrapping_are_switches_in_the_address(olivia):
    page = olivia.get(f"{MONITORING}talker/logs/").context["page"]
    assert (page.timestamps, page.wrap) == (False, True)
    timed = olivia.get(page.timestamps_url)
    assert timed.context["page"].timestamps
    first = tree(timed.content).by_id("log").all("div", class_="l")[0]
    whole = timed.context["page"].lines[0].time
    assert first.one("time").text == re.sub(r"\.(\d{3})\d*Z$", r".\1Z", whole), "milliseconds are what one reads"
    assert tree(olivia.get(page.wrap_url).content).by_id("log").attributes["class"] == "log nowrap"
    both = olivia.get(timed.context["page"].wrap_url).context["page"]
    assert (both.timestamps, both.wrap) == (True, False)
    assert "timestamps=1" in both.stream_url


def test_check_38_hostile_lines_are_inert_and_keep_their_colours(olivia):
    response = olivia.get(f"{MONITORING}hostile/logs/")
    html = response.content.decode()
    log = tree(html).by_id("log")
    assert {element.tag for element in log.walk()} == {"div", "span"}
    assert "<script>alert('log')</script><b onmouseover=alert(1)>bold</b>" in log.text
    assert log.all("span", class_="ansi-red")[0].text == "bold red"
    for character in ("\x00", "\x01", "\x07", "\x08", "\x1b", "\x7f", "\u202e", "\u200f", "\r"):
        assert character not in html
    assert "\ufffd\ufffd invalid \ufffd( UTF-8 \ufffd" in log.text
    assert "\U0001f6a2\U0001f468\u200d\U0001f469\u200d\U0001f467 and \"quotes\" 'both' & ampersands &lt;" in log.text


def test_check_39_a_line_of_ten_megabytes_is_cut_with_a_mark(olivia):
    response = olivia.get(f"{MONITORING}long-line/logs/")
    assert len(response.content) < 60_000
    found = tree(response.content).by_id("log").all("div", class_="l")
    assert [line.text for line in (found[0], found[-1])] == ["tick 0", "tick 2"]
    assert found[1].one("span", class_="cut").text == "… line cut"


def test_a_thousand_lines_of_one_moment_have_places_of_their_own(olivia):
    page = olivia.get(f"{MONITORING}burst/logs/").context["page"]
    places = [line.id for line in page.lines]
    assert len(set(places)) == 200
    assert places[-1].endswith("~1000")
    assert page.stream_url.endswith(f"follow={places[-1].replace('~', '%7E')}") or page.stream_url.endswith(places[-1])


def test_who_may_not_read_a_log(nadia, tap):
    response = nadia.get(f"{MONITORING}talker/logs/")
    assert response.status_code == 403
    status = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "pods/log is not for you"}
    with tap.answering(r"/log\?", 403, status):
        response = nadia.get(f"{SHOP}image-resizer/logs/")
    assert response.context["page"].problem.title == "You may not read this log"
    assert response.context["page"].problem.message == "pods/log is not for you"


def test_a_log_without_a_line(olivia, tap):
    with tap.answering(r"/log\?", 200, b""):
        response = olivia.get(f"{MONITORING}talker/logs/")
    page = response.context["page"]
    assert page.lines == []
    assert page.stream_url.endswith("follow=start")
    assert "Nothing written yet" in tree(response.content).text


def test_a_log_of_nothing_but_colours_is_a_page_of_bounded_size(olivia, tap):
    line = "2026-01-01T00:00:00Z " + "\x1b[1;2;3;4;9;91;101m" + "\x1b[31mx\x1b[32my" * 40 + " %d\n"
    with tap.answering(r"/log\?", 200, "".join(line % number for number in range(5000))):
        response = olivia.get(f"{MONITORING}talker/logs/?tail=5000")
    assert len(response.content) < 6_000_000
    assert shown(response)[-1].endswith(" 4999")
    assert "Older lines are left out" in tree(response.content).text
    assert response.context["page"].more_url == ""
    assert response.context["page"].stream_url


def test_a_previous_log_says_whose_run_it_was(olivia):
    rows = olivia.get("/c/demo/shop/pods/").context["page"].rows
    pod = next(row.url for row in rows if row.name.startswith("worker-"))
    page = tree(olivia.get(f"{pod}logs/?previous=1").content)
    words = page.by_id("run").text
    assert words.startswith("The run that ended at 20")
    assert words.endswith("Error. Ended with exit code 1.")
    assert tree(olivia.get(f"{pod}logs/").content).all("p", id="run") == []
