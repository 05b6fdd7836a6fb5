"""The clusters that an operator set up: rows of the admin, those of a file, and the one that Porthole runs in."""

import ipaddress
import logging
import threading
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.errors import Misconfigured
from clusters.files import why_unread
from clusters.models import Cluster
from clusters.yamls import fault_of

AUTHORITY_FILE = "certificate_authority_file"
FIELDS = {field.name: field for field in Cluster._meta.concrete_fields if not field.primary_key}  # noqa: SLF001 - documented
TYPES: list[tuple[type[models.Field], type, Promise]] = [
    (models.BooleanField, bool, gettext_lazy("true or false")),
    (models.PositiveSmallIntegerField, int, gettext_lazy("a whole number")),
    (models.Field, str, gettext_lazy("text; numbers and words like yes need quotes")),
]

Signature = tuple[tuple[str, int, int, int], ...]  # path, inode, size and nanoseconds of each file

logger = logging.getLogger(__name__)


def configured() -> list[Cluster]:
    """All clusters that were set up, in order; one may be changed without changing another's copy.

    Of two with one name that of the file counts before the admin's, and either before the one around Porthole.
    Raises Misconfigured, with what is wrong, where the last two were never readable.
    """
    found = {cluster.name: cluster for cluster in from_file(settings.CONFIG["PORTHOLE_CLUSTERS_FILE"])}
    rows = list(Cluster.objects.all())
    tell_left_out({row.name for row in rows} & found.keys())
    for cluster in [*rows, *in_cluster()]:
        found.setdefault(cluster.name, cluster)
    return sorted(found.values(), key=lambda cluster: (cluster.position, cluster.name))


def usable() -> list[Cluster]:
    """The same, or the admin's rows alone where the others cannot be used: nobody is kept from signing in by that."""
    try:
        return configured()
    except Misconfigured as error:
        logger.warning("%s", error.message)
        return list(Cluster.objects.all())


def names_of_file() -> set[str]:
    """The names that are the file's; none where it cannot be used."""
    try:
        return {cluster.name for cluster in from_file(settings.CONFIG["PORTHOLE_CLUSTERS_FILE"])}
    except Misconfigured as error:
        logger.warning("%s", error.message)
        return set()


def tell_left_out(names: set[str]) -> None:
    """Say once in the log that rows of the admin have names that are the file's, and what to do."""
    with _lock:
        fresh = sorted(names - _left_out)
        _left_out.clear()
        _left_out.update(names)
    file = settings.CONFIG["PORTHOLE_CLUSTERS_FILE"]
    for name in fresh:
        message = _("The admin's cluster %(name)s is left out: %(file)s has one of that name. Rename or delete one.")
        logger.warning("%s", message % {"name": name, "file": file})


def in_cluster() -> list[Cluster]:
    """The cluster that Porthole's own pod runs in, if it does. Raises Misconfigured.

    Its address and files are as every pod has them:
    https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
    """
    config = settings.CONFIG
    if not config["IN_CLUSTER"]:
        return []
    folder = Path(config["PORTHOLE_SERVICE_ACCOUNT_FOLDER"])
    token = folder / "token"
    cluster = Cluster(
        name=config["IN_CLUSTER_CONTEXT_NAME"],
        server=f"https://{host_in_url(config['KUBERNETES_SERVICE_HOST'])}:{config['KUBERNETES_SERVICE_PORT']}",
        impersonator_token_file=str(token) if token.exists() else "",
    )
    try:
        cluster.certificate_authority = (folder / "ca.crt").read_text()
        cluster.full_clean(validate_unique=False)
    except (OSError, ValueError) as error:
        message = _("The cluster around Porthole cannot be used: %(error)s. Correct it, or set IN_CLUSTER=false.")
        raise Misconfigured(message % {"error": f"{folder / 'ca.crt'}: {why_unread(error)}"}) from error
    except ValidationError as error:
        faults = " ".join(f"{field}: {text}" for field, texts in error.message_dict.items() for text in texts)
        message = _("The cluster around Porthole cannot be used: %(error)s Correct it, or set IN_CLUSTER=false.")
        raise Misconfigured(message % {"error": faults}) from error
    return [cluster]


def host_in_url(host: str) -> str:
    """``host`` as it stands in a URL, an IPv6 address in brackets (RFC 3986 section 3.2.2)."""
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


@dataclass(slots=True)
class Kept:
    """What a file said when it was last in order, and its signature when it was last read."""

    clusters: list[Cluster]
    signature: Signature


_kept: dict[str, Kept] = {}
_left_out: set[str] = set()
_lock = threading.Lock()


def from_file(file: str) -> list[Cluster]:
    """The clusters of a file, read again when it changes; where it cannot be used any more, those of before.

    Raises Misconfigured where it never could.
    """
    if not file:
        return []
    with _lock:
        kept = _kept.get(file)
        now = signature(file, kept.signature if kept else ())
        if not kept or kept.signature != now:
            kept = _kept[file] = reread(file, kept, now)
        return [copy(cluster) for cluster in kept.clusters]


