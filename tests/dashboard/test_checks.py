"""Settings that do not fit together are told with what to do, and nothing is served until they do."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks

from dashboard.environment import load
from tests.cluster import certificates
from tests.dashboard.test_serving import environment

ROOT = Path(__file__).resolve().parents[2]
OIDC = {"OIDC_ISSUER_URL": "https://id.example/", "OIDC_CLIENT_ID": "porthole", "PORTHOLE_HTTPS": "true"}
ANYWHERE = {"PROXY_AUTH": "true", "PORTHOLE_HTTPS": "true"}
PROXY = {**ANYWHERE, "PROXY_AUTH_TRUSTED_NETWORKS": "10.42.0.0/16"}
NAMED = {f"PROXY_AUTH_{kind}_HEADER": "-" for kind in ("USERNAME", "GROUP", "TOKEN")}
NAMED["PROXY_AUTH_EMAIL_HEADER"] = "X-Email"
UNSIGNED = {**PROXY, "PROXY_AUTH_UNSIGNED": "true"}
IAP = {**PROXY, "PROXY_AUTH_ASSERTION": "google-iap"}
CUSTOM = {**PROXY, "PROXY_AUTH_ASSERTION": "custom", "PROXY_AUTH_ASSERTION_AUDIENCE": "porthole"}
# What Kubernetes sets for a Service "porthole" with a named port, in each pod of its namespace.
SERVICE = {
    "PORTHOLE_SERVICE_HOST": "10.0.0.11",
    "PORTHOLE_SERVICE_PORT": "8000",
    "PORTHOLE_SERVICE_PORT_HTTP": "8000",
    "PORTHOLE_PORT": "tcp://10.0.0.11:8000",
    "PORTHOLE_PORT_8000_TCP": "tcp://10.0.0.11:8000",
    "PORTHOLE_PORT_8000_TCP_PROTO": "tcp",
    "PORTHOLE_PORT_8000_TCP_PORT": "8000",
    "PORTHOLE_PORT_8000_TCP_ADDR": "10.0.0.11",
}


@pytest.fixture
def found(settings, monkeypatch):
    """``found(NAME=text, …)``: what is wrong under that environment, by id."""
    monkeypatch.delenv("PORTHOLE_TEST_CLUSTER", raising=False)  # for the tests' own cluster, and no setting

    def look(**names):
        for name, text in names.items():
            monkeypatch.setenv(name, text)
        settings.CONFIG = load(names)
        return {message.id: message for message in run_checks(tags=["porthole"])}

    return look


@pytest.mark.parametrize(
    "names",
    [
        {},
        OIDC,
        {**OIDC, "OIDC_ISSUER_URL": "http://127.0.0.1:5556/dex"},
        {**OIDC, "OIDC_ISSUER_URL": "http://[::1]:5556/dex"},
        {**OIDC, "OIDC_CALLBACK_URL": "https://porthole.example/oidc-callback"},
        {**OIDC, "OIDC_CALLBACK_URL": "https://porthole.example/oidc/callback/"},
        {**OIDC, "OIDC_CALLBACK_URL": "http://localhost:8000/oidc-callback"},
        {**OIDC, "OIDC_USE_ACCESS_TOKEN": "true", "OIDC_VALIDATOR_CLIENT_ID": "aks"},
        {**OIDC, "HOST": "0.0.0.0"},
        PROXY,
        {**OIDC, **PROXY, "PORTHOLE_WAYS": "proxy"},
        {**UNSIGNED, **NAMED},
        {**IAP, "PROXY_AUTH_ASSERTION_AUDIENCE": "/projects/1/global/backendServices/2"},
        {"SESSION_TTL": "60"},
        {"DEBUG": "true"},
        {"HEADLAMP_CONFIG_ENABLE_HELM": "false"},
        {"OIDC_SCOPE": ""},
        SERVICE,
    ],
)
def test_what_fits_together_is_not_complained_about(found, names):
    assert found(**names) == {}


@pytest.mark.parametrize(
    ("names", "identity", "said", "advised"),
    [
        ({"OIDC_CLIENT_ID": "porthole"}, "E001", "OIDC_ISSUER_URL is not set", "Set OIDC_ISSUER_URL"),
        ({**OIDC, "OIDC_CLIENT_ID": ""}, "E002", "OIDC_CLIENT_ID is not set", "Set OIDC_CLIENT_ID"),
        ({**OIDC, "OIDC_ISSUER_URL": "https://id.example/<tenant>/v2.0"}, "E015", "still has <tenant> of", "yours"),
        ({**OIDC, "OIDC_CLIENT_ID": "<client>"}, "E015", "OIDC_CLIENT_ID=<client> still has <client> of", "yours"),
        (
            {**OIDC, "OIDC_ISSUER_URL": "https://id.example/realms/a/.well-known/openid-configuration"},
            "E017",
            "is where the discovery document is",
            "Write what the document has under issuer: https://id.example/realms/a, perhaps",
        ),
        ({**OIDC, "OIDC_ISSUER_URL": "http://id.example"}, "E003", "http://id.example is not https", "https address"),
        ({**OIDC, "OIDC_CALLBACK_URL": "http://a.example/oidc-callback"}, "E004", "is not https", "https://"),
        ({**OIDC, "OIDC_CALLBACK_URL": "https://a.example/callback"}, "E005", "leads to no page", "/oidc-callback"),
        ({**OIDC, "OIDC_CALLBACK_URL": "https://a.example/x/oidc-callback"}, "E005", "leads to no page", "host"),
        ({**OIDC, "OIDC_VALIDATOR_CLIENT_ID": "a"}, "E006", "OIDC_VALIDATOR_CLIENT_ID is", "OIDC_USE_ACCESS_TOKEN"),
        ({**OIDC, "OIDC_VALIDATOR_ISSUER_URL": "a"}, "E006", "OIDC_VALIDATOR_ISSUER_URL is", "OIDC_USE_ACCESS_TOKEN"),
        ({**OIDC, "OIDC_CA_FILE": "/nowhere.pem"}, "E007", "No such file", "PEM"),
        ({**PROXY, "PROXY_AUTH_TRUSTED_NETWORKS": "0.0.0.0/0"}, "E009", "whole internet", "10.42.0.0/16"),
        ({**PROXY, "PROXY_AUTH_TRUSTED_NETWORKS": "0.0.0.0/1,128.0.0.0/1"}, "E009", "whole internet", "networks"),
        ({**PROXY, "PROXY_AUTH_TRUSTED_NETWORKS": "10.0.0.0/8,::/0"}, "E009", "whole internet", "networks"),
        ({**PROXY, "PROXY_AUTH_TRUSTED_NETWORKS": "2000::/3"}, "E009", "whole internet", "networks"),
        (UNSIGNED, "E014", "PROXY_AUTH_GROUP_HEADER, PROXY_AUTH_EMAIL_HEADER", "or to - where it writes none"),
        (
            {**ANYWHERE, **NAMED, "PROXY_AUTH_UNSIGNED": "true"},
            "E010",
            "every private network",
            "PROXY_AUTH_TRUSTED_NETWORKS",
        ),
        (ANYWHERE, "W007", "whoever connects from a private network", "Set PROXY_AUTH_TRUSTED_NETWORKS to the proxy's"),
        (IAP, "E011", "google-iap needs more: PROXY_AUTH_ASSERTION_AUDIENCE.", "own application"),
        (CUSTOM, "E011", "_HEADER, PROXY_AUTH_ASSERTION_ISSUER, PROXY_AUTH_ASSERTION_KEYS_URL.", "own application"),
        ({"SESSION_TTL": "60", "SESSION_IDLE": "61"}, "E012", "SESSION_IDLE=61 is more than SESSION_TTL=60", "fewer"),
        ({**OIDC, "OIDC_SKIP_TLS_VERIFY": "true"}, "W001", "anybody", "OIDC_CA_FILE"),
        ({**OIDC, "HOST": "0.0.0.0", "PORTHOLE_HTTPS": ""}, "W002", "PORTHOLE_HTTPS is off", "PORTHOLE_HTTPS=true"),
        ({"DEBUG": "true", "HOST": "10.0.0.1"}, "W003", "DEBUG is on", "Leave DEBUG out"),
        ({"IN_CLUSTER": "true"}, "E016", "IN_CLUSTER is on, but Porthole runs in no pod", "Leave IN_CLUSTER out."),
        (
            {"PORTHOLE_CLUSTERS_FILE": "/nowhere.yaml"},
            "E013",
            "The clusters of /nowhere.yaml (PORTHOLE_CLUSTERS_FILE) cannot be used: No such file or directory.",
            "Name a file there that Porthole may read",
        ),
        (
            {"PORTHOLE_CLUSTERS_FILE": "/proc"},
            "E013",
            "The clusters of /proc (PORTHOLE_CLUSTERS_FILE) cannot be used: Is a directory.",
            "Name a file there that Porthole may read",
        ),
        (
            {"PORTHOLE_CLUSTERS_FILE": "/bin/true"},
            "E013",
            "The clusters of /bin/true (PORTHOLE_CLUSTERS_FILE) cannot be used: it is not text.",
            "Each entry of the file is a mapping",
        ),
        ({"HEADLAMP_CONFIG_BASE_URL": "/kube"}, "W004", "HEADLAMP_CONFIG_BASE_URL", "docs/settings.md"),
        ({"HEADLAMP_CONFIG_OIDC_CLIENT_SECRET_FILE": "/x"}, "W004", "_FILE.", "Did you mean OIDC_CLIENT_SECRET_FILE?"),
        ({"HEADLAMP_CONFIG_OIDC_SCOPE": "x"}, "W004", "HEADLAMP_CONFIG_OIDC_SCOPE.", "Did you mean OIDC_SCOPES?"),
        ({"OIDC_SCOPE": "x"}, "W004", "Porthole has no setting OIDC_SCOPE.", "Did you mean OIDC_SCOPES?"),
        ({"PORTHOLE_CLUSTER_FILE": "x"}, "W004", "PORTHOLE_CLUSTER_FILE.", "Did you mean PORTHOLE_CLUSTERS_FILE?"),
        ({"PROXY_AUTH_TRUSTED_NETWORK": "x"}, "W004", "_NETWORK.", "Did you mean PROXY_AUTH_TRUSTED_NETWORKS?"),
        ({"PROXY_AUTHS": "true"}, "W004", "Porthole has no setting PROXY_AUTHS.", "Did you mean PROXY_AUTH?"),
        ({"PORTHOLE_PORT": "8000"}, "W004", "Porthole has no setting PORTHOLE_PORT.", "Did you mean PORT?"),
        ({"PORTHOLE_XYLOPHONE": "1"}, "W004", "no setting PORTHOLE_XYLOPHONE.", "Leave it out; docs/settings.md"),
        ({"PORTHOLE_ADMIN_GROUPS": "ops"}, "W006", "which alone knows groups", "createsuperuser"),
        ({**OIDC, "PORTHOLE_WAYS": "demo"}, "W005", "Nobody can sign in by oidc", "Leave PORTHOLE_WAYS out"),
        ({**PROXY, "PORTHOLE_WAYS": "demo"}, "W005", "Nobody can sign in by proxy", "Leave PORTHOLE_WAYS out"),
    ],
)
def test_what_does_not_fit_is_told_with_what_to_do(found, names, identity, said, advised):
    messages = found(**names)
    assert set(messages) == {f"porthole.{identity}"}
    (message,) = messages.values()
    assert said in message.msg
    assert advised in message.hint
    assert message.is_serious() == identity.startswith("E")


@pytest.mark.parametrize("recipe", sorted(ROOT.glob("deploy/*/porthole.env")), ids=lambda path: path.parent.name)
def test_no_recipe_is_warned_of(found, recipe):
    """What its files should hold is not here, so what cannot be used at all is another matter."""
    lines = re.findall(r"^([A-Z_]+)=(.*)$", recipe.read_text(), re.M)
    messages = found(**{name: text for name, text in lines if name != "OIDC_CLIENT_SECRET_FILE"})
    assert [message for message in messages.values() if not message.is_serious()] == []


@pytest.mark.parametrize("left_out", NAMED)
def test_each_plain_header_that_is_believed_has_to_be_named(found, left_out):
    messages = found(**{**UNSIGNED, **{name: text for name, text in NAMED.items() if name != left_out}})
    assert list(messages) == ["porthole.E014"]
    assert f"believes plain headers, and {left_out} may be what" in messages["porthole.E014"].msg


def test_the_provider_s_authorities_are_certificates(found, tmp_path):
    file = tmp_path / "ca.pem"
    names = {**OIDC, "OIDC_CA_FILE": str(file)}
    for content in ("", "nonsense", "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n"):
        file.write_text(content)
        assert "holds no certificate" in found(**names)["porthole.E007"].msg
    file.write_text(certificates.authority("an authority of nobody's").certificate)
    assert found(**names) == {}


def test_what_is_wrong_around_a_pod_comes_with_no_advice_on_the_file_of_clusters(found, tmp_path):
    names = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "PORTHOLE_SERVICE_ACCOUNT_FOLDER": str(tmp_path)}
    [message] = found(**names).values()
    assert message.msg == (
        f"The cluster around Porthole cannot be used: {tmp_path / 'ca.crt'}: No such file or directory."
        " Correct it, or set IN_CLUSTER=false."
    )
    assert not message.hint


def run(tmp_path, *command, **names):
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(tmp_path, **names),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_serve_does_not_start_on_an_error_and_says_all_of_them(tmp_path):
    done = run(tmp_path, "serve", OIDC_ISSUER_URL="http://id.example", OIDC_SKIP_TLS_VERIFY="true")
    assert (done.returncode, done.stdout) == (2, "")
    warning, *errors = done.stderr.splitlines()
    assert warning.startswith("Warning: OIDC_SKIP_TLS_VERIFY is on: ")
    assert [line.rpartition(" ")[2] for line in errors] == ["(porthole.E002)", "(porthole.E003)"]
    assert "Set OIDC_CLIENT_ID to the client ID" in errors[0]


@pytest.mark.parametrize("secret", ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "OIDC_CLIENT_SECRET", "DATABASE_URL", ""])
def test_no_cluster_may_name_a_file_of_porthole_s_own_secrets(tmp_path, secret):
    """The last is the key that Porthole made for itself. An operator may have put tokens beside them."""
    file = tmp_path / ("s" if secret else "secret-key")
    file.write_text("sqlite://:memory:" if secret == "DATABASE_URL" else "s" * 40)
    fields = {"name": "home", "server": "https://10.0.0.1", "impersonator_token_file": str(file)}
    (tmp_path / "clusters.yaml").write_text(json.dumps([fields]))
    places = {"PORTHOLE_TOKEN_FOLDERS": str(tmp_path), "PORTHOLE_CLUSTERS_FILE": str(tmp_path / "clusters.yaml")}
    named = {f"{secret}_FILE": str(file)} if secret else {}
    done = run(tmp_path, "check", **OIDC, **named, **places)
    assert "home, impersonator_token_file: This file holds a secret of Porthole's own, which goes to no" in done.stderr
    assert done.returncode == 1


def test_check_shows_them_too(tmp_path):
    done = run(tmp_path, "check", SESSION_TTL="60", SESSION_IDLE="3600")
    assert done.returncode == 1
    assert "(porthole.E012) SESSION_IDLE=3600 is more than SESSION_TTL=60" in done.stderr
    assert "HINT: Write fewer seconds" in done.stderr
