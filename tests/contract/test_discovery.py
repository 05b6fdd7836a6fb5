"""What a server says it serves: the version, the groups, and the kinds a page can show."""

import pytest

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

# (group, version, plural, singular, kind, namespaced, short names, subresources that pages use)
KINDS = [
    ("", "v1", "configmaps", "configmap", "ConfigMap", True, ["cm"], []),
    ("", "v1", "events", "event", "Event", True, ["ev"], []),
    ("", "v1", "namespaces", "namespace", "Namespace", False, ["ns"], ["status"]),
    ("", "v1", "nodes", "node", "Node", False, ["no"], ["status"]),
    ("", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", True, ["pvc"], ["status"]),
    ("", "v1", "pods", "pod", "Pod", True, ["po"], ["log", "status"]),
    ("", "v1", "secrets", "secret", "Secret", True, [], []),
    ("", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", True, ["sa"], []),
    ("", "v1", "services", "service", "Service", True, ["svc"], ["status"]),
    ("apps", "v1", "daemonsets", "daemonset", "DaemonSet", True, ["ds"], ["status"]),
    ("apps", "v1", "deployments", "deployment", "Deployment", True, ["deploy"], ["scale", "status"]),
    ("apps", "v1", "replicasets", "replicaset", "ReplicaSet", True, ["rs"], ["scale", "status"]),
    ("apps", "v1", "statefulsets", "statefulset", "StatefulSet", True, ["sts"], ["scale", "status"]),
    (
        "autoscaling", "v2", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler", True,
        ["hpa"], ["status"],
    ),
    ("batch", "v1", "cronjobs", "cronjob", "CronJob", True, ["cj"], ["status"]),
    ("batch", "v1", "jobs", "job", "Job", True, [], ["status"]),
    ("marina.example.com", "v1", "boats", "boat", "Boat", True, ["bt"], ["status"]),
    ("networking.k8s.io", "v1", "ingresses", "ingress", "Ingress", True, ["ing"], ["status"]),
    ("networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", True, ["netpol"], []),
    (
        "apiextensions.k8s.io", "v1", "customresourcedefinitions", "customresourcedefinition",
        "CustomResourceDefinition", False, ["crd", "crds"], ["status"],
    ),
]  # fmt: skip
VERBS = {"create", "delete", "get", "list", "patch", "update", "watch"}
IDS = [f"{plural}.{group}" for group, _, plural, *_ in KINDS]


def resource_list(server, group, version, **options):
    return server.get(f"/apis/{group}/{version}" if group else f"/api/{version}", **options)


def test_version(cluster_under_test):
    found = cluster_under_test.get("/version")
    assert (found["major"], found["minor"]) == ("1", "37")
    assert found["gitVersion"].startswith("v1.37.")


@pytest.mark.parametrize("url", ["/healthz", "/livez", "/readyz"])
def test_health(cluster_under_test, url):
    reply = cluster_under_test.ask("GET", url, token="")
    assert (reply.code, reply.body, reply.content_type) == (200, b"ok", "text/plain; charset=utf-8")


def test_groups_and_their_versions(cluster_under_test):
    assert cluster_under_test.get("/api")["versions"] == ["v1"]
    groups = {found["name"]: found for found in cluster_under_test.get("/apis")["groups"]}
    for group in {group for group, *_ in KINDS if group}:
        versions = [found["version"] for found in groups[group]["versions"]]
        assert groups[group]["preferredVersion"]["version"] == versions[0]
        found = cluster_under_test.get(f"/apis/{group}")
        assert (found["kind"], found["name"], found["versions"]) == ("APIGroup", group, groups[group]["versions"])


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_resource_lists(cluster_under_test, kind):
    group, version, plural, singular, name, namespaced, short, subresources = kind
    document = resource_list(cluster_under_test, group, version)
    assert document["groupVersion"] == (f"{group}/{version}" if group else version)
    found = {resource["name"]: resource for resource in document["resources"]}
    resource = found[plural]
    assert (resource["singularName"], resource["kind"], resource["namespaced"]) == (singular, name, namespaced)
    assert resource.get("shortNames", []) == short
    assert set(resource["verbs"]) >= VERBS
    for subresource in subresources:
        assert f"{plural}/{subresource}" in found
    if "scale" in subresources:
        scale = found[f"{plural}/scale"]
        assert (scale["group"], scale["version"], scale["kind"]) == ("autoscaling", "v1", "Scale")
        assert set(scale["verbs"]) == {"get", "patch", "update"}


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_aggregated_discovery(cluster_under_test, kind):
    group, version, plural, singular, name, namespaced, short, subresources = kind
    reply = cluster_under_test.ask("GET", "/apis" if group else "/api", accept=AGGREGATED)
    assert reply.content_type == AGGREGATED
    assert (reply.json["kind"], reply.json["apiVersion"]) == ("APIGroupDiscoveryList", "apidiscovery.k8s.io/v2")
    [item] = [found for found in reply.json["items"] if found["metadata"].get("name", "") == group]
    [listed] = [found for found in item["versions"] if found["version"] == version]
    assert listed["freshness"] == "Current"
    [resource] = [found for found in listed["resources"] if found["resource"] == plural]
    assert (resource["singularResource"], resource["responseKind"]["kind"]) == (singular, name)
    assert resource["scope"] == ("Namespaced" if namespaced else "Cluster")
    assert resource.get("shortNames", []) == short
    assert set(resource["verbs"]) >= VERBS
    offered = {found["subresource"]: found for found in resource.get("subresources", [])}
    assert set(offered) >= set(subresources)
    if "scale" in offered:
        assert offered["scale"]["responseKind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}


def test_a_server_that_takes_no_aggregated_form_is_asked_for_the_plain_one(cluster_under_test):
    accept = "application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json"
    assert cluster_under_test.get("/apis", accept=accept)["kind"] == "APIGroupList"


def test_who_may_discover(cluster_under_test):
    for url in ("/api", "/apis", "/api/v1", "/apis/apps/v1"):
        assert cluster_under_test.ask("GET", url, person="mallory").code == 200
        assert cluster_under_test.ask("GET", url, token="").code == 403
