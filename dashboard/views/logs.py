"""A container's log: its last lines, then what comes, for as long as the reader stays."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clusters import errors, logs
from clusters import pods as pods_of
from clusters.connection import Connection
from clusters.kinds import PODS
from clusters.logs import Line, Options, Place, Tail
from clusters.pods import Pod
from dashboard.access import at_cluster, lasting
from dashboard.ansi import to_html
from dashboard.links import object_url
from dashboard.problems import Problem, problem_of
from dashboard.views.lists import Choice
from dashboard.views.parts import Head, head, moment
from dashboard.views.streams import DONE, Ended, beat, message, pause, respond, seconds_to, still_signed_in

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
MOST_LINES = 5000
MOST_MARKUP = 4 * 1024 * 1024  # characters of all lines on a page; colours may cost many times their text
BATCH_LINES = 200
BATCH_BYTES = 64 * 1024  # of text, after which a batch is full too
BATCH_SECONDS = 0.1
BEAT_SECONDS = 10.0
RETRY_SECONDS = 2.0
FOLLOW_SECONDS = 120.0
SESSION_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LineView:
    """One line: ``id`` is its place, ``time`` its timestamp, ``html`` its inert text, ``cut`` whether it was longer."""

    id: str
    time: str
    html: SafeString
    cut: bool


@dataclass(frozen=True, slots=True)
class LogsPage:
    """The context of logs/logs.html, as ``page``."""

    head: Head
    container: str
    run: str
    containers: list[Choice]
    previous: bool
    previous_url: str
    timestamps: bool
    timestamps_url: str
    wrap: bool
    wrap_url: str
    lines: list[LineView]
    shortened: bool
    stream_url: str
    problem: Problem | None
    tail: int
    more_url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the URL asks for: whose log, how many lines, how they are shown, and where ``back`` leads."""

    options: Options
    tail: int
    timestamps: bool
    wrap: bool
    back: str

    def url(self, connection: Connection, **changed: object) -> str:
        """The URL of this page with something changed; what is not special is left out."""
        values = {
            "container": self.options.container,
            "previous": self.options.previous,
            "timestamps": self.timestamps,
            "nowrap": not self.wrap,
            "tail": "" if self.tail == logs.TAIL else self.tail,
            "back": self.back,
            **changed,
        }
        kept = {key: 1 if value is True else value for key, value in values.items() if value}
        base = object_url(connection.cluster, PODS, self.options.namespace, self.options.pod, "logs")
        return f"{base}?{urlencode(kept)}"


@require_safe
@at_cluster
def logs_page(request: HttpRequest, connection: Connection, namespace: str, kind: str, name: str) -> HttpResponseBase:
    """A container's log; with ``follow`` the stream of its lines from that place on."""
    if kind != PODS.key:
        raise errors.NotFound(_("Only pods have logs here."), status=404)
    if "follow" in request.GET:
        asked = asked_of(request, namespace, name, request.GET.get("container", ""))
        return respond(request, line_messages(request, lasting(request, connection), asked))
    pod = pods_of.read(connection, namespace, name)
    top = head(request, connection, PODS, namespace, name, "logs")
    asked = asked_of(request, namespace, name, container_of(request, pod), top.keep.get("back", ""))
    tail, problem = read_tail(connection, asked)
    lines = fitting(tail.lines)
    shortened = tail.shortened or len(lines) < len(tail.lines)
    page = LogsPage(
        head=top,
        container=asked.options.container,
        run=run_words(pod, asked.options),
        containers=choices(connection, pod, asked),
        previous=asked.options.previous,
        previous_url=previous_url(connection, pod, asked),
        timestamps=asked.timestamps,
        timestamps_url=asked.url(connection, timestamps=not asked.timestamps),
        wrap=asked.wrap,
        wrap_url=asked.url(connection, nowrap=asked.wrap),
        lines=lines,
        shortened=shortened,
        stream_url=stream_url(connection, asked, tail.lines, problem),
        problem=problem,
        tail=asked.tail,
        more_url=asked.url(connection, tail=min(asked.tail * 5, MOST_LINES))
        if len(lines) >= asked.tail < MOST_LINES and not shortened
        else "",
    )
    return render(request, "logs/logs.html", {"page": page})


def asked_of(request: HttpRequest, namespace: str, name: str, container: str, back: str = "") -> Asked:
    """Read the URL's query; a number of lines that is none is the usual one."""
    given = request.GET
    tail = given.get("tail", "")
    count = min(int(tail), MOST_LINES) if tail.isdecimal() and 0 < len(tail) < 7 else logs.TAIL
    options = Options(namespace, name, container, "previous" in given)
    return Asked(options, max(count, 1), "timestamps" in given, "nowrap" not in given, back)


def container_of(request: HttpRequest, pod: Pod) -> str:
    """The container that was asked for, else the pod's default one, else the first. Raises NotFound."""
    names = [each.name for each in pods_of.containers(pod)]
    asked = request.GET.get("container", "")
    if asked and asked not in names:
        words = {"container": asked, "pod": pod.metadata.name}
        raise errors.NotFound(_("container %(container)s is not in pod %(pod)s") % words, status=404)
    usual = pod.metadata.annotations.get(DEFAULT_CONTAINER, "")
    first = pod.spec.containers[0].name if pod.spec.containers else ""
    return asked or (usual if usual in names else first)


