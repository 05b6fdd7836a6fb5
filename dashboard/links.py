"""URLs of clusters, lists and objects, in one place."""

from urllib.parse import urlencode

from django.urls import reverse

from clusters.kinds.kind import Kind
from clusters.models import Cluster
from clusters.names import legal

ALL = "-"


def with_query(url: str, **query: str) -> str:
    """``url`` with parameters; empty ones are left out."""
    kept = {key: value for key, value in query.items() if value}
    return f"{url}?{urlencode(kept)}" if kept else url


def home_url(cluster: Cluster, namespace: str = "") -> str:
    """A cluster's first page, in its default namespace, in another one, or in all (``-``)."""
    return with_query(reverse("home", kwargs={"cluster": cluster.name}), namespace=namespace)


def more_url(cluster: Cluster, namespace: str = "") -> str:
    """The page of all kinds, with the namespace in which they are listed, as for the first page."""
    return with_query(reverse("more", kwargs={"cluster": cluster.name}), namespace=namespace)


def namespaces_url(cluster: Cluster, **query: str) -> str:
    """The namespace picker: for lists of a ``kind``, or for a ``page``; ``namespace`` is the one that is open."""
    return with_query(reverse("namespaces", kwargs={"cluster": cluster.name}), **query)


def list_url(cluster: Cluster, kind: Kind, namespace: str = "", **query: str) -> str:
    """A list; ``query`` parameters that are empty are left out."""
    where = namespace if kind.namespaced and namespace else ALL
    url = reverse("list", kwargs={"cluster": cluster.name, "namespace": where, "kind": kind.key})
    return with_query(url, **query)


def object_url(cluster: Cluster, kind: Kind, namespace: str, name: str, page: str = "object", **query: str) -> str:
    """An object's page, or another page of it: ``logs``, ``events``, ``yaml``, ``scale``.

    Empty where no object can have that name: a cluster may say what it likes.
    """
    if not legal(name) or not legal(namespace or ALL):
        return ""
    where = {"cluster": cluster.name, "namespace": namespace or ALL, "kind": kind.key, "name": name}
    return with_query(reverse(page, kwargs=where), **query)
