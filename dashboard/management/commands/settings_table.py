"""``manage.py settings_table``: every setting as the Markdown of docs/settings.md."""

from typing import Any

from django.core.management.base import BaseCommand

from dashboard.config import SETTINGS, Setting

HEAD = """# Settings

Each is an environment variable, and a flag of `manage.py serve`, which counts before it: with one dash or two, as
`-oidc-client-id=porthole` or `--oidc-client-id porthole`. What is true or false may stand alone, as `-proxy-auth`.
The name that Headlamp has for it works, too; Porthole's own counts first. A secret may stand in a file that the name
with `_FILE` names, or the flag with `-file`. A value that cannot be used stops the start with a message that names it,
and so does a flag that nobody knows; `manage.py check` tells more. Of a variable that looks like one of these and is
none, and of what Headlamp has and Porthole has no use for, as `-plugins-dir`, the start warns.

| name | default | what it is | flags | in Headlamp | in a file |
|---|---|---|---|---|---|
"""


def row(setting: Setting) -> str:
    """One setting as a row of the table."""
    cells = (
        code(setting.name),
        code(setting.default),
        setting.help,
        " ".join(code(f"-{flag}") for flag in setting.flags),
        " ".join(code(name) for name in setting.names[1:]),
        code(setting.file_name),
    )
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """Text as Markdown's code, "" where there is none."""
    return f"`{text}`" if text else ""


def table() -> str:
    """The whole document."""
    return HEAD + "\n".join(row(setting) for setting in SETTINGS) + "\n"


class Command(BaseCommand):
    """Print docs/settings.md."""

    help = "Print the settings as Markdown, as docs/settings.md has them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the document to standard output."""
        self.stdout.write(table(), ending="")
