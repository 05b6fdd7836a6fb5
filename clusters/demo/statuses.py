"""Refusals, as metav1.Status objects in the API server's own words."""

from clusters.demo.world.resources import Resource


class Refusal(Exception):
    """A request is answered with this Status."""

    def __init__(
        self, code: int, reason: str, message: str, details: dict | None = None, metadata: dict | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status: dict = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": metadata or {},
            "status": "Failure",
            "message": message,
        }
        if reason:
            self.status["reason"] = reason
        if details is not None:
            self.status["details"] = details
        self.status["code"] = code


def details_of(resource: Resource, name: str = "", **more: object) -> dict:
    """Status details: name, group and the resource's plural (the API calls it kind)."""
    details: dict = {}
    if name:
        details["name"] = name
    if resource.group:
        details["group"] = resource.group
    return {**details, "kind": resource.name, **more}


def unauthorized() -> Refusal:
    """401: the token is nobody's."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def not_found(resource: Resource, name: str) -> Refusal:
    """404: no such object."""
    return Refusal(404, "NotFound", f'{resource.key} "{name}" not found', details_of(resource, name))


def no_such_resource() -> Refusal:
    """404: no such resource."""
    return Refusal(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> Refusal:
    """405: the resource does not offer that verb."""
    return Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def already_exists(resource: Resource, name: str) -> Refusal:
    """409: an object of that name exists."""
    return Refusal(409, "AlreadyExists", f'{resource.key} "{name}" already exists', details_of(resource, name))


def conflict(resource: Resource, name: str) -> Refusal:
    """409: the object has changed since it was read."""
    return Refusal(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource.key} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again",
        details_of(resource, name),
    )


def bad_request(message: str) -> Refusal:
    """400: the request cannot be read."""
    return Refusal(400, "BadRequest", message)


def expired(message: str, metadata: dict | None = None) -> Refusal:
    """410: what was asked for is no longer remembered."""
    return Refusal(410, "Expired", message, metadata=metadata)


def invalid(kind: str, group: str, name: str, causes: list[tuple[str, str, str]]) -> Refusal:
    """422 for an object of `kind`; causes are (reason, field, message)."""
    texts = [f"{field}: {message}" for _, field, message in causes]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details: dict = {"name": name} if name else {}
    if group:
        details["group"] = group
    if kind:
        details["kind"] = kind
    details["causes"] = [{"reason": reason, "message": message, "field": field} for reason, field, message in causes]
    qualified = f"{kind}.{group}" if group else kind
    return Refusal(422, "Invalid", f'{qualified} "{name}" is invalid: {text}', details)


def failed_precondition(resource: Resource, name: str, field: str, wanted: str, found: str) -> Refusal:
    """409 for a delete whose preconditions name another object or version; `field` is UID or ResourceVersion."""
    qualified = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    happened = "deleted and then recreated" if field == "UID" else "modified"
    message = (
        f'Operation cannot be fulfilled on {qualified} "{name}": the {field} in the precondition ({wanted}) does not '
        f"match the {field} in record ({found}). The object might have been {happened}"
    )
    return Refusal(409, "Conflict", message, {**details_of(resource, name), "kind": resource.kind})


def rejected_patch() -> Refusal:
    """422 for a patch that does not fit the object."""
    return Refusal(422, "Invalid", "the server rejected our request due to an error in our request", {})


def unsupported_media_type(accepted: tuple[str, ...]) -> Refusal:
    """415: the body is in no form that is taken."""
    return Refusal(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted),
    )


def builtin_415() -> Refusal:
    """415 for a patch of a built-in kind, which is refused before its kind is asked."""
    return Refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def not_acceptable(accepted: tuple[str, ...]) -> Refusal:
    """406 for a media type that is known, in a form (as a Table of another version, say) that is not."""
    return Refusal(406, "NotAcceptable", "only the following media types are accepted: " + ", ".join(accepted))


def unknown_406(accepted: tuple[str, ...]) -> Refusal:
    """406 for a media type that no resource offers."""
    streams = (f"{accepted[0]};stream=watch", f"{accepted[2]};stream=watch")
    listed = ", ".join((*accepted, *streams))
    return Refusal(406, "NotAcceptable", f"406: Not Acceptable\n\nAvailable representations: {listed}", {})
