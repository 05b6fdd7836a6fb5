"""Who did what to which object, in the log: never a token, never the contents of an object."""

import logging

from django.http import HttpRequest

from clusters.connection import Connection
from clusters.kinds.kind import Kind
from clusters.models import Cluster
from dashboard import signin

logger = logging.getLogger("porthole.audit")


def record(
    request: HttpRequest, connection: Connection, verb: str, kind: Kind, namespace: str, name: str, result: str
) -> None:
    """Log one action and how it ended."""
    note(request, connection.cluster, verb, f"{namespace}/{kind.key}/{name}", result)


def note(request: HttpRequest, cluster: Cluster, verb: str, about: str, result: str) -> None:
    """Log what somebody did at a cluster, to an object or to their own sign-in there."""
    logger.info(
        "person=%r way=%r cluster=%r verb=%s object=%r result=%r request=%s",
        signin.person(request),
        way_at(request, cluster),
        cluster.name,
        verb,
        about,
        result,
        getattr(request, "request_id", "-"),
    )


def way_at(request: HttpRequest, cluster: Cluster) -> str:
    """How the person is signed in; with the user of the token that they pasted for this cluster, if they did."""
    token = signin.ways().get("token")
    user = token.user_of(request, cluster) if token else ""
    return f"{token.TITLE} ({user})" if token and user else str(signin.way_title(request))
