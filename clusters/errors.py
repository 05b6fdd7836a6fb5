"""What can go wrong on the way to an API server.

ClusterError
├── BadName            a name that no object can have; nothing was sent
├── NoCredentials      nobody to act as, or credentials that cannot be sent; nothing was sent
├── Misconfigured      what an operator set up cannot be used; nothing was sent
├── Unreachable        no answer: name not found, refused, timed out
│   └── Untrusted      its certificate is not trusted; nothing was sent
└── Refused            the API server answered with an error Status
    ├── Unauthorized   401
    ├── Forbidden      403
    ├── NotFound       404
    ├── Conflict       409
    ├── Gone           410
    ├── Invalid        400, 415 and 422
    ├── TooManyRequests 429
    └── Failed         everything else, answers that are not Kubernetes' included
"""

from typing import Any

from django.utils.translation import gettext as _


class ClusterError(Exception):
    """A call to an API server that did not succeed.

    ``message`` is for people, in the server's words where it said any; ``status`` is the HTTP status (0 when nothing
    came back); ``reason`` is Kubernetes' machine-readable word (``Forbidden``, ``AlreadyExists``); ``details`` is the
    Status object's details.
    """

    def __init__(
        self, message: str, *, status: int = 0, reason: str = "", details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason
        self.details = details or {}


class BadName(ClusterError):
    """A name or namespace that is not a legal path segment."""

    def __init__(self, value: str) -> None:
        super().__init__(_("%(name)r is not a name that an object can have.") % {"name": value}, reason="BadName")


class NoCredentials(ClusterError):
    """No credentials, or such as cannot be put in a header."""


class Misconfigured(ClusterError):
    """A cluster that an operator set up cannot be used; the message says what to change."""


class Unreachable(ClusterError):
    """The API server did not answer."""


class Untrusted(Unreachable):
    """What answers has a certificate that no trusted authority signed for this name; it was sent nothing."""


class Refused(ClusterError):
    """The API server answered with an error."""


class Unauthorized(Refused):
    """401: the credentials are not accepted."""


class Forbidden(Refused):
    """403: RBAC or an admission plug-in says no."""


class NotFound(Refused):
    """404: there is no such object or kind."""


class Conflict(Refused):
    """409: the object changed meanwhile, or exists already."""


class Gone(Refused):
    """410: the resourceVersion or continue token is too old."""


class Invalid(Refused):
    """400, 415 or 422: the API server does not accept what was sent."""


class TooManyRequests(Refused):
    """429: priority and fairness, or a PodDisruptionBudget, says not now."""


class Failed(Refused):
    """Any other error answer, or one that Kubernetes would not give."""


BY_STATUS: dict[int, type[Refused]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    415: Invalid,
    422: Invalid,
    429: TooManyRequests,
}
