"""URLs of clusters, lists and objects, in one place."""

from urllib.parse import urlencode

from django.urls import reverse

from clusters.kinds.kind import Kind
from clusters.models import Cluster

ALL = "-"


def home_url(cluster: Cluster) -> str:
    """A cluster's first page."""
    return reverse("home", kwargs={"cluster": cluster.name})


def namespaces_url(cluster: Cluster) -> str:
    """The namespace picker."""
    return reverse("namespaces", kwargs={"cluster": cluster.name})


def list_url(cluster: Cluster, kind: Kind, namespace: str = "", **query: str) -> str:
    """A list; ``query`` parameters that are empty are left out."""
    where = namespace if kind.namespaced and namespace else ALL
    url = reverse("list", kwargs={"cluster": cluster.name, "namespace": where, "kind": kind.key})
    kept = {key: value for key, value in query.items() if value}
    return f"{url}?{urlencode(kept)}" if kept else url


def object_url(cluster: Cluster, kind: Kind, namespace: str, name: str, page: str = "object") -> str:
    """An object's page, or another page of it: ``logs``, ``events``, ``yaml``, ``scale``."""
    return reverse(
        page, kwargs={"cluster": cluster.name, "namespace": namespace or ALL, "kind": kind.key, "name": name}
    )
