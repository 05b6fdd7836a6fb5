"""Start, load and stop a real Kubernetes cluster for work by hand."""

import argparse
import sys
import time
from pathlib import Path

from tests.cluster import bed, build, populate, processes
from tests.cluster.api import ApiError


def describe(running: bed.Bed) -> str:
    """What a person needs to use the cluster."""
    lines = [
        f"API server     {running.server}",
        f"kubeconfig     {running.kubeconfig} (administrator)",
        f"folder         {running.folder} (logs/ holds each program's log)",
        *(f"token          {token} ({person})" for person, token in running.tokens.items()),
        f"OIDC issuer    {running.issuer.url}",
        f"tests on it    {bed.REUSE}={running.folder} python -m pytest -m cluster",
    ]
    return "\n".join(lines)


def start(options: argparse.Namespace) -> None:
    """Start the cluster unless it runs, and print how to use it."""
    began = time.monotonic()
    if (options.folder / "bed.json").exists():
        running = bed.find(options.folder)
        if bed.answers(running):
            print(describe(running))
            return
    bed.stop(options.folder)
    running = bed.start(options.folder, die_with_parent=False)
    print(f"started in {time.monotonic() - began:.1f} s\n{describe(running)}")


def stop(options: argparse.Namespace) -> None:
    """Stop the cluster and remove its folder."""
    bed.stop(options.folder)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    top.add_argument("--folder", type=Path, default=bed.default_folder(), help="its state (default: %(default)s)")
    commands = top.add_subparsers(required=True, metavar="command")
    for function in (start, stop):
        command = commands.add_parser(function.__name__, help=function.__doc__, description=function.__doc__)
        command.set_defaults(run=function)
    return top


def main() -> int:
    """Run one command; the exit code is 1 when it failed."""
    options = parser().parse_args()
    options.folder = options.folder.absolute()
    try:
        options.run(options)
    except (build.BuildFailed, processes.ProcessFailed, populate.NotPopulated, ApiError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
