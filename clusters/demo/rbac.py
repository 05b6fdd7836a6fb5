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
    """What a request asks for, as RBAC sees it."""
    if not target.resource:
        return Deed(target.verb, path=target.path)
    resource = f"{target.resource}/{target.subresource}" if target.subresource else target.resource
    return Deed(target.verb, target.group, resource, target.namespace, target.name)


def allowed(store: Store, person: Person, deed: Deed) -> bool:
    """Whether any rule bound to the person allows the deed."""
    if "system:masters" in person.groups:
        return True
    return bool(why(store, person, deed))


def why(store: Store, person: Person, deed: Deed) -> str:
    """Which binding allows the deed, in the words of an access review; empty when none does."""
    for binding, subject in _bindings(store, person, deed.namespace):
        ref, metadata = binding["roleRef"], binding["metadata"]
        if any(_covers(rule, deed) for rule in _role(store, ref, metadata.get("namespace", ""))):
            name = metadata["name"]
            if metadata.get("namespace"):
                name = f"{name}/{metadata['namespace']}"
            who = subject["name"]
            if subject.get("namespace"):
                who = f"{who}/{subject['namespace']}"
            rule = f'{binding["kind"]} "{name}" of {ref["kind"]} "{ref["name"]}"'
            return f'RBAC: allowed by {rule} to {subject["kind"]} "{who}"'
    return ""


def rules_for(store: Store, person: Person, namespace: str) -> Iterator[dict]:
    """Every rule that holds for the person in a namespace (empty = cluster-wide ones only)."""
    for binding, _ in _bindings(store, person, namespace):
        yield from _role(store, binding["roleRef"], binding["metadata"].get("namespace", ""))


def _bindings(store: Store, person: Person, namespace: str) -> Iterator[tuple[dict, dict]]:
    """(binding, the subject in it that is the person) for all that concern a namespace."""
    for binding in store.items(f"clusterrolebindings.{RBAC}"):
        if subject := _subject(binding, person):
            yield binding, subject
    if namespace:
        for binding in store.items(f"rolebindings.{RBAC}", namespace):
            if subject := _subject(binding, person):
                yield binding, subject


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


def _subject(binding: dict, person: Person) -> dict | None:
    for subject in binding.get("subjects") or ():
        kind, name = subject["kind"], subject["name"]
        if kind == "Group":
            found = name in person.groups
        elif kind == "ServiceAccount":
            found = person.name == f"system:serviceaccount:{subject['namespace']}:{name}"
        else:
            found = person.name == name
        if found:
            return subject
    return None


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
