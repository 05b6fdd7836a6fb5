"""The places of a cluster: its home, its namespaces, and everything else it offers."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from clusters import discovery, errors, permissions, tables
from clusters.connection import Connection
from clusters.kinds import DEPLOYMENTS, KNOWN, NAMESPACES, PODS
from clusters.kinds.kind import Kind
from clusters.names import legal, segment
from dashboard import signin
from dashboard.access import asked_namespace, at_cluster, offered_kind
from dashboard.links import ALL, home_url, list_url, more_url, namespaces_url
from dashboard.problems import Problem, problem_of
from dashboard.views.lists import Choice, exists, refused_title
from dashboard.views.parts import Link
from dashboard.views.rows import Fact, RowView, layout

SHOWN_AT_HOME = 8
HOME_KINDS = (PODS, DEPLOYMENTS, KNOWN["statefulsets.apps"])
MOST_NAMESPACES = 200
PAGES = {"home": home_url, "more": more_url}
WORKLOADS = (
    "pods",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "replicasets.apps",
    "jobs.batch",
    "cronjobs.batch",
)


@dataclass(frozen=True, slots=True)
class Section:
    """One kind at home: what needs attention, or that nothing does or nothing is there, or why that cannot be told."""

    title: str
    tone: str
    items: list[RowView]
    more_url: str
    counts: list[Fact]
    attention: int
    all_well: bool
    empty: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class HomePage:
    """The context of home/home.html, as ``page``; ``missing_url`` leads to the namespaces where this one is none."""

    tone: str
    verdict: str
    sections: list[Section]
    all_namespaces: bool
    missing_url: str


@dataclass(frozen=True, slots=True)
class MorePage:
    """The context of more/more.html, as ``page``: kinds in groups, and who the cluster takes the person for."""

    groups: list[tuple[str, list[Link]]]
    username: str
    problem: Problem | None
    me_url: str


@require_safe
@at_cluster
def home(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Is anything wrong? Pods and workloads that need attention, in one namespace or in all."""
    namespace = asked_namespace(request, connection.cluster)
    request.namespace = namespace  # type: ignore[attr-defined]
    sections = [section(connection, kind, namespace) for kind in HOME_KINDS]
    tone, verdict = verdict_of(sections)
    empty = all(each.empty for each in sections)
    missing_url = namespaces_url(connection.cluster, page="home") if empty and not exists(connection, namespace) else ""
    page = HomePage(tone, verdict, sections, not namespace, missing_url)
    return render(request, "home/home.html", {"page": page})


def verdict_of(sections: list[Section]) -> tuple[str, str]:
    """Whether anything is wrong, in a tone and a sentence; what could not be read is not called well."""
    attention = sum(section.attention for section in sections)
    unknown = any(section.problem for section in sections)
    if attention:
        sentence = ngettext("%(n)d thing needs attention", "%(n)d things need attention", attention)
        return "bad", sentence % {"n": attention}
    if unknown:
        return "warn", _("Not everything could be looked at")
    if all(section.empty for section in sections):
        return "off", _("Nothing here")
    return "ok", _("All well")


def section(connection: Connection, kind: Kind, namespace: str) -> Section:
    """What needs attention of one kind; a forbidden kind says so and the others still show. Raises Unauthorized."""
    title = str(kind.title_plural)
    query = tables.Query(state=tables.ATTENTION, limit=SHOWN_AT_HOME)
    try:
        found = tables.page(connection, kind, namespace, query)
    except errors.Unauthorized:
        raise  # of every kind the same: one page says why
    except errors.ClusterError as error:
        words = refused_title(kind, namespace) if isinstance(error, errors.Forbidden) else ""
        return Section(title, "", [], "", [], 0, all_well=False, problem=problem_of(error, words))
    attention = found.matched or 0
    counts = [
        Fact(_("in all"), str(found.total)),
        Fact(_("need attention"), str(attention), "bad" if attention else ""),
    ]
    return Section(
        title=title,
        tone="bad" if attention else "ok" if found.total else "off",
        items=layout(connection.cluster, kind, found.columns).views(found.rows),
        more_url=list_url(connection.cluster, kind, namespace, state=tables.ATTENTION if attention else ""),
        counts=counts[: bool(found.total) + bool(attention)],
        attention=attention,
        all_well=bool(found.total) and not attention,
        empty=not found.total,
    )


