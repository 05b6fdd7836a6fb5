"""``manage.py demo``: serve Porthole over a simulated cluster, to try it with nothing at hand."""

import signal
import subprocess
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from clusters.demo.server import serving
from dashboard.management.serving import gunicorn_command, gunicorn_environment, prepare


class Command(BaseCommand):
    """Serve Porthole and the demo cluster."""

    help = "Serve Porthole on HOST:PORT (127.0.0.1:8000) over a demo cluster that lives in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How big the demo cluster is."""
        parser.add_argument("--pods", type=int, default=0, help="Simulated pods to add (default: none).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped; both end together."""
        prepare()
        with serving(pods=options["pods"]) as cluster:
            environment = gunicorn_environment({"PORTHOLE_WAYS": "demo", "PORTHOLE_DEMO_SERVER": cluster.url})
            site = subprocess.Popen(gunicorn_command(), env=environment)

            def stop(number: int, frame: FrameType | None) -> None:
                site.terminate()

            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, stop)
            code = site.wait()
        if code:
            raise SystemExit(code)
