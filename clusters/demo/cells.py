"""The cells of kubectl's columns, for each resource that has its own. The columns themselves are in columns.json.

Each function takes an object and the present moment in seconds and gives the cells in the order of its columns.
"""

from collections.abc import Callable

from clusters.demo.ages import human_duration, since
from clusters.demo.pod_cells import pod_cells
from clusters.demo.selectors import format_selector
from clusters.demo.world.clock import moment

NONE = "<none>"
UNSET = "<unset>"


def age(obj: dict, now: float) -> str:
    """How long an object has existed."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def deployment(obj: dict, now: float) -> list:
    """A Deployment: ready of wanted, up to date, available."""
    status = obj.get("status", {})
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    return [obj["metadata"]["name"], ready, updated, available, age(obj, now), *_template_cells(obj["spec"])]


def replica_set(obj: dict, now: float) -> list:
    """A ReplicaSet: desired, current, ready."""
    status = obj.get("status", {})
    counts = [obj["spec"].get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, age(obj, now), *_template_cells(obj["spec"])]


def stateful_set(obj: dict, now: float) -> list:
    """A StatefulSet: ready of wanted."""
    ready = f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"
    return [obj["metadata"]["name"], ready, age(obj, now), *_containers(obj["spec"]["template"])]


def daemon_set(obj: dict, now: float) -> list:
    """A DaemonSet: its five counts and its node selector."""
    status = obj.get("status", {})
    fields = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    node_selector = _labels(obj["spec"]["template"]["spec"].get("nodeSelector"))
    counts = [status.get(field, 0) for field in fields]
    return [obj["metadata"]["name"], *counts, node_selector, age(obj, now), *_template_cells(obj["spec"])]


def job(obj: dict, now: float) -> list:
    """A Job: state, completions, duration."""
    spec, status = obj["spec"], obj.get("status", {})
    succeeded = status.get("succeeded", 0)
    if spec.get("completions") is not None:
        completions = f"{succeeded}/{spec['completions']}"
    elif spec.get("parallelism", 0) > 1:
        completions = f"{succeeded}/1 of {spec['parallelism']}"
    else:
        completions = f"{succeeded}/1"
    duration = ""
    if status.get("startTime"):
        end = moment(status["completionTime"]) if status.get("completionTime") else now
        duration = human_duration(end - moment(status["startTime"]))
    return [obj["metadata"]["name"], _job_state(obj), completions, duration, age(obj, now), *_template_cells(spec)]


def cron_job(obj: dict, now: float) -> list:
    """A CronJob: schedule, time zone, suspended, active Jobs, last run."""
    spec, status = obj["spec"], obj.get("status", {})
    last = status.get("lastScheduleTime")
    inner = spec["jobTemplate"]["spec"]
    return [
        obj["metadata"]["name"],
        spec["schedule"],
        spec.get("timeZone") or NONE,
        _boolean(spec.get("suspend")),
        len(status.get("active") or ()),
        since(last, now) if last else NONE,
        age(obj, now),
        *_template_cells(inner),
    ]


def service(obj: dict, now: float) -> list:
    """A Service: type, addresses, ports, selector."""
    spec = obj["spec"]
    ports = ",".join(
        f"{port['port']}{':' + str(port['nodePort']) if port.get('nodePort') else ''}/{port.get('protocol', 'TCP')}"
        for port in spec.get("ports") or ()
    )
    internal = next(iter(spec.get("clusterIPs") or ()), NONE)
    external = _external_addresses(obj)
    selector = _labels(spec.get("selector"))
    return [obj["metadata"]["name"], spec["type"], internal, external, ports or NONE, age(obj, now), selector]


def ingress(obj: dict, now: float) -> list:
    """An Ingress: class, hosts, address, ports."""
    spec = obj["spec"]
    rules = spec.get("rules") or []
    hosts = [rule["host"] for rule in rules if rule.get("host")]
    shown = ",".join(hosts[:3]) or "*"
    if len(hosts) > 3:
        shown = f"{shown} + {len(rules) - 3} more..."
    address = ",".join(sorted(_balancer_addresses(obj)))
    ports = "80, 443" if spec.get("tls") else "80"
    return [obj["metadata"]["name"], spec.get("ingressClassName") or NONE, shown, address, ports, age(obj, now)]


def config_map(obj: dict, now: float) -> list:
    """A ConfigMap: how many entries."""
    entries = len(obj.get("data") or ()) + len(obj.get("binaryData") or ())
    return [obj["metadata"]["name"], entries, age(obj, now)]


def secret(obj: dict, now: float) -> list:
    """A Secret: type and how many entries."""
    return [obj["metadata"]["name"], obj["type"], len(obj.get("data") or ()), age(obj, now)]


def service_account(obj: dict, now: float) -> list:
    """A ServiceAccount."""
    return [obj["metadata"]["name"], age(obj, now)]


def namespace(obj: dict, now: float) -> list:
    """A Namespace: its phase."""
    return [obj["metadata"]["name"], obj["status"]["phase"], age(obj, now)]


def node(obj: dict, now: float) -> list:
    """A Node: state, roles, version, addresses, system."""
    status = obj["status"]
    ready = next((found["status"] for found in status["conditions"] if found["type"] == "Ready"), None)
    words = ["Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"]
    if obj["spec"].get("unschedulable"):
        words.append("SchedulingDisabled")
    addresses = {found["type"]: found["address"] for found in status["addresses"]}
    info = status["nodeInfo"]
    return [
        obj["metadata"]["name"],
        ",".join(words),
        ",".join(_roles(obj)) or NONE,
        age(obj, now),
        info["kubeletVersion"],
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info["osImage"],
        f"{info['kernelVersion']} ({info['architecture']})",
        info["containerRuntimeVersion"],
    ]


def event(obj: dict, now: float) -> list:
    """An Event: when, what, about whom, said by whom, how often."""
    involved, source, series = obj["involvedObject"], obj.get("source") or {}, obj.get("series")
    first = since(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = since(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    count = obj.get("count") or 1
    if series:
        last, count = since(series["lastObservedTime"], now), series["count"]
    component = source.get("component") or obj.get("reportingComponent", "")
    host = source.get("host") or obj.get("reportingInstance", "")
    target = involved.get("kind", "").lower()
    return [
        last,
        obj["type"],
        obj["reason"],
        f"{target}/{involved['name']}" if involved.get("name") else target,
        involved.get("fieldPath", ""),
        f"{component}, {host}" if host else component,
        obj["message"].strip(),
        first,
        count,
        obj["metadata"]["name"],
    ]


def autoscaler(obj: dict, now: float) -> list:
    """A HorizontalPodAutoscaler: target, metrics, bounds, replicas."""
    spec, status = obj["spec"], obj.get("status", {})
    reference = f"{spec['scaleTargetRef']['kind']}/{spec['scaleTargetRef']['name']}"
    current = status.get("currentMetrics") or []
    metrics = [
        _metric(metric, current[index] if index < len(current) else {})
        for index, metric in enumerate(spec.get("metrics") or ())
    ]
    shown = ", ".join(metrics[:2]) or NONE
    if len(metrics) > 2:
        shown = f"{shown} + {len(metrics) - 2} more..."
    least = str(spec["minReplicas"]) if spec.get("minReplicas") is not None else UNSET
    counts = [spec["maxReplicas"], status.get("currentReplicas", 0)]
    return [obj["metadata"]["name"], reference, shown, least, *counts, age(obj, now)]


def claim(obj: dict, now: float) -> list:
    """A PersistentVolumeClaim: phase, volume, capacity, modes, class."""
    spec, status = obj["spec"], obj.get("status", {})
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    volume = spec.get("volumeName", "")
    capacity = status.get("capacity", {}).get("storage", "") if volume else ""
    modes = _access_modes(status.get("accessModes")) if volume else ""
    attributes = spec.get("volumeAttributesClassName") or UNSET
    return [
        obj["metadata"]["name"],
        phase,
        volume,
        capacity,
        modes,
        spec.get("storageClassName", ""),
        attributes,
        age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def volume(obj: dict, now: float) -> list:
    """A PersistentVolume: capacity, modes, policy, phase, claim, class."""
    spec, status = obj["spec"], obj.get("status", {})
    claimed = spec.get("claimRef") or {}
    return [
        obj["metadata"]["name"],
        spec["capacity"]["storage"],
        _access_modes(spec.get("accessModes")),
        spec["persistentVolumeReclaimPolicy"],
        "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", ""),
        f"{claimed['namespace']}/{claimed['name']}" if claimed else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName") or UNSET,
        status.get("reason", ""),
        age(obj, now),
        spec.get("volumeMode") or UNSET,
    ]


def network_policy(obj: dict, now: float) -> list:
    """A NetworkPolicy: which pods it is for."""
    return [obj["metadata"]["name"], format_selector(obj["spec"]["podSelector"]), age(obj, now)]


def binding(obj: dict, now: float) -> list:
    """A RoleBinding or ClusterRoleBinding: role and subjects."""
    role = f"{obj['roleRef']['kind']}/{obj['roleRef']['name']}"
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in obj.get("subjects") or ():
        full = f"{subject['namespace']}/{subject['name']}" if subject.get("namespace") else subject["name"]
        subjects[subject["kind"]].append(full)
    return [obj["metadata"]["name"], role, age(obj, now), *(", ".join(names) for names in subjects.values())]


def storage_class(obj: dict, now: float) -> list:
    """A StorageClass: provisioner, policy, binding mode, expansion."""
    name = obj["metadata"]["name"]
    default = "storageclass.kubernetes.io/is-default-class"
    if (obj["metadata"].get("annotations") or {}).get(default) == "true":
        name += " (default)"
    binding_mode = obj.get("volumeBindingMode") or UNSET
    policy = obj.get("reclaimPolicy", "Delete")
    expands = bool(obj.get("allowVolumeExpansion"))
    return [name, obj["provisioner"], policy, binding_mode, expands, age(obj, now)]


def definition(obj: dict, now: float) -> list:
    """A CustomResourceDefinition: scope, versions, names, whether it is established."""
    spec, status = obj["spec"], obj.get("status", {})
    versions = [
        found["name"] + ("(storage)" if found.get("storage") else "") for found in spec["versions"] if found["served"]
    ]
    names = spec["names"]
    established = any(
        found["type"] == "Established" and found["status"] == "True" for found in status.get("conditions") or ()
    )
    created = obj["metadata"]["creationTimestamp"]
    short = ",".join(names.get("shortNames") or ())
    name = obj["metadata"]["name"]
    return [name, spec["scope"], ",".join(versions), created, spec["group"], names["kind"], short, established]


def _template_cells(spec: dict) -> list[str]:
    return [*_containers(spec["template"]), format_selector(spec.get("selector"))]


def _containers(template: dict) -> list[str]:
    containers = template["spec"].get("containers") or []
    return [",".join(found["name"] for found in containers), ",".join(found.get("image", "") for found in containers)]


def _labels(labels: dict[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def _boolean(value: bool | None) -> str:
    return UNSET if value is None else "True" if value else "False"


def _job_state(obj: dict) -> str:
    true = {found["type"] for found in obj.get("status", {}).get("conditions") or () if found["status"] == "True"}
    for condition in ("Complete", "Failed"):
        if condition in true:
            return condition
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for condition in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if condition in true:
            return condition
    return "Running"


def _external_addresses(obj: dict) -> str:
    spec = obj["spec"]
    outside = list(spec.get("externalIPs") or ())
    match spec["type"]:
        case "LoadBalancer":
            return ",".join([*sorted(_balancer_addresses(obj)), *outside]) or "<pending>"
        case "ExternalName":
            return spec["externalName"]
        case _:
            return ",".join(outside) or NONE


def _balancer_addresses(obj: dict) -> set[str]:
    entries = obj.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    return {entry.get("ip") or entry.get("hostname", "") for entry in entries}


def _roles(obj: dict) -> list[str]:
    prefix = "node-role.kubernetes.io/"
    labels = obj["metadata"].get("labels") or {}
    found = {key[len(prefix) :] for key in labels if key.startswith(prefix) and key != prefix}
    return sorted(found | ({labels["kubernetes.io/role"]} if labels.get("kubernetes.io/role") else set()))


def _metric(spec: dict, current: dict) -> str:
    """A Resource metric of an autoscaler; the demo has no other type."""
    resource, now = spec["resource"], current.get("resource", {}).get("current", {})
    target = resource["target"]
    if target.get("averageValue"):
        return f"{resource['name']}: {now.get('averageValue', '<unknown>')}/{target['averageValue']}"
    used = f"{now['averageUtilization']}%" if "averageUtilization" in now else "<unknown>"
    wanted = f"{target['averageUtilization']}%" if "averageUtilization" in target else "<auto>"
    return f"{resource['name']}: {used}/{wanted}"


def _access_modes(modes: list[str] | None) -> str:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return ",".join(short[mode] for mode in modes or ())


CELLS: dict[str, Callable[[dict, float], list]] = {
    "clusterrolebindings.rbac.authorization.k8s.io": binding,
    "configmaps": config_map,
    "cronjobs.batch": cron_job,
    "customresourcedefinitions.apiextensions.k8s.io": definition,
    "daemonsets.apps": daemon_set,
    "deployments.apps": deployment,
    "events": event,
    "horizontalpodautoscalers.autoscaling": autoscaler,
    "ingresses.networking.k8s.io": ingress,
    "jobs.batch": job,
    "namespaces": namespace,
    "networkpolicies.networking.k8s.io": network_policy,
    "nodes": node,
    "persistentvolumeclaims": claim,
    "persistentvolumes": volume,
    "pods": pod_cells,
    "replicasets.apps": replica_set,
    "rolebindings.rbac.authorization.k8s.io": binding,
    "secrets": secret,
    "serviceaccounts": service_account,
    "services": service,
    "statefulsets.apps": stateful_set,
    "storageclasses.storage.k8s.io": storage_class,
}
