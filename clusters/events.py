"""Events of one object, newest first."""

from datetime import UTC, datetime

from clusters.connection import Connection
from clusters.kinds import EVENTS
from clusters.wire import Event, EventList

MOST = 50
LONG_AGO = datetime.fromtimestamp(0, UTC)


def of_object(connection: Connection, namespace: str, uid: str, kind: str, name: str) -> list[Event]:
    """The newest MOST events about an object. Raises ClusterError.

    By uid, so that events of a namesake that was deleted do not count; nodes' events name the node as their uid.
    """
    about = f"involvedObject.kind={kind},involvedObject.name={name}"
    if kind != "Node":
        about += f",involvedObject.uid={uid}"
    where = namespace or "default"
    events = connection.get(EVENTS.path(where), [("fieldSelector", about), ("limit", "500")], type=EventList).items
    return sorted(events, key=last_seen, reverse=True)[:MOST]


def last_seen(event: Event) -> datetime:
    """When it happened last; old and new reporters fill different fields."""
    candidates = (
        event.series.last_observed_time if event.series else None,
        event.last_timestamp,
        event.event_time,
        event.first_timestamp,
        event.metadata.creation_timestamp,
    )
    return next((moment for moment in candidates if moment), LONG_AGO)


def times(event: Event) -> int:
    """How often it happened."""
    series = event.series.count if event.series else None
    return max(event.count, series or 0, 1)
