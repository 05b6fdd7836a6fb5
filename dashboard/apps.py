"""What Django does once with this app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Porthole's HTTP layer."""

    name = "dashboard"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from dashboard import checks  # noqa: F401 - they register themselves
