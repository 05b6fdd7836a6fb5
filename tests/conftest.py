"""What all tests share that use Django: a database of their own, and static files without a build."""

import os
from collections.abc import Iterator

import pytest
from django.db import connections
from django.test.utils import override_settings

# Playwright keeps an event loop running in the tests' thread; Django takes that for asynchronous code and would refuse.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep SQLite's test database in a file, as a real one is: threads wait for each other as they do in service."""
    if connections["default"].vendor != "sqlite":
        return
    file = tmp_path_factory.mktemp("database") / "porthole.sqlite3"
    connections["default"].settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture(scope="session", autouse=True)
def static_files_as_they_are(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Refer to static files by their plain names: their hashed ones exist only after collectstatic."""
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(STORAGES=storages, STATIC_ROOT=tmp_path_factory.mktemp("static")):
        yield
