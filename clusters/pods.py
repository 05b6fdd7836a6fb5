"""A pod as a person wants to know it: its state and why, and what each container is doing."""

from dataclasses import dataclass
from typing import Annotated, Literal

from django.utils.translation import gettext as _

from clusters.answers import LARGEST_OBJECT
from clusters.connection import Connection
from clusters.kinds import PODS
from clusters.wire import Few, Int, Many, Metadata, Moment, Wire

Quantity = str | int | float


class Terminated(Wire, frozen=True):
    """core/v1 ContainerStateTerminated."""

    exit_code: Int = 0
    signal: Int = 0
    reason: str = ""
    message: str = ""
    started_at: Moment | None = None
    finished_at: Moment | None = None


class Waiting(Wire, frozen=True):
    """core/v1 ContainerStateWaiting."""

    reason: str = ""
    message: str = ""


class Running(Wire, frozen=True):
    """core/v1 ContainerStateRunning."""

    started_at: Moment | None = None


class ContainerState(Wire, frozen=True):
    """core/v1 ContainerState: one of three."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Wire, frozen=True):
    """core/v1 ContainerStatus."""

    name: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: Int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodCondition(Wire, frozen=True):
    """A condition, as pods and workloads have them."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: Moment | None = None


class EnvVar(Wire, frozen=True):
    """An environment variable's name; its value may be secret and is not read."""

    name: str = ""


class ContainerPort(Wire, frozen=True):
    """core/v1 ContainerPort."""

    name: str = ""
    container_port: Int = 0
    protocol: str = "TCP"


class VolumeMount(Wire, frozen=True):
    """core/v1 VolumeMount."""

    name: str = ""
    mount_path: str = ""
    read_only: bool = False


class Resources(Wire, frozen=True):
    """core/v1 ResourceRequirements."""

    requests: dict[str, Quantity] = {}
    limits: dict[str, Quantity] = {}


class HttpGet(Wire, frozen=True):
    """core/v1 HTTPGetAction; a port may be a number or a name."""

    path: str = "/"
    port: int | str = ""
    scheme: str = "HTTP"


class PortAction(Wire, frozen=True):
    """core/v1 TCPSocketAction and GRPCAction."""

    port: int | str = ""
    service: str | None = None


class ExecAction(Wire, frozen=True):
    """core/v1 ExecAction."""

    command: Annotated[list[str], Many] = []


class Probe(Wire, frozen=True):
    """core/v1 Probe: one of four ways to ask, and how often."""

    http_get: HttpGet | None = None
    tcp_socket: PortAction | None = None
    grpc: PortAction | None = None
    exec: ExecAction | None = None
    period_seconds: Int = 10
    failure_threshold: Int = 3


class Container(Wire, frozen=True):
    """core/v1 Container, as far as it is shown."""

    name: str = ""
    image: str = ""
    restart_policy: str = ""
    env: Annotated[list[EnvVar], Many] = []
    ports: Annotated[list[ContainerPort], Many] = []
    volume_mounts: Annotated[list[VolumeMount], Many] = []
    resources: Resources = Resources()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None


class PodSpec(Wire, frozen=True):
    """core/v1 PodSpec, as far as it is shown."""

    node_name: str = ""
    service_account_name: str = ""
    restart_policy: str = ""
    priority_class_name: str = ""
    containers: Annotated[list[Container], Few] = []
    init_containers: Annotated[list[Container], Few] = []
    ephemeral_containers: Annotated[list[Container], Few] = []


class PodStatus(Wire, frozen=True):
    """core/v1 PodStatus, as far as it is shown."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    pod_ip: str = ""
    host_ip: str = ""
    qos_class: str = ""
    start_time: Moment | None = None
    conditions: Annotated[list[PodCondition], Few] = []
    container_statuses: Annotated[list[ContainerStatus], Few] = []
    init_container_statuses: Annotated[list[ContainerStatus], Few] = []
    ephemeral_container_statuses: Annotated[list[ContainerStatus], Few] = []


class Pod(Wire, frozen=True):
    """core/v1 Pod."""

    kind: Literal["Pod"]
    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


@dataclass(frozen=True, slots=True)
class Doing:
    """What a container is doing: a tone, a word, and a sentence why where there is something to explain."""

    tone: str
    word: str
    why: str = ""


GOOD_WAITS = {"ContainerCreating", "PodInitializing"}


def read(connection: Connection, namespace: str, name: str) -> Pod:
    """One pod. Raises ClusterError."""
    return connection.get(PODS.path(namespace, name), type=Pod, largest=LARGEST_OBJECT)


def statuses(pod: Pod) -> dict[str, ContainerStatus]:
    """The status of each container, by the container's name."""
    status = pod.status
    everything = (*status.init_container_statuses, *status.container_statuses, *status.ephemeral_container_statuses)
    return {each.name: each for each in everything}


