"""What this server offers: /version, /api, /apis, each group's resources, and the aggregated form of all that."""

from collections.abc import Iterable

from clusters.demo.requests import Answer, Request, json_answer
from clusters.demo.world.resources import Resource, Subresource
from clusters.demo.world.world import World

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERSION = {
    "major": "1",
    "minor": "37",
    "emulationMajor": "1",
    "emulationMinor": "37",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "36",
    "gitVersion": "v1.37.2+demo",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-11-10T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "demo/python",
}


def document(world: World, request: Request, host: str) -> Answer | None:
    """The discovery document at a path, or None when there is none."""
    steps = request.path.strip("/").split("/")
    served = list(world.resources().values())
    match steps:
        case ["version"]:
            return json_answer(VERSION)
        case ["healthz" | "livez" | "readyz"]:
            return Answer(200, b"ok", "text/plain; charset=utf-8")
        case ["api"] if _aggregated(request):
            return _groups_answer("core", [found for found in served if not found.group])
        case ["api"]:
            addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}]
            return json_answer({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses})
        case ["apis"] if _aggregated(request):
            return _groups_answer("", [found for found in served if found.group])
        case ["apis"]:
            groups = [_group(name, found) for name, found in _by_group(served).items() if name]
            return json_answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        case ["apis", name] if name in _by_group(served):
            return json_answer({"kind": "APIGroup", "apiVersion": "v1", **_group(name, _by_group(served)[name])})
        case ["api", version]:
            return _resource_list(served, "", version)
        case ["apis", name, version]:
            return _resource_list(served, name, version)
    return None


def _aggregated(request: Request) -> bool:
    return "as=APIGroupDiscoveryList" in request.header("accept") and "v=v2" in request.header("accept")


def _by_group(served: Iterable[Resource]) -> dict[str, list[Resource]]:
    groups: dict[str, list[Resource]] = {}
    for found in served:
        groups.setdefault(found.group, []).append(found)
    return groups


def _group(name: str, resources: list[Resource]) -> dict:
    versions = [
        {"groupVersion": f"{name}/{version}", "version": version}
        for version in dict.fromkeys(found.version for found in resources)
    ]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resource_list(served: list[Resource], group: str, version: str) -> Answer | None:
    chosen = [found for found in served if (found.group, found.version) == (group, version)]
    if not chosen:
        return None
    entries: list[dict] = []
    for found in chosen:
        entry: dict = {
            "name": found.name,
            "singularName": found.singular,
            "namespaced": found.namespaced,
            "kind": found.kind,
            "verbs": list(found.verbs),
        }
        if found.short_names:
            entry["shortNames"] = list(found.short_names)
        if found.categories:
            entry["categories"] = list(found.categories)
        entries.append(entry)
        entries.extend(_subresource_entry(found, sub) for sub in found.subresources)
    group_version = f"{group}/{version}" if group else version
    return json_answer(
        {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": entries}
    )


def _subresource_entry(found: Resource, sub: Subresource) -> dict:
    entry: dict = {
        "name": f"{found.name}/{sub.name}",
        "singularName": "",
        "namespaced": found.namespaced,
        "kind": sub.kind,
        "verbs": list(sub.verbs),
    }
    return {**entry, "group": sub.group, "version": sub.version} if sub.group else entry


def _groups_answer(only: str, resources: list[Resource]) -> Answer:
    items = []
    for name, found in _by_group(resources).items():
        versions = [
            {
                "version": version,
                "resources": [_aggregated_entry(one) for one in found if one.version == version],
                "freshness": "Current",
            }
            for version in dict.fromkeys(one.version for one in found)
        ]
        items.append({"metadata": {"name": name} if name else {}, "versions": versions})
    body = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}
    return json_answer(body, content_type=AGGREGATED)


def _aggregated_entry(found: Resource) -> dict:
    entry: dict = {
        "resource": found.name,
        "responseKind": _response_kind(found, found.kind),
        "scope": "Namespaced" if found.namespaced else "Cluster",
        "singularResource": found.singular,
        "verbs": list(found.verbs),
    }
    if found.short_names:
        entry["shortNames"] = list(found.short_names)
    if found.categories:
        entry["categories"] = list(found.categories)
    if found.subresources:
        entry["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": _response_kind(found, sub.kind, sub.group, sub.version),
                "verbs": list(sub.verbs),
            }
            for sub in found.subresources
        ]
    return entry


def _response_kind(found: Resource, kind: str, group: str = "", version: str = "") -> dict:
    """The kind an endpoint answers with; the real server names group and version only where they are not its own."""
    if found.custom:
        group, version = group or found.group, version or found.version
    return {"group": group, "version": version, "kind": kind}
