"""What may this person do here? Asked of the API server; for showing only, it decides again on every call."""

from clusters.connection import Connection
from clusters.kinds.kind import Kind
from clusters.names import path
from clusters.wire import AccessReview, SelfSubjectReview, UserInfo


def allowed(
    connection: Connection, verb: str, kind: Kind, namespace: str = "", name: str = "", subresource: str = ""
) -> bool:
    """Whether RBAC lets the person do ``verb``, by a SelfSubjectAccessReview. Raises ClusterError."""
    attributes = {
        "verb": verb,
        "group": kind.group,
        "resource": kind.plural,
        "subresource": subresource,
        "namespace": namespace,
        "name": name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = connection.send(
        "POST", path("apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"), review, type=AccessReview
    )
    return answer.status.allowed


def who_am_i(connection: Connection) -> UserInfo:
    """Who the API server takes the person for (SelfSubjectReview). Raises ClusterError."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = connection.send(
        "POST", path("apis", "authentication.k8s.io", "v1", "selfsubjectreviews"), review, type=SelfSubjectReview
    )
    return answer.status.user_info
