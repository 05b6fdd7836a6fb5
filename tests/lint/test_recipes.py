"""The recipes under deploy/ name settings that there are, with values that can be used, and files that can be read."""

import configparser
import json
import re
import subprocess
import textwrap

import pytest
import yaml

from clusters import declared
from dashboard import config, environment
from tests.cluster import certificates
from tests.lint.places import ROOT, name_of, tracked_files

RECIPES = sorted({path.parent.name for path in tracked_files("deploy/*/README.md")})
PREFIXES = ("OIDC_", "PROXY_AUTH", "PORTHOLE_", "SESSION_", "HEADLAMP_CONFIG_", "IN_CLUSTER", "SECRET_KEY")
NAMED = re.compile(r"(?<![A-Za-z0-9_-])(?:" + "|".join(PREFIXES) + r")[A-Z0-9_]*(?![A-Za-z0-9_])")
SHOWN = {"OIDC_VALIDATOR_", "PORTHOLE_CLIENT_SECRET"}  # several at once, with an ellipsis; a variable of Dex's own
FENCE = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.M | re.S)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
NEEDS_QUOTES = {"google": {"OIDC_AUTHORIZATION_PARAMS"}}  # to a shell alone, which the recipe says
STARTS = "](../../README.md#setting-it-up)"
# What somebody who follows the steps alone would not find out.
STEPS_NAME = {
    "authentik": ("`email_verified: true`", "oidc-ca-file", "OIDC_CA_FILE", "/etc/rancher/k3s/k3s.yaml"),
    "dex": ("--oidc-ca-file", "OIDC_CA_FILE"),
    "entra-id": ("az aks show", "--query fqdn", "az aks get-credentials", "certificate-authority-data"),
    "keycloak": ("authentication-config=/etc/rancher/k3s/authentication.yaml", "certificateAuthority", "OIDC_CA_FILE"),
    "token": ("kubectl create token nadia -n people --duration=8h", "PORTHOLE_TOKEN_SIGNIN=true"),
}
WANTED_BESIDES = ("ALLOWED_HOSTS", "PORTHOLE_HTTPS=true", "HOST=0.0.0.0", "PORTHOLE_CLUSTERS_FILE")


def known():
    names = {name for setting in config.SETTINGS for name in setting.names}
    return names | {setting.file_name for setting in config.SETTINGS if setting.file_name}


def set_in(path):
    """What an .env file sets."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("wrong", ["OIDC_ISSUER", "PORTHOLE_WAY", "HEADLAMP_CONFIG_OIDC_ISSUER"])
def test_a_setting_that_there_is_not_would_be_found(wrong):
    assert NAMED.findall(f"- `{wrong}=x`") == [wrong]
    assert wrong not in known()


def test_there_is_a_recipe_for_each_provider():
    assert {"authentik", "dex", "entra-id", "google", "keycloak", "okta"} <= set(RECIPES)


def test_there_is_a_recipe_for_each_proxy():
    assert {"cloudflare-access", "google-iap", "nginx", "oauth2-proxy", "pomerium", "traefik"} <= set(RECIPES)


def test_there_is_a_recipe_for_tokens_and_one_for_a_service():
    assert {"systemd", "token"} <= set(RECIPES)


def test_every_setting_that_a_recipe_names_is_one():
    found = [
        f"{name_of(path)}: {name}"
        for path in tracked_files("deploy/*")
        for name in NAMED.findall(path.read_text())
        if name not in known() | SHOWN
    ]
    assert found == []


@pytest.mark.parametrize("path", tracked_files("deploy/*.env"), ids=name_of)
def test_the_settings_of_a_recipe_can_be_used(path, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a secret\n")
    set_up = set_in(path)
    values = environment.load({name: str(secret) if name.endswith("_FILE") and "SECRET" in name else value
                          for name, value in set_up.items()})  # fmt: skip
    assert set(set_up) <= known()
    assert values["PORTHOLE_WAYS"]
    if "oidc" in values["PORTHOLE_WAYS"]:
        assert values["OIDC_CLIENT_SECRET"] == "a secret"
        assert values["OIDC_CALLBACK_URL"].endswith("/oidc-callback")


def handed_on(command, path):
    """The settings that a shell's command makes of an .env file, in an environment that is empty else."""
    shell = subprocess.run(["sh", "-c", command, "sh", path], env={}, capture_output=True, check=True)
    found = dict(line.split("=", 1) for line in shell.stdout.decode().split("\0") if line)
    return {name: value for name, value in found.items() if name in known()}


@pytest.mark.parametrize("path", tracked_files("deploy/*.env"), ids=name_of)
def test_the_settings_of_a_recipe_are_the_same_however_they_are_read(path):
    set_up = set_in(path)
    assert handed_on("""/usr/bin/env $(/usr/bin/grep -v '^#' "$1") /usr/bin/env -0""", path) == set_up
    broken = NEEDS_QUOTES.get(path.parent.name, set())
    sourced = handed_on('set -a; . "$1"; /usr/bin/env -0', path)
    assert {name for name in set_up if sourced.get(name) != set_up[name]} == broken
    assert not broken or "single quotes" in path.read_text()


@pytest.mark.parametrize("path", tracked_files("deploy/*/porthole.env"), ids=name_of)
def test_a_recipe_can_be_reached_by_https_and_has_clusters_and_a_start(path):
    set_up, text = set_in(path), path.with_name("README.md").read_text()
    assert set_up["HOST"] == "0.0.0.0"
    assert set_up["PORTHOLE_HTTPS"] == "true"
    assert set_up["ALLOWED_HOSTS"] == "porthole.example.com"
    assert set_up["PORTHOLE_CLUSTERS_FILE"] == "/etc/porthole/clusters.yaml"
    steps = text.partition("## What goes wrong")[0]
    assert re.search(r"^\d\. The clusters?[:,]", steps, re.M)
    assert STARTS in steps


