"""An application behind a proxy that answers with what reached it, which is what the tests of the proxies look at."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OWN_WORDS = "the application's own words"
PATIENCE = 30.0  # seconds


@dataclass
class Echo:
    """Where the application is; its stream goes on when ``more`` is set."""

    url: str = ""
    more: threading.Event = field(default_factory=threading.Event)


@contextmanager
def echoing() -> Iterator[Echo]:
    """The application, on a free port of loopback.

    ``/status/403`` answers so, in its own words; ``/stream`` sends a line, and another when told; all else gives the
    request's headers as a JSON list of pairs.
    """
    echo = Echo()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/stream":
                self.stream()
                return
            wanted = self.path.partition("/status/")[2]
            body = OWN_WORDS if wanted else json.dumps(self.headers.items())
            self.send_response(int(wanted or 200))
            self.send_header("Content-Type", "text/plain" if wanted else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.do_GET()

        def stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("X-Accel-Buffering", "no")  # nginx would gather the lines
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            echo.more.wait(PATIENCE)
            self.wfile.write(b"data: second\n\n")
            self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing: the tests look at answers."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    echo.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield echo
    finally:
        echo.more.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
