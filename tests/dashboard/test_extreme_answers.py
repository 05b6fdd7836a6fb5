"""Answers that are extreme in depth, size or status: a page all the same, never a fault of Porthole."""

import pytest

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
