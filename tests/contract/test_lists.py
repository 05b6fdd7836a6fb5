"""Lists: paging, selectors, Tables and what they include."""

import pytest

from clusters.names import path
from clusters.wire import Table
from tests.contract.asking import TABLE, config_map, names

SHOP = "/api/v1/namespaces/shop"
TROUBLES = ["image-resizer", "mailer", "migrations", "payments", "recommendations"]


@pytest.fixture
def five(cluster_under_test, namespace):
    """The URL of a namespace's ConfigMaps, five of them the test's own."""
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    for index in range(5):
        cluster_under_test.create(
            url, config_map(f"map-{index}", kind="even" if index % 2 == 0 else "odd", n=str(index))
        )
    settled = f"{url}/kube-root-ca.crt"
    cluster_under_test.wait("the certificate", lambda: cluster_under_test.ask("GET", settled).code == 200)
    return url


@pytest.mark.parametrize("accept", ["application/json", TABLE])
def test_pages_visit_each_name_once_and_count_what_is_left(cluster_under_test, five, accept):
    seen, left, token = [], [], ""
    while True:
        page = cluster_under_test.get(f"{five}?limit=2&continue={token}", accept=accept)
        seen += names(page)
        left.append(page["metadata"].get("remainingItemCount"))
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert seen == ["kube-root-ca.crt", "map-0", "map-1", "map-2", "map-3", "map-4"]
    assert left == [4, 2, None]


def test_pages_show_the_set_as_it_was_at_the_first(cluster_under_test, five):
    first = cluster_under_test.get(f"{five}?limit=2")
    cluster_under_test.ask("DELETE", f"{five}/map-3")
    cluster_under_test.create(five, config_map("map-2b"))
    rest = cluster_under_test.get(f"{five}?continue={first['metadata']['continue']}")
    assert names(rest) == ["map-1", "map-2", "map-3", "map-4"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert names(cluster_under_test.get(five))[2:] == ["map-1", "map-2", "map-2b", "map-4"]


def test_with_a_selector_nothing_is_counted(cluster_under_test, five):
    page = cluster_under_test.get(f"{five}?limit=1&labelSelector=kind%3Deven")
    assert names(page) == ["map-0"]
    assert "remainingItemCount" not in page["metadata"]
    page = cluster_under_test.get(f"{five}?limit=1&continue={page['metadata']['continue']}&labelSelector=kind%3Deven")
    assert names(page) == ["map-2"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("kind=even", "024"),
        ("kind==odd", "13"),
        ("kind!=even", "13"),
        ("kind in (even,odd)", "01234"),
        ("kind in (odd)", "13"),
        ("n notin (0,1)", "234"),
        ("kind", "01234"),
        ("!kind", ""),
        ("kind=even,n!=2", "04"),
        ("n>2", "34"),
        ("n<1", "0"),
        ("kind=", ""),
        (" kind = odd , n ", "13"),
    ],
)
def test_label_selectors(cluster_under_test, five, selector, found):
    items = cluster_under_test.connection().get(
        path(*five.strip("/").split("/")),
        [("labelSelector", selector), ("fieldSelector", "metadata.name!=kube-root-ca.crt")],
    )["items"]
    assert "".join(item["metadata"]["name"][-1] for item in items) == found


@pytest.mark.parametrize(
    ("url", "selector", "found"),
    [
        (f"{SHOP}/pods", "metadata.name=mailer", ["mailer"]),
        (f"{SHOP}/pods", "status.phase=Failed", ["image-resizer"]),
        (f"{SHOP}/pods", "spec.nodeName=harbor-4", ["payments"]),
        (f"{SHOP}/pods", "spec.nodeName=", ["recommendations"]),
        ("/api/v1/namespaces", "metadata.name=shop", ["shop"]),
        (
            "/apis/apps/v1/deployments", "metadata.namespace=shop,metadata.name!=api",
            ["cart", "checkout", "frontend", "worker"],
        ),
        ("/apis/marina.example.com/v1/boats", "metadata.name=petrel", ["petrel"]),
    ],
)  # fmt: skip
def test_field_selectors(cluster_under_test, url, selector, found):
    query = selector.replace("=", "%3D").replace(",", "%2C")
    assert names(cluster_under_test.get(f"{url}?fieldSelector={query}")) == found


def test_items_of_built_in_kinds_do_not_repeat_their_kind(cluster_under_test):
    pods = cluster_under_test.get(f"{SHOP}/pods?limit=1")
    assert (pods["kind"], pods["apiVersion"]) == ("PodList", "v1")
    assert "kind" not in pods["items"][0]
    boats = cluster_under_test.get("/apis/marina.example.com/v1/namespaces/shop/boats?limit=1")
    assert (boats["kind"], boats["items"][0]["kind"]) == ("BoatList", "Boat")


def test_lists_of_all_namespaces_go_by_namespace_then_name(cluster_under_test):
    items = cluster_under_test.get("/apis/apps/v1/deployments")["items"]
    order = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items]
    assert order == sorted(order)
    assert len({namespace for namespace, _ in order}) > 1


def test_what_a_table_includes_of_each_object(cluster_under_test):
    url = f"{SHOP}/pods/image-resizer"
    [row] = cluster_under_test.table(f"{url}?includeObject=None")["rows"]
    assert row["object"] is None
    [row] = cluster_under_test.table(url)["rows"]
    assert (row["object"]["kind"], row["object"]["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
    assert sorted(row["object"]) == ["apiVersion", "kind", "metadata"]
    assert row["object"]["metadata"]["namespace"] == "shop"
    [row] = cluster_under_test.table(f"{url}?includeObject=Object")["rows"]
    assert (row["object"]["kind"], row["object"]["spec"]["containers"][0]["name"]) == ("Pod", "image-resizer")


def test_a_pod_that_has_ended_is_marked_completed(cluster_under_test):
    [row] = cluster_under_test.table(f"{SHOP}/pods/image-resizer")["rows"]
    condition = {"type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."}
    assert row["conditions"] == [condition]


def test_the_door_decodes_a_page(cluster_under_test):
    url = path("api", "v1", "namespaces", "shop", "pods")
    found = cluster_under_test.connection().get(url, [("limit", "3")], type=Table, accept=TABLE)
    assert found.rows is not None
    assert len(found.rows) == 3
    assert found.metadata.continue_token
    assert found.metadata.remaining_item_count


def test_the_troubles_in_the_shop_have_kubectls_words(cluster_under_test):
    rows = cluster_under_test.table(f"{SHOP}/pods")["rows"]
    words = {
        row["cells"][0].rpartition("-")[0].rpartition("-")[0] or row["cells"][0]: row["cells"][1:3] for row in rows
    }
    by_name = {row["cells"][0]: row["cells"][1:3] for row in rows}
    assert [by_name[name] for name in TROUBLES] == [
        ["0/1", "OOMKilled"],
        ["1/1", "Terminating"],
        ["0/1", "Init:0/1"],
        ["0/1", "Unknown"],
        ["0/1", "Pending"],
    ]
    assert words["checkout"] in (["0/1", "ImagePullBackOff"], ["0/1", "ErrImagePull"])
    assert words["worker"][1] in ("CrashLoopBackOff", "Error", "Running")
    assert words["frontend"] == ["1/1", "Running"]


def test_restarts_say_how_long_ago(cluster_under_test):
    [cells] = [
        r["cells"] for r in cluster_under_test.table(f"{SHOP}/pods")["rows"] if r["cells"][0].startswith("worker")
    ]
    count, _, ago = cells[3].partition(" ")
    assert int(count) > 5
    assert ago.startswith("(")
    assert ago.endswith(" ago)")
