"""A pod: its state and why, its containers, and from a failing one to its previous logs in one tap."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from clusters import errors, tables
from clusters import pods as pods_of
from clusters.connection import Connection
from clusters.kinds import KNOWN, PODS
from clusters.kinds.kind import State
from clusters.pods import Container, ContainerStatus, Pod
from clusters.wire import TABLE, Table
from dashboard.links import list_url, object_url
from dashboard.views.parts import Details, Head, Link, StateView, details, head, moment, owner_link
from dashboard.views.rows import Fact


@dataclass(frozen=True, slots=True)
class ContainerView:
    """One container; ``env`` has names only, ``exit_code`` is that of the last run and empty where none ended."""

    name: str
    tone: str
    word: str
    reason: str
    ready: bool
    restarts: int
    last_state: str
    exit_code: str
    image: str
    resources: list[Fact]
    probes: list[Fact]
    ports: list[str]
    env: list[str]
    mounts: list[Fact]
    logs_url: str
    previous_logs_url: str


@dataclass(frozen=True, slots=True)
class PodPage:
    """The context of objects/pod.html, as ``page``."""

    head: Head
    state: StateView
    facts: list[Fact]
    containers: list[ContainerView]
    init_containers: list[ContainerView]
    details: Details
    owner: Link | None
    node: Link | None
    stream_url: str
    logs_url: str
    previous_logs_url: str


def pod_page(request: HttpRequest, connection: Connection, namespace: str, name: str) -> HttpResponse:
    """The page of one pod. Raises ClusterError."""
    pod = pods_of.read(connection, namespace, name)
    top = head(request, connection, PODS, namespace, name, "object")
    logs_url = object_url(connection.cluster, PODS, namespace, name, "logs", **top.keep)
    containers = container_views(pod, pod.spec.containers + pod.spec.ephemeral_containers, logs_url)
    init_containers = container_views(pod, pod.spec.init_containers, logs_url, init=True)
    # One that crashes in a loop runs for some seconds of every round: how its last run ended is what counts.
    failed = next(
        (each for each in (*init_containers, *containers) if each.previous_logs_url and each.exit_code != "0"), None
    )
    page = PodPage(
        head=top,
        state=state_view(connection, namespace, name, pod),
        facts=facts(pod),
        containers=containers,
        init_containers=init_containers,
        details=details(connection, PODS, namespace, pod.metadata, pod.status.conditions),
        owner=owner_link(connection, namespace, pod.metadata),
        node=node_link(connection, pod),
        stream_url=object_url(connection.cluster, PODS, namespace, name, watch="1"),
        logs_url=logs_url,
        previous_logs_url=failed.previous_logs_url if failed else "",
    )
    return render(request, "objects/pod.html", {"page": page})


def state_view(connection: Connection, namespace: str, name: str, pod: Pod | None = None) -> StateView:
    """A pod's state in kubectl's word, which the API server works out itself, and why. Raises ClusterError."""
    pod = pod or pods_of.read(connection, namespace, name)
    state = printed_state(connection, namespace, name)
    reason = pods_of.why(pod) or pods_of.restarted(pod) if state.tone != "ok" else ""
    return StateView(state.tone, state.word, reason)


def printed_state(connection: Connection, namespace: str, name: str) -> State:
    """The STATUS column of one pod. Raises ClusterError."""
    table = connection.get(PODS.path(namespace, name), type=Table, accept=TABLE)
    rows = list(tables.rows_of(PODS, tables.columns_of(table), table))
    if not rows:
        raise errors.NotFound(_("There is no pod %(name)s.") % {"name": name}, status=404, reason="NotFound")
    return rows[0].state


def facts(pod: Pod) -> list[Fact]:
    """What is asked about a pod now and then."""
    status, spec = pod.status, pod.spec
    candidates = (
        (_("Pod address"), status.pod_ip),
        (_("Created"), moment(pod.metadata.creation_timestamp)),
        (_("Terminating since"), moment(pod.metadata.deletion_timestamp)),
        (_("Service account"), spec.service_account_name),
        (_("Restart policy"), spec.restart_policy),
        (_("Quality of service"), status.qos_class),
        (_("Priority class"), spec.priority_class_name),
    )
    return [Fact(label, text) for label, text in candidates if text]


def node_link(connection: Connection, pod: Pod) -> Link | None:
    """The node that a pod is on."""
    name = pod.spec.node_name
    return Link(name, object_url(connection.cluster, KNOWN["nodes"], "", name), _("Node")) if name else None


def container_views(pod: Pod, containers: list[Container], logs_url: str, *, init: bool = False) -> list[ContainerView]:
    """Containers of a pod, in the order in which the spec has them."""
    known = pods_of.statuses(pod)
    return [container_view(each, known.get(each.name), logs_url, init=init) for each in containers]


def container_view(container: Container, status: ContainerStatus | None, logs_url: str, *, init: bool) -> ContainerView:
    """One container as a template needs it."""
    now = pods_of.doing(status, init=init)
    last = pods_of.last_time(status)
    ended = status.state.terminated if status else None
    exited = last or ended
    url = f"{logs_url}{'&' if '?' in logs_url else '?'}"
    probes = (
        (_("Startup probe"), container.startup_probe),
        (_("Readiness probe"), container.readiness_probe),
        (_("Liveness probe"), container.liveness_probe),
    )
    return ContainerView(
        name=container.name,
        tone=now.tone,
        word=now.word,
        reason=now.why,
        ready=bool(status and status.ready),
        restarts=status.restart_count if status else 0,
        last_state=f"{last.reason} {moment(last.finished_at)}. {pods_of.exit_words(last)}" if last else "",
        exit_code=str(exited.exit_code) if exited else "",
        image=container.image,
        resources=[Fact(name, text) for name, text in pods_of.quantities(container)],
        probes=[Fact(label, pods_of.probe_words(probe)) for label, probe in probes if probe],
        ports=[port_words(port.name, port.container_port, port.protocol) for port in container.ports],
        env=[variable.name for variable in container.env],
        mounts=[
            Fact(each.mount_path, each.name + (_(" (read only)") if each.read_only else ""))
            for each in container.volume_mounts
        ],
        logs_url=f"{url}{urlencode({'container': container.name})}",
        previous_logs_url=f"{url}{urlencode({'container': container.name, 'previous': 1})}" if last else "",
    )


def port_words(name: str, number: int, protocol: str) -> str:
    """A port as people write it."""
    words = f"{number}/{protocol.lower()}"
    return f"{name} {words}" if name else words


def pods_url(connection: Connection, namespace: str, selector: str) -> str:
    """The list of the pods that a selector chooses."""
    return list_url(connection.cluster, PODS, namespace, selector=selector)
