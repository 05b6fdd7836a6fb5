"""The program's settings, with a state folder of the tests' own: they write nothing outside the checkout."""

import os
from pathlib import Path

# Before the settings are read, which make a key in the state folder.
os.environ["PORTHOLE_STATE"] = str(Path(__file__).resolve().parent.parent / "var" / "tests")

from dashboard.settings import *  # noqa: F403 - they are Django's, and all of them

# Django's own takes a third of a second for each password, as it has to: tests/dashboard/test_admin.py signs in by it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
