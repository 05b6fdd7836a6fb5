"""The recipes under deploy/ name settings that there are, with values that can be used, and files that can be read."""

import json
import re
import textwrap

import pytest
import yaml

from clusters import declared
from dashboard import config, environment
from tests.lint.places import ROOT, name_of, tracked_files

RECIPES = sorted({path.parent.name for path in tracked_files("deploy/*/README.md")})
PREFIXES = ("OIDC_", "PROXY_AUTH", "PORTHOLE_", "SESSION_", "HEADLAMP_CONFIG_", "IN_CLUSTER", "SECRET_KEY")
NAMED = re.compile(r"(?<![A-Za-z0-9_-])(?:" + "|".join(PREFIXES) + r")[A-Z0-9_]*(?![A-Za-z0-9_])")
SHOWN = {"OIDC_VALIDATOR_", "PORTHOLE_CLIENT_SECRET"}  # several at once, with an ellipsis; a variable of Dex's own
FENCE = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.M | re.S)


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


@pytest.mark.parametrize("path", tracked_files("deploy/*/clusters.yaml"), ids=name_of)
def test_clusters_of_a_recipe_are_clusters(path):
    clusters, _read = declared.read_file(path)
    assert clusters


def test_links_inside_the_recipes_lead_to_files():
    missing = [
        f"{name_of(path)}: {name}"
        for path in tracked_files("deploy/*/README.md")
        for name in re.findall(r"`([a-z-]+\.(?:tf|env|yaml|json|sh))`", path.read_text())
        if not (path.parent / name).exists()
    ]
    assert missing == []


def test_keycloak_s_realm_has_the_addresses_that_porthole_uses():
    [client] = json.loads((ROOT / "deploy/keycloak/porthole-client.json").read_text())["clients"]
    set_up = set_in(ROOT / "deploy/keycloak/porthole.env")
    assert client["clientId"] == set_up["OIDC_CLIENT_ID"]
    assert client["redirectUris"] == [set_up["OIDC_CALLBACK_URL"]]
