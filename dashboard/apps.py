"""What Django does once with this app."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PortholeAdminConfig(admin_apps.AdminConfig):
    """Django's admin, behind Porthole's own door."""

    default = False
    default_site = "dashboard.admin.PortholeAdmin"


class DashboardConfig(AppConfig):
    """Porthole's HTTP layer."""

    name = "dashboard"
    default = True

    def ready(self) -> None:
        """Register the checks of the settings."""
        from dashboard import checks  # noqa: F401 - they register themselves
