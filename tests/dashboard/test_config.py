"""Settings come from the environment; one that cannot be used is named, with what it should be."""

import json
import os
import stat
import subprocess
import sys
from importlib import import_module
from ipaddress import ip_network
from pathlib import Path

import pytest

from dashboard.config import SETTINGS, ConfigError
from dashboard.environment import load
from dashboard.machine import state_folder
from dashboard.readers import known_ways

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
        ("ALLOWED_HOSTS", "*,.a.example,10.0.0.1,[fd00::1]", ["*", ".a.example", "10.0.0.1", "[fd00::1]"]),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://a.example:8443,http://*.b.example",
            ["https://a.example:8443", "http://*.b.example"],
        ),
        ("SECRET_KEY_FALLBACKS", f"{'a' * 32}, {'b' * 32}\n", ["a" * 32, "b" * 32]),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("PROXY_AUTH", "T", True),
        ("OIDC_SCOPES", "", ["openid", "profile", "email"]),
        ("OIDC_SCOPES", "profile,groups", ["openid", "profile", "groups"]),
        ("OIDC_SCOPES", "6dae42f8/user.read openid email", ["6dae42f8/user.read", "openid", "email"]),
        ("OIDC_SIGNING_ALGS", "RS256, ES256", ["RS256", "ES256"]),
        ("OIDC_AUTHORIZATION_PARAMS", "access_type=offline&prompt=", {"access_type": "offline", "prompt": ""}),
        ("PORTHOLE_ADMIN_GROUPS", "Domain Admins,/ops", ["Domain Admins", "/ops"]),
        ("PROXY_AUTH_TRUSTED_NETWORKS", "10.0.0.7, fd00::/8", [ip_network("10.0.0.7/32"), ip_network("fd00::/8")]),
        ("PROXY_AUTH_TRUSTED_NETWORKS", "", []),
        ("SESSION_TTL", "31536000", 31536000),
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
        ("PORTHOLE_WAYS", "demo,magic", "there is no way 'magic', only .*kubeconfig"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
        ("SESSION_TTL", "0", "whole seconds from 1 to 31536000"),
        ("ALLOWED_HOSTS", "https://a.example", "'https://a.example' can match no request; write a name alone"),
        ("ALLOWED_HOSTS", "a.example:8000", "'a.example:8000' can match no request"),
        ("ALLOWED_HOSTS", "a.example,b.example/x", "'b.example/x' can match no request"),
        ("ALLOWED_HOSTS", "*.a.example", r"\.example.com for all names below it"),
        ("ALLOWED_HOSTS", "::1", "an IPv6 address in brackets"),
        ("CSRF_TRUSTED_ORIGINS", "a.example", "'a.example' is no origin, which is written as https://porthole"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example/", "without a path"),
        ("OIDC_ISSUER_URL", "id.example", "write an address as https://host/path"),
        ("OIDC_ISSUER_URL", "https://me:pw@id.example", "write an address as https://host/path"),
        ("OIDC_SIGNING_ALGS", "RS256,HS256", "Porthole verifies only .* not 'HS256'"),
        ("OIDC_SIGNING_ALGS", "none", "not 'none'"),
        ("OIDC_AUTHORIZATION_PARAMS", "prompt", "write name=value"),
        ("OIDC_AUTHORIZATION_PARAMS", "state=1", "state is what Porthole itself says"),
        ("PROXY_AUTH_USERNAME_HEADER", "X_User", "with letters, digits and hyphens"),
        ("PROXY_AUTH_ASSERTION", "iap", "google-iap, cloudflare-access, pomerium or custom"),
        ("PROXY_AUTH_TRUSTED_NETWORKS", "10.0.0.1/8", "'10.0.0.1/8' is no network"),
        ("PROXY_AUTH_TRUSTED_NETWORKS", ",", "at least one network"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_it_should_be(name, text, advice):
    with pytest.raises(ConfigError, match=advice) as caught:
        load({name: text})
    assert str(caught.value).startswith(f"{name}={text!r} cannot be used: ")


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "OIDC_CLIENT_SECRET", "DATABASE_URL"])
def test_a_secret_may_stand_in_a_file(tmp_path, name):
    file = tmp_path / "secret"
    file.write_text(f"{'s' * 40}\n")
    assert load({f"{name}_FILE": str(file)}) == load({name: "s" * 40})
    with pytest.raises(ConfigError, match=f"^{name} and {name}_FILE are both set: leave one of them out.$"):
        load({name: "s" * 40, f"{name}_FILE": str(file)})
    with pytest.raises(ConfigError, match=f"^{name}_FILE=/nowhere cannot be read: No such file or directory.$"):
        load({f"{name}_FILE": "/nowhere"})
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="the file is not text"):
        load({f"{name}_FILE": str(file)})


