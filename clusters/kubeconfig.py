"""The clusters and credentials of a kubeconfig, read by the Kubernetes client's own loader."""

import atexit
import os
import tempfile
import threading
import time
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path as File
from typing import Any

import yaml
from django.utils.text import slugify
from django.utils.translation import gettext as _
from kubernetes.client.configuration import Configuration
from kubernetes.config import ConfigException, list_kube_config_contexts, load_kube_config

from clusters.credentials import BearerToken, ClientCertificate, Credentials, Impersonation
from clusters.errors import NoCredentials
from clusters.models import Cluster
from clusters.names import unused

RELOAD_SECONDS = 300.0


class KubeconfigError(Exception):
    """The kubeconfig cannot be used; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Context:
    """One context: where it leads and under which URL name it is shown."""

    name: str
    cluster: Cluster


def default_file() -> str:
    """KUBECONFIG, which may be several files with a separator, else ~/.kube/config, as kubectl has it."""
    return os.environ.get("KUBECONFIG") or str(File.home() / ".kube" / "config")


def contexts(file: str = "") -> list[Context]:
    """All contexts of the kubeconfig, the current one first; read again when it changes. Raises KubeconfigError."""
    file = file or default_file()
    changed = last_change(file)
    known = _contexts.get(file)
    if not known or known[0] != changed:
        known = _contexts[file] = (changed, read_contexts(file))
    return [Context(context.name, copy(context.cluster)) for context in known[1]]


_contexts: dict[str, tuple[float, list[Context]]] = {}


def read_contexts(file: str) -> list[Context]:
    """Read the contexts from their file or files. Raises KubeconfigError."""
    if not any(File(part).expanduser().is_file() for part in file.split(os.pathsep) if part):
        message = _("There is no kubeconfig at %(file)s. Set KUBECONFIG to one, or try `make demo`.")
        raise KubeconfigError(message % {"file": file})
    try:
        found, current = list_kube_config_contexts(file)
    except (ConfigException, yaml.YAMLError, KeyError, TypeError, OSError) as error:
        message = _("The kubeconfig %(file)s cannot be read: %(error)s")
        raise KubeconfigError(message % {"file": file, "error": error}) from error
    ordered = sorted(found, key=lambda entry: entry["name"] != current["name"])
    taken: set[str] = set()
    result = []
    for position, entry in enumerate(ordered):
        name = unused(slugify(entry["name"].replace("_", "-").replace("/", "-").replace(":", "-")) or "cluster", taken)
        namespace = entry.get("context", {}).get("namespace", "")
        result.append(Context(entry["name"], cluster_of(file, entry["name"], name, position, namespace)))
    return result


def cluster_of(file: str, context: str, name: str, position: int, namespace: str) -> Cluster:
    """The cluster that a context points to, as plain data. Raises KubeconfigError."""
    configuration = loaded(file, context).configuration
    ca_file = configuration.ssl_ca_cert
    return Cluster(
        name=name,
        title=context,
        server=configuration.host,
        certificate_authority=File(ca_file).read_text() if ca_file else "",
        tls_server_name=configuration.tls_server_name or "",
        insecure_skip_tls_verify=not configuration.verify_ssl,
        proxy_url=getattr(configuration, "proxy", None) or "",
        position=position,
        default_namespace=namespace or "",
    )


def credentials(context: str, file: str = "") -> Credentials:
    """What the context's user presents, from the file or by its exec plug-in. Raises KubeconfigError, NoCredentials."""
    file = file or default_file()
    entry = loaded(file, context)
    found = presented(entry.configuration, context)
    user = entry.user
    if "as" in user:
        extra = {key: tuple(values) for key, values in (user.get("as-user-extra") or {}).items()}
        return Impersonation(
            found, user["as"], tuple(user.get("as-groups") or ()), str(user.get("as-uid") or ""), extra
        )
    return found


def presented(configuration: Configuration, context: str) -> BearerToken | ClientCertificate:
    """The token or certificate that the loader found, refreshed by it where it has expired."""
    # The loader's hook runs an exec plug-in again shortly before its token expires.
    authorization = configuration.get_api_key_with_prefix("BearerToken") or ""
    scheme, _space, token = authorization.partition(" ")
    if scheme == "Bearer" and token:
        return BearerToken(token.strip())
    if configuration.cert_file and configuration.key_file:
        return ClientCertificate(File(configuration.cert_file).read_text(), File(configuration.key_file).read_text())
    message = _(
        "The context %(context)s of the kubeconfig has no token and no client certificate, or its plug-in gave none."
        " Try `kubectl get pods` in a terminal: it shows what the plug-in says."
    )
    raise NoCredentials(message % {"context": context})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A context as the loader understood it, and until when that is believed."""

    configuration: Configuration
    user: dict[str, Any]
    fresh_until: float
    changed: float


_loaded: dict[tuple[str, str], Loaded] = {}
_lock = threading.Lock()


def loaded(file: str, context: str) -> Loaded:
    """Load a context, again when the file has changed and every few minutes. Raises KubeconfigError."""
    with _lock:
        entry = _loaded.get((file, context))
        changed = last_change(file)
        if not entry or entry.changed != changed or entry.fresh_until < time.monotonic():
            entry = load(file, context, changed)
            _loaded[file, context] = entry
        return entry


@cache
def scratch_folder() -> str:
    """Where the loader writes certificates and keys that it was given as data: for our eyes only, gone at the end."""
    folder = tempfile.TemporaryDirectory(prefix="porthole-")
    atexit.register(folder.cleanup)
    return folder.name


def load(file: str, context: str, changed: float) -> Loaded:
    """Run the Kubernetes client's loader for one context, its exec plug-in included. Raises KubeconfigError."""
    configuration = Configuration()
    try:
        load_kube_config(file, context, configuration, persist_config=False, temp_file_path=scratch_folder())
        user = user_of(file, context)
    except (ConfigException, yaml.YAMLError, KeyError, TypeError, ValueError, OSError) as error:
        message = _("The context %(context)s of %(file)s cannot be used: %(error)s")
        raise KubeconfigError(message % {"context": context, "file": file, "error": error}) from error
    return Loaded(configuration, user, time.monotonic() + RELOAD_SECONDS, changed)


def user_of(file: str, context: str) -> dict[str, Any]:
    """The user entry of a context, for what the loader leaves out (``as``, ``as-groups``)."""
    documents = [
        yaml.safe_load(File(part).expanduser().read_text()) or {}
        for part in file.split(os.pathsep)
        if part and File(part).expanduser().is_file()
    ]

    def entry(section: str, name: str, key: str) -> dict[str, Any]:
        for document in documents:
            for item in document.get(section) or ():
                if item["name"] == name:
                    return dict(item.get(key) or {})
        return {}

    return entry("users", entry("contexts", context, "context").get("user", ""), "user")


def last_change(file: str) -> float:
    """The newest modification time of the files, 0 where there are none."""
    parts = (File(part).expanduser() for part in file.split(os.pathsep) if part)
    return max((part.stat().st_mtime for part in parts if part.is_file()), default=0.0)
