"""Pods: kubectl's STATUS column is their state."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.kind import Cells, Kind, State

FINISHED = {"Completed", "Succeeded"}
ON_THEIR_WAY = {"ContainerCreating", "PodInitializing", "Terminating"}
WAITING = {"Pending", "SchedulingGated", "NotReady"}


def pod_state(cells: Cells) -> State:
    """The tone of a pod from STATUS and READY; every status that is not known to be good counts as bad."""
    status = cells.get("status", "")
    if status in FINISHED:
        return State("off", status)
    if status in ON_THEIR_WAY:
        return State("busy", status)
    if status in WAITING:
        return State("warn", status)
    if status.startswith("Init:") and "/" in status:
        return State("busy", status)
    if status != "Running":
        return State("bad", status or "Unknown")
    ready, _slash, wanted = cells.get("ready", "").partition("/")
    return State("ok" if ready == wanted else "warn", status)


KIND = Kind(
    plural="pods",
    version="v1",
    kind="Pod",
    title=_("Pod"),
    title_plural=_("Pods"),
    state=pod_state,
    words={"ok": _("Running"), "off": _("Finished")},
    card=("ready", "restarts", "node"),
    unlisted=frozenset({"nominated node", "readiness gates"}),  # untranslated: the API server's own column names
)
