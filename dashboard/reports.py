"""What Django's debug page shows with DEBUG: where it happened, and nothing that anybody sent or keeps secret."""

from typing import Any

from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

# Forms, cookies and headers hold tokens and codes under any name, and so do the variables of what handles them.
OF_THE_REQUEST = ("filtered_POST_items", "request_COOKIES_items", "request_FILES_items", "request_GET_items")


class Filter(SafeExceptionReporterFilter):
    """Shows no settings and no headers, with DEBUG as without."""

    def get_safe_settings(self) -> dict[str, Any]:
        """No settings: docs/settings.md has them."""
        return {}

    def get_safe_request_meta(self, request: Any) -> dict[str, Any]:
        """No headers and no environment."""
        return {}


class Reporter(ExceptionReporter):
    """Django's report with the trace alone: no values of variables, nothing of the request but its path."""

    def get_traceback_data(self) -> dict[str, Any]:
        """What the page is drawn from."""
        data: dict[str, Any] = super().get_traceback_data()
        for frame in data["frames"]:
            frame["vars"] = []
        data.update({key: [] for key in OF_THE_REQUEST})
        data.update(
            request=None, request_insecure_uri=None, user_str=None, unicode_hint="", settings={}, request_meta={}
        )
        return data
