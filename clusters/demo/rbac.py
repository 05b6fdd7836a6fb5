"""May this person do that? RBAC's rules evaluated over the role and binding objects of the store."""

from collections.abc import Iterator
from dataclasses import dataclass

from clusters.demo.paths import Target
from clusters.demo.statuses import Refusal
from clusters.demo.world.people import RBAC, Person
from clusters.demo.world.store import Store


@dataclass(frozen=True, slots=True)
class Deed:
    """What is asked for: a verb on a resource (with its subresource in `resource`), or on a path."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def deed_of(target: Target) -> Deed:
    if not target.resource:
        return Deed(target.verb, path=target.path)
    resource = f"{target.resource}/{target.subresource}" if target.subresource else target.resource
    return Deed(target.verb, target.group, resource, target.namespace, target.name)


def allowed(store: Store, person: Person, deed: Deed) -> bool:
    """Whether any rule bound to the person allows the deed."""
    if "system:masters" in person.groups:
        return True
    return any(_covers(rule, deed) for rule in rules_for(store, person, deed.namespace))


def rules_for(store: Store, person: Person, namespace: str) -> Iterator[dict]:
    """Every rule that holds for the person in a namespace (\"\" = cluster-wide ones only)."""
    for binding in store.items(f"clusterrolebindings.{RBAC}"):
        if _binds(binding, person):
            yield from _role(store, binding["roleRef"], "")
    if namespace:
        for binding in store.items(f"rolebindings.{RBAC}", namespace):
            if _binds(binding, person):
                yield from _role(store, binding["roleRef"], namespace)


def forbidden(person: Person, deed: Deed) -> Refusal:
    """403 in the API server's words."""
    if deed.path:
        return Refusal(403, "Forbidden", f'forbidden: User "{person.name}" cannot {deed.verb} path "{deed.path}"', {})
    plural = deed.resource.partition("/")[0]
    qualified = f"{plural}.{deed.group}" if deed.group else plural
    subject = f'{qualified} "{deed.name}"' if deed.name else qualified
    where = f'in the namespace "{deed.namespace}"' if deed.namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "{person.name}" cannot {deed.verb} resource "{deed.resource}" '
        f'in API group "{deed.group}" {where}'
    )
    details = {"name": deed.name} if deed.name else {}
    if deed.group:
        details["group"] = deed.group
    return Refusal(403, "Forbidden", message, {**details, "kind": plural})


def _binds(binding: dict, person: Person) -> bool:
    for subject in binding.get("subjects") or ():
        match subject["kind"]:
            case "User" if subject["name"] == person.name:
                return True
            case "Group" if subject["name"] in person.groups:
                return True
            case "ServiceAccount" if person.name == f"system:serviceaccount:{subject['namespace']}:{subject['name']}":
                return True
    return False


def _role(store: Store, ref: dict, namespace: str) -> list[dict]:
    if ref["kind"] == "ClusterRole":
        role = store.get(f"clusterroles.{RBAC}", "", ref["name"])
    else:
        role = store.get(f"roles.{RBAC}", namespace, ref["name"])
    return (role or {}).get("rules") or []


def _covers(rule: dict, deed: Deed) -> bool:
    if not {"*", deed.verb} & set(rule["verbs"]):
        return False
    if deed.path:
        return any(_covers_path(pattern, deed.path) for pattern in rule.get("nonResourceURLs") or ())
    names = rule.get("resourceNames") or ()
    return (
        bool({"*", deed.group} & set(rule.get("apiGroups") or ()))
        and any(_covers_resource(pattern, deed.resource) for pattern in rule.get("resources") or ())
        and (not names or deed.name in names)
    )


def _covers_path(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _covers_resource(pattern: str, resource: str) -> bool:
    if pattern in ("*", resource):
        return True
    return pattern.startswith("*/") and resource.partition("/")[2] == pattern[2:]
