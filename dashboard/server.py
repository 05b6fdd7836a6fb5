"""How gunicorn serves Porthole: one process with many threads, since a live stream holds a thread and little else."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from dashboard.config import ConfigError
from dashboard.environment import load
from dashboard.machine import EVERYWHERE, own_address

try:
    CONFIG = load()
except ConfigError as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None

bind = f"[{CONFIG['HOST']}]:{CONFIG['PORT']}" if ":" in CONFIG["HOST"] else f"{CONFIG['HOST']}:{CONFIG['PORT']}"
workers = 1
worker_class = "dashboard.worker.Worker"
threads = CONFIG["PORTHOLE_THREADS"]
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - heartbeat file, never on a slow disk
forwarder_headers = ""  # else a client on this machine says by SCRIPT_NAME which path it asked for
keepalive = 75
timeout = 60
graceful_timeout = 5
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Print the address to open, once it answers. In the worker: so the master, which only watches, loads no Django."""
    from django.db import connections

    from dashboard import signin

    load_templates()
    kubeconfig = signin.ways().get("kubeconfig")
    path = kubeconfig.link_path() if kubeconfig else "/"
    connections.close_all()
    end_streams_on_signals()
    host, port = worker.sockets[0].getsockname()[:2]
    write(f"Porthole serves{to_open(host, port, path)}")
    if host in EVERYWHERE and (own := own_address()) in CONFIG["ALLOWED_HOSTS"]:
        write(f"From elsewhere in your network: {address(own, port)}{path}")


def on_exit(server: Any) -> None:
    """Say that it is over, as the last thing."""
    write("Stopped.")


def end_streams_on_signals() -> None:
    """Let live streams end as soon as the process is told to: gunicorn would wait for them, then kill them."""
    from dashboard.views import streams

    told: set[int] = set()

    def listen_for(number: int) -> None:
        former: Any = signal.getsignal(number)

        def ending(number: int, frame: FrameType | None) -> None:
            if number not in told:
                # In a thread: whatever the signal interrupted may hold a lock.
                if not told:
                    threading.Thread(target=streams.stop, daemon=True).start()
                told.update({number} if number == signal.SIGTERM else {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM})
                former(number, frame)

        signal.signal(number, ending)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        listen_for(number)


def write(line: str) -> None:
    """Write a line to the terminal at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def to_open(host: str, port: int, path: str) -> str:
    """What to open: the socket's own address where Porthole answers to it, else the first name that it answers to."""
    from django.http.request import validate_host

    own = address(host, port)
    allowed = CONFIG["ALLOWED_HOSTS"]
    if validate_host(urlsplit(own).netloc.removesuffix(f":{port}"), allowed):
        return f". Open {own}{path}"
    listening = url_of(host, port)
    name = next((name for name in allowed if not name.startswith(".")), "")
    if not name:
        return f" on {listening} as {', '.join(allowed)}"
    outer = f"https://{name}" if CONFIG["PORTHOLE_HTTPS"] else f"http://{name}:{port}"
    return f" on {listening} as {outer}{path}"


def address(host: str, port: int) -> str:
    """The URL of a listening socket as people type it; one that listens everywhere is reached here as localhost."""
    return url_of("localhost" if host in (*EVERYWHERE, "127.0.0.1") else host, port)


def url_of(host: str, port: int) -> str:
    """The URL of a host and a port, an IPv6 address in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def load_templates() -> None:
    """Compile every template: the first person to come does not wait for it, and a broken one shows at the start."""
    from django.template.loader import get_template

    from dashboard.settings import BASE_DIR

    folder = BASE_DIR / "templates"
    for template in folder.rglob("*.html"):
        get_template(str(template.relative_to(folder)))
