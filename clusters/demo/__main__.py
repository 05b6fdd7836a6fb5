"""`python -m clusters.demo`: serve the demo cluster until interrupted."""

import argparse
import signal
import sys
import threading

from clusters.demo.server import serving
from clusters.demo.world.people import TOKENS


def main() -> None:
    """Parse the arguments, serve, and wait for SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m clusters.demo", description="Serve a simulated Kubernetes cluster."
    )
    parser.add_argument("--port", type=int, default=8901, help="port on 127.0.0.1; 0 takes a free one (default: 8901)")
    parser.add_argument("--pods", type=int, default=0, help="simulated pods to add (default: none)")
    parser.add_argument(
        "--trials", action="store_true", help="add pods that are hard to show: hostile names and logs, long lines"
    )
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with serving(port=options.port, pods=options.pods, trials=options.trials) as handle:
        sys.stdout.write(f"A demo cluster answers at {handle.url}\nBearer tokens: {', '.join(TOKENS)}\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
