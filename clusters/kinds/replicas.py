"""What kinds with a wanted number of replicas share: their state in a word."""

from django.utils.translation import gettext as _

from clusters.durations import NEW, within
from clusters.kinds.kind import State


def replicas_state(ready: int, wanted: int, updated: int, *, age: str = "", per_node: bool = False) -> State:
    """The state of ``ready`` of ``wanted`` replicas, ``updated`` of which are of the newest template.

    ``age`` is the cell of that name: what is new is on its way. With ``per_node`` nobody chose the number: it is that
    of the nodes to run on.
    """
    new = within(age, NEW)
    if wanted == 0:
        return State("off", _("No node to run on") if per_node else _("Scaled to zero"))
    if ready == 0:
        return State("busy" if new else "bad", _("None ready"))
    if ready < wanted:
        return State("busy" if new else "warn", _("%(ready)d of %(wanted)d ready") % {"ready": ready, "wanted": wanted})
    if updated < wanted or ready > wanted:
        return State("busy", _("Rolling out"))
    return State("ok", _("Ready"))


def number(text: str) -> int:
    """A cell's number; 0 where it shows none."""
    return int(text) if text.isdecimal() else 0


def fraction(text: str) -> tuple[int, int]:
    """A ``2/3`` cell as two numbers."""
    ready, _slash, wanted = text.partition("/")
    return number(ready), number(wanted)
