"""``manage.py serve``: serve Porthole, over your kubeconfig unless PORTHOLE_WAYS says otherwise."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from clusters import kubeconfig
from dashboard.management.serving import (
    ServingCommand,
    become_gunicorn,
    check_address,
    check_clusters,
    check_settings,
    plain_help,
    prepare,
)
from dashboard.signin.kubeconfig import is_loopback


class Command(ServingCommand):
    """Serve Porthole."""

    help = plain_help(
        "Serve Porthole on HOST:PORT.",
        "Without PORTHOLE_WAYS it serves the clusters of your kubeconfig, to this machine only, by a sign-in link\n"
        "that it prints. Ctrl-C or SIGTERM stops it; SIGHUP starts its worker anew.\n"
        "A flag is written -name=value or --name value, one that is true or false also -name, and counts before the\n"
        "environment.",
        flags=True,
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what is about to be served, prepare, serve."""
        check_settings()
        ways = settings.CONFIG["PORTHOLE_WAYS"] or ["kubeconfig"]
        if "kubeconfig" in ways:
            check_kubeconfig(settings.CONFIG["HOST"])
        check_address("make run")
        prepare()
        check_clusters()
        become_gunicorn({"PORTHOLE_WAYS": ",".join(ways)})


def check_kubeconfig(host: str) -> None:
    """Refuse what would serve it to others, and one that leads nowhere. Raises CommandError."""
    if host != "localhost" and not is_loopback(host):
        raise CommandError(
            f"HOST={host} with your kubeconfig would let everybody in your network act as you: it is served on this"
            " machine only. Leave HOST out, or set PORTHOLE_WAYS to a way in that knows people apart.",
            returncode=2,
        )
    try:
        kubeconfig.contexts(settings.CONFIG["KUBECONFIG"])
    except kubeconfig.KubeconfigError as error:
        raise CommandError(str(error), returncode=2) from error