def read_tail(connection: Connection, asked: Asked) -> tuple[Tail, Problem | None]:
    """The last lines, or why there are none to show."""
    try:
        return logs.tail(connection, asked.options, asked.tail), None
    except errors.Forbidden as error:
        return Tail([]), problem_of(error, _("You may not read this log"))
    except errors.Invalid as error:
        title = _("There is no previous log") if asked.options.previous else _("There is no log yet")
        advice = (
            _("This container has not restarted, or its former log is gone.")
            if asked.options.previous
            else _("The container has not started. The pod's events say what it waits for.")
        )
        url = object_url(connection.cluster, PODS, asked.options.namespace, asked.options.pod)
        return Tail([]), Problem(title, error.message, advice, _("Open the pod"), url)
    except errors.ClusterError as error:
        return Tail([]), problem_of(error, _("The log cannot be read"))


def fitting(lines: list[Line]) -> list[LineView]:
    """The newest lines whose markup fits a page."""
    views: list[LineView] = []
    size = 0
    for line in reversed(lines):
        view = line_view(line)
        size += len(view.html)
        if size > MOST_MARKUP:
            break
        views.append(view)
    return views[::-1]


def choices(connection: Connection, pod: Pod, asked: Asked) -> list[Choice]:
    """The pod's containers, init containers first, each with its tone."""
    known = pods_of.statuses(pod)
    init = {each.name for each in pod.spec.init_containers}
    return [
        Choice(
            each.name,
            each.name,
            asked.url(connection, container=each.name, previous=""),
            each.name == asked.options.container,
            pods_of.doing(known.get(each.name), init=each.name in init).tone,
        )
        for each in pods_of.containers(pod)
    ]


def run_words(pod: Pod, options: Options) -> str:
    """Whose log a previous one is: when and how that run ended; empty for the log of now."""
    last = pods_of.last_time(pods_of.statuses(pod).get(options.container))
    if not (options.previous and last):
        return ""
    words = {"when": moment(last.finished_at), "reason": last.reason, "how": pods_of.exit_words(last)}
    return _("The run that ended at %(when)s: %(reason)s. %(how)s") % words


def previous_url(connection: Connection, pod: Pod, asked: Asked) -> str:
    """The log of the run before this one, or back; empty where there was only one run."""
    status = pods_of.statuses(pod).get(asked.options.container)
    if asked.options.previous:
        return asked.url(connection, previous="")
    return asked.url(connection, previous=True) if status and status.restart_count else ""


def stream_url(connection: Connection, asked: Asked, lines: list[Line], problem: Problem | None) -> str:
    """Where new lines come from; a finished run has none."""
    if problem or asked.options.previous:
        return ""
    place = str(lines[-1].place) if lines else "start"
    return asked.url(connection, follow=place)


def line_view(line: Line) -> LineView:
    """One line as a template needs it."""
    return LineView(str(line.place), line.time, to_html(line.text), line.cut > 0)


def line_messages(request: HttpRequest, connection: Connection, asked: Asked) -> Iterator[str]:
    """New lines in batches; waits for a container that has not started, and for its next run."""
    given = request.headers.get("Last-Event-ID") or request.GET["follow"]
    place = None if given == "start" else Place.parse(given)
    until, checked = still_signed_in(request, connection), time.monotonic()

    def rest() -> float:
        return seconds_to(until, BEAT_SECONDS)

    while True:
        for lines in batches(connection, asked.options, place, rest):
            if time.monotonic() - checked > SESSION_SECONDS:
                until = still_signed_in(request, connection)
                checked = time.monotonic()
            if lines:
                place = lines[-1].place
                yield message(appended(lines, asked), id=str(place))
            else:
                yield beat()
        until = still_signed_in(request, connection)
        if finished(connection, asked.options):
            raise Ended(DONE)
        yield beat()
        pause(RETRY_SECONDS)


def batches(
    connection: Connection, options: Options, place: Place | None, rest: Callable[[], float]
) -> Iterator[list[Line]]:
    """Lines behind ``place``, as many at once as came in a moment; an empty list where the log rests for ``rest()``."""
    waiting: list[Line] = []
    size = 0
    began = time.monotonic()

    def patience() -> float:
        return BATCH_SECONDS if waiting else rest()

    try:
        for line in logs.follow(connection, options, place, patience):
            if line is not None:
                waiting.append(line)
                size += len(line.text)
            if line is None or len(waiting) >= BATCH_LINES or size >= BATCH_BYTES:
                yield list(waiting)
                waiting.clear()
                size = 0
                if time.monotonic() - began > FOLLOW_SECONDS:
                    return  # to be opened again from here: only then are the credentials checked anew
    except errors.Invalid:
        return  # the container has not started yet
    if waiting:
        yield list(waiting)


def finished(connection: Connection, options: Options) -> bool:
    """Whether the container has ended for good: its pod does not start it again, or has none of that name.

    Raises ClusterError.
    """
    pod = pods_of.read(connection, options.namespace, options.pod)
    if options.container not in {each.name for each in pods_of.containers(pod)}:
        return True
    status = pods_of.statuses(pod).get(options.container)
    ended = bool(status and status.state.terminated)
    return ended and (pod.status.phase in ("Succeeded", "Failed") or pod.spec.restart_policy == "Never")


def appended(lines: list[Line], asked: Asked) -> SafeString:
    """The partial that puts lines at the end of the log."""
    page = {"lines": [line_view(line) for line in lines], "timestamps": asked.timestamps}
    html = render_to_string("logs/_lines.html", {"page": page})
    return format_html('<hx-partial hx-target="#log" hx-swap="beforeend">{}</hx-partial>', SafeString(html.strip()))
