"""Nodes: STATUS is a list of words."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.kind import Cells, Kind, State


def node_state(cells: Cells) -> State:
    """NotReady and Unknown are bad; a cordoned node is a warning."""
    status = cells.get("status", "")
    words = status.split(",")
    if "Ready" not in words:
        return State("bad", status or "Unknown")
    return State("warn" if "SchedulingDisabled" in words else "ok", status)


KIND = Kind(
    plural="nodes",
    version="v1",
    kind="Node",
    namespaced=False,
    title=_("Node"),
    title_plural=_("Nodes"),
    state=node_state,
    card=("roles", "version"),
)
