"""Label and field selectors: the full grammar of `labelSelector` and `fieldSelector`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clusters.demo.statuses import bad_request
from clusters.demo.world.resources import Resource

# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_KEY = re.compile(rf"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?{_NAME}")
_VALUE = re.compile(rf"({_NAME})?")
_TOKEN = re.compile(r"\s*(?:(?P<symbol>==|!=|[=!,()<>])|(?P<word>[^\s=!,()<>]+))")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label; `operator` is one of in, notin, exists, !exists, gt, lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil it."""
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!exists":
                return value is None
            case _:
                return _compares(value, self.operator, self.values[0])


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """Parse a labelSelector; raises Refusal (400) on bad grammar."""
    tokens = _tokens(text)
    requirements: list[Requirement] = []
    position = 0
    while position < len(tokens):
        requirement, position = _requirement(tokens, position)
        requirements.append(requirement)
        if position < len(tokens):
            if tokens[position] != ",":
                raise bad_request(
                    f"unable to parse requirement: found '{tokens[position]}', expected: ',' or 'end of string'"
                )
            position += 1
            if position == len(tokens):
                raise bad_request("found '', expected: identifier after ','")
    return tuple(requirements)


def matches_labels(requirements: tuple[Requirement, ...], obj: dict) -> bool:
    """Whether an object fulfils all requirements."""
    labels = obj["metadata"].get("labels") or {}
    return all(requirement.matches(labels) for requirement in requirements)


