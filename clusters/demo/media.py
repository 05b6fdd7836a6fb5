"""Which form of an answer a client accepts."""

from collections.abc import Iterator

from clusters.demo.requests import Request
from clusters.demo.statuses import not_acceptable, unknown_406

# What the real server offers, in its order; here only JSON is answered.
OFFERED = (
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
)


def wants_table(request: Request) -> bool:
    """Whether the client wants a meta.k8s.io/v1 Table; raises Refusal (406) when it takes nothing we have."""
    known = False
    for kind, parameters in _accepted(request):
        known = known or kind in (*OFFERED, "application/*", "*/*")
        if kind in ("application/json", "application/*", "*/*"):
            if "as" not in parameters:
                return False
            if (parameters["as"], parameters.get("v"), parameters.get("g")) == ("Table", "v1", "meta.k8s.io"):
                return True
    raise not_acceptable(OFFERED) if known else unknown_406(OFFERED)


def _accepted(request: Request) -> Iterator[tuple[str, dict[str, str]]]:
    for entry in (request.header("accept") or "*/*").split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        yield kind.lower(), dict(part.split("=", 1) for part in parameters if "=" in part)
