"""Pods: kubectl's STATUS column is their state."""

import re

from django.utils.translation import gettext_lazy as _

from clusters.durations import NEW, within
from clusters.kinds.kind import Cells, Kind, State

FINISHED = {"Completed", "Succeeded"}
ON_THEIR_WAY = {"ContainerCreating", "PodInitializing", "Terminating"}
WAITING = {"Pending", "SchedulingGated", "NotReady"}
RESTARTED = re.compile(r"[0-9]+ \(([0-9a-z]+) ago\)")
RECENT = 15 * 60  # seconds since a restart; a crash loop waits for five minutes at most


def pod_state(cells: Cells) -> State:
    """The tone of a pod from its cells; every status that is not known to be good counts as bad."""
    status = cells.get("status", "")
    if status in FINISHED:
        return State("off", status)
    if status in ON_THEIR_WAY:
        return State("busy", status)
    if status in WAITING:
        return State("busy" if within(cells.get("age", ""), NEW) else "warn", status)
    if status.startswith("Init:") and "/" in status:
        return State("busy", status)
    if status != "Running":
        return State("bad", status or "Unknown")
    return State(running_tone(cells), status)


def running_tone(cells: Cells) -> str:
    """The tone of a running pod: one that crashes in a loop runs, and may be ready, for a while of every round."""
    restarted = RESTARTED.fullmatch(cells.get("restarts", ""))
    if restarted and within(restarted[1], RECENT):
        return "warn"
    ready, _slash, wanted = cells.get("ready", "").partition("/")
    if ready == wanted:
        return "ok"
    return "busy" if within(cells.get("age", ""), NEW) else "warn"


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