@pytest.mark.parametrize("recipe", STEPS_NAME)
def test_the_steps_of_a_recipe_name_what_it_takes(recipe):
    steps = (ROOT / "deploy" / recipe / "README.md").read_text().partition("## What goes wrong")[0]
    assert [name for name in STEPS_NAME[recipe] if name not in steps] == []


@pytest.mark.parametrize("recipe", ["authentik", "traefik"])
def test_who_comes_from_headlamp_is_told_what_porthole_wants_besides(recipe):
    text = (ROOT / "deploy" / recipe / "README.md").read_text()
    part = text.partition("## If you come from Headlamp")[2].partition("\n## ")[0]
    assert [name for name in WANTED_BESIDES if name not in part] == []
    assert "unchanged" not in part


def test_the_service_runs_what_there_is():
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str
    unit.read(ROOT / "deploy" / "systemd" / "porthole.service")
    _python, script, command = unit["Service"]["ExecStart"].split()
    assert (ROOT / script).exists()
    assert (ROOT / "dashboard" / "management" / "commands" / f"{command}.py").exists()
    name, _, folder = unit["Service"]["Environment"].partition("=")
    assert name in known()
    assert folder == f"/var/lib/{unit['Service']['StateDirectory']}"


@pytest.mark.parametrize("path", tracked_files("deploy/*.yaml", "deploy/*.yml", "deploy/*.json"), ids=name_of)
def test_yaml_and_json_can_be_read(path):
    text = path.read_text()
    assert json.loads(text) if path.suffix == ".json" else list(yaml.safe_load_all(text))


def documents():
    """Every YAML document of the recipes, those that their texts show too, each with the name of its file."""
    for path in tracked_files("deploy/*.yaml", "deploy/*.md", "docs/clusters.md"):
        text = path.read_text()
        for part in [text] if path.suffix == ".yaml" else FENCE.findall(text):
            yield from ((name_of(path), document) for document in yaml.safe_load_all(textwrap.dedent(part)))


def oddities(value, place=""):
    """Where text became something else: a name without a value, and a program's argument that is no text."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        here = f"{place}/{key}"
        if child is None:
            yield f"{here} has no value"
        if str(key).endswith(("-arg", "args")) and not all(isinstance(each, str) for each in child):
            yield f"{here} is not all text"
        yield from oddities(child, here)


def test_an_argument_that_yaml_takes_for_something_else_would_be_found():
    wrong = yaml.safe_load("kube-apiserver-arg:\n- oidc-groups-prefix=authentik:\n- v=2\n- 3")
    assert list(oddities(wrong)) == [
        "/kube-apiserver-arg is not all text",
        "/kube-apiserver-arg/0/oidc-groups-prefix=authentik has no value",
    ]


def test_text_in_yaml_is_text():
    found = list(documents())
    assert {"deploy/authentik/config.yaml", "deploy/rbac/README.md", "docs/clusters.md"} <= {name for name, _ in found}
    assert [f"{name}: {odd}" for name, document in found for odd in oddities(document)] == []


def lists_of_clusters():
    """What the recipes would have in PORTHOLE_CLUSTERS_FILE, each with the name of its file."""
    return [
        pytest.param(document, id=f"{name}-{number}")
        for number, (name, document) in enumerate(documents())
        if isinstance(document, list) and all("server" in entry for entry in document)
    ]


@pytest.mark.parametrize("entries", lists_of_clusters())
def test_clusters_of_a_recipe_are_clusters(entries, tmp_path):
    file, authority = tmp_path / "clusters.yaml", tmp_path / "ca.crt"
    authority.write_text(certificates.authority("Kubernetes").certificate)
    for entry in entries:
        if declared.AUTHORITY_FILE in entry:
            entry[declared.AUTHORITY_FILE] = str(authority)
    file.write_text(yaml.safe_dump(entries))
    clusters, _read = declared.read_file(file)
    assert clusters


def test_each_place_that_shows_clusters_is_tried():
    tried = {param.id.rpartition("-")[0] for param in lists_of_clusters()}
    assert {
        "docs/clusters.md",
        "deploy/dex/clusters.yaml",
        "deploy/entra-id/README.md",
        "deploy/rbac/README.md",
    } <= tried


def test_links_inside_the_recipes_lead_to_files():
    missing = [
        f"{name_of(path)}: {name}"
        for path in tracked_files("deploy/*/README.md")
        for name in re.findall(r"`([a-z-]+\.(?:tf|env|yaml|json|sh|service))`", path.read_text())
        if not (path.parent / name).exists()
    ]
    assert missing == []


def anchors(text):
    """The names that a Markdown text's headings have in links, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", tracked_files("README.md", "docs/*.md", "deploy/*/README.md"), ids=name_of)
def test_links_lead_to_files_and_headings(path):
    for name, heading in LINK.findall(path.read_text()):
        target = path.parent / name if name else path
        assert target.exists(), name
        assert not heading or heading in anchors(target.read_text()), heading


def test_keycloak_s_realm_has_the_addresses_that_porthole_uses():
    [client] = json.loads((ROOT / "deploy/keycloak/porthole-client.json").read_text())["clients"]
    set_up = set_in(ROOT / "deploy/keycloak/porthole.env")
    assert client["clientId"] == set_up["OIDC_CLIENT_ID"]
    assert client["redirectUris"] == [set_up["OIDC_CALLBACK_URL"]]