def from_selector(selector: dict) -> tuple[Requirement, ...]:
    """The requirements of a LabelSelector object (matchLabels and matchExpressions)."""
    operators = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!exists"}
    found = [Requirement(key, "in", (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    found += [
        Requirement(expression["key"], operators[expression["operator"]], tuple(expression.get("values") or ()))
        for expression in selector.get("matchExpressions") or ()
    ]
    return tuple(found)


def format_selector(selector: dict | None) -> str:
    """Write a LabelSelector object as kubectl shows it: sorted by key, `<none>` when it selects nothing."""
    if selector is None:
        return "<none>"
    parts = []
    for requirement in sorted(from_selector(selector), key=lambda found: found.key):
        values = ",".join(sorted(requirement.values))
        match requirement.operator:
            case "in" if requirement.key in (selector.get("matchLabels") or {}):
                parts.append(f"{requirement.key}={values}")
            case "in" | "notin":
                parts.append(f"{requirement.key} {requirement.operator} ({values})")
            case "exists":
                parts.append(requirement.key)
            case _:
                parts.append(f"!{requirement.key}")
    return ",".join(parts) or "<none>"


def parse_fields(text: str, resource: Resource) -> tuple[tuple[str, bool, str], ...]:
    """Parse a fieldSelector into (field, equal, value); raises Refusal (400) for a field that is not offered."""
    found = []
    for term in filter(None, re.split(r"(?<!\\),", text)):
        match = re.fullmatch(r"([^=!]*)(==|!=|=)(.*)", term, re.DOTALL)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        field, operator, value = match.groups()
        if field not in fields_of(resource):
            raise bad_request(_not_supported(field, resource))
        found.append((field, operator != "!=", re.sub(r"\\([\\,=])", r"\1", value)))
    return tuple(found)


def matches_fields(terms: tuple[tuple[str, bool, str], ...], obj: dict, resource: Resource) -> bool:
    """Whether an object fulfils all terms of a fieldSelector."""
    fields = fields_of(resource)
    return all((fields[field](obj) == value) is equal for field, equal, value in terms)


def fields_of(resource: Resource) -> Mapping[str, Callable[[dict], str]]:
    """The selectable fields of a resource."""
    return _FIELDS.get(resource.key, _CLUSTER_FIELDS if not resource.namespaced else _COMMON_FIELDS)


def _tokens(text: str) -> list[str]:
    tokens = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise bad_request(f"unable to parse requirement: found '{text[position:]}'")
        tokens.append(match["symbol"] or match["word"])
        position = match.end()
    return tokens


def _requirement(tokens: list[str], position: int) -> tuple[Requirement, int]:
    def token(at: int) -> str:
        return tokens[at] if at < len(tokens) else ""

    absent = token(position) == "!"
    key = token(position + absent)
    if not key or key in "=!,()<>" or key in ("==", "!="):
        raise bad_request(f"found '{key}', expected: !, identifier, or 'end of string'")
    if not _KEY.fullmatch(key):
        raise bad_request(
            f'unable to parse requirement: <nil>: Invalid value: "{key}": name part must consist of alphanumeric '
            "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or "
            "'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        )
    position += absent + 1
    operator = token(position)
    if absent:
        return Requirement(key, "!exists"), position
    if operator in ("", ","):
        return Requirement(key, "exists"), position
    if operator in ("=", "==", "!="):
        value, position = _value(key, token, position + 1)
        return Requirement(key, "notin" if operator == "!=" else "in", (value,)), position
    if operator in (">", "<"):
        value, position = _value(key, token, position + 1)
        return Requirement(key, "gt" if operator == ">" else "lt", (value,)), position
    if operator in ("in", "notin"):
        values, position = _values(key, token, position + 1)
        return Requirement(key, operator, values), position
    raise bad_request(f"unable to parse requirement: found '{operator}', expected: in, notin, =, ==, !=, gt, lt")


def _value(key: str, token: Callable[[int], str], position: int) -> tuple[str, int]:
    value = token(position)
    if value in ("", ","):
        return "", position
    _check_value(key, value)
    return value, position + 1


def _values(key: str, token: Callable[[int], str], position: int) -> tuple[tuple[str, ...], int]:
    if token(position) != "(":
        raise bad_request(f"unable to parse requirement: found '{token(position)}' expected: '('")
    values: list[str] = []
    position += 1
    expecting = True
    while token(position) != ")":
        word = token(position)
        if word == "":
            raise bad_request("unable to parse requirement: found '', expected: ',' or ')'")
        if word == ",":
            if expecting:
                values.append("")
            expecting = True
        else:
            _check_value(key, word)
            values.append(word)
            expecting = False
        position += 1
    if expecting:
        values.append("")
    return tuple(values), position + 1


def _check_value(key: str, value: str) -> None:
    if not _VALUE.fullmatch(value):
        raise bad_request(
            f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": a valid label must be an empty '
            "string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
            "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        )


def _compares(value: str | None, operator: str, bound: str) -> bool:
    try:
        left, right = int(value or ""), int(bound)
    except ValueError:
        return False
    return left > right if operator == "gt" else left < right


def _not_supported(field: str, resource: Resource) -> str:
    if resource.key in _FIELDS or resource.custom:
        return f"field label not supported: {field}"
    return f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _at(*path: str) -> Callable[[dict], str]:
    def read(obj: dict) -> str:
        value: object = obj
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)

    return read


def _paths(*paths: str) -> dict[str, Callable[[dict], str]]:
    return {path: _at(*path.split(".")) for path in paths}


_COMMON_FIELDS = _paths("metadata.name", "metadata.namespace")
_CLUSTER_FIELDS = _paths("metadata.name")
_FIELDS: dict[str, Mapping[str, Callable[[dict], str]]] = {
    "pods": {
        **_COMMON_FIELDS,
        **_paths(
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ),
        "spec.hostNetwork": lambda pod: str(bool(pod["spec"].get("hostNetwork"))).lower(),
    },
    "events": {
        **_COMMON_FIELDS,
        **_paths(
            *(
                f"involvedObject.{field}"
                for field in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
            ),
            "reason",
            "type",
        ),
        "reportingComponent": lambda event: event.get("reportingComponent") or event["source"].get("component", ""),
        "source": lambda event: event["source"].get("component", ""),
    },
    "namespaces": {**_paths("metadata.name", "status.phase"), "name": _at("metadata", "name")},
    "nodes": {
        **_paths("metadata.name"),
        "spec.unschedulable": lambda node: str(bool(node["spec"].get("unschedulable"))).lower(),
    },
    "secrets": {**_COMMON_FIELDS, **_paths("type")},
    "jobs.batch": {**_COMMON_FIELDS, "status.successful": lambda job: str(job.get("status", {}).get("succeeded", 0))},
    "replicasets.apps": {
        **_COMMON_FIELDS,
        "status.replicas": lambda found: str(found.get("status", {}).get("replicas", 0)),
    },
}
