#!/usr/bin/env python
"""Porthole's command line: ``manage.py demo``, ``manage.py serve`` and Django's own commands."""

import os
import sys

from django.core.management import execute_from_command_line

from dashboard import flags
from dashboard.config import ConfigError


def main() -> None:
    """Run the command that is named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    arguments = sys.argv
    try:
        if arguments[1:2] == ["serve"]:
            # Before Django reads its settings from the environment.
            arguments = [*arguments[:2], *flags.take(arguments[2:])]
        execute_from_command_line(arguments)
    except ConfigError as error:
        # What is unknown keeps its trace; this is for whoever set it, and says what to do.
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
