"""A list of any kind: a page, its fragments, and what its form asks for."""

import re
from dataclasses import dataclass, field, replace

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clusters import errors, tables
from clusters.connection import Connection
from clusters.kinds import NAMESPACES
from clusters.kinds.kind import Kind
from clusters.tables import STATES
from dashboard.access import at_cluster, offered_kind
from dashboard.links import list_url, namespaces_url
from dashboard.problems import Problem, problem_of, wording_of
from dashboard.views import streams
from dashboard.views.parts import Link
from dashboard.views.rows import NUMBERS, RowView, css_of, has_state, is_other, layout

LONGEST_FIELD = 500
FRAGMENTS = {"rows", "more"}
LIKE_SELECTOR = re.compile(r"[\w./-]+\s*(=|==|!=)\s*[\w.-]*(,.*)?")


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column's heading; ``kind`` is its class, ``sorted`` is ``ascending``, ``descending`` or empty."""

    name: str
    key: str
    kind: str
    description: str = ""
    sort_url: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several; ``count`` is None where it is not known."""

    key: str
    label: str
    url: str
    current: bool
    tone: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ListForm:
    """What was asked for, as it was typed, and what is wrong with it by field."""

    text: str = ""
    selector: str = ""
    fields: str = ""
    state: str = ""
    sort: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListPage:
    """The context of lists/list.html and its fragments, as ``page``.

    ``total`` and ``matched`` are None where the API server does not tell; ``first`` is the number of the first row here
    and ``shown`` how many rows have been shown up to here. ``missing_url`` leads to the namespaces where
    this one is not there. Each of ``used`` leads to the list without what it names; ``labels_url`` takes a text that
    nothing matches for a selector.
    """

    kind: Kind
    columns: list[ColumnView]
    rows: list[RowView]
    total: int | None
    matched: int | None
    shown: int
    first: int
    next_url: str
    first_url: str
    form: ListForm
    states: list[Choice]
    all_namespaces: bool
    stream_url: str
    reset_url: str
    message: str
    denied: Problem | None = None
    missing_url: str = ""
    used: list[Link] = field(default_factory=list)
    labels_url: str = ""


@require_safe
@at_cluster
def list_page(request: HttpRequest, connection: Connection, namespace: str, kind: str) -> HttpResponseBase:
    """A kind's list in one namespace or all; with ``watch`` the stream of its changes."""
    found = offered_kind(connection, kind)
    query = in_usual_order(query_of(request), found)
    if "watch" in request.GET:
        return streams.rows_stream(request, connection, found, namespace, query)
    target = (request.headers.get("HX-Target") or "").rpartition("#")[2]
    fragment = bool(request.htmx) and target in FRAGMENTS  # type: ignore[attr-defined]
    status = 200
    try:
        page = list_context(request, connection, found, namespace, query)
    except errors.ClusterError as error:
        # Among the rows stands whatever went wrong; a page of its own is for what leaves nothing to show around it.
        if not fragment and not isinstance(error, (errors.Forbidden, errors.Gone, errors.Invalid)):
            raise
        page, status = refused_context(request, connection, found, namespace, query, error), wording_of(error).status
    return render(request, "lists/_rows.html" if fragment else "lists/list.html", {"page": page}, status=status)


def query_of(request: HttpRequest) -> tables.Query:
    """What a list URL asks for: ``q``, ``selector``, ``fields``, ``state``, ``sort`` (``-`` before it for descending).

    ``from`` is how many rows come before, ``continue`` the API server's token. Raises Invalid.
    """
    given = request.GET
    sort = given.get("sort", "")[:LONGEST_FIELD]
    state = given.get("state", "")
    offset = given.get("from", "0")
    if not offset.isdecimal() or len(offset) > 9:
        raise errors.Invalid(_("%(offset)s is not a number of rows.") % {"offset": offset[:50]}, status=400)
    return tables.Query(
        text=given.get("q", "").strip()[:LONGEST_FIELD],
        selector=given.get("selector", "").strip()[:LONGEST_FIELD],
        fields=given.get("fields", "").strip()[:LONGEST_FIELD],
        state=state if state in STATES else "",
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        continue_token=given.get("continue", ""),
        offset=int(offset),
    )


def in_usual_order(query: tables.Query, kind: Kind) -> tables.Query:
    """A query that nobody gave an order has its kind's."""
    return query if query.sort else replace(query, sort=kind.order)


def parameters(query: tables.Query, **changed: str) -> dict[str, str]:
    """A query as URL parameters, with some of them changed."""
    sort = ("-" if query.descending else "") + query.sort
    kept = {"q": query.text, "selector": query.selector, "fields": query.fields, "state": query.state, "sort": sort}
    return kept | changed


