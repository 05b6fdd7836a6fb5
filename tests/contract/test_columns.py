"""The columns of each kind's Table, exactly as kubectl shows them."""

import re

import pytest

S, I, B, D = "string", "integer", "boolean", "date"  # noqa: E741

# (URL, [(name, type, priority)]), read from a Kubernetes 1.37.2 API server.
COLUMNS = [
    ("/api/v1/pods", [
        ("Name", S, 0), ("Ready", S, 0), ("Status", S, 0), ("Restarts", S, 0), ("Age", S, 0), ("IP", S, 1),
        ("Node", S, 1), ("Nominated Node", S, 1), ("Readiness Gates", S, 1),
    ]),
    ("/apis/apps/v1/deployments", [
        ("Name", S, 0), ("Ready", S, 0), ("Up-to-date", S, 0), ("Available", S, 0), ("Age", S, 0), ("Containers", S, 1),
        ("Images", S, 1), ("Selector", S, 1),
    ]),
    ("/apis/apps/v1/replicasets", [
        ("Name", S, 0), ("Desired", I, 0), ("Current", I, 0), ("Ready", I, 0), ("Age", S, 0), ("Containers", S, 1),
        ("Images", S, 1), ("Selector", S, 1),
    ]),
    ("/apis/apps/v1/statefulsets", [
        ("Name", S, 0), ("Ready", S, 0), ("Age", S, 0), ("Containers", S, 1), ("Images", S, 1),
    ]),
    ("/apis/apps/v1/daemonsets", [
        ("Name", S, 0), ("Desired", I, 0), ("Current", I, 0), ("Ready", I, 0), ("Up-to-date", I, 0),
        ("Available", I, 0), ("Node Selector", S, 0), ("Age", S, 0), ("Containers", S, 1), ("Images", S, 1),
        ("Selector", S, 1),
    ]),
    ("/apis/batch/v1/jobs", [
        ("Name", S, 0), ("Status", S, 0), ("Completions", S, 0), ("Duration", S, 0), ("Age", S, 0),
        ("Containers", S, 1), ("Images", S, 1), ("Selector", S, 1),
    ]),
    ("/apis/batch/v1/cronjobs", [
        ("Name", S, 0), ("Schedule", S, 0), ("Timezone", S, 0), ("Suspend", B, 0), ("Active", I, 0),
        ("Last Schedule", S, 0), ("Age", S, 0), ("Containers", S, 1), ("Images", S, 1), ("Selector", S, 1),
    ]),
    ("/api/v1/services", [
        ("Name", S, 0), ("Type", S, 0), ("Cluster-IP", S, 0), ("External-IP", S, 0), ("Port(s)", S, 0), ("Age", S, 0),
        ("Selector", S, 1),
    ]),
    ("/api/v1/configmaps", [("Name", S, 0), ("Data", S, 0), ("Age", S, 0)]),
    ("/api/v1/secrets", [("Name", S, 0), ("Type", S, 0), ("Data", S, 0), ("Age", S, 0)]),
    ("/api/v1/serviceaccounts", [("Name", S, 0), ("Age", S, 0)]),
    ("/api/v1/nodes", [
        ("Name", S, 0), ("Status", S, 0), ("Roles", S, 0), ("Age", S, 0), ("Version", S, 0), ("Internal-IP", S, 1),
        ("External-IP", S, 1), ("OS-Image", S, 1), ("Kernel-Version", S, 1), ("Container-Runtime", S, 1),
    ]),
    ("/api/v1/namespaces", [("Name", S, 0), ("Status", S, 0), ("Age", S, 0)]),
    ("/api/v1/events", [
        ("Last Seen", S, 0), ("Type", S, 0), ("Reason", S, 0), ("Object", S, 0), ("Subobject", S, 1), ("Source", S, 1),
        ("Message", S, 0), ("First Seen", S, 1), ("Count", S, 1), ("Name", S, 1),
    ]),
    ("/apis/autoscaling/v2/horizontalpodautoscalers", [
        ("Name", S, 0), ("Reference", S, 0), ("Targets", S, 0), ("MinPods", S, 0), ("MaxPods", S, 0),
        ("Replicas", S, 0), ("Age", S, 0),
    ]),
    ("/api/v1/persistentvolumeclaims", [
        ("Name", S, 0), ("Status", S, 0), ("Volume", S, 0), ("Capacity", S, 0), ("Access Modes", S, 0),
        ("StorageClass", S, 0), ("VolumeAttributesClass", S, 0), ("Age", S, 0), ("VolumeMode", S, 1),
    ]),
    ("/apis/networking.k8s.io/v1/ingresses", [
        ("Name", S, 0), ("Class", S, 0), ("Hosts", S, 0), ("Address", S, 0), ("Ports", S, 0), ("Age", S, 0),
    ]),
    ("/apis/networking.k8s.io/v1/networkpolicies", [("Name", S, 0), ("Pod-Selector", S, 0), ("Age", S, 0)]),
    ("/apis/marina.example.com/v1/boats", [
        ("Name", S, 0), ("Berth", S, 0), ("Length", I, 0), ("State", S, 0), ("Captain", S, 1), ("Age", D, 0),
    ]),
    ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", [
        ("Name", S, 0), ("Scope", S, 0), ("Versions", S, 0), ("Created At", D, 0), ("Group", S, 1), ("Kind", S, 1),
        ("ShortNames", S, 1), ("Established", B, 1),
    ]),
    ("/apis/rbac.authorization.k8s.io/v1/clusterroles", [("Name", S, 0), ("Created At", D, 0)]),
    ("/apis/rbac.authorization.k8s.io/v1/rolebindings", [
        ("Name", S, 0), ("Role", S, 0), ("Age", S, 0), ("Users", S, 1), ("Groups", S, 1), ("ServiceAccounts", S, 1),
    ]),
]  # fmt: skip

