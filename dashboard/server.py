"""How gunicorn serves Porthole: one process with many threads, since a live stream holds a thread and little else."""

import os
import sys
from typing import Any

from dashboard.config import load

CONFIG = load()

bind = f"[{CONFIG['HOST']}]:{CONFIG['PORT']}" if ":" in CONFIG["HOST"] else f"{CONFIG['HOST']}:{CONFIG['PORT']}"
workers = 1
worker_class = "gthread"
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

    host, port = worker.sockets[0].getsockname()[:2]
    host = {"0.0.0.0": "localhost", "::": "localhost", "127.0.0.1": "localhost"}.get(host, host)  # noqa: S104
    base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    kubeconfig = signin.ways().get("kubeconfig")
    path = kubeconfig.link_path() if kubeconfig else "/"
    connections.close_all()
    sys.stdout.write(f"Porthole serves. Open {base}{path}\n")
    sys.stdout.flush()
