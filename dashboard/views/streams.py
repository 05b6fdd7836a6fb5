"""Live pages: server-sent events whose data is htmx partials.

A stream ends by itself when the session or the token ends or the API server refuses the credentials, and says so: each
watch is short and none outlasts the token, and the session is looked up again before each.
"""

import math
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters import errors, tables, watches
from clusters import pods as pods_of
from clusters import workloads as workloads_of
from clusters.connection import Connection, hang_up
from clusters.kinds import PODS
from clusters.kinds.kind import Kind
from clusters.tables import Column, Query, Row
from clusters.watches import Change
from dashboard import signin
from dashboard.access import lasting, lasts_until
from dashboard.links import list_url
from dashboard.sessions import SessionStore
from dashboard.views import pods, workloads
from dashboard.views.parts import Link, StateView
from dashboard.views.rows import layout, row_id

LINE_END = re.compile(r"\r\n|\r|\n")
ROWS_REMEMBERED = 2000

# Why a stream ends, for the page to say: the session is over, the list must be read anew, it may not be read any more,
# too many streams are open, the cluster does not answer, there is nothing more to come.
SESSION, GONE, DENIED, FULL, AWAY, DONE = "session", "gone", "denied", "full", "away", "done"


class Ended(Exception):
    """A stream that ends, with the reason that the page is told."""


class Stopped(Exception):
    """This process ends, and its streams with it: the browser opens them again elsewhere, or once Porthole is back."""


STOPPING = threading.Event()


def stop() -> None:
    """End all streams, now and from now on; does not return, so call it in a thread of its own."""
    STOPPING.set()
    while True:
        hang_up()
        time.sleep(0.1)  # one that was just being opened is caught the next time


def pause(seconds: float) -> None:
    """Wait between two questions to a cluster. Raises Stopped as soon as this process ends."""
    if STOPPING.wait(seconds):
        raise Stopped


class OpenStreams:
    """How many streams are open in this process, and whose; each holds a thread, so their number is bounded."""

    def __init__(self) -> None:
        """Begin with none."""
        self.by_session: Counter[str | None] = Counter()
        self.lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many there are."""
        return self.by_session.total()

    def enter(self, session: str | None, most: int) -> bool:
        """Take a place if fewer than ``most`` are taken, and fewer than half of them by this session.

        Somebody who leafs through pages leaves streams behind that are noticed only at their next beat.
        """
        with self.lock:
            if self.count >= most or self.by_session[session] >= max(most // 2, 1):
                return False
            self.by_session[session] += 1
            return True

    def leave(self, session: str | None) -> None:
        """Give the place back."""
        with self.lock:
            self.by_session[session] -= 1
            self.by_session += Counter()  # keeps those alone that have any


OPEN = OpenStreams()


def message(data: str = "", *, id: str = "", event: str = "") -> str:
    """One server-sent event (WHATWG HTML, section 9.2): every line of the data gets its own field."""
    lines = [f"event: {event}"] if event else []
    if id:
        lines.append(f"id: {LINE_END.sub('', id)}")
    lines += [f"data: {line}" for line in LINE_END.split(data)] if data else []
    return "\n".join(lines) + "\n\n"


def beat(resource_version: str = "") -> str:
    """A sign of life; browsers' scripts never see a mere comment. It moves the id that a broken stream goes on from."""
    return message("1", id=resource_version, event="beat")


def respond(request: HttpRequest, messages: Iterator[str]) -> StreamingHttpResponse:
    """Send ``messages`` as they come; what ends them becomes the last message."""
    response = StreamingHttpResponse(guarded(request, messages), content_type="text/event-stream; charset=utf-8")
    response["X-Accel-Buffering"] = "no"  # nginx would collect them
    return response


