"""The way back after scaling: an offer in the URL that only the one who scaled can take, for a while."""

import json

from django.core import signing
from django.http import HttpRequest

from clusters.connection import Connection
from clusters.kinds.kind import Kind

PARAMETER = "undo"
SECONDS = 600


def offer(
    request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str, before: int, after: int
) -> str:
    """The signed value of PARAMETER that says from how many to how many replicas this object was just scaled."""
    return signing.dumps([before, after], salt=salt_of(request, connection, kind, namespace, name))


def offered(
    request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str
) -> tuple[int, int] | None:
    """From how many to how many replicas this session has scaled this object lately, as the URL says; else None."""
    salt = salt_of(request, connection, kind, namespace, name)
    try:
        before, after = signing.loads(request.GET.get(PARAMETER, ""), salt=salt, max_age=SECONDS)
    except signing.BadSignature:
        return None
    return before, after


def salt_of(request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str) -> str:
    """What an offer is bound to, besides its numbers: made for another session or object it is no offer."""
    bound_to = [request.session.session_key, connection.cluster.name, kind.key, namespace, name]
    return f"{__name__}:{json.dumps(bound_to)}"
