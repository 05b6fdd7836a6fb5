"""Questions about oneself: may I, what may I, who am I."""

import msgspec

from clusters.demo.rbac import Deed, rules_for, why
from clusters.demo.requests import Answer, Request, json_answer
from clusters.demo.statuses import bad_request, invalid
from clusters.demo.world.clock import stamp
from clusters.demo.world.people import Person
from clusters.demo.world.world import World

AUTHORIZATION = "authorization.k8s.io/v1"


def review(world: World, request: Request, person: Person, kind: str) -> Answer:
    """Answer a self review of that kind; raises Refusal (400, 422)."""
    try:
        asked = msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    spec = asked.get("spec") or {}
    metadata: dict = {}
    match kind:
        case "SelfSubjectAccessReview":
            found = {"kind": kind, "apiVersion": AUTHORIZATION, "metadata": metadata, "spec": spec}
            return json_answer({**found, "status": _access(world, person, spec)}, 201)
        case "SelfSubjectRulesReview":
            found = {"kind": kind, "apiVersion": AUTHORIZATION, "metadata": metadata, "spec": {}}
            return json_answer({**found, "status": _rules(world, person, spec.get("namespace", ""))}, 201)
        case _:
            metadata["creationTimestamp"] = stamp(world.now())
            found = {"kind": kind, "apiVersion": "authentication.k8s.io/v1", "metadata": metadata}
            return json_answer({**found, "status": {"userInfo": _user(person)}}, 201)


def _access(world: World, person: Person, spec: dict) -> dict:
    resource, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) == (other is None):
        text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        raise invalid("", "authorization.k8s.io", "", [("FieldValueInvalid", "spec", f"Invalid value: null: {text}")])
    if other is not None:
        deed = Deed(other.get("verb", ""), path=other.get("path", ""))
    else:
        resource = resource or {}
        name = resource.get("resource", "")
        if resource.get("subresource"):
            name = f"{name}/{resource['subresource']}"
        deed = Deed(
            resource.get("verb", ""),
            resource.get("group", ""),
            name,
            resource.get("namespace", ""),
            resource.get("name", ""),
        )
    reason = why(world.store, person, deed)
    return {"allowed": True, "reason": reason} if reason else {"allowed": False}


def _rules(world: World, person: Person, namespace: str) -> dict:
    if not namespace:
        raise bad_request("no namespace on request")
    resources, paths = [], []
    for rule in rules_for(world.store, person, namespace):
        if rule.get("nonResourceURLs"):
            paths.append({"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]})
        else:
            fields = ("verbs", "apiGroups", "resources", "resourceNames")
            resources.append({field: rule[field] for field in fields if rule.get(field)})
    return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}


def _user(person: Person) -> dict:
    found: dict = {"username": person.name, "groups": list(person.groups)}
    if person.uid:
        found["uid"] = person.uid
    if person.extra:
        found["extra"] = {key: list(values) for key, values in person.extra}
    return found
