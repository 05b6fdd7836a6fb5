"""Tokens in files, read at each call: a kubelet puts a new one there before the old one ends.

Only files below a few folders are read: whoever may edit a cluster's row could otherwise have any file of this machine
sent to a server of their own.
"""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clusters.errors import NoCredentials

LARGEST_TOKEN = 64 * 1024  # bytes; a ServiceAccount's has about 1 KiB


def folders() -> Iterator[Path]:
    """The folders in which tokens may lie."""
    yield from (Path(folder) for folder in settings.CONFIG["PORTHOLE_TOKEN_FOLDERS"])


def allowed(file: str) -> bool:
    """Whether ``file`` lies below one of the folders, wherever links of either lead."""
    real = Path(file).resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders())


def validate_token_file(value: str) -> None:
    """Refuse a file that lies elsewhere. It need not be there yet."""
    if not value.isprintable() or not Path(value).is_absolute() or ".." in Path(value).parts:
        raise ValidationError(_("Write the whole path of the file, from / on and without .. in it."))
    if not allowed(value):
        names = ", ".join(map(str, folders()))
        message = _("Tokens are read below %(folders)s only (PORTHOLE_TOKEN_FOLDERS).")
        raise ValidationError(message, params={"folders": names})


def read(file: str) -> str:
    """What the file holds now, less white space around it. Raises NoCredentials, without a word of the content."""
    if not allowed(file):
        raise refused(file, _("it lies below none of the folders that PORTHOLE_TOKEN_FOLDERS names"))
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