def list_context(
    request: HttpRequest, connection: Connection, kind: Kind, namespace: str, query: tables.Query
) -> ListPage:
    """Read the page from the API server. Raises ClusterError."""
    found = tables.page(connection, kind, namespace, query)
    cluster = connection.cluster
    shown = query.offset + len(found.rows)
    next_url = ""
    if found.more:
        forward = {"from": str(shown), "continue": found.continue_token}
        next_url = list_url(cluster, kind, namespace, **parameters(query), **forward)
    columns = column_views(connection, kind, namespace, query, found)
    return ListPage(
        kind=kind,
        columns=columns,
        rows=layout(cluster, kind, found.columns).views(found.rows),
        total=found.total,
        matched=found.matched,
        shown=shown,
        first=query.offset + 1,
        next_url=next_url,
        first_url=list_url(cluster, kind, namespace),
        form=form_of(query),
        states=state_choices(connection, kind, namespace, query, found),
        all_namespaces=kind.namespaced and not namespace,
        stream_url=stream_url(connection, kind, namespace, query, found),
        reset_url=list_url(cluster, kind, namespace) if asks(request) else "",
        message=empty_message(kind, namespace, request),
        missing_url="" if found.total or exists(connection, namespace) else namespaces_url(cluster, kind=kind.key),
        used=used_of(request, connection, kind, namespace, query, columns),
        labels_url="" if found.rows else labels_url(connection, kind, namespace, query),
    )


def refused_context(
    request: HttpRequest,
    connection: Connection,
    kind: Kind,
    namespace: str,
    query: tables.Query,
    error: errors.ClusterError,
) -> ListPage:
    """The same page without rows, saying why: a wrong selector stands at its field, all else in place of the rows."""
    wrong_selector = bool(query.selector) and not query.fields and isinstance(error, errors.Invalid)
    problem = problem_of(error)
    if isinstance(error, errors.Forbidden):
        problem = forbidden_problem(connection, kind, namespace, error)
    url = list_url(connection.cluster, kind, namespace)
    return ListPage(
        kind=kind,
        columns=[],
        rows=[],
        total=None,
        matched=None,
        shown=0,
        first=1,
        next_url="",
        first_url=url,
        form=form_of(query, {"selector": first_part(error.message)} if wrong_selector else {}),
        states=[],
        all_namespaces=kind.namespaced and not namespace,
        stream_url="",
        reset_url=url,
        message=_("Nothing is shown until the labels are corrected") if wrong_selector else "",
        denied=None if wrong_selector else problem,
        used=used_of(request, connection, kind, namespace, query, []),
    )


def first_part(message: str) -> str:
    """What is wrong with a selector, without the examples and the pattern that the API server adds."""
    return message.partition(" (e.g. ")[0]


def forbidden_problem(connection: Connection, kind: Kind, namespace: str, error: errors.Forbidden) -> Problem:
    """Why one may not list a kind; who may not in all namespaces at once often may in one."""
    problem = problem_of(error, refused_title(kind, namespace))
    if not kind.namespaced or namespace:
        return problem
    picker = namespaces_url(connection.cluster, kind=kind.key)
    return replace(problem, action_label=_("Try one namespace"), action_url=picker)


def refused_title(kind: Kind, namespace: str) -> str:
    """What one may not do, in a sentence."""
    words = {"kind": str(kind.title_plural).lower(), "namespace": namespace}
    if namespace:
        return _("You may not list %(kind)s in %(namespace)s") % words
    return (
        _("You may not list %(kind)s in all namespaces") % words
        if kind.namespaced
        else _("You may not list %(kind)s") % words
    )


def form_of(query: tables.Query, wrong: dict[str, str] | None = None) -> ListForm:
    """The form as it was filled in."""
    sort = ("-" if query.descending else "") + query.sort
    return ListForm(query.text, query.selector, query.fields, query.state, sort, wrong or {})