@require_safe
@at_cluster
def namespaces(request: HttpRequest, connection: Connection) -> HttpResponse:
    """The namespace picker; who may not list namespaces can type the name of one."""
    current = asked_namespace(request, connection.cluster)
    request.namespace = current  # type: ignore[attr-defined]
    address = addresses(connection, request.GET.get("page", ""), request.GET.get("kind", ""))
    text = request.GET.get("q", "").strip()
    problem: Problem | None = None
    options: list[Choice] = []
    refused = False
    try:
        query = tables.Query(text=text, sort="name", limit=MOST_NAMESPACES)
        rows = tables.page(connection, NAMESPACES, "", query).rows
        options = [
            Choice(row.name, row.name, address(row.name), row.name == current) for row in rows if legal(row.name)
        ]
    except errors.Forbidden as error:
        refused = True
        problem = problem_of(error, refused_title(NAMESPACES, ""))
        options = typed_namespace(connection, address, text)
    context = {
        "options": options,
        "text": text,
        "problem": None if options else problem,
        "all_url": address(""),
        "all_last": refused,  # who may not list namespaces can seldom see all of them
        "kept": {key: request.GET[key] for key in ("kind", "page", "namespace") if key in request.GET},
    }
    target = (request.headers.get("HX-Target") or "").rpartition("#")[2]
    fragment = request.htmx and target == "options"  # type: ignore[attr-defined]
    return render(request, "namespaces/_options.html" if fragment else "namespaces/picker.html", context)


def addresses(connection: Connection, page: str, kind: str) -> Callable[[str], str]:
    """Where choosing a namespace leads: to the page that was open, else to the kind's list. Raises ClusterError."""
    cluster = connection.cluster
    if page in PAGES:
        return lambda namespace: PAGES[page](cluster, namespace or (ALL if cluster.default_namespace else ""))
    found = offered_kind(connection, kind or PODS.key)
    listed = found if found.namespaced else PODS
    return lambda namespace: list_url(cluster, listed, namespace)


def typed_namespace(connection: Connection, address: Callable[[str], str], text: str) -> list[Choice]:
    """The way on without a list of namespaces: the one that was typed, or else the cluster's default one."""
    name = text or connection.cluster.default_namespace
    if not name:
        return []
    try:
        return [Choice(name, segment(name), address(name), False)]
    except errors.BadName:
        return []


@require_safe
@at_cluster
def more(request: HttpRequest, connection: Connection) -> HttpResponse:
    """All kinds that can be listed, who one is to this cluster, and one's own settings."""
    problem: Problem | None = None
    groups: list[tuple[str, list[Link]]] = []
    namespace = asked_namespace(request, connection.cluster)
    request.namespace = namespace  # type: ignore[attr-defined]
    username = ""
    try:
        groups = grouped(connection, discovery.kinds(connection), namespace)
        username = permissions.who_am_i(connection).username
    except errors.ClusterError as error:
        problem = problem_of(error)
    page = MorePage(groups, username, problem, reverse("me", kwargs={"cluster": connection.cluster.name}))
    return render(request, "more/more.html", {"page": page, "clusters": signin.clusters(request), "problem": problem})


def grouped(connection: Connection, kinds: list[Kind], namespace: str) -> list[tuple[str, list[Link]]]:
    """Kinds as people know them: workloads, the rest of Kubernetes, and what was added to this cluster."""
    by_key = {kind.key: kind for kind in kinds}
    workloads = [by_key[key] for key in WORKLOADS if key in by_key]
    others = sorted((kind for kind in kinds if kind.key not in WORKLOADS), key=lambda kind: (kind.kind, kind.group))
    built_in = [kind for kind in others if is_built_in(kind)]
    custom = [kind for kind in others if not is_built_in(kind)]
    named = ((_("Workloads"), workloads), (_("Kubernetes"), built_in), (_("Custom"), custom))

    def link(kind: Kind) -> Link:
        return Link(kind.title_plural or kind.kind, list_url(connection.cluster, kind, namespace), kind.group)

    return [(title, [link(kind) for kind in members]) for title, members in named if members]


def is_built_in(kind: Kind) -> bool:
    """Whether a kind comes with Kubernetes: its groups are undotted or end in k8s.io."""
    return "." not in kind.group or kind.group.endswith(".k8s.io")