def guarded(request: HttpRequest, messages: Iterator[str]) -> Iterator[str]:
    """``messages`` within the bound of open streams, with a last one that says why there are no more."""
    session = request.session.session_key
    if not OPEN.enter(session, settings.CONFIG["PORTHOLE_STREAMS"]):
        yield message(FULL, event="end")
        return
    try:
        # The thread keeps this stream for long: others need the database connection more.
        connections.close_all()
        yield beat()
        yield from messages
    except Ended as end:
        yield message(str(end), event="end")
    except (errors.Unauthorized, errors.NoCredentials):
        yield message(SESSION, event="end")
    except (errors.Gone, errors.Invalid, errors.BadName):
        yield message(GONE, event="end")  # the place to go on from is too old or none: the page, read anew, has another
    except errors.Forbidden:
        yield message(DENIED, event="end")
    except errors.NotFound:
        yield message(DONE, event="end")
    except Stopped:
        return  # the browser opens the stream again
    except errors.ClusterError:
        # The page opens the stream again, with the last id, and waits longer each time.
        if not STOPPING.is_set():
            yield message(AWAY, event="end")
    finally:
        OPEN.leave(session)


def still_signed_in(request: HttpRequest, connection: Connection) -> float:
    """Until when (epoch seconds) that is so as far as it is known; infinite where nothing says when it ends.

    Raises Ended where the session was ended meanwhile, here or elsewhere, or has expired, and Stopped by ``stop``.
    Raises NoCredentials where what the person presents has ended, and Stopped where the request has that brought it:
    the browser then opens the stream again, past whoever vouches for it.
    """
    pause(0)
    session = SessionStore(request.session.session_key).load()
    connections.close_all()
    if not session:
        raise Ended(SESSION)
    until = lasts_until(request, connection)
    if signin.over(request):
        raise Stopped
    return until


def seconds_to(until: float, most: float) -> float:
    """How long to wait where something may end before ``most`` seconds are over; not less than one."""
    return max(1.0, min(most, until - time.time()))


def watched(
    request: HttpRequest, connection: Connection, watch: Callable[[str, int], Iterator[Change]], resource_version: str
) -> Iterator[Change | None]:
    """Changes of one short watch after another; None between two. Raises Ended and ClusterError.

    ``watch`` takes where to go on from, and after how many seconds to end.
    """
    while True:
        until = still_signed_in(request, connection)
        began = time.monotonic()
        for change in watch(resource_version, math.ceil(seconds_to(until, watches.WATCH_SECONDS))):
            resource_version = change.resource_version or resource_version
            yield change
        yield None
        if time.monotonic() - began < 1:
            pause(1)  # a server that ends watches at once must not be asked in a tight loop


def start_of(request: HttpRequest) -> str:
    """Where to go on: behind the last event that the browser has, else where the page was read. Raises Ended."""
    start = request.headers.get("Last-Event-ID") or request.GET["watch"]
    if not start:
        raise Ended(GONE)  # from the beginning on would be every row there is
    return start


def rows_stream(
    request: HttpRequest, connection: Connection, kind: Kind, namespace: str, query: Query
) -> StreamingHttpResponse:
    """The changes of a list as rows. With ``until`` (``namespace/name``) only those of rows up to there."""
    return respond(request, row_messages(request, lasting(request, connection), kind, namespace, query))


def row_messages(
    request: HttpRequest, connection: Connection, kind: Kind, namespace: str, query: Query
) -> Iterator[str]:
    """One message per row that changed visibly."""
    until = tuple(request.GET.get("until", "").split("/", 1))
    rows = layout(connection.cluster, kind, ())
    columns: tuple[Column, ...] = ()
    page = {"all_namespaces": kind.namespaced and not namespace}
    seen: dict[str, tuple[str, ...]] = {}

    def watch(resource_version: str, seconds: int) -> Iterator[Change]:
        return watches.changes(
            connection,
            kind,
            namespace,
            resource_version,
            selector=query.selector,
            fields=query.fields,
            seconds=seconds,
        )

    for change in watched(request, connection, watch, start_of(request)):
        if change is None:
            yield beat()
            continue
        row = change.row
        if row is None:
            yield beat(change.resource_version)
        elif len(until) == 2 and row.place > until:
            continue
        elif change.type == "DELETED" or not matches(row, query):
            seen.pop(row.uid, None)
            yield message(without(row), id=change.resource_version)
        elif seen.get(row.uid) != row.cells:
            if change.columns != columns:
                columns = change.columns
                rows = layout(connection.cluster, kind, columns)
            if len(seen) > ROWS_REMEMBERED:
                seen.clear()
            seen[row.uid] = row.cells
            html = render_to_string("lists/_row.html", {"row": rows.view(row), "page": page, "fresh": True})
            yield message(placed(row, html.strip(), kind, query), id=change.resource_version)


