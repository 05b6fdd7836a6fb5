"""``manage.py settings_table``: every setting as the Markdown of docs/settings.md."""

from typing import Any

from django.core.management.base import BaseCommand

from dashboard.config import SETTINGS

HEAD = """# Settings

Each is an environment variable. A value that cannot be used stops the start with a message that names it.

| name | default | what it is |
|---|---|---|
"""


def table() -> str:
    """The whole document."""
    rows = (f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} | {each.help} |" for each in SETTINGS)
    return HEAD + "\n".join(rows) + "\n"


class Command(BaseCommand):
    """Print docs/settings.md."""

    help = "Print the settings as Markdown, as docs/settings.md has them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the document to standard output."""
        self.stdout.write(table(), ending="")
