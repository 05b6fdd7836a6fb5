"""``manage.py createsuperuser``: Django's own, which also works before Porthole has served for the first time."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from dashboard.management.serving import prepare_database


class Command(createsuperuser.Command):
    """Make an account for the admin."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Make the tables where there are none yet, then ask. Raises CommandError."""
        prepare_database()
        return super().execute(*args, **options)
