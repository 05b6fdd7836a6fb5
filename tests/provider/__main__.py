"""``python -m tests.provider``: see alone.py."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()  # what servers of tests are made of knows Porthole's models

from tests.provider.alone import main  # noqa: E402

main()