AGE = r"(\d+[smhdy]){1,2}"

# What each cell of a row must match, for objects that are in both worlds.
CELLS = [
    ("/apis/apps/v1/namespaces/shop/deployments/frontend", [
        "frontend", r"3/3", 3, 3, AGE, "frontend", r"\S+/shop/frontend:\S+", "app=frontend",
    ]),
    ("/apis/apps/v1/namespaces/shop/statefulsets/database", ["database", r"1/1", AGE, "database", r"\S+postgres:\S+"]),
    ("/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/api", [
        "api", "Deployment/api", r"cpu: (\d+%|<unknown>)/80%", "2", 6, int, AGE,
    ]),
    ("/api/v1/namespaces/shop/persistentvolumeclaims/data-database-0", [
        "data-database-0", "Bound", r"\S+", r"\d+Gi", "RWO", r"\S+", "<unset>", AGE, "Filesystem",
    ]),
    ("/api/v1/namespaces/shop/secrets/database-credentials", ["database-credentials", "Opaque", int, AGE]),
    ("/api/v1/namespaces/empty", ["empty", "Active", AGE]),
    ("/api/v1/namespaces/empty/serviceaccounts/default", ["default", AGE]),
    ("/api/v1/namespaces/empty/configmaps/kube-root-ca.crt", ["kube-root-ca.crt", 1, AGE]),
    ("/api/v1/nodes/harbor-1", [
        "harbor-1", "Ready", "control-plane", AGE, r"v1\.37\.2", r"[\d.]+", "<none>", r"\S.*", r"\S+ \(\S+\)",
        r"\w+://\S+",
    ]),
    ("/api/v1/nodes/harbor-4", [
        "harbor-4", "NotReady", r".*", AGE, r"v1\.37\.2", r"\S+", "<none>", r"\S.*", r"\S+ \(\S+\)", r"\w+://\S+",
    ]),
    ("/apis/batch/v1/namespaces/jobs/cronjobs/nightly-report", [
        "nightly-report", r"\S+ \S+ \* \* \*", r"\S+", "False", 0, rf"{AGE}|<none>", AGE, r"[\w-]+", r"\S+", "<none>",
    ]),
    ("/apis/batch/v1/namespaces/jobs/jobs/report", [
        "report", "Complete", "3/3", AGE, AGE, "report", r"\S+", r"batch.kubernetes.io/controller-uid=\S+",
    ]),
    ("/apis/batch/v1/namespaces/jobs/jobs/import", [
        "import", "Failed", "0/1", AGE, AGE, "import", r"\S+", r"batch.kubernetes.io/controller-uid=\S+",
    ]),
    ("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/shop", [
        "shop", r"\S+", "shop.example.com", r".*", r"80(, 443)?", AGE,
    ]),
    ("/apis/marina.example.com/v1/namespaces/shop/boats/albatross", ["albatross", "A-12", 11, "Sailing", str, AGE]),
    ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boats.marina.example.com", [
        "boats.marina.example.com", "Namespaced", r"v1\(storage\)", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
        "marina.example.com",
        "Boat", "bt", True,
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("url", "columns"), COLUMNS, ids=[url for url, _ in COLUMNS])
def test_columns(cluster_under_test, url, columns):
    found = cluster_under_test.table(f"{url}?limit=1")
    assert (found["kind"], found["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    definitions = found["columnDefinitions"]
    assert [(column["name"], column["type"], column["priority"]) for column in definitions] == columns
    assert all(column["description"] for column in definitions)
    named = [column["name"] for column in definitions if column["format"] == "name"]
    assert named == ["Name"]
    assert all(len(row["cells"]) == len(columns) for row in found["rows"])


@pytest.mark.parametrize(("url", "cells"), CELLS, ids=[url for url, _ in CELLS])
def test_cells(cluster_under_test, url, cells):
    [row] = cluster_under_test.table(url)["rows"]
    assert len(row["cells"]) == len(cells)
    for found, expected in zip(row["cells"], cells, strict=True):
        if isinstance(expected, type):
            assert type(found) is expected
        elif isinstance(expected, str):
            assert re.fullmatch(expected, found), (found, expected)
        else:
            assert found == expected
