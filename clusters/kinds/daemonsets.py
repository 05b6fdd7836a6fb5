"""DaemonSets: one pod a node; DESIRED, READY and UP-TO-DATE are their state."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.kind import Cells, Kind, State
from clusters.kinds.replicas import number, replicas_state


def daemon_set_state(cells: Cells) -> State:
    """The state from a DaemonSet's row; no node to run on is rest, not a fault."""
    ready, wanted, updated = (number(cells.get(key, "")) for key in ("ready", "desired", "up-to-date"))
    return replicas_state(ready, wanted, updated, age=cells.get("age", ""), per_node=True)


KIND = Kind(
    plural="daemonsets",
    group="apps",
    version="v1",
    kind="DaemonSet",
    title=_("DaemonSet"),
    title_plural=_("DaemonSets"),
    state=daemon_set_state,
    words={"off": _("No node to run on")},
    card=("ready", "desired"),
)
