"""Tokens in files, read at each call: a kubelet puts a new one there before the old one ends.

Only files below a few folders are read: whoever may edit a cluster's row could otherwise have any file of this machine
sent to a server of their own. The token of Porthole's own pod goes to the cluster around it alone, and a file that
holds a secret of Porthole's own goes nowhere, wherever it lies.
"""

import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clusters.errors import NoCredentials

LARGEST_TOKEN = 64 * 1024  # bytes; a ServiceAccount's has about 1 KiB
# https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
OWN_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
NAMES_AROUND = ("kubernetes.default.svc", "kubernetes.default.svc.cluster.local")


def folders() -> Iterator[Path]:
    """The folders in which tokens may lie."""
    yield from (Path(folder) for folder in settings.CONFIG["PORTHOLE_TOKEN_FOLDERS"])


def own_folders() -> tuple[Path, Path]:
    """Where the ServiceAccount of Porthole's own pod is."""
    return OWN_FOLDER, Path(settings.CONFIG["PORTHOLE_SERVICE_ACCOUNT_FOLDER"])


def allowed(file: str) -> bool:
    """Whether ``file`` lies below one of the folders, or is of the pod's own, wherever links of either lead."""
    real = Path(file).resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in (*folders(), *own_folders()))


def is_secret(file: str) -> bool:
    """Whether ``file`` holds a secret of Porthole's own: the key of its sessions, or what a setting's file holds."""
    return any(is_one_file(Path(file), Path(secret)) for secret in settings.SECRET_FILES)


def is_one_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, by links or by mounts; it need not be there yet."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()


def validate_token_file(value: str) -> None:
    """Refuse a file that lies elsewhere. It need not be there yet."""
    if not value.isprintable() or not Path(value).is_absolute() or ".." in Path(value).parts:
        raise ValidationError(_("Write the whole path of the file, from / on and without .. in it."))
    if not allowed(value):
        names = ", ".join(map(str, folders()))
        message = _("Tokens are read below %(folders)s only (PORTHOLE_TOKEN_FOLDERS).")
        raise ValidationError(message, params={"folders": names})
    if is_secret(value):
        raise ValidationError(_("This file holds a secret of Porthole's own, which goes to no API server."))


def is_own(file: str) -> bool:
    """Whether ``file`` is of the ServiceAccount of Porthole's own pod, by its path or wherever links of either lead."""
    if not file.isprintable():
        return False  # and no path that a validator lets through
    written, real = Path(os.path.normpath(file)), Path(file).resolve()
    for folder in own_folders():
        own = (folder.resolve(), (folder / "token").resolve())
        if written.is_relative_to(folder) or any(real.is_relative_to(each) for each in own):
            return True
    return False


def is_around(server: str) -> bool:
    """Whether ``server`` is the API server of the cluster around Porthole, at an address that every pod knows."""
    config = settings.CONFIG
    try:
        url = urlsplit(server)
        port = url.port or 443
    except ValueError:
        return False
    known = {one_spelling(name) for name in (config["KUBERNETES_SERVICE_HOST"], *NAMES_AROUND) if name}
    return (
        url.scheme == "https"
        and one_spelling(url.hostname or "") in known
        and port == config["KUBERNETES_SERVICE_PORT"]
        and url.path in ("", "/")
    )


def one_spelling(host: str) -> str:
    """A host as it is compared: an IPv6 address has many spellings, a name may be written with the root's dot."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower().removesuffix(".")


def why_kept(file: str, server: str, proxy: str) -> str:
    """Why ``file`` may not be presented at ``server``, reached through ``proxy``; "" where it may.

    Whoever may edit a cluster's row could otherwise become the ServiceAccount of Porthole's own pod: behind a proxy of
    theirs even the right address is a server of theirs, since the row says whom to trust.
    """
    if not is_own(file) or (is_around(server) and not proxy):
        return ""
    return _(
        "the token of Porthole's own pod goes to the cluster around it only, at %(name)s or the address that"
        " Kubernetes gives each pod, and through no proxy"
    ) % {"name": f"https://{NAMES_AROUND[0]}"}


def read(file: str) -> str:
    """What the file holds now, less white space around it. Raises NoCredentials, without a word of the content."""
    if not allowed(file):
        raise refused(file, _("it lies below none of the folders that PORTHOLE_TOKEN_FOLDERS names"))
    if is_secret(file):
        raise refused(file, _("it holds a secret of Porthole's own, which goes to no API server"))
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(LARGEST_TOKEN + 1)
    except OSError as error:
        raise refused(file, error.strerror or type(error).__name__) from error
    if not content.strip() or len(content) > LARGEST_TOKEN or not content.isascii():
        raise refused(file, _("it holds no token"))
    return content.decode().strip()


def refused(file: str, why: str) -> NoCredentials:
    """The error of a token file that cannot be used."""
    message = _("The impersonator's token in %(file)s cannot be used: %(why)s.")
    return NoCredentials(message % {"file": file, "why": why})
