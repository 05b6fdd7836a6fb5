"""Settings as flags, in Go's style: one dash or two, =value or the next argument, bare booleans."""

import http.client
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clusters.demo.server import serving
from dashboard.config import SETTINGS, ConfigError
from dashboard.environment import load
from dashboard.flags import known_flags, take
from dashboard.unknown import HEADLAMP_ONLY
from tests.dashboard.test_serving import environment, port_of, started

ROOT = Path(__file__).resolve().parents[2]
# As Headlamp's backend/pkg/config/config.go has them, 0.45.
HEADLAMP = [
    ("-oidc-client-id=porthole", "OIDC_CLIENT_ID", "porthole"),
    ("-oidc-client-secret=s3", "OIDC_CLIENT_SECRET", "s3"),
    ("-oidc-idp-issuer-url=https://id.example/", "OIDC_ISSUER_URL", "https://id.example/"),
    ("-oidc-scopes=profile,email", "OIDC_SCOPES", ["openid", "profile", "email"]),
    ("-oidc-callback-url=https://a.example/oidc-callback", "OIDC_CALLBACK_URL", "https://a.example/oidc-callback"),
    ("-oidc-validator-client-id=aks", "OIDC_VALIDATOR_CLIENT_ID", "aks"),
    ("-oidc-validator-idp-issuer-url=https://sts/", "OIDC_VALIDATOR_ISSUER_URL", "https://sts/"),
    ("-oidc-use-access-token", "OIDC_USE_ACCESS_TOKEN", True),
    ("-oidc-use-pkce=true", "OIDC_USE_PKCE", True),
    ("-oidc-use-cookie", "OIDC_USE_COOKIE", True),
    ("-oidc-skip-tls-verify", "OIDC_SKIP_TLS_VERIFY", True),
    ("-oidc-ca-file=/ca.pem", "OIDC_CA_FILE", "/ca.pem"),
    ("-proxy-auth=true", "PROXY_AUTH", True),
    ("-proxy-auth-username-header=X-Email", "PROXY_AUTH_USERNAME_HEADER", "X-Email"),
    ("-proxy-auth-group-header=X-Groups", "PROXY_AUTH_GROUP_HEADER", "X-Groups"),
    ("-proxy-auth-email-header=X-Mail", "PROXY_AUTH_EMAIL_HEADER", "X-Mail"),
    ("-proxy-auth-token-header=X-Token", "PROXY_AUTH_TOKEN_HEADER", "X-Token"),
    ("-session-ttl=3600", "SESSION_TTL", 3600),
    ("-in-cluster", "IN_CLUSTER", True),
    ("-listen-addr=0.0.0.0", "HOST", "0.0.0.0"),
    ("-port=4466", "PORT", 4466),
    ("-log-level=warn", "LOG_LEVEL", "WARNING"),
]


@pytest.mark.parametrize(("flag", "name", "value"), HEADLAMP)
def test_headlamp_s_flags_work_unchanged(flag, name, value):
    found = {}
    take([flag], found)
    assert load(found)[name] == value


@pytest.mark.parametrize(("flag", "name", "value"), HEADLAMP)
def test_headlamp_s_variables_work_unchanged(flag, name, value):
    variable, _, text = flag.removeprefix("-").partition("=")
    assert load({f"HEADLAMP_CONFIG_{variable.replace('-', '_').upper()}": text or "true"})[name] == value


@pytest.mark.parametrize(
    "arguments",
    [["-oidc-client-id=a=b"], ["--oidc-client-id=a=b"], ["-oidc-client-id", "a=b"], ["--oidc-client-id", "a=b"]],
)
def test_one_dash_or_two_and_a_value_behind_or_next(arguments):
    found = {}
    assert take(arguments, found) == []
    assert found == {"OIDC_CLIENT_ID": "a=b"}


def test_a_value_may_begin_with_a_dash_and_the_last_flag_counts():
    found = {}
    take(["-oidc-client-id", "-x", "-proxy-auth", "--proxy-auth=f", "-port=1", "-port=2"], found)
    assert found == {"OIDC_CLIENT_ID": "-x", "PROXY_AUTH": "f", "PORT": "2"}
    assert not load(found)["PROXY_AUTH"]


def test_a_flag_counts_before_everything_in_the_environment(tmp_path):
    (tmp_path / "secret").write_text("from the file\n")
    found = {
        "OIDC_CLIENT_ID": "own",
        "HEADLAMP_CONFIG_OIDC_CLIENT_ID": "headlamp",
        "OIDC_CLIENT_SECRET_FILE": "/nowhere",
        "HEADLAMP_CONFIG_OIDC_SCOPES": "groups",
    }
    take(["-oidc-client-id=flag", "-oidc-client-secret=flag", "-oidc-scopes="], found)
    values = load(found)
    assert (values["OIDC_CLIENT_ID"], values["OIDC_CLIENT_SECRET"]) == ("flag", "flag")
    assert values["OIDC_SCOPES"] == ["openid", "profile", "email"], "an empty flag sets the default back"
    take([f"-oidc-client-secret-file={tmp_path / 'secret'}"], found)
    assert load(found)["OIDC_CLIENT_SECRET"] == "from the file"


