"""A request's path taken apart, as the API server's RequestInfo does it."""

from dataclasses import dataclass
from urllib.parse import unquote

# https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/request#RequestInfoFactory
VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about; `resource` is empty for a path that is no resource (then `verb` is the method)."""

    verb: str
    path: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""


def parse(method: str, raw_path: str, query: dict[str, list[str]]) -> Target:
    """Take a path apart; any path gives a Target."""
    path = unquote(raw_path)
    plain = Target(method.lower(), path)
    steps = [step for step in path.split("/") if step]
    if len(steps) >= 3 and steps[0] == "api":
        group, version, rest = "", steps[1], steps[2:]
    elif len(steps) >= 4 and steps[0] == "apis":
        group, version, rest = steps[1], steps[2], steps[3:]
    else:
        return plain
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in ("status", "finalize"):
            rest = rest[2:]
    resource, name, subresource = (*rest[:3], "", "")[:3] if len(rest) < 4 else (rest[0], rest[1], "/".join(rest[2:]))
    verb = VERBS.get(method, "")
    if verb == "get" and not name:
        verb = "watch" if _is_true(query.get("watch")) else "list"
    elif verb == "delete" and not name:
        verb = "deletecollection"
    return Target(verb, path, group, version, namespace, resource, name, subresource)


def _is_true(values: list[str] | None) -> bool:
    return bool(values) and values[0].lower() not in ("", "0", "false") if values else False