def reread(file: str, kept: Kept | None, before: Signature) -> Kept:
    """The clusters of a file that has changed, or those of before and a line in the log. Raises Misconfigured."""
    try:
        clusters, read = read_file(Path(file))
    except Misconfigured as error:
        if not kept:
            raise
        logger.warning("%s The clusters stay as they were.", error.message)
        return Kept(kept.clusters, before)
    return Kept(clusters, signature(file, tuple((path, 0, 0, 0) for path in read)))


def signature(file: str, known: Signature) -> Signature:
    """What tells whether a file, or one of those that it names, has changed."""
    return tuple(stamp(path) for path in dict.fromkeys((file, *(path for path, *_rest in known))))


def stamp(path: str) -> tuple[str, int, int, int]:
    """A file's path, inode, size and time of change; zeros where it is not there."""
    try:
        found = Path(path).stat()
    except OSError:
        return (path, 0, 0, 0)
    return (path, found.st_ino, found.st_size, found.st_mtime_ns)


def read_file(file: Path) -> tuple[list[Cluster], list[str]]:
    """The clusters of a YAML list and the files that it names. Raises Misconfigured with all that is wrong."""
    try:
        document = yaml.safe_load(file.read_text())
    except yaml.YAMLError as error:
        raise unusable(file, fault_of(error)) from error
    except (OSError, ValueError) as error:
        raise unusable(file, why_unread(error)) from error
    entries = [] if document is None else document
    if not isinstance(entries, list):
        raise unusable(file, _("it is not a list of clusters, each with name and server"))
    clusters, faults, files = [], [], []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            faults.append(_("entry %(number)d is not a mapping") % {"number": number})
            continue
        clusters.append(Cluster())
        faults += fill(clusters[-1], entry, file.parent, _("entry %(number)d") % {"number": number})
        if authority := entry.get(AUTHORITY_FILE):
            files.append(str(file.parent / str(authority)))
    names = [cluster.name for cluster in clusters]
    faults += [_("two clusters have the name %(name)s") % {"name": name} for name in twice(names)]
    if faults:
        raise unusable(file, "; ".join(faults))
    return clusters, files


def twice(names: list[str]) -> list[str]:
    """Those that stand there more than once."""
    return sorted({name for name in names if name and names.count(name) > 1})


def fill(cluster: Cluster, entry: dict[Any, Any], folder: Path, label: str) -> list[str]:
    """Give ``cluster`` what an entry of the file says; what is wrong with it, each with the cluster and the field."""
    faults: dict[str, str] = {}
    for key, value in entry.items():
        if value is None:
            continue
        if key == AUTHORITY_FILE:
            take_authority(cluster, entry, folder, faults)
        elif key not in FIELDS:
            faults[str(key)] = _("there is no such field, only %(fields)s") % {
                "fields": ", ".join([*FIELDS, AUTHORITY_FILE])
            }
        elif wanted := other_type(FIELDS[key], value):
            faults[key] = _("write %(wanted)s") % {"wanted": wanted}
        else:
            setattr(cluster, key, value)
    try:
        cluster.full_clean(exclude=set(faults), validate_unique=False)
    except ValidationError as error:
        faults |= {field: " ".join(texts) for field, texts in error.message_dict.items()}
    name = cluster.name if "name" not in faults and cluster.name else label
    return [f"{name}, {field}: {fault.rstrip('.')}" for field, fault in faults.items()]


def other_type(field: "models.Field[Any, Any]", value: object) -> str | Promise:
    """What should stand in a field whose value is of another type; "" where it is right."""
    for kind, right, wanted in TYPES:
        if isinstance(field, kind):
            return "" if isinstance(value, right) and isinstance(value, bool) == (right is bool) else wanted
    raise AssertionError("every field is a Field")


def take_authority(cluster: Cluster, entry: dict[Any, Any], folder: Path, faults: dict[str, str]) -> None:
    """Read the certificate authority from the file that the entry names, relative to ``folder``."""
    if entry.get("certificate_authority"):
        faults[AUTHORITY_FILE] = _("write either this or certificate_authority")
        return
    try:
        cluster.certificate_authority = (folder / str(entry[AUTHORITY_FILE])).read_text()
    except (OSError, ValueError) as error:
        faults[AUTHORITY_FILE] = f"{folder / str(entry[AUTHORITY_FILE])}: {why_unread(error)}"


def unusable(file: Path, why: object) -> Misconfigured:
    """The error of a file of clusters that cannot be used."""
    message = _("The clusters of %(file)s (PORTHOLE_CLUSTERS_FILE) cannot be used: %(error)s.")
    return Misconfigured(message % {"file": file, "error": why})
