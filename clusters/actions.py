"""What a person can do to a cluster: one small function each, tried by the API server itself first (dry run)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from clusters.connection import Connection
from clusters.errors import Conflict
from clusters.kinds.kind import Kind
from clusters.wire import Scale

DRY_RUN = ("dryRun", "All")
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Scaled:
    """The replicas that were wanted before and after."""

    before: int
    after: int


class ReplicasChanged(Conflict):
    """Somebody else changed the number since the person saw it; ``current`` is what it is now."""

    def __init__(self, seen: int, current: int) -> None:
        super().__init__(
            _("The number of replicas is %(current)d now; it was %(seen)d when you looked.")
            % {"current": current, "seen": seen},
            status=409,
            reason="Conflict",
        )
        self.current = current


def read_scale(connection: Connection, kind: Kind, namespace: str, name: str) -> Scale:
    """The scale subresource: how many replicas are wanted and how many there are. Raises ClusterError."""
    return connection.get(kind.path(namespace, name, "scale"), type=Scale)


def scale(
    connection: Connection,
    kind: Kind,
    namespace: str,
    name: str,
    replicas: int,
    *,
    seen: int | None = None,
    dry_run: bool = False,
) -> Scaled:
    """Ask for ``replicas`` through the scale subresource; ``dry_run`` lets the API server try it and change nothing.

    With ``seen``, the number that the person decided on, raises ReplicasChanged if it is another one by now. The
    object's status changes its resourceVersion all the time during a rollout, so a conflict in which the wanted number
    is still ``seen`` is tried again. Raises ClusterError in the server's words otherwise.
    """
    for attempt in range(1, ATTEMPTS + 1):
        current = read_scale(connection, kind, namespace, name)
        if seen is not None and current.spec.replicas != seen:
            raise ReplicasChanged(seen, current.spec.replicas)
        try:
            answer = connection.send(
                "PUT",
                kind.path(namespace, name, "scale"),
                scale_body(current, replicas),
                [DRY_RUN] if dry_run else [],
                type=Scale,
            )
        except Conflict:
            if attempt == ATTEMPTS:
                raise
        else:
            return Scaled(current.spec.replicas, answer.spec.replicas)
    raise AssertionError("the loop above returns or raises")


def scale_body(current: Scale, replicas: int) -> dict[str, Any]:
    """A Scale object for the same object at the same resourceVersion."""
    metadata = current.metadata
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {
            "name": metadata.name,
            "namespace": metadata.namespace,
            "resourceVersion": metadata.resource_version,
        },
        "spec": {"replicas": replicas},
    }
