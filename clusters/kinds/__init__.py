"""What is special about a few kinds: one small literal each, in a module of its own; all modules here are found."""

from importlib import import_module
from pkgutil import iter_modules

from clusters.kinds.kind import Kind


def _known_kinds() -> dict[str, Kind]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    kinds = (module.KIND for module in modules if hasattr(module, "KIND"))
    return {kind.key: kind for kind in kinds}


KNOWN = _known_kinds()
PODS = KNOWN["pods"]
DEPLOYMENTS = KNOWN["deployments.apps"]
REPLICA_SETS = KNOWN["replicasets.apps"]
NAMESPACES = KNOWN["namespaces"]
EVENTS = KNOWN["events"]
AUTOSCALERS = Kind(plural="horizontalpodautoscalers", group="autoscaling", version="v2", kind="HorizontalPodAutoscaler")
