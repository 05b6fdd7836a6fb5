"""What is wrong with a file, for people."""

from django.utils.translation import gettext as _


def why_unread(error: OSError | ValueError) -> str:
    """Why the text of a file could not be read, without Python's own words for it."""
    if isinstance(error, UnicodeError):
        return _("it is not text")
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
