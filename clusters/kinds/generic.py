"""Kinds that nothing is special about, CRDs above all: their columns often tell a state all the same."""

from clusters.kinds.kind import Cells, State

STATE_COLUMNS = ("status", "phase", "ready", "state", "available")
TONE_OF_WORD = {
    "true": "ok", "ready": "ok", "active": "ok", "bound": "ok", "available": "ok", "running": "ok", "healthy": "ok",
    "established": "ok", "approved,issued": "ok", "synced": "ok",
    "false": "bad", "failed": "bad", "error": "bad", "lost": "bad", "notready": "bad", "degraded": "bad",
    "pending": "warn", "unknown": "warn", "suspended": "warn", "released": "warn",
    "terminating": "busy", "progressing": "busy", "creating": "busy", "deleting": "busy",
    "complete": "off", "completed": "off", "succeeded": "off",
}  # fmt: skip


def generic_state(cells: Cells) -> State:
    """The first column that usually tells a state, if its word is a known one."""
    for column in STATE_COLUMNS:
        word = cells.get(column, "")
        if tone := TONE_OF_WORD.get(word.lower()):
            return State(tone, word)
    return State("", "")
