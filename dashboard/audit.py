"""Who did what to which object, in the log: never a token, never the contents of an object."""

import logging

from django.http import HttpRequest

from clusters.connection import Connection
from clusters.kinds.kind import Kind
from dashboard import signin

logger = logging.getLogger("porthole.audit")


def record(
    request: HttpRequest, connection: Connection, verb: str, kind: Kind, namespace: str, name: str, result: str
) -> None:
    """Log one action and how it ended."""
    logger.info(
        "person=%r way=%r cluster=%r verb=%s object=%r result=%r",
        signin.person(request),
        str(signin.way_title(request)),
        connection.cluster.name,
        verb,
        f"{namespace}/{kind.key}/{name}",
        result,
    )