def test_every_setting_has_a_flag_and_no_two_have_the_same():
    names = [flag for setting in SETTINGS for flag in setting.flags]
    assert len(names) == len(set(names))
    assert {flag.setting.name for flag in known_flags().values()} == {setting.name for setting in SETTINGS}
    assert not HEADLAMP_ONLY & known_flags().keys()


def test_django_s_own_options_are_left_to_it():
    given = ["-h", "--help", "-v", "2", "--settings=x", "--settings", "y", "--traceback"]
    assert take(["-port=1", *given, "-proxy-auth"], {}) == given
    assert take(["-help"], {}) == ["--help"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-oidc-client-idd=x"], "There is no flag -oidc-client-idd. Did you mean -oidc-client-id?"),
        (["--zzz"], "There is no flag -zzz. `manage.py serve --help` lists them."),
        (["-plugins-dir"], "-plugins-dir needs a value: write -plugins-dir=value."),
        (["-port"], "-port needs a value: write -port=value."),
        (["-port=http"], "-port=http cannot be used: write a port number from 0 to 65535. ("),
        (["-proxy-auth=maybe"], "-proxy-auth=maybe cannot be used: write true or false. ("),
        (["-secret-key=guessable"], "-secret-key=… cannot be used: write at least 32 random characters"),
        (["-proxy-auth", "true"], "'true' is no flag: write -name=value"),
        (["---port=1"], "'---port=1' is no flag: "),
        (["-"], "'-' is no flag: "),
        (["-=1"], "'-=1' is no flag: "),
    ],
)
def test_a_flag_that_cannot_be_used_is_one_sentence(arguments, said):
    with pytest.raises(ConfigError) as caught:
        take(arguments, {})
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_secret_as_a_flag_is_taken_with_a_warning_that_does_not_repeat_it(capsys):
    take(["-oidc-client-secret=s3cr3t", "-database-url-file=/x"], {})
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("Warning: -oidc-client-secret on the command line can be read in lists of processes")
    assert "OIDC_CLIENT_SECRET_FILE" in warning
    assert "s3cr3t" not in warning


def test_a_flag_of_headlamp_s_that_has_nothing_to_set_is_passed_over_with_a_warning(capsys):
    found = {}
    given = ["-plugins-dir", "/plugins", "-base-url=/kube", "-enable-helm", "-watch-plugins-changes=false", "-port=1"]
    assert take(given, found) == []
    assert found == {"PORT": "1"}
    assert capsys.readouterr().err.splitlines() == [
        f"Warning: -{name} is a flag of Headlamp's that has nothing to set here: leave it out."
        for name in ("plugins-dir", "base-url", "enable-helm")
    ], "what is off asks for nothing"


def test_a_wrong_flag_ends_the_start_with_code_2(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "-oidc-client-idd=x"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no flag -oidc-client-idd.")
    assert done.stderr.count("\n") == 1


def test_flags_reach_the_server_and_secrets_do_not_stay_on_its_command_line(tmp_path):
    key = "k" * 40
    with serving(trials=True) as cluster:
        command = ["serve", "-ways", "demo", f"--demo-server={cluster.url}", "-allowed-hosts=only.example"]
        with started(tmp_path, *command, f"-secret-key={key}", "-port=0", PORT="1") as process:
            assert process.stdout.readline().startswith("Warning: -secret-key on the command line")
            port = port_of(process)
            found = {}
            for host in ("only.example", "localhost"):
                connection = http.client.HTTPConnection("localhost", port, timeout=20)
                connection.request("GET", "/signin/", headers={"Host": host})
                found[host] = connection.getresponse().status
                connection.close()
            assert found == {"only.example": 200, "localhost": 400}
            command_line = Path(f"/proc/{process.pid}/cmdline")
            if os.name == "posix" and command_line.exists():
                assert key not in command_line.read_text()
    assert not (tmp_path / "secret-key").exists(), "a key was made although one was given"


def test_help_lists_every_flag_and_variable(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--help"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    for setting in SETTINGS:
        assert re.search(rf"^  .*\b{setting.name}\b", done.stdout, re.M), setting.name
        for flag in setting.flags:
            assert f"-{flag}," in done.stdout
    assert "-oidc-client-secret-file" in done.stdout
    assert "OIDC_CLIENT_SECRET_FILE" in done.stdout
