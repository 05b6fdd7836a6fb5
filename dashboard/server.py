"""How gunicorn serves Porthole: one process with many threads, since a live stream holds a thread and little else."""

import os
import sys
from typing import Any

from dashboard.config import load

CONFIG = load()

bind = f"[{CONFIG['HOST']}]:{CONFIG['PORT']}" if ":" in CONFIG["HOST"] else f"{CONFIG['HOST']}:{CONFIG['PORT']}"
workers = 1
worker_class = "dashboard.worker.Worker"
threads = CONFIG["PORTHOLE_THREADS"]
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - heartbeat file, never on a slow disk
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
    sys.stdout.write(f"Porthole serves. Open {address(*worker.sockets[0].getsockname()[:2])}{path}\n")
    sys.stdout.flush()


def address(host: str, port: int) -> str:
    """The URL of a listening socket as people type it; one that listens everywhere is reached here as localhost."""
    host = {"0.0.0.0": "localhost", "::": "localhost", "127.0.0.1": "localhost"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def load_templates() -> None:
    """Compile every template: the first person to come does not wait for it, and a broken one shows at the start."""
    from django.template.loader import get_template

    from dashboard.settings import BASE_DIR

    folder = BASE_DIR / "templates"
    for template in folder.rglob("*.html"):
        get_template(str(template.relative_to(folder)))
