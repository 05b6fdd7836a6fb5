"""Deployments: READY, UP-TO-DATE and AVAILABLE are their state."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.kind import Cells, Kind, State
from clusters.kinds.replicas import fraction, number, replicas_state


def deployment_state(cells: Cells) -> State:
    """The state from a Deployment's row."""
    ready, wanted = fraction(cells.get("ready", ""))
    return replicas_state(ready, wanted, number(cells.get("up-to-date", "")), age=cells.get("age", ""))


KIND = Kind(
    plural="deployments",
    group="apps",
    version="v1",
    kind="Deployment",
    scalable=True,
    title=_("Deployment"),
    title_plural=_("Deployments"),
    state=deployment_state,
    words={"off": _("Scaled to zero")},
    card=("ready", "up-to-date"),
)
