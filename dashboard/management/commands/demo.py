"""``manage.py demo``: serve Porthole over a simulated cluster, to try it with nothing at hand."""

import os
import signal
import subprocess
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings

from clusters.demo.server import serving
from dashboard.machine import EVERYWHERE, own_address
from dashboard.management.serving import (
    ServingCommand,
    check_address,
    check_settings,
    gunicorn_command,
    gunicorn_environment,
    plain_help,
    prepare,
)


class Command(ServingCommand):
    """Serve Porthole and the demo cluster."""

    help = plain_help(
        "Serve Porthole on HOST:PORT over a demo cluster that lives in this process.",
        "HOST=0.0.0.0 serves it to your network, such as to your phone. Ctrl-C or SIGTERM stops it.",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How big the demo cluster is."""
        parser.add_argument("--pods", type=int, default=0, help="Simulated pods to add (default: none).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped; both end together."""
        check_settings()
        check_address("make demo")
        prepare()
        with serving(pods=options["pods"]) as cluster:
            environment = gunicorn_environment(
                {"PORTHOLE_WAYS": "demo", "PORTHOLE_DEMO_SERVER": cluster.url, "ALLOWED_HOSTS": ",".join(names())}
            )
            site = subprocess.Popen(gunicorn_command(), env=environment)

            def stop(number: int, frame: FrameType | None) -> None:
                site.terminate()

            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, stop)
            code = site.wait()
        if code:
            raise SystemExit(code)


def names() -> list[str]:
    """ALLOWED_HOSTS; where it is unset and the network is served, this machine's address is one of them."""
    allowed: list[str] = settings.CONFIG["ALLOWED_HOSTS"]
    if settings.CONFIG["HOST"] in EVERYWHERE and not os.environ.get("ALLOWED_HOSTS") and (address := own_address()):
        return [*allowed, address]
    return allowed
