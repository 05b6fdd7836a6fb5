"""Start, load and stop a real Kubernetes cluster for work by hand."""

import argparse
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.cluster import bed, build, loads, node, populate, processes
from tests.cluster.api import ApiError

FAILURES = (
    bed.NoBed,
    build.BuildFailed,
    processes.ProcessFailed,
    populate.NotPopulated,
    loads.LoadFailed,
    ApiError,
    OSError,
    subprocess.CalledProcessError,
)


def describe(running: bed.Bed) -> str:
    """What a person needs to use the cluster."""
    lines = [
        f"API server     {running.server}",
        f"kubeconfig     {running.kubeconfig} (administrator)",
        f"folder         {running.folder} (logs/ holds each program's log)",
        f"real node      {running.no_real_node or node.NAME}",
        *(f"token          {token} ({person})" for person, token in running.tokens.items()),
        f"OIDC issuer    {running.issuer.url}",
        f"tests on it    {bed.REUSE}={running.folder} python -m pytest -m cluster",
    ]
    return "\n".join(lines)


def start(options: argparse.Namespace) -> None:
    """Start the cluster unless it runs, and print how to use it."""
    began = time.monotonic()
    with suppress(bed.NoBed):
        running = bed.find(options.folder)
        print(describe(running))
        return
    bed.stop(options.folder)
    running = bed.start(options.folder, die_with_parent=False)
    print(f"started in {time.monotonic() - began:.1f} s\n{describe(running)}")


def load(options: argparse.Namespace) -> None:
    """Put thousands of pods into the running cluster, wait until they run, and print what it took."""
    figures = loads.load(bed.find(options.folder), options.pods)
    print(f"{options.pods} pods of load Running after {figures.seconds:.0f} s; {figures.pods} pods in the cluster")
    for name, size in sorted(figures.memory.items()):
        print(f"{name:24} {size:6} MiB")


def stop(options: argparse.Namespace) -> None:
    """Stop the cluster and remove its folder."""
    bed.stop(options.folder)


def number_of_pods(text: str) -> int:
    """A whole number from 0 to 100,000."""
    if not text.isdecimal() or int(text) > 100_000:
        raise argparse.ArgumentTypeError(f"not a number from 0 to 100000: {text}")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    top.add_argument("--folder", type=Path, default=bed.default_folder(), help="its state (default: %(default)s)")
    commands = top.add_subparsers(required=True, metavar="command")
    for function in (start, load, stop):
        command = commands.add_parser(function.__name__, help=function.__doc__, description=function.__doc__)
        command.set_defaults(run=function)
        if function is load:
            command.add_argument("--pods", type=number_of_pods, default=10_000, help="how many (default: %(default)s)")
    return top


def main() -> int:
    """Run one command; the exit code is 1 when it failed."""
    options = parser().parse_args()
    options.folder = options.folder.absolute()
    try:
        options.run(options)
    except FAILURES as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
