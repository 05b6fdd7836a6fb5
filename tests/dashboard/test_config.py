"""Settings come from the environment; one that cannot be used is named, with what it should be."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.config import SETTINGS, ConfigError, load
from dashboard.machine import state_folder

ROOT = Path(__file__).resolve().parents[2]


def test_an_empty_environment_is_enough():
    values = load({})
    assert set(values) == {setting.name for setting in SETTINGS}
    assert (values["PORT"], values["HOST"], values["DEBUG"]) == (8000, "127.0.0.1", False)
    assert values["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert values["PORTHOLE_STREAMS"] < values["PORTHOLE_THREADS"]


def test_an_empty_value_is_as_good_as_none():
    assert load(dict.fromkeys((setting.name for setting in SETTINGS), "")) == load({})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("PORT", "0", 0),
        ("PORT", "65535", 65535),
        ("DEBUG", " Yes ", True),
        ("DEBUG", "off", False),
        ("PORTHOLE_HTTPS", "1", True),
        ("PORTHOLE_WAYS", "demo, kubeconfig,", ["demo", "kubeconfig"]),
        ("ALLOWED_HOSTS", "a.example, b.example", ["a.example", "b.example"]),
        ("SECRET_KEY_FALLBACKS", "one,two", ["one", "two"]),
        ("LOG_LEVEL", "debug", "DEBUG"),
    ],
)
def test_text_is_read_as_people_write_it(name, text, value):
    assert load({name: text})[name] == value


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("PORT", "65536", "0 to 65535"),
        ("PORT", "-1", "0 to 65535"),
        ("PORT", "http", "0 to 65535"),
        ("DEBUG", "maybe", "true or false"),
        ("PORTHOLE_HTTPS", "2", "true or false"),
        ("PORTHOLE_THREADS", "0", "at least 1"),
        ("PORTHOLE_STREAMS", "many", "at least 1"),
        ("PORTHOLE_WAYS", "demo,magic", "there is no way 'magic', only demo, kubeconfig"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_it_should_be(name, text, advice):
    with pytest.raises(ConfigError, match=advice) as caught:
        load({name: text})
    assert str(caught.value).startswith(f"{name}={text!r} cannot be used: ")


@pytest.mark.parametrize(("streams", "threads"), [("8", "8"), ("48", "16")])
def test_streams_must_leave_threads_for_pages(streams, threads):
    with pytest.raises(ConfigError, match="would leave no thread"):
        load({"PORTHOLE_STREAMS": streams, "PORTHOLE_THREADS": threads})


def test_the_state_folder_is_for_its_owner_only(tmp_path):
    folder = state_folder({"PORTHOLE_STATE": str(tmp_path / "a" / "b")})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def django_settings(tmp_path, **environment):
    """What Django is given under an environment, read in a process of its own."""
    names = [
        "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
        "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "SECRET_KEY",
        "USE_X_FORWARDED_HOST",
    ]  # fmt: skip
    code = (
        "import json; from django.conf import settings;"
        f"print(json.dumps({{name: getattr(settings, name) for name in {names}}}))"
    )
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    extra = {"PORTHOLE_STATE": str(tmp_path), "DJANGO_SETTINGS_MODULE": "dashboard.settings", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**kept, **extra}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_cookies_are_for_https_where_people_come_by_it(tmp_path):
    found = django_settings(tmp_path, PORTHOLE_HTTPS="true")
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert found["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert found["SECURE_HSTS_SECONDS"] >= 31536000
    assert found["SECURE_PROXY_SSL_HEADER"] is None, "X-Forwarded-Proto may come from anybody"
    assert not found["USE_X_FORWARDED_HOST"]


def test_the_key_is_made_once_and_kept_for_its_owner(tmp_path):
    first = django_settings(tmp_path)["SECRET_KEY"]
    assert len(first) >= 50
    assert django_settings(tmp_path)["SECRET_KEY"] == first
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_a_wrong_setting_stops_the_start_with_one_clear_line(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**kept, "PORTHOLE_STATE": str(tmp_path), "PORT": "http"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "PORT='http' cannot be used: write a port number from 0 to 65535" in done.stderr.splitlines()[-1]


def test_tests_leave_a_persons_own_state_alone(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/dashboard/test_links.py"],
        cwd=ROOT,
        env={**kept, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert not list(tmp_path.iterdir())
