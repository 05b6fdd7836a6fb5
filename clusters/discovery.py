"""Which kinds this server offers, to this user."""

from typing import Literal

from django.utils.translation import gettext as _

from clusters.connection import Connection
from clusters.errors import BadName, NotFound
from clusters.kinds import KNOWN
from clusters.kinds.generic import generic_state
from clusters.kinds.kind import Kind
from clusters.names import path
from clusters.wire import Wire

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
MOST_KINDS = 5000  # a page that lists more is of no use to anybody
MOST_VERSIONS = 8  # of one group; each may cost a call


class ResponseKind(Wire, frozen=True):
    """The kind that a resource answers with."""

    kind: str = ""


class DiscoveredResource(Wire, frozen=True):
    """apidiscovery/v2 APIResourceDiscovery."""

    resource: str = ""
    response_kind: ResponseKind = ResponseKind()
    scope: str = ""
    verbs: list[str] = []


class DiscoveredVersion(Wire, frozen=True):
    """apidiscovery/v2 APIVersionDiscovery; one of an aggregated API that does not answer is stale and lists nothing."""

    version: str = ""
    resources: list[DiscoveredResource] = []


class GroupMetadata(Wire, frozen=True):
    """The part of ObjectMeta that a group has: its name, empty for the core API."""

    name: str = ""


class DiscoveredGroup(Wire, frozen=True):
    """apidiscovery/v2 APIGroupDiscovery; the first version is the preferred one."""

    metadata: GroupMetadata = GroupMetadata()
    versions: list[DiscoveredVersion] = []


class Discovery(Wire, frozen=True):
    """apidiscovery/v2 APIGroupDiscoveryList."""

    kind: Literal["APIGroupDiscoveryList"]
    items: list[DiscoveredGroup] = []


class GroupVersion(Wire, frozen=True):
    """meta/v1 GroupVersionForDiscovery."""

    version: str = ""


class APIGroup(Wire, frozen=True):
    """meta/v1 APIGroup: which versions a group has, and the preferred one."""

    kind: Literal["APIGroup"]
    versions: list[GroupVersion] = []
    preferred_version: GroupVersion = GroupVersion()


class APIResource(Wire, frozen=True):
    """meta/v1 APIResource; subresources stand among the others, with a slash in their names."""

    name: str = ""
    kind: str = ""
    namespaced: bool = False
    verbs: list[str] = []


class APIResourceList(Wire, frozen=True):
    """meta/v1 APIResourceList: the resources of one version of a group."""

    kind: Literal["APIResourceList"]
    resources: list[APIResource] = []


def kinds(connection: Connection) -> list[Kind]:
    """All kinds that can be listed, each at its preferred version, in the server's order. Raises ClusterError.

    At most MOST_KINDS, and none whose name could not stand in a path.
    """
    found: dict[str, Kind] = {}
    for root in ("api", "apis"):
        discovery = connection.get(path(root), type=Discovery, accept=AGGREGATED)
        for group in discovery.items:
            for version in group.versions:
                for resource in version.resources:
                    kind = kind_of(group.metadata.name, version.version, resource)
                    if "list" in resource.verbs and has_path(kind):
                        found.setdefault(kind.key, KNOWN.get(kind.key, kind))
                    if len(found) >= MOST_KINDS:
                        return list(found.values())
    return list(found.values())


def has_path(kind: Kind) -> bool:
    """Whether an API server could serve a kind of these names at all."""
    try:
        kind.path("")
    except BadName:
        return False
    return True


def kind_of(group: str, version: str, resource: DiscoveredResource) -> Kind:
    """A kind about which nothing is special, as all of discovery tells of it."""
    name = resource.response_kind.kind or resource.resource
    return unknown_kind(group, version, resource.resource, name, namespaced=resource.scope == "Namespaced")


def unknown_kind(group: str, version: str, plural: str, name: str, *, namespaced: bool) -> Kind:
    """A kind about which nothing is special."""
    return Kind(
        plural=plural,
        version=version,
        kind=name,
        group=group,
        namespaced=namespaced,
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

    Kinds that Porthole knows cost no call, others one for their group and one for each version until it is found.
    """
    if key in KNOWN:
        return KNOWN[key]
    plural, _dot, group = key.partition(".")
    try:
        for version in versions_of(connection, group):
            where = path("apis", group, version) if group else path("api", version)
            for resource in connection.get(where, type=APIResourceList).resources:
                if resource.name == plural and "list" in resource.verbs:
                    name = resource.kind or plural
                    return unknown_kind(group, version, plural, name, namespaced=resource.namespaced)
    except (NotFound, BadName) as error:
        raise no_kind(key) from error
    raise no_kind(key)


def versions_of(connection: Connection, group: str) -> list[str]:
    """The versions of a group, the preferred one first, at most MOST_VERSIONS. Raises ClusterError."""
    if not group:
        return ["v1"]
    found = connection.get(path("apis", group), type=APIGroup)
    names = [found.preferred_version.version, *(each.version for each in found.versions)]
    return list(dict.fromkeys(name for name in names if name))[:MOST_VERSIONS]


def no_kind(key: str) -> NotFound:
    """What to say where the cluster has no such kind."""
    return NotFound(_("The cluster has no kind %(kind)s.") % {"kind": key}, status=404, reason="NotFound")
