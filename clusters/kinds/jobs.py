"""Jobs: STATUS since Kubernetes 1.31."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.kind import Cells, Kind, State

TONES = {"Complete": "off", "SuccessCriteriaMet": "off", "Running": "busy", "Suspended": "warn", "Terminating": "busy"}


def job_state(cells: Cells) -> State:
    """Anything but a known good word (Failed, FailureTarget) is bad."""
    status = cells.get("status", "")
    return State(TONES.get(status, "bad"), status) if status else State("", "")


KIND = Kind(
    plural="jobs",
    group="batch",
    version="v1",
    kind="Job",
    title=_("Job"),
    title_plural=_("Jobs"),
    state=job_state,
    words={"off": _("Finished")},
    card=("completions", "duration"),
)
