"""The resources this server serves: one literal each, in discovery's order."""

from collections.abc import Iterable
from dataclasses import dataclass, field

READ_WRITE = ("create", "delete", "get", "list", "patch", "update", "watch")
CREATE_ONLY = ("create",)


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object; `kind` is what it answers with."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


SCALE = Subresource("scale", "Scale", ("get", "patch", "update"), "autoscaling", "v1")


@dataclass(frozen=True, slots=True)
class Resource:
    """A served resource; `name` is the plural in the URL, `key` is `plural.group` as kubectl writes it."""

    group: str
    version: str
    name: str
    singular: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READ_WRITE
    subresources: tuple[Subresource, ...] = ()
    custom: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.name}.{self.group}" if self.group else self.name)

    @property
    def api_version(self) -> str:
        """As objects write it: `group/version`, or `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def subresource(self, name: str) -> Subresource | None:
        """A subresource by its name."""
        return next((sub for sub in self.subresources if sub.name == name), None)


def status_of(kind: str) -> Subresource:
    """The status subresource of a kind."""
    return Subresource("status", kind, ("get", "patch", "update"))


def _workload(name: str, singular: str, kind: str, short: str) -> Resource:
    return Resource("apps", "v1", name, singular, kind, True, (short,), ("all",), subresources=(SCALE, status_of(kind)))


BUILT_IN: tuple[Resource, ...] = (
    Resource("", "v1", "configmaps", "configmap", "ConfigMap", short_names=("cm",)),
    Resource("", "v1", "events", "event", "Event", short_names=("ev",)),
    Resource("", "v1", "namespaces", "namespace", "Namespace", False, ("ns",), subresources=(status_of("Namespace"),)),
    Resource("", "v1", "nodes", "node", "Node", False, ("no",), subresources=(status_of("Node"),)),
    Resource(
        "",
        "v1",
        "persistentvolumeclaims",
        "persistentvolumeclaim",
        "PersistentVolumeClaim",
        True,
        ("pvc",),
        subresources=(status_of("PersistentVolumeClaim"),),
    ),
    Resource(
        "",
        "v1",
        "persistentvolumes",
        "persistentvolume",
        "PersistentVolume",
        False,
        ("pv",),
        subresources=(status_of("PersistentVolume"),),
    ),
    Resource(
        "",
        "v1",
        "pods",
        "pod",
        "Pod",
        True,
        ("po",),
        ("all",),
        subresources=(Subresource("log", "Pod", ("get",)), status_of("Pod")),
    ),
    Resource("", "v1", "secrets", "secret", "Secret"),
    Resource("", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", short_names=("sa",)),
    Resource(
        "", "v1", "services", "service", "Service", True, ("svc",), ("all",), subresources=(status_of("Service"),)
    ),
    Resource(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "customresourcedefinition",
        "CustomResourceDefinition",
        False,
        ("crd", "crds"),
        ("api-extensions",),
        subresources=(status_of("CustomResourceDefinition"),),
    ),
    Resource(
        "apps",
        "v1",
        "daemonsets",
        "daemonset",
        "DaemonSet",
        True,
        ("ds",),
        ("all",),
        subresources=(status_of("DaemonSet"),),
    ),
    _workload("deployments", "deployment", "Deployment", "deploy"),
    _workload("replicasets", "replicaset", "ReplicaSet", "rs"),
    _workload("statefulsets", "statefulset", "StatefulSet", "sts"),
    Resource(
        "authentication.k8s.io",
        "v1",
        "selfsubjectreviews",
        "selfsubjectreview",
        "SelfSubjectReview",
        False,
        verbs=CREATE_ONLY,
    ),
    Resource(
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "selfsubjectaccessreview",
        "SelfSubjectAccessReview",
        False,
        verbs=CREATE_ONLY,
    ),
    Resource(
        "authorization.k8s.io",
        "v1",
        "selfsubjectrulesreviews",
        "selfsubjectrulesreview",
        "SelfSubjectRulesReview",
        False,
        verbs=CREATE_ONLY,
    ),
    Resource(
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "horizontalpodautoscaler",
        "HorizontalPodAutoscaler",
        True,
        ("hpa",),
        ("all",),
        subresources=(status_of("HorizontalPodAutoscaler"),),
    ),
    Resource(
        "batch", "v1", "cronjobs", "cronjob", "CronJob", True, ("cj",), ("all",), subresources=(status_of("CronJob"),)
    ),
    Resource("batch", "v1", "jobs", "job", "Job", True, (), ("all",), subresources=(status_of("Job"),)),
    Resource(
        "networking.k8s.io",
        "v1",
        "ingresses",
        "ingress",
        "Ingress",
        True,
        ("ing",),
        subresources=(status_of("Ingress"),),
    ),
    Resource("networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", True, ("netpol",)),
    Resource(
        "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding", False
    ),
    Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "clusterrole", "ClusterRole", False),
    Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "rolebinding", "RoleBinding"),
    Resource("rbac.authorization.k8s.io", "v1", "roles", "role", "Role"),
    Resource("storage.k8s.io", "v1", "storageclasses", "storageclass", "StorageClass", False, ("sc",)),
)


def custom_resources(definitions: Iterable[dict]) -> list[Resource]:
    """The resources that CustomResourceDefinition objects add."""
    found = []
    for definition in definitions:
        spec = definition["spec"]
        names = spec["names"]
        for version in spec["versions"]:
            if not version.get("served"):
                continue
            subresources = (status_of(names["kind"]),) if "status" in version.get("subresources", {}) else ()
            found.append(
                Resource(
                    spec["group"],
                    version["name"],
                    names["plural"],
                    names["singular"],
                    names["kind"],
                    spec["scope"] == "Namespaced",
                    tuple(names.get("shortNames", ())),
                    tuple(names.get("categories", ())),
                    subresources=subresources,
                    custom=True,
                )
            )
    return found
