"""Labels, annotations, events and states that try to be more than text, on every page and in every stream."""

from contextlib import closing

import pytest

from tests.dashboard.api import api
from tests.dashboard.events import changes, opened
from tests.dashboard.pages import tree

CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps"
EVENTS = "/api/v1/namespaces/shop/events"
OBJECT = "/c/demo/shop/configmaps/hostile/"
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute breaker": "\" onmouseover=alert(1) x='",
    "fragment": '</hx-partial><hx-partial hx-target="#main">gone</hx-partial>',
    "events of its own": "a\n\nevent: end\ndata: session\n\ndata: b\rid: 7\r\n\r\nretry: 1",
    "ANSI and OSC 8": "\x1b[2J\x1b]8;;https://elsewhere.example\x07link\x1b]8;;\x07\x1b[31mred",
    "direction": "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "NUL and controls": "a\x00b\x01c\x07d\x7fe",
    "no Unicode": "a\ud800b",
}


@pytest.fixture(params=HOSTILE)
def text(request):
    """One text after another."""
    return HOSTILE[request.param]


@pytest.fixture
def hostile(demo, text):
    """A ConfigMap that says ``text`` wherever it can, and an event about it; the demo checks no text."""
    whole = text.encode("utf-8", "replace").decode()  # as JSON has it: an API server sends Unicode alone
    metadata = {"name": "hostile", "labels": {"app": whole}, "annotations": {"note": whole, whole: "key"}}
    made = api(demo, "POST", CONFIG_MAPS, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata})
    involved = {"kind": "ConfigMap", "namespace": "shop", "name": "hostile", "uid": made["metadata"]["uid"]}
    event = {"metadata": {"name": "hostile.1"}, "involvedObject": involved, "type": "Warning"}
    api(demo, "POST", EVENTS, {**event, "kind": "Event", "apiVersion": "v1", "reason": whole, "message": whole})
    yield whole
    api(demo, "DELETE", f"{CONFIG_MAPS}/hostile")
    api(demo, "DELETE", f"{EVENTS}/hostile.1")


STRANGERS = {"hx-partial", "img", "iframe", "object", "embed", "base", "audio", "video"}


def strange(page):
    """Elements and attributes that no template of ours has."""
    main = page.by_id("main")
    found = [each.tag for each in main.walk() if each.tag in STRANGERS or each.tag in ("script", "style")]
    return found + [name for each in main.walk() for name in each.attributes if name.startswith("on")]


@pytest.mark.parametrize("page", ["", "events/", "yaml/"])
def test_check_38_what_an_object_says_of_itself_is_text(olivia, hostile, page):
    response = olivia.get(f"{OBJECT}{page}")
    assert response.status_code == 200
    assert strange(tree(response.content)) == []


def test_check_38_what_a_list_says_is_text(olivia, hostile):
    for address in ("/c/demo/shop/configmaps/", "/c/demo/shop/events/", "/c/demo/?namespace=shop"):
        response = olivia.get(address)
        assert response.status_code == 200
        assert strange(tree(response.content)) == []


@pytest.mark.django_db(transaction=True)
def test_check_38_a_stream_of_what_it_says_stays_well_formed(olivia, read, demo, hostile):
    url = olivia.get("/c/demo/shop/events/").context["page"].stream_url
    response, messages = opened(read, olivia, url)
    with closing(response):
        change = {"message": f"{hostile} again", "reason": hostile}
        api(demo, "PATCH", f"{EVENTS}/hostile.1", change, "application/merge-patch+json")
        message = next(changes(messages))  # fields() refuses any line that is no field of an event
    assert message.keys() == {"data", "id"}
    partials = [each for each in tree(message["data"]).walk() if each.tag in STRANGERS]
    # An event that happens again moves to the top: taken away, and put there.
    assert [(each.tag, each.attributes["hx-swap"]) for each in partials] == [
        ("hx-partial", "delete"),
        ("hx-partial", "afterbegin"),
    ]
