"""Porthole's addresses and a few whose views fail, each in its own way."""

from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path

from clusters import errors
from dashboard.problems import NoKind, NoProvider, WrongToken
from dashboard.urls import handler400, handler404, handler500
from dashboard.urls import urlpatterns as porthole

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

FAILURES: dict[str, Exception] = {
    "BadName": errors.BadName("a/b"),
    "NoCredentials": errors.NoCredentials("no token"),
    "Misconfigured": errors.Misconfigured("two clusters have the name home"),
    "Unreachable": errors.Unreachable("home could not be reached"),
    "NoProvider": NoProvider("provider.example.com does not answer"),
    "WrongToken": WrongToken("your id_token is for another audience"),
    "Untrusted": errors.Untrusted("its certificate is not trusted"),
    "Unauthorized": errors.Unauthorized("Unauthorized", status=401),
    "Forbidden": errors.Forbidden("pods is forbidden", status=403),
    "NotFound": errors.NotFound('pods "x" not found', status=404),
    "NoKind": NoKind("the cluster has no kind unicorns", status=404),
    "Conflict": errors.Conflict("the object has been modified", status=409),
    "Gone": errors.Gone("too old resource version", status=410),
    "Invalid": errors.Invalid("spec.replicas: Invalid value", status=422),
    "TooManyRequests": errors.TooManyRequests("too many requests", status=429),
    "Failed": errors.Failed("etcdserver: no leader", status=500),
    "bug": RuntimeError("the secret detail of a fault"),
    "forged": errors.Forbidden("no", status=403, reason="Forbidden\r\n2026-01-01 INFO porthole.audit olivia \u202e"),
    "suspicious": SuspiciousOperation("odd"),
    "denied": PermissionDenied("no"),
}


def failing(request: HttpRequest, name: str) -> HttpResponse:
    """Raise what the address names."""
    raise FAILURES[name]


urlpatterns: list[Any] = [path("fail/<str:name>/", failing), *porthole]