def matches(row: Row, query: Query) -> bool:
    """Whether a row belongs to the list that the page shows."""
    return tables.text_matches(row, query.text) and tables.state_matches(row, query.state)


def placed(row: Row, html: str, kind: Kind, query: Query) -> SafeString:
    """The partial that puts a changed row where it belongs, as far as that can be told without the others.

    In a kind's own order what has just changed comes first; in one that somebody chose only a reload finds the place.
    """
    if not query.sort:
        return upserted(html)
    if query.sort == kind.order and not query.descending:
        return without(row) + swapped("rows", html, "afterbegin")
    return swapped(row_id(row), html)


def without(row: Row) -> SafeString:
    """The partial that takes a row away."""
    return format_html('<hx-partial hx-target="#{}" hx-swap="delete"></hx-partial>', row_id(row))


def upserted(html: str) -> SafeString:
    """The partial that puts a row in the place of its former self, or where it belongs if it is new."""
    return swapped("rows", html, "upsert key:data-key")  # untranslated: a word of htmx


def swapped(target: str, html: str, swap: str = "outerHTML") -> SafeString:
    """The partial that swaps ``html`` at an id."""
    return format_html('<hx-partial hx-target="#{}" hx-swap="{}">{}</hx-partial>', target, swap, SafeString(html))


def object_stream(
    request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str
) -> StreamingHttpResponse:
    """The state of one object whenever it changes."""
    return respond(request, object_messages(request, lasting(request, connection), kind, namespace, name))


def object_messages(
    request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str
) -> Iterator[str]:
    """A message per change of the object, a last one once it is gone; then Ended."""
    with suppress(errors.NotFound):  # where it was deleted before it could be read
        yield from change_messages(request, connection, kind, namespace, name)
    yield message(gone_partials(connection, kind, namespace))
    raise Ended(DONE)


def change_messages(
    request: HttpRequest, connection: Connection, kind: Kind, namespace: str, name: str
) -> Iterator[str]:
    """A message per change of the object until it is deleted. Raises NotFound where it is already."""

    def watch(resource_version: str, seconds: int) -> Iterator[Change]:
        return watches.changes(connection, kind, namespace, resource_version, name=name, seconds=seconds)

    # A watch for something that is not there waits for it to come.
    connection.get(kind.path(namespace, name))
    # From the object's own resourceVersion on would be too old for one that rested long; from none on, its state comes
    # first, which also makes up for what a broken stream has missed.
    for change in watched(request, connection, watch, ""):
        if change is None:
            yield beat()
        elif change.type == "DELETED":
            return
        elif change.row is None:
            yield beat(change.resource_version)
        else:
            yield message(state_partials(connection, kind, namespace, name), id=change.resource_version)


def state_partials(connection: Connection, kind: Kind, namespace: str, name: str) -> str:
    """What of an object's page changes with its state. Raises ClusterError."""
    if kind.key == PODS.key:
        pod = pods_of.read(connection, namespace, name)
        return state_partial(pods.state_view(connection, namespace, name, pod))
    if kind.key not in workloads.KINDS:
        return ""
    workload = workloads_of.read(connection, kind, namespace, name)
    rows, _problem = workloads.pod_rows(connection, namespace, workloads_of.selector_text(workload.spec.selector))
    rows_html = "".join(render_to_string("lists/_row.html", {"row": row, "page": {}}) for row in rows)
    return state_partial(workloads.state_view(kind, workload, rows)) + swapped("rows", rows_html, "innerHTML")


def gone_partials(connection: Connection, kind: Kind, namespace: str) -> str:
    """What remains of a deleted object's page: that it is gone, the way to its list, and nothing to do to it."""
    if kind.key != PODS.key and kind.key not in workloads.KINDS:
        return ""
    link = Link(str(kind.title_plural), list_url(connection.cluster, kind, namespace))
    gone = StateView("off", _("This %(kind)s is gone") % {"kind": str(kind.title).lower()}, link=link)
    return state_partial(gone) + swapped("acts", "", "innerHTML") + swapped("undo", "", "innerHTML")


def state_partial(state: StateView) -> SafeString:
    """The partial that swaps the state of an object's page."""
    return swapped("state", render_to_string("objects/_state.html", {"page": {"state": state}}))
