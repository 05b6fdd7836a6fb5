"""Events: a warning is a state; the newest are read first."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.kind import Cells, Kind, State


def event_state(cells: Cells) -> State:
    """The reason of an event, as a warning or as nothing in particular."""
    return State("off" if cells.get("type") == "Normal" else "warn", cells.get("reason", ""))


KIND = Kind(
    plural="events",
    version="v1",
    kind="Event",
    title=_("Event"),
    title_plural=_("Events"),
    state=event_state,
    card=("last seen", "count", "message"),  # untranslated: the API server's columns
    words={"attention": _("Warnings"), "busy": "", "ok": "", "off": _("Normal")},
    headline="object",
    unlisted=frozenset({"type", "reason"}),  # they are the state
    order="last seen",  # untranslated: a column too
)
