"""Which kinds this server offers, to this user."""

from typing import Literal

import msgspec
from django.utils.translation import gettext as _

from clusters.connection import Connection
from clusters.errors import NotFound
from clusters.kinds import KNOWN
from clusters.kinds.generic import generic_state
from clusters.kinds.kind import Kind
from clusters.names import path
from clusters.wire import Wire

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class ResponseKind(Wire, frozen=True):
    """The kind that a resource answers with."""

    kind: str = ""


class DiscoveredResource(Wire, frozen=True):
    """apidiscovery/v2 APIResourceDiscovery."""

    resource: str = ""
    response_kind: ResponseKind = ResponseKind()
    scope: str = ""
    singular_resource: str = ""
    verbs: list[str] = []
    short_names: list[str] = []
    subresources: list[dict[str, msgspec.Raw]] = []


class DiscoveredVersion(Wire, frozen=True):
    """apidiscovery/v2 APIVersionDiscovery; a stale one belongs to an aggregated API that does not answer."""

    version: str = ""
    resources: list[DiscoveredResource] = []
    freshness: str = ""


class DiscoveredGroup(Wire, frozen=True):
    """apidiscovery/v2 APIGroupDiscovery; the first version is the preferred one."""

    metadata: dict[str, msgspec.Raw] = {}
    versions: list[DiscoveredVersion] = []

    @property
    def name(self) -> str:
        """The group's name, empty for the core API."""
        raw = self.metadata.get("name")
        return msgspec.json.decode(raw, type=str) if raw else ""


class Discovery(Wire, frozen=True):
    """apidiscovery/v2 APIGroupDiscoveryList."""

    kind: Literal["APIGroupDiscoveryList"]
    items: list[DiscoveredGroup] = []


def kinds(connection: Connection) -> list[Kind]:
    """All kinds that can be listed, each at its preferred version, in the server's order. Raises ClusterError."""
    found: dict[str, Kind] = {}
    for root in ("api", "apis"):
        discovery = connection.get(path(root), type=Discovery, accept=AGGREGATED)
        for group in discovery.items:
            for version in group.versions:
                for resource in version.resources:
                    if "list" in resource.verbs:
                        kind = kind_of(group.name, version.version, resource)
                        found.setdefault(kind.key, KNOWN.get(kind.key, kind))
    return list(found.values())


def kind_of(group: str, version: str, resource: DiscoveredResource) -> Kind:
    """A kind about which nothing is special."""
    name = resource.response_kind.kind or resource.resource
    return Kind(
        plural=resource.resource,
        version=version,
        kind=name,
        group=group,
        namespaced=resource.scope == "Namespaced",
        title=name,
        title_plural=several(name),
        state=generic_state,
    )


def several(kind: str) -> str:
    """The English plural of a kind's name, as Kubernetes itself forms them: Ingresses, NetworkPolicies, Endpoints."""
    if kind.endswith("Endpoints"):
        return kind
    if kind.endswith(("s", "x", "ch", "sh")):
        return f"{kind}es"
    if kind.endswith("y") and kind[-2:-1] not in "aeiou":
        return f"{kind[:-1]}ies"
    return f"{kind}s"


def find(connection: Connection, key: str) -> Kind:
    """The kind of a URL's ``pods`` or ``boats.marina.example.com``. Raises NotFound and other ClusterErrors.

    Kinds that Porthole knows cost no call.
    """
    if key in KNOWN:
        return KNOWN[key]
    for kind in kinds(connection):
        if kind.key == key:
            return kind
    raise NotFound(_("The cluster has no kind %(kind)s.") % {"kind": key}, status=404, reason="NotFound")