def test_what_stands_in_a_file_of_a_secret_is_never_shown(tmp_path):
    (tmp_path / "secret").write_text("guessable")
    with pytest.raises(ConfigError) as caught:
        load({"SECRET_KEY_FILE": str(tmp_path / "secret")})
    assert str(caught.value).startswith("SECRET_KEY_FILE=… cannot be used: write at least 32 random characters")


@pytest.mark.parametrize("text", ["x", f"{'a' * 40},x", f"x,{'a' * 40}", "a" * 31])
def test_a_former_key_that_could_be_guessed_stops_the_start_as_the_present_one_does(tmp_path, text):
    """It opens cookies and links as well as the present one."""
    (tmp_path / "former").write_text(text)
    for names in ({"SECRET_KEY_FALLBACKS": text}, {"SECRET_KEY_FALLBACKS_FILE": str(tmp_path / "former")}):
        done = started(tmp_path, **names)
        assert done.returncode != 0
        said = f"{next(iter(names))}=… cannot be used: write at least 32 random characters"
        assert said in done.stderr.splitlines()[-1]
        assert "a" * 31 not in done.stderr, "it is never shown"


def test_a_way_is_a_module_that_says_so_and_no_helper():
    modules = {way: import_module(f"dashboard.signin.{way}") for way in known_ways()}
    assert {"demo", "kubeconfig"} <= modules.keys()
    for way in modules.values():
        assert all(hasattr(way, name) for name in ("TITLE", "HINT", "urlpatterns", "person", "clusters", "credentials"))
    assert not {"web", "jwts", "provider"} & modules.keys()


def test_porthole_s_own_name_counts_before_headlamp_s():
    names = {"OIDC_CLIENT_ID": "own", "HEADLAMP_CONFIG_OIDC_CLIENT_ID": "headlamp's"}
    assert load(names)["OIDC_CLIENT_ID"] == "own"
    assert load({**names, "OIDC_CLIENT_ID": ""})["OIDC_CLIENT_ID"] == "headlamp's"
    with pytest.raises(ConfigError, match=r"^HEADLAMP_CONFIG_PORT='x' cannot be used"):
        load({"HEADLAMP_CONFIG_PORT": "x"})


@pytest.mark.parametrize(
    ("names", "ways"),
    [
        ({}, []),
        ({"OIDC_ISSUER_URL": "https://id.example"}, ["oidc"]),
        ({"HEADLAMP_CONFIG_OIDC_IDP_ISSUER_URL": "https://id.example"}, ["oidc"]),
        ({"PROXY_AUTH": "true", "PORTHOLE_TOKEN_SIGNIN": "true"}, ["proxy", "token"]),
        ({"OIDC_ISSUER_URL": "https://id.example", "PORTHOLE_WAYS": "demo"}, ["demo"]),
    ],
)
def test_the_ways_follow_from_what_is_set_up(names, ways):
    assert load(names)["PORTHOLE_WAYS"] == ways


@pytest.mark.parametrize(
    ("names", "inside"),
    [
        ({}, False),
        ({"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, True),
        ({"KUBERNETES_SERVICE_HOST": "10.96.0.1", "IN_CLUSTER": "false"}, False),
        ({"IN_CLUSTER": "true"}, True),
    ],
)
def test_porthole_sees_that_it_runs_in_a_cluster(names, inside):
    assert load(names)["IN_CLUSTER"] is inside


def test_idleness_is_never_longer_than_a_session_unless_it_is_written_so():
    assert load({"SESSION_TTL": "60"})["SESSION_IDLE"] == 60
    assert load({"SESSION_TTL": "60", "SESSION_IDLE": "90"})["SESSION_IDLE"] == 90


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


def started(tmp_path, **names):
    """How ``manage.py check`` ends under these settings alone."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**kept, "PORTHOLE_STATE": str(tmp_path), **names},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_wrong_setting_stops_the_start_with_one_clear_line(tmp_path):
    done = started(tmp_path, PORT="http")
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
