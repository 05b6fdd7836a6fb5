"""ReplicaSets: DESIRED and READY are their state."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.kind import Cells, Kind, State
from clusters.kinds.replicas import number, replicas_state


def replica_set_state(cells: Cells) -> State:
    """The state from a ReplicaSet's row."""
    wanted = number(cells.get("desired", ""))
    return replicas_state(number(cells.get("ready", "")), wanted, wanted, age=cells.get("age", ""))


KIND = Kind(
    plural="replicasets",
    group="apps",
    version="v1",
    kind="ReplicaSet",
    scalable=True,
    title=_("ReplicaSet"),
    title_plural=_("ReplicaSets"),
    state=replica_set_state,
    words={"off": _("Scaled to zero")},
    card=("ready", "desired"),
)
