"""The clusters of a kubeconfig, and its credentials as the Kubernetes client's own loader finds them."""

import atexit
import logging
import math
import os
import re
import tempfile
import threading
import time
from base64 import b64decode
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path as File
from typing import Any, TypeVar

import msgspec
import yaml
from django.utils.text import slugify
from django.utils.translation import gettext as _
from kubernetes.client.configuration import Configuration
from kubernetes.config import ConfigException
from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

from clusters.credentials import BearerToken, ClientCertificate, Credentials, Impersonation
from clusters.errors import NoCredentials
from clusters.files import why_unread
from clusters.models import Cluster
from clusters.names import unused
from clusters.yamls import fault_of

RELOAD_SECONDS = 300.0

logger = logging.getLogger(__name__)
T = TypeVar("T")


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
    """Read the contexts that lead somewhere from their file or files; no exec plug-in runs. Raises KubeconfigError."""
    documents = read(file)
    if not documents:
        message = _("There is no kubeconfig at %(file)s. Set KUBECONFIG to one, or try `make demo`.")
        raise KubeconfigError(message % {"file": file})
    # The first file that names one counts, as for kubectl; there need not be any.
    current = next((name for document in documents if (name := document.data.get("current-context"))), "")
    problem = KubeconfigError(_("The kubeconfig %(file)s has no contexts.") % {"file": file})
    taken: set[str] = set()
    result: list[Context] = []
    for title in sorted(entries(documents, "contexts"), key=lambda title: title != current):
        try:
            cluster = cluster_of(documents, title)
        except KubeconfigError as error:
            # One stale context must not hide the others.
            logger.warning("%s", error)
            problem = error
            continue
        cluster.name = unused(slugify(re.sub(r"[_/:.@]", "-", title)) or "cluster", taken)
        cluster.position = len(result)
        result.append(Context(title, cluster))
    if not result:
        raise problem
    return result


@dataclass(frozen=True, slots=True)
class Document:
    """One file of a kubeconfig; paths in it are relative to its folder."""

    file: File
    data: dict[str, Any]


def read(file: str) -> list[Document]:
    """The files that a kubeconfig consists of, those that are absent or empty left out. Raises KubeconfigError."""
    documents = []
    for part in file.split(os.pathsep):
        path = File(part).expanduser()
        if not part or not path.is_file():
            continue
        try:
            data = yaml.safe_load(path.read_text())
        except yaml.YAMLError as error:
            raise unreadable(path, fault_of(error)) from error
        except (OSError, ValueError) as error:
            raise unreadable(path, why_unread(error)) from error
        if data is not None and not isinstance(data, dict):
            raise unreadable(path, _("it is not a mapping"))
        if data:
            documents.append(Document(path, data))
    return documents


def unreadable(path: File, why: object) -> KubeconfigError:
    """The error of a file that cannot be understood."""
    return KubeconfigError(_("The kubeconfig %(file)s cannot be read: %(error)s") % {"file": path, "error": why})


def entries(documents: list[Document], section: str) -> dict[str, tuple[Document, dict[str, Any]]]:
    """The entries of ``clusters``, ``contexts`` or ``users`` by name, the first of a name. Raises KubeconfigError."""
    found: dict[str, tuple[Document, dict[str, Any]]] = {}
    for document in documents:
        items = document.data.get(section) or []
        for item in items if isinstance(items, list) else [items]:
            name = item.get("name") if isinstance(item, dict) else None
            value = (item.get(section[:-1]) or {}) if isinstance(item, dict) else None
            if not isinstance(name, str) or not isinstance(value, dict):
                raise unreadable(document.file, _("%(section)s is not a list of named entries") % {"section": section})
            found.setdefault(name, (document, value))
    return found


def cluster_of(documents: list[Document], context: str) -> Cluster:
    """The cluster that a context points to, as plain data. Raises KubeconfigError."""
    entry = entries(documents, "contexts")[context][1]
    name = value_of(entry, "cluster", str, context) or ""
    document, found = entries(documents, "clusters").get(name, (None, {}))
    if not document or not found.get("server"):
        message = _("The context %(context)s points to the cluster %(cluster)s, which is not there or has no server.")
        raise KubeconfigError(message % {"context": context, "cluster": name})
    return Cluster(
        title=context,
        server=str(found["server"]).rstrip("/"),
        certificate_authority=authority_of(document, found, context),
        tls_server_name=value_of(found, "tls-server-name", str, context) or "",
        insecure_skip_tls_verify=value_of(found, "insecure-skip-tls-verify", bool, context) or False,
        proxy_url=value_of(found, "proxy-url", str, context) or "",
        default_namespace=value_of(entry, "namespace", str, context) or "",
    )


