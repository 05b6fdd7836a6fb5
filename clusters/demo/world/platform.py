"""What any cluster has: namespaces, nodes, the control plane, DNS, and a little monitoring."""

import base64

from clusters.demo.controllers.pods import new_pod
from clusters.demo.world.build import add, container, deployment, labels_of, service, template
from clusters.demo.world.clock import stamp
from clusters.demo.world.people import rbac_objects
from clusters.demo.world.world import World

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease", "shop", "jobs", "monitoring", "empty")
VERSION = "v1.37.2"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
UNREACHABLE = "node.kubernetes.io/unreachable"


def namespaces(world: World) -> None:
    """The namespaces, each with what the API server and its controllers put there."""
    for name in NAMESPACES:
        add(world, "namespaces", name, labels={"kubernetes.io/metadata.name": name})
    kubernetes = service(world, "default", "kubernetes", 443, "10.96.0.1", 6443)
    spec = {field: value for field, value in kubernetes["spec"].items() if field != "selector"}
    world.put("services", {**kubernetes, "spec": spec})
    for key, obj in rbac_objects():
        world.put(key, obj)
    add(
        world,
        "storageclasses.storage.k8s.io",
        "standard",
        annotations={"storageclass.kubernetes.io/is-default-class": "true"},
        provisioner="rancher.io/local-path",
        reclaimPolicy="Delete",
        volumeBindingMode="WaitForFirstConsumer",
    )


def nodes(world: World) -> None:
    """Three nodes."""
    node(world, "harbor-1", 1, control_plane=True)
    node(world, "harbor-2", 2)
    node(world, "harbor-3", 3)


def fourth_node(world: World) -> None:
    """A node kept for payments, which will go silent."""
    found = node(world, "harbor-4", 4)
    taints = [{"key": "dedicated", "value": "payments", "effect": "NoSchedule"}]
    world.put("nodes", {**found, "spec": {**found["spec"], "taints": taints}})


def node(world: World, name: str, number: int, *, control_plane: bool = False) -> dict:
    """A node that is ready."""
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }
    spec: dict = {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]}
    if control_plane:
        labels[CONTROL_PLANE] = ""
        spec["taints"] = [{"key": CONTROL_PLANE, "effect": "NoSchedule"}]
    capacity = {"cpu": "8", "ephemeral-storage": "102626232Ki", "memory": "16384000Ki", "pods": "110"}
    status = {
        "capacity": capacity,
        "allocatable": {**capacity, "memory": "16281600Ki"},
        "conditions": _node_conditions(world, "True"),
        "addresses": [
            {"type": "InternalIP", "address": f"192.0.2.{10 + number}"},
            {"type": "Hostname", "address": name},
        ],
        "nodeInfo": {
            "machineID": f"{number:032x}",
            "systemUUID": f"{number:08x}-0000-4000-8000-{number:012x}",
            "bootID": f"{number:08x}-1111-4000-8000-{number:012x}",
            "kernelVersion": "6.12.48+deb13-amd64",
            "osImage": "Debian GNU/Linux 13 (trixie)",
            "containerRuntimeVersion": "containerd://2.1.4",
            "kubeletVersion": VERSION,
            "kubeProxyVersion": "",
            "operatingSystem": "linux",
            "architecture": "amd64",
        },
    }
    return add(world, "nodes", name, labels=labels, spec=spec, status=status)


def silence_node(world: World, name: str) -> None:
    """Let a node stop reporting: its conditions become Unknown and nothing is put on it any more."""
    found = world.get("nodes", "", name)
    if found is not None:
        taints = [
            {"key": UNREACHABLE, "effect": effect, "timeAdded": stamp(world.now())}
            for effect in ("NoSchedule", "NoExecute")
        ]
        status = {**found["status"], "conditions": _node_conditions(world, "Unknown")}
        world.put("nodes", {**found, "spec": {**found["spec"], "taints": taints}, "status": status})


def _node_conditions(world: World, ready: str) -> list[dict]:
    now = stamp(world.now())
    rows: tuple[tuple[str, str, str, str], ...] = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    )
    if ready == "Unknown":
        rows = tuple(
            (name, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.") for name, *_ in rows
        )
    return [
        {
            "type": name,
            "status": status,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
            "reason": reason,
            "message": message,
        }
        for name, status, reason, message in rows
    ]


def system(world: World) -> None:
    """kube-system: the control plane's own pods, DNS, the proxy and metrics."""
    for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        image = "registry.k8s.io/etcd:3.6.16-0" if name == "etcd" else f"registry.k8s.io/{name}:{VERSION}"
        spec = {"containers": [container(name, image, cpu="100m")], "hostNetwork": True, "nodeName": "harbor-1"}
        pod = new_pod(
            {"metadata": {"labels": {"component": name, "tier": "control-plane"}}, "spec": spec},
            "kube-system",
            f"{name}-harbor-1",
        )
        pod["metadata"]["annotations"] = {"kubernetes.io/config.source": "file"}
        world.put("pods", pod)
    tolerations = [{"operator": "Exists"}]
    proxy = container("kube-proxy", f"registry.k8s.io/kube-proxy:{VERSION}")
    _daemon_set(world, "kube-system", "kube-proxy", proxy, hostNetwork=True, tolerations=tolerations)
    dns = container("coredns", "registry.k8s.io/coredns/coredns:v1.13.1", cpu="100m", memory="170Mi")
    deployment(world, "kube-system", "coredns", 2, [dns])
    service(world, "kube-system", "coredns", 53, "10.96.0.10")
    metrics = container("metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.8.0", cpu="100m")
    deployment(world, "kube-system", "metrics-server", 1, [metrics])
    service(world, "kube-system", "metrics-server", 443, "10.96.0.43", 10250)
    add(world, "serviceaccounts", "impersonator", "kube-system")


def monitoring(world: World) -> None:
    """monitoring: Prometheus with a second container, Grafana, and an exporter on each node."""
    containers = [
        container("prometheus", "quay.io/prometheus/prometheus:v3.7.1", port=9090, cpu="200m", memory="512Mi"),
        container("config-reloader", "quay.io/prometheus-operator/prometheus-config-reloader:v0.86.0", cpu="10m"),
    ]
    deployment(world, "monitoring", "prometheus", 1, containers)
    service(world, "monitoring", "prometheus", 9090, "10.96.14.90")
    grafana = container("grafana", "docker.io/grafana/grafana:12.2.0", port=3000, cpu="100m", memory="256Mi")
    deployment(world, "monitoring", "grafana", 1, [grafana])
    service(world, "monitoring", "grafana", 80, "10.96.14.91", 3000)
    exporter = container("node-exporter", "quay.io/prometheus/node-exporter:v1.10.0", cpu="20m", memory="32Mi")
    _daemon_set(world, "monitoring", "node-exporter", exporter, tolerations=[{"operator": "Exists"}])
    password = base64.b64encode(b"not-a-real-password").decode()
    add(world, "secrets", "grafana-admin", "monitoring", data={"password": password}, type="Opaque")


def _daemon_set(world: World, namespace: str, app: str, found: dict, **spec: object) -> dict:
    wanted = {"selector": {"matchLabels": {"app": app}}, "template": template(app, [found], **spec)}
    return add(world, "daemonsets.apps", app, namespace, labels=labels_of(app), spec=wanted)
