"""Names that are no setting: which of them are worth a word, and what was likely meant."""

import difflib
import os
import re
from collections.abc import Mapping

from dashboard.config import HEADLAMP, SETTINGS
from dashboard.readers import boolean

FAMILIES = (HEADLAMP, "PORTHOLE_", "PROXY_AUTH", "OIDC_")
# What Headlamp has and Porthole has no use for, or does by itself, as flags (its backend/pkg/config/config.go).
HEADLAMP_SWITCHES = frozenset(
    {"allow-kubeconfig-changes", "cache-enabled", "dev", "enable-cluster-inventory", "enable-dynamic-clusters"}
    | {"enable-helm", "enable-plugin-manager", "insecure-ssl", "metrics-enabled", "no-browser", "stdout-trace-enabled"}
    | {"tracing-enabled", "unsafe-use-service-account-token", "use-otlp-http", "watch-plugins-changes"}
)
HEADLAMP_ONLY = HEADLAMP_SWITCHES | frozenset(
    {"base-url", "cluster-inventory-label-selector", "cluster-inventory-no-crd-cache-ttl"}
    | {"cluster-inventory-provider-file", "cluster-inventory-root-reconcile-interval", "default-dark-theme"}
    | {"default-light-theme", "force-theme", "html-static-dir", "me-email-path", "me-groups-path", "me-user-info-url"}
    | {"me-username-path", "node-shell-image", "node-shell-namespace", "otlp-endpoint", "plugin-manager-configmap"}
    | {"plugins-dir", "pod-debug-image", "proxy-urls", "sampling-rate", "service-account-token-path", "service-name"}
    | {"service-version", "skipped-kube-contexts", "static-plugin-dir", "tls-cert-path", "tls-key-path"}
    | {"user-plugins-dir"}
)
# What Kubernetes sets in a pod for a Service whose name begins as ours do:
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
OF_A_SERVICE = re.compile(
    r"\w+_SERVICE_HOST=.*|\w+_SERVICE_PORT(_\w+)?=\d+|\w+_PORT=\w+://.*|\w+_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?=.*",
    re.DOTALL,
)


def unknown(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The variables that look like settings, are none, and ask for something."""
    known = names()
    found = sorted(name for name in environment if name.startswith(FAMILIES) and name not in known)
    return [name for name in found if asks_for_something(name, environment[name])]


def asks_for_something(name: str, text: str) -> bool:
    """Whether a name that is no setting was meant as one; what Headlamp has switched off asks for nothing."""
    if name.startswith(HEADLAMP):
        return not is_off(text)
    return bool(text) and not OF_A_SERVICE.fullmatch(f"{name}={text}")


def is_off(text: str) -> bool:
    """Whether a switch is off, or nothing is said."""
    try:
        return not boolean(text)
    except ValueError:
        return False


def meant(name: str) -> str:
    """The setting whose name comes nearest, "" where none does or Headlamp's own is meant."""
    bare = bare_name(name)
    if name.startswith(HEADLAMP) and bare.replace("_", "-").lower() in HEADLAMP_ONLY:
        return ""
    known = {bare_name(known): known for known in reversed(names())}
    return next((known[near] for near in difflib.get_close_matches(bare, known, n=1)), "")


def names() -> list[str]:
    """All names of settings and of the files of secrets, Porthole's own first."""
    own = [name for setting in SETTINGS for name in (setting.name, setting.file_name) if name]
    return [*own, *(name for setting in SETTINGS for name in setting.names[1:])]


def bare_name(name: str) -> str:
    """A name without HEADLAMP_CONFIG_ or PORTHOLE_."""
    return name.removeprefix(HEADLAMP).removeprefix("PORTHOLE_")
