"""A log as it is written: resumed exactly, in batches, and ended with its session or its container."""

import time
from contextlib import closing

import pytest

from dashboard.models import Session
from tests.dashboard.events import changes, ended, opened
from tests.dashboard.pages import tree

TALKER = "/c/demo/monitoring/pods/talker/logs/"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("nothing_left_open")]


def ticks(messages, count):
    """The first ``count`` lines of a log's messages and the id of the last message."""
    found, last = [], ""
    for each in changes(messages):
        log = tree(each["data"]).one("hx-partial", hx_target="#log", hx_swap="beforeend")
        found += [line.text for line in log.all("div", class_="l")]
        last = each["id"]
        assert log.all("div", class_="l")[-1].attributes["data-id"] == last
        if len(found) >= count:
            return found, last
    raise AssertionError("the stream ended")


def test_a_log_goes_on_exactly_where_the_page_ended(olivia, read, demo):
    page = olivia.get(TALKER).context["page"]
    number = int(page.lines[-1].html.removeprefix("tick "))
    demo.world.advance(5)
    response, messages = opened(read, olivia, page.stream_url)
    with closing(response):
        found, place = ticks(messages, 5)
        assert found == [f"tick {number + step}" for step in range(1, 6)]
    demo.world.advance(3)
    response, messages = opened(read, olivia, page.stream_url, headers={"Last-Event-ID": place})
    with closing(response):
        found, _place = ticks(messages, 3)
    assert found == [f"tick {number + step}" for step in range(6, 9)]


def test_a_log_goes_on_in_the_middle_of_one_moment(olivia, read):
    page = olivia.get("/c/demo/monitoring/pods/burst/logs/").context["page"]
    moment = page.lines[-1].id.partition("~")[0]
    address = f"/c/demo/monitoring/pods/burst/logs/?container=burst&follow={moment}~600"
    response, messages = opened(read, olivia, address)
    with closing(response):
        found, place = ticks(messages, 400)
    assert found == [f"tick {number}" for number in range(600, 1000)]
    assert place == f"{moment}~1000"


def test_lines_come_in_batches(olivia, read):
    response, messages = opened(read, olivia, "/c/demo/monitoring/pods/burst/logs/?container=burst&follow=start")
    with closing(response):
        batch = next(changes(messages))
    assert len(tree(batch["data"]).all("div", class_="l")) == 200


def test_long_lines_come_in_batches_of_fewer(olivia, read, tap):
    line = "2026-01-01T00:00:00Z " + "x" * 16_000 + "\n"
    with tap.answering(r"/log\?.*follow=true", 200, line * 200):
        response, messages = opened(read, olivia, f"{TALKER}?container=talker&follow=start")
        with closing(response):
            batch = next(changes(messages))
    assert len(tree(batch["data"]).all("div", class_="l")) == 5


def test_check_38_hostile_lines_make_well_formed_events(olivia, read):
    address = "/c/demo/monitoring/pods/hostile/logs/?container=hostile&follow=start&timestamps=1"
    response, messages = opened(read, olivia, address)
    with closing(response):
        batch = next(changes(messages))
    log = tree(batch["data"])
    assert {element.tag for element in log.walk()} == {"", "hx-partial", "div", "span", "time"}
    assert len(log.all("div", class_="l")) == 35
    assert "<script>alert('log')</script>" in log.text


def talking(lines=1000, pause=0.2):
    """A log of the test's own: a line every moment."""

    def chunks():
        for number in range(lines):
            yield f"2026-01-01T00:00:{number % 60:02d}.{number:09d}Z line {number}\n".encode()
            time.sleep(pause)

    return chunks


def test_the_end_of_the_session_ends_a_log_that_never_rests(olivia, read, tap):
    with tap.answering(r"/log\?.*follow=true", 200, talking()):
        _response, messages = opened(read, olivia, f"{TALKER}?container=talker&follow=start")
        ticks(messages, 1)
        Session.objects.all().delete()
        began = time.monotonic()
        assert ended(messages) == "session"
    assert time.monotonic() - began < 6


def test_a_container_that_has_ended_for_good_ends_its_log(olivia, read):
    _response, messages = opened(
        read, olivia, "/c/demo/shop/pods/image-resizer/logs/?container=image-resizer&follow=start"
    )
    assert ended(messages) == "done"


def test_a_container_that_there_never_was_ends_its_log(olivia, read):
    _response, messages = opened(read, olivia, f"{TALKER}?container=nobody&follow=start")
    assert ended(messages) == "done"


@pytest.mark.parametrize("place", ["", "x", "1~", "1~2~3", "-1~1", "<script>"])
def test_a_place_that_is_none_makes_the_page_load_anew(olivia, read, place):
    _response, messages = opened(read, olivia, f"{TALKER}?container=talker&follow={place}")
    assert ended(messages) == "gone"
    _response, messages = opened(
        read, olivia, f"{TALKER}?container=talker&follow=start", headers={"Last-Event-ID": place or "-"}
    )
    assert ended(messages) == "gone"


def test_who_may_not_read_a_log_is_not_followed(nadia, read):
    _response, messages = opened(read, nadia, f"{TALKER}?container=talker&follow=start")
    assert ended(messages) == "denied"
