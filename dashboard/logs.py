"""What every log line carries: the id of the request that it belongs to."""

import logging
from contextvars import ContextVar

current_request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestId(logging.Filter):
    """Puts the current request's id on each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with ``request_id`` set."""
        record.request_id = current_request_id.get()
        return True


class NoTrace(logging.Filter):
    """Leaves the trace out, where the message says all: how Django came to refuse a request tells nobody anything."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without its trace."""
        record.exc_info = None
        return True
