"""Objects as meta.k8s.io/v1 Tables: what kubectl prints."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from clusters.demo.ages import since
from clusters.demo.cells import CELLS
from clusters.demo.pod_cells import row_conditions
from clusters.demo.statuses import bad_request
from clusters.demo.world.clock import moment
from clusters.demo.world.resources import Resource
from clusters.demo.world.store import Store

INCLUDE = ("None", "Metadata", "Object")


@cache
def _built_in() -> dict[str, list[dict]]:
    return msgspec.json.decode((Path(__file__).parent / "columns.json").read_bytes())


def include_of(value: str) -> str:
    """Check the `includeObject` parameter; raises Refusal (400)."""
    if value and value not in INCLUDE:
        raise bad_request(
            f'Unable to convert to Table as requested: includeObject: Invalid value: "{value}": '
            "must be 'Metadata', 'Object', 'None', or empty"
        )
    return value or "Metadata"


def table(
    resource: Resource,
    objects: Iterable[dict],
    store: Store,
    now: float,
    include: str,
    metadata: dict,
    *,
    headers: bool = True,
) -> dict:
    """A Table of the objects; without `headers` the column definitions are left out, as after a watch's first event."""
    printed = _printer_columns(resource, store) if resource.custom else []
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns_of(resource, printed) if headers else None,
        "rows": [row(resource, obj, printed, now, include) for obj in objects],
    }


def columns_of(resource: Resource, printed: list[dict]) -> list[dict]:
    """The column definitions of a resource; `printed` are a custom resource's additionalPrinterColumns."""
    known = _built_in()
    if resource.key in known:
        return known[resource.key]
    name = known["pods"][0]
    created = known["pods"][4]["description"]
    if not resource.custom:
        return [name, {**name, "name": "Created At", "type": "date", "format": "", "description": created}]
    if not printed:
        return [name, {**name, "name": "Age", "type": "date", "format": "", "description": created}]
    return [name, *(_custom_column(column) for column in printed)]


def row(resource: Resource, obj: dict, printed: list[dict], now: float, include: str) -> dict:
    """One row: cells, row conditions where there are any, and as much of the object as was asked for."""
    found: dict = {"cells": _cells(resource, obj, printed, now)}
    if resource.key == "pods" and (conditions := row_conditions(obj)):
        found["conditions"] = conditions
    if include == "Object":
        found["object"] = obj
    elif include == "Metadata":
        found["object"] = {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": obj["metadata"],
        }
    else:
        found["object"] = None
    return found


def _cells(resource: Resource, obj: dict, printed: list[dict], now: float) -> list:
    if resource.key in CELLS:
        return CELLS[resource.key](obj, now)
    metadata = obj["metadata"]
    if not resource.custom:
        return [metadata["name"], metadata["creationTimestamp"]]
    if not printed:
        return [metadata["name"], since(metadata["creationTimestamp"], now)]
    return [metadata["name"], *(_custom_cell(obj, column, now) for column in printed)]


def _printer_columns(resource: Resource, store: Store) -> list[dict]:
    definition = store.get("customresourcedefinitions.apiextensions.k8s.io", "", resource.key)
    versions = definition["spec"]["versions"] if definition else []
    return next((v.get("additionalPrinterColumns") or [] for v in versions if v["name"] == resource.version), [])


def _custom_column(column: dict) -> dict:
    return {
        "name": column["name"],
        "type": column["type"],
        "format": column.get("format", ""),
        "description": column.get("description")
        or f"Custom resource definition column (in JSONPath format): {column['jsonPath']}",
        "priority": column.get("priority", 0),
    }


def _custom_cell(obj: dict, column: dict, now: float) -> object:
    value: object = obj
    for step in column["jsonPath"].lstrip(".").split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return None
    match column["type"]:
        case "date":
            return since(str(value), now) if moment(str(value)) else None
        case "string":
            return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        case _:
            return value
