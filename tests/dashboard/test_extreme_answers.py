"""Answers that are extreme in depth, size or status: a page all the same, never a fault of Porthole."""

import json
import tracemalloc

import pytest

from tests.dashboard.pages import tree

SHOP = "/c/demo/shop/"


def nested(depth):
    """A ConfigMap with mappings in mappings."""
    return b'{"kind":"ConfigMap","data":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("configmaps/x/yaml/", {"kind": "ConfigMap", "metadata": ["x"]}),
        ("configmaps/x/yaml/", {"kind": "ConfigMap", "metadata": None}),
        ("secrets/x/yaml/", {"kind": "Secret", "metadata": {"annotations": None}, "data": ["x"]}),
        ("secrets/x/yaml/", {"kind": "Secret", "metadata": {"annotations": "kubectl"}, "data": "x"}),
        ("configmaps/x/yaml/", nested(100)),
    ],
)
def test_odd_objects_have_their_yaml(olivia, tap, address, body):
    with tap.answering(r"GET .*/x$", 200, body, "application/json"):
        assert olivia.get(SHOP + address).status_code == 200


@pytest.mark.parametrize("depth", [900, 100_000])
@pytest.mark.parametrize("page", ["", "yaml/"])
def test_an_object_nested_without_end_is_no_fault_of_porthole(olivia, tap, depth, page):
    with tap.answering(r"GET .*/x$", 200, nested(depth), "application/json"):
        response = olivia.get(f"{SHOP}configmaps/x/{page}")
    assert response.status_code in (200, 502)


@pytest.mark.parametrize("status", [204, 205, 299, 301, 302, 304, 307, 600, 999])
def test_an_odd_status_is_a_page_that_says_so(olivia, tap, status):
    with tap.answering(r"GET .*/pods", status, b""):
        assert olivia.get(f"{SHOP}pods/").status_code == 502


def test_a_message_of_megabytes_is_cut(olivia, tap):
    events = {"kind": "EventList", "items": [{"message": "x" * 5_000_000}]}
    with tap.answering(r"GET .*/events", 200, events):
        response = olivia.get(f"{SHOP}pods/image-resizer/events/")
    assert response.status_code == 200
    assert "x" * 1000 in response.content.decode()
    assert len(response.content) < 100_000


def test_a_selector_that_kubernetes_does_not_have_is_no_fault_of_porthole(olivia, tap):
    spec = {"selector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}}
    with tap.answering(r"GET .*/deployments/x$", 200, {"kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}):
        assert olivia.get(f"{SHOP}deployments.apps/x/").status_code == 502


def with_annotations(**found):
    return {"kind": "ConfigMap", "metadata": {"name": "x", "annotations": found}}


def pod(**spec):
    return {"kind": "Pod", "metadata": {"name": "x"}, "spec": spec}


# What Kubernetes itself would never hold: over 1.5 MiB by far, or made of hundreds of thousands of parts.
ENDLESS = [
    ("configmaps/x/", with_annotations(a="x" * 5_000_000), "larger than 4 MiB"),
    ("configmaps/x/yaml/", with_annotations(a="x" * 5_000_000), "larger than 4 MiB"),
    ("configmaps/x/", with_annotations(**{str(number): "" for number in range(10_001)}), "length <= 10000"),
    ("configmaps/x/yaml/", {"kind": "ConfigMap", "data": [[]] * 300_000}, "more than 300000 parts"),
    ("configmaps/x/yaml/", {"kind": "ConfigMap", "data": [1] * 100_000}, "too many fields"),
    ("pods/x/", pod(containers=[{}] * 300_000), "more than 300000 parts"),
    ("pods/x/", pod(containers=[{"name": "a"}] * 1001), "length <= 1000"),
    ("pods/x/logs/", pod(containers=[{"name": "a"}] * 1001), "length <= 1000"),
    (
        "deployments.apps/x/",
        {"kind": "Deployment", "spec": {"template": pod(containers=[{"image": "a"}] * 1001)}},
        "length <= 1000",
    ),
]


@pytest.mark.parametrize(("address", "body", "words"), ENDLESS, ids=[f"{each[0]}{each[2]}" for each in ENDLESS])
def test_an_object_beyond_measure_is_told_and_takes_little_memory(olivia, tap, address, body, words):
    content = json.dumps(body, separators=(",", ":")).encode()
    with tap.answering(r"GET .*/x$", 200, content, "application/json"):
        tracemalloc.start()
        try:
            response = olivia.get(SHOP + address)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert response.status_code == 502
    assert words in tree(response.content).text
    assert peak < 40_000_000


def test_a_large_annotation_is_cut_on_the_page_and_whole_in_the_yaml(olivia, tap):
    with tap.answering(r"GET .*/x$", 200, with_annotations(a="y" * 1_000_000)):
        page = olivia.get(f"{SHOP}configmaps/x/yaml/").content.decode()
        assert "y" * 1_000_000 in page
    pod_like = {"kind": "Pod", "metadata": {"name": "x", "annotations": {"a": "y" * 1_000_000}}}
    table = {"kind": "Table", "columnDefinitions": [{"name": "Status"}], "rows": [{"cells": ["Running"]}]}
    answers = iter([pod_like, table])
    with tap.answering(r"GET .*/x$", 200, lambda: [json.dumps(next(answers)).encode()], "application/json"):
        page = olivia.get(f"{SHOP}pods/x/").content.decode()
    assert "y" * 1000 in page
    assert len(page) < 100_000


@pytest.mark.parametrize("data", [["hush"], "hush", 5])
def test_a_secret_of_any_shape_keeps_its_values(olivia, tap, data):
    body = {"kind": "Secret", "metadata": {"name": "x"}, "data": data, "stringData": data}
    with tap.answering(r"GET .*/x$", 200, body):
        response = olivia.get(f"{SHOP}secrets/x/yaml/")
    assert response.status_code == 200
    assert "hush" not in response.content.decode()