def column_views(
    connection: Connection, kind: Kind, namespace: str, query: tables.Query, found: tables.Page
) -> list[ColumnView]:
    """The headings in the order of the cells: name, namespace, state, the others, age; each sorts on a tap.

    The first tap on a number shows the highest, which is what one looks for.
    """
    most_first = {column.key for column in found.columns if column.type in NUMBERS or column.key == "restarts"}

    def heading(name: str, key: str, css: str, description: str = "") -> ColumnView:
        turned = not query.descending if query.sort == key else key in most_first
        url = list_url(connection.cluster, kind, namespace, **parameters(query, sort=f"-{key}" if turned else key))
        order = "" if query.sort != key else "descending" if query.descending else "ascending"
        return ColumnView(name, key, css, description, url, order)

    by_key = {column.key: column for column in found.columns}
    headline = by_key.get(kind.headline)
    views = [heading(headline.name, headline.key, "name") if headline else heading(_("Name"), "name", "name")]
    if kind.namespaced and not namespace:
        views.append(heading(_("Namespace"), "namespace", "namespace"))
    if has_state(kind) and any(row.state.word for row in found.rows):
        status = by_key.get("status")
        views.append(heading(status.name if status else _("State"), "status" if status else "state", "state"))
    views += [
        heading(column.name, column.key, css_of(kind, column), column.description)
        for column in found.columns
        if is_other(kind, column)
    ]
    views.append(heading(_("Age"), "age", "age"))
    return views


def state_choices(
    connection: Connection, kind: Kind, namespace: str, query: tables.Query, found: tables.Page
) -> list[Choice]:
    """The states to filter by, where rows tell one; counts are known once the whole set was read."""
    if not has_state(kind) or (found.rows and not any(row.state.word for row in found.rows)):
        return []
    labels = {
        "attention": (_("Needs attention"), "bad"),
        "busy": (_("Progressing"), "busy"),
        "ok": (_("Ready"), "ok"),
        "off": (_("Idle"), "off"),
    }
    named = {key: (str(kind.words.get(key, label)), tone) for key, (label, tone) in labels.items()}
    counts = found.states

    def choice(key: str, label: str, tone: str, count: int | None) -> Choice:
        url = list_url(connection.cluster, kind, namespace, **parameters(query, state=key))
        return Choice(key, label, url, query.state == key, tone, count)

    everything = sum(counts.values()) if counts else found.total
    return [
        choice("", _("All"), "", everything),
        *(choice(key, label, tone, counts.get(key)) for key, (label, tone) in named.items() if label),
    ]


def stream_url(connection: Connection, kind: Kind, namespace: str, query: tables.Query, found: tables.Page) -> str:
    """Where the changes of this page come from; pages after the first are not live, since the first one's list is."""
    if query.offset or not found.resource_version:
        return ""
    bounds: dict[str, str] = {}
    if not query.walks and found.more and found.rows:
        bounds = {"until": "/".join(found.rows[-1].place)}
    return list_url(connection.cluster, kind, namespace, **parameters(query), watch=found.resource_version, **bounds)


def used_of(
    request: HttpRequest,
    connection: Connection,
    kind: Kind,
    namespace: str,
    query: tables.Query,
    columns: list[ColumnView],
) -> list[Link]:
    """What was chosen in the folded part of the form, each with the way to the list without it."""

    def without(field_name: str) -> str:
        return list_url(connection.cluster, kind, namespace, **parameters(query, **{field_name: ""}))

    used = []
    if query.selector:
        used.append(Link(_("Labels %(selector)s") % {"selector": query.selector}, without("selector")))
    if query.fields:
        used.append(Link(_("Fields %(fields)s") % {"fields": query.fields}, without("fields")))
    if request.GET.get("sort"):
        column = next((each.name for each in columns if each.key == query.sort), query.sort)
        words = _("Sorted by %(column)s, descending") if query.descending else _("Sorted by %(column)s")
        used.append(Link(words % {"column": column}, without("sort")))
    return used


def labels_url(connection: Connection, kind: Kind, namespace: str, query: tables.Query) -> str:
    """The list by labels where a text reads like a selector; empty where it does not."""
    if not LIKE_SELECTOR.fullmatch(query.text):
        return ""
    selector = ",".join(filter(None, (query.selector, query.text)))
    return list_url(connection.cluster, kind, namespace, **parameters(query, q="", selector=selector))


def asks(request: HttpRequest) -> bool:
    """Whether only a part of the list is asked for."""
    return any(request.GET.get(key) for key in ("q", "selector", "fields", "state"))


def exists(connection: Connection, namespace: str) -> bool:
    """Whether a namespace is there, for all one may know. Raises ClusterError."""
    try:
        if namespace:
            connection.get(NAMESPACES.path(name=namespace))
    except errors.NotFound:
        return False
    except errors.Forbidden:
        return True
    return True


def empty_message(kind: Kind, namespace: str, request: HttpRequest) -> str:
    """What an empty list says."""
    words = {"kind": str(kind.title_plural).lower(), "namespace": namespace}
    if asks(request):
        return _("No %(kind)s match") % words
    return _("No %(kind)s in %(namespace)s") % words if namespace else _("No %(kind)s here") % words
