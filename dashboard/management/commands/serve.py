"""``manage.py serve``: serve Porthole, over your kubeconfig unless PORTHOLE_WAYS says otherwise."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clusters import kubeconfig
from dashboard.management.serving import become_gunicorn, prepare


class Command(BaseCommand):
    """Serve Porthole."""

    help = (
        "Serve Porthole on HOST:PORT (127.0.0.1:8000). Without PORTHOLE_WAYS it serves the clusters of your kubeconfig"
        " (KUBECONFIG), to this machine only, by a sign-in link that it prints."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what is about to be served, prepare, serve."""
        ways = settings.CONFIG["PORTHOLE_WAYS"] or ["kubeconfig"]
        if "kubeconfig" in ways:
            try:
                found = kubeconfig.contexts(settings.CONFIG["KUBECONFIG"])
            except kubeconfig.KubeconfigError as error:
                raise CommandError(str(error)) from error
            if not found:
                raise CommandError("The kubeconfig has no contexts. Add one with `kubectl config set-context`.")
        prepare()
        become_gunicorn({"PORTHOLE_WAYS": ",".join(ways)})
