"""Who may come in, and with what: the demo's people, their tokens, and the RBAC objects that give them power."""

from dataclasses import dataclass

RBAC = "rbac.authorization.k8s.io"
READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")


@dataclass(frozen=True, slots=True)
class Person:
    """A user as authentication finds them; `groups` are without the ones every authenticated user has."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


ANONYMOUS = Person("system:anonymous", ("system:unauthenticated",))

TOKENS: dict[str, Person] = {
    "olivia-token": Person("olivia", ("operators",), "olivia"),
    "victor-token": Person("victor", ("viewers",), "victor"),
    "nadia-token": Person("nadia", ("shop-team",), "nadia"),
    "mallory-token": Person("mallory", (), "mallory"),
    "impersonator-token": Person(
        "system:serviceaccount:kube-system:impersonator",
        ("system:serviceaccounts", "system:serviceaccounts:kube-system"),
    ),
}


def rule(groups: str, resources: str, verbs: tuple[str, ...], names: tuple[str, ...] = ()) -> dict:
    """A PolicyRule; groups and resources are given as words in one string, `core` being the group without a name."""
    found: dict = {
        "apiGroups": ["" if group == "core" else group for group in groups.split()],
        "resources": resources.split(),
        "verbs": list(verbs),
    }
    return {**found, "resourceNames": list(names)} if names else found


_VIEWED = (
    rule(
        "core",
        "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers "
        "replicationcontrollers/scale serviceaccounts services services/status bindings events limitranges "
        "namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status "
        "namespaces",
        READ,
    ),
    rule(
        "apps",
        "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets "
        "replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
        READ,
    ),
    rule("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status", READ),
    rule("batch", "cronjobs cronjobs/status jobs jobs/status", READ),
    rule("networking.k8s.io", "ingresses ingresses/status networkpolicies", READ),
    rule("policy", "poddisruptionbudgets poddisruptionbudgets/status", READ),
    rule("marina.example.com", "boats", READ),
)

_EDITED = (
    rule("core", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy", READ),
    rule("core", "serviceaccounts", ("impersonate",)),
    rule("core", "pods pods/attach pods/exec pods/portforward pods/proxy pods/eviction", ("create", *WRITE[1:])),
    rule(
        "core",
        "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets "
        "serviceaccounts services services/proxy",
        WRITE,
    ),
    rule(
        "apps",
        "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets "
        "statefulsets/scale",
        WRITE,
    ),
    rule("autoscaling", "horizontalpodautoscalers", WRITE),
    rule("batch", "cronjobs jobs", WRITE),
    rule("networking.k8s.io", "ingresses networkpolicies", WRITE),
    rule("marina.example.com", "boats", WRITE),
)

CLUSTER_ROLES: dict[str, tuple[dict, ...]] = {
    "cluster-admin": (rule("*", "*", ("*",)), {"nonResourceURLs": ["*"], "verbs": ["*"]}),
    "edit": (*_EDITED, *_VIEWED),
    "view": _VIEWED,
    "view-nodes": (
        rule("core", "nodes nodes/status persistentvolumes", READ),
        rule("storage.k8s.io", "storageclasses", READ),
        rule("apiextensions.k8s.io", "customresourcedefinitions", READ),
        rule(RBAC, "clusterrolebindings clusterroles rolebindings roles", READ),
    ),
    "impersonator": (rule("core", "users groups", ("impersonate",)),),
    "system:basic-user": (
        rule("authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews", ("create",)),
        rule("authentication.k8s.io", "selfsubjectreviews", ("create",)),
    ),
    "system:discovery": (
        {
            "nonResourceURLs": [
                "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz",
                "/version", "/version/",
            ],
            "verbs": ["get"],
        },
    ),
    "system:public-info-viewer": (
        {"nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"], "verbs": ["get"]},
    ),
}  # fmt: skip

# (name of the binding, role, kind of subject, name of the subject)
CLUSTER_BINDINGS = (
    ("operators", "cluster-admin", "Group", "operators"),
    ("impersonator", "impersonator", "ServiceAccount", "kube-system/impersonator"),
    ("system:basic-user", "system:basic-user", "Group", "system:authenticated"),
    ("system:discovery", "system:discovery", "Group", "system:authenticated"),
    ("system:public-info-viewer", "system:public-info-viewer", "Group", "system:authenticated"),
    ("system:public-info-viewer-unauthenticated", "system:public-info-viewer", "Group", "system:unauthenticated"),
    ("viewers", "view", "Group", "viewers"),
    ("viewers-nodes", "view-nodes", "Group", "viewers"),
)

# (namespace, name of the binding, cluster role, group)
BINDINGS = (("shop", "shop-team", "edit", "shop-team"),)


def rbac_objects() -> list[tuple[str, dict]]:
    """The RBAC objects of the world, each with its resource's key."""
    found: list[tuple[str, dict]] = []
    for role, rules in CLUSTER_ROLES.items():
        found.append((f"clusterroles.{RBAC}", _object("ClusterRole", {"name": role}, rules=list(rules))))
    for name, role, kind, subject in CLUSTER_BINDINGS:
        binding = _object("ClusterRoleBinding", {"name": name}, roleRef=_ref(role), subjects=[_subject(kind, subject)])
        found.append((f"clusterrolebindings.{RBAC}", binding))
    for namespace, name, role, group in BINDINGS:
        metadata = {"name": name, "namespace": namespace}
        binding = _object("RoleBinding", metadata, roleRef=_ref(role), subjects=[_subject("Group", group)])
        found.append((f"rolebindings.{RBAC}", binding))
    return found


def _object(kind: str, metadata: dict, **parts: object) -> dict:
    return {"kind": kind, "apiVersion": f"{RBAC}/v1", "metadata": metadata, **parts}


def _ref(role: str) -> dict:
    return {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}


def _subject(kind: str, name: str) -> dict:
    if kind == "ServiceAccount":
        namespace, _, account = name.partition("/")
        return {"kind": kind, "name": account, "namespace": namespace}
    return {"kind": kind, "apiGroup": RBAC, "name": name}
