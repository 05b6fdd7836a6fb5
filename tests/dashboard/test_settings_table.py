from pathlib import Path

from dashboard.management.commands.settings_table import table

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_the_document_has_every_setting_as_it_is():
    assert DOCUMENT.read_text() == table(), "run: manage.py settings_table > docs/settings.md"
