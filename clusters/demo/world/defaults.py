"""What the API server fills in when an object is created or changed."""

from clusters.demo.world.resources import Resource

ROLLING = {"maxUnavailable": "25%", "maxSurge": "25%"}


def with_defaults(resource: Resource, obj: dict) -> dict:
    """An object with its kind's defaults; fields that are there stay."""
    match resource.key:
        case "deployments.apps":
            spec = {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, **obj["spec"]}
            strategy = spec.get("strategy") or {}
            if strategy.get("type", "RollingUpdate") == "RollingUpdate":
                rolling = {**ROLLING, **(strategy.get("rollingUpdate") or {})}
                strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
            spec["strategy"] = strategy
            return _workload(obj, spec)
        case "replicasets.apps":
            return _workload(obj, {"replicas": 1, **obj["spec"]})
        case "statefulsets.apps":
            spec = {
                "replicas": 1,
                "podManagementPolicy": "OrderedReady",
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                "revisionHistoryLimit": 10,
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
                **obj["spec"],
            }
            return _workload(obj, spec)
        case "daemonsets.apps":
            update = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
            return _workload(obj, {"updateStrategy": update, "revisionHistoryLimit": 10, **obj["spec"]})
        case "cronjobs.batch":
            spec = {
                "concurrencyPolicy": "Allow",
                "suspend": False,
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
                **obj["spec"],
            }
            return {**obj, "spec": spec, "status": obj.get("status") or {}}
        case "namespaces":
            return {**obj, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        case "services":
            return {**obj, "status": obj.get("status") or {"loadBalancer": {}}}
        case "secrets":
            return {"type": "Opaque", **obj}
        case _:
            return obj


def pod_template_defaults(spec: dict) -> dict:
    """A pod template's spec with its defaults."""
    defaults = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    found = {**spec, **{field: value for field, value in defaults.items() if field not in spec}}
    for field in ("initContainers", "containers"):
        if found.get(field):
            found[field] = [container_defaults(container) for container in found[field]]
    return found


def container_defaults(container: dict) -> dict:
    """A container with its defaults."""
    image = container.get("image", "")
    defaults = {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always" if image.endswith(":latest") or ":" not in image else "IfNotPresent",
    }
    found = {**container, **{field: value for field, value in defaults.items() if field not in container}}
    if found.get("ports"):
        found["ports"] = [{"protocol": "TCP", **port} for port in found["ports"]]
    return found


def _workload(obj: dict, spec: dict) -> dict:
    template = spec["template"]
    spec = {**spec, "template": {**template, "spec": pod_template_defaults(template["spec"])}}
    return {**obj, "spec": spec, "status": obj.get("status") or {}}