def containers(pod: Pod) -> list[Container]:
    """All containers in the order in which they start: init, then the others, then ephemeral ones."""
    return [*pod.spec.init_containers, *pod.spec.containers, *pod.spec.ephemeral_containers]


def doing(status: ContainerStatus | None, *, init: bool = False) -> Doing:
    """What a container is doing, from its status."""
    if status is None:
        return Doing("busy", _("Not started"))
    state = status.state
    if state.waiting:
        reason = state.waiting.reason or _("Waiting")
        return Doing("busy" if reason in GOOD_WAITS else "bad", reason, state.waiting.message)
    if state.terminated:
        return ended(state.terminated)
    if state.running:
        if status.ready or init:
            return Doing("ok", _("Running"))
        return Doing("warn", _("Running, not ready"), _("Its readiness probe does not succeed (yet)."))
    return Doing("busy", _("Not started"))


def ended(terminated: Terminated) -> Doing:
    """How a container ended."""
    if terminated.exit_code == 0 and not terminated.signal:
        return Doing("off", terminated.reason or _("Completed"))
    return Doing("bad", terminated.reason or _("Error"), exit_words(terminated))


def exit_words(terminated: Terminated) -> str:
    """Why a container ended, in a sentence: exit code or signal, and what it left as its message."""
    if terminated.signal:
        words = _("Ended by signal %(signal)d.") % {"signal": terminated.signal}
    elif terminated.reason == "OOMKilled":
        words = _("Used more memory than its limit and was killed (exit code %(code)d).") % {
            "code": terminated.exit_code
        }
    else:
        words = _("Ended with exit code %(code)d.") % {"code": terminated.exit_code}
    return f"{words} {terminated.message}".strip()


def last_time(status: ContainerStatus | None) -> Terminated | None:
    """How the run before this one ended, if there was one."""
    return status.last_state.terminated if status else None


def why(pod: Pod) -> str:
    """One sentence on why a pod is not well; empty where it is. The most telling reason wins."""
    if pod.status.message or pod.status.reason:
        return pod.status.message or pod.status.reason
    known = statuses(pod)
    for container in containers(pod):
        status = known.get(container.name)
        if sentence := container_why(container.name, status):
            return sentence
    for condition in pod.status.conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            return condition.message or condition.reason
    return ""


def restarted(pod: Pod) -> str:
    """One sentence on how the last run of a container ended that runs again; empty where none failed."""
    known = statuses(pod)
    for container in containers(pod):
        status = known.get(container.name)
        last = last_time(status)
        if last and status and status.state.running and ended(last).tone == "bad":
            return _("%(name)s was restarted. Last time: %(how)s") % {"name": container.name, "how": exit_words(last)}
    return ""


def container_why(name: str, status: ContainerStatus | None) -> str:
    """One sentence on what is wrong with a container; empty where nothing is."""
    now = doing(status)
    if now.tone != "bad":
        return ""
    words = f"{name}: {now.word}"
    last = last_time(status)
    if last and status and status.state.waiting:
        return f"{words}. {_('Last time:')} {exit_words(last)}"
    return f"{words}. {now.why}".strip() if now.why else f"{words}."


def quantities(container: Container) -> list[tuple[str, str]]:
    """Requests and limits per resource: ``cpu`` and ``100m of 500m`` where both are set."""
    requests, limits = container.resources.requests, container.resources.limits
    found = []
    for resource in sorted({*requests, *limits}):
        request, limit = requests.get(resource), limits.get(resource)
        if request is not None and limit is not None:
            words = _("%(request)s, at most %(limit)s") % {"request": request, "limit": limit}
        elif limit is not None:
            words = _("at most %(limit)s") % {"limit": limit}
        else:
            words = _("%(request)s, no limit") % {"request": request}
        found.append((resource, words))
    return found


def probe_words(probe: Probe) -> str:
    """A probe in one line: what is asked, how often, how patiently."""
    if http := probe.http_get:
        asked = f"{http.scheme.lower()}://:{http.port}{http.path}"
    elif probe.tcp_socket:
        asked = f"tcp :{probe.tcp_socket.port}"
    elif probe.grpc:
        asked = f"grpc :{probe.grpc.port} {probe.grpc.service or ''}".strip()
    else:
        asked = " ".join(probe.exec.command) if probe.exec else ""
    rhythm = _("every %(period)ss, %(failures)s failures allowed") % {
        "period": probe.period_seconds,
        "failures": probe.failure_threshold,
    }
    return f"{asked} · {rhythm}"
