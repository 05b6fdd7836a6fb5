"""StatefulSets: READY is their state."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.kind import Cells, Kind, State
from clusters.kinds.replicas import fraction, replicas_state


def stateful_set_state(cells: Cells) -> State:
    """The state from a StatefulSet's row, which does not tell how many are of the newest template."""
    ready, wanted = fraction(cells.get("ready", ""))
    return replicas_state(ready, wanted, wanted, age=cells.get("age", ""))


KIND = Kind(
    plural="statefulsets",
    group="apps",
    version="v1",
    kind="StatefulSet",
    scalable=True,
    title=_("StatefulSet"),
    title_plural=_("StatefulSets"),
    state=stateful_set_state,
    words={"off": _("Scaled to zero")},
    card=("ready",),
)