def value_of(entry: dict[str, Any], field: str, type: type[T], context: str) -> T | None:
    """A field of an entry, None where it is not there. Raises KubeconfigError where it is not of ``type``.

    As kubectl does it: a ``"false"`` in quotes must not be taken for true.
    """
    try:
        return msgspec.convert(entry.get(field), type | None)
    except msgspec.ValidationError as error:
        message = _("%(field)s of the context %(context)s is not what it should be: %(error)s")
        raise KubeconfigError(message % {"field": field, "context": context, "error": error}) from error


def authority_of(document: Document, cluster: dict[str, Any], context: str) -> str:
    """The PEM text of a cluster's certificate authority, "" where it names none. Raises KubeconfigError."""
    try:
        if data := cluster.get("certificate-authority-data"):
            return b64decode("".join(str(data).split()), validate=True).decode()
        if name := cluster.get("certificate-authority"):
            return (document.file.parent / name).read_text()
    except (OSError, ValueError, TypeError) as error:
        message = _("The certificate authority of the context %(context)s cannot be read: %(error)s")
        raise KubeconfigError(message % {"context": context, "error": error}) from error
    return ""


def credentials(context: str, file: str = "") -> Credentials:
    """What the context's user presents, from the file or by its exec plug-in. Raises KubeconfigError, NoCredentials."""
    file = file or default_file()
    entry = loaded(file, context)
    try:
        found = presented(entry.configuration, context)
    except NoCredentials:
        forget(file, context)  # who signs in to the plug-in meanwhile need not wait
        raise
    user = entry.user
    if "as" in user:
        extras = value_of(user, "as-user-extra", dict[str, list[str]], context)
        extra = {key: tuple(values) for key, values in (extras or {}).items()}
        groups = value_of(user, "as-groups", list[str], context)
        return Impersonation(found, user["as"], tuple(groups or ()), str(user.get("as-uid") or ""), extra)
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


def forget(file: str, context: str) -> None:
    """Load a context anew the next time."""
    with _lock:
        _loaded.pop((file, context), None)


@cache
def scratch_folder() -> str:
    """Where the loader writes certificates and keys that it was given as data: for our eyes only, gone at the end."""
    folder = tempfile.TemporaryDirectory(prefix="porthole-")
    atexit.register(folder.cleanup)
    return folder.name


def load(file: str, context: str, changed: float) -> Loaded:
    """Run the Kubernetes client's loader for one context, its exec plug-in included. Raises KubeconfigError."""
    configuration = Configuration()
    documents = read(file)
    files = os.pathsep.join(str(document.file) for document in documents)
    try:
        merged = KubeConfigMerger(files).config
        loader = KubeConfigLoader(merged, context, config_base_path=None, temp_file_path=scratch_folder())
        loader.load_and_set(configuration)
    except (ConfigException, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
        message = _("The context %(context)s of %(file)s cannot be used: %(error)s")
        raise KubeconfigError(message % {"context": context, "file": file, "error": error}) from error
    fresh_until = time.monotonic() + min(RELOAD_SECONDS, seconds_left(getattr(loader, "expiry", None)))
    return Loaded(configuration, user_of(documents, context), fresh_until, changed)


def seconds_left(expiry: datetime | None) -> float:
    """How long a plug-in's answer is good, less a minute; for ever where it does not say.

    The loader itself runs a plug-in again for a token only, not for a certificate.
    """
    return (expiry - datetime.now(UTC)).total_seconds() - 60 if expiry else math.inf


def user_of(documents: list[Document], context: str) -> dict[str, Any]:
    """The user entry of a context, for what the loader leaves out (``as``, ``as-groups``)."""
    entry = entries(documents, "contexts").get(context, (None, {}))[1]
    name = value_of(entry, "user", str, context) or ""
    return entries(documents, "users").get(name, (None, {}))[1]


def last_change(file: str) -> float:
    """The newest modification time of the files, 0 where there are none."""
    parts = (File(part).expanduser() for part in file.split(os.pathsep) if part)
    return max((part.stat().st_mtime for part in parts if part.is_file()), default=0.0)
