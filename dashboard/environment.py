"""What the environment makes of the settings; it is read here and nowhere else."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.config import SETTINGS, ConfigError, Setting


def load(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """All settings by name. Raises ConfigError for the first one that cannot be used."""
    values = {setting.name: value_of(setting, environment) for setting in SETTINGS}
    if values["PORTHOLE_STREAMS"] >= values["PORTHOLE_THREADS"]:
        raise ConfigError(
            f"PORTHOLE_STREAMS={values['PORTHOLE_STREAMS']} cannot be used with"
            f" PORTHOLE_THREADS={values['PORTHOLE_THREADS']}: open streams would leave no thread for pages."
            " Write a smaller number of streams."
        )
    if values["IN_CLUSTER"] is None:
        values["IN_CLUSTER"] = bool(values["KUBERNETES_SERVICE_HOST"])
    if not is_given("SESSION_IDLE", environment):
        values["SESSION_IDLE"] = min(values["SESSION_IDLE"], values["SESSION_TTL"])
    values["PORTHOLE_WAYS"] = values["PORTHOLE_WAYS"] or implied_ways(values)
    return values


def value_of(setting: Setting, environment: Mapping[str, str]) -> Any:
    """What an environment makes of one setting. Raises ConfigError."""
    name, text = given(setting, environment) or (setting.name, setting.default)
    try:
        return setting.read(text)
    except ValueError as error:
        shown = "…" if setting.secret else repr(text)
        raise ConfigError(f"{name}={shown} cannot be used: {error}. ({setting.help})") from error


def given(setting: Setting, environment: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """The variable by which a setting is given, and its text; an empty one gives nothing. Raises ConfigError."""
    name = next((name for name in setting.names if environment.get(name)), "")
    file = environment.get(setting.file_name, "") if setting.file_name else ""
    if name and file:
        raise ConfigError(f"{name} and {setting.file_name} are both set: leave one of them out.")
    if file:
        return setting.file_name, text_of(setting.file_name, file)
    return (name, environment[name]) if name else None


def is_given(name: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a setting is given at all, be it with its default."""
    return any(given(setting, environment) for setting in SETTINGS if setting.name == name)


def secret_files(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The files of secrets that the settings name, as whole paths."""
    named = (environment.get(setting.file_name, "") for setting in SETTINGS if setting.file_name)
    return [str(Path(file).expanduser().absolute()) for file in named if file]


def text_of(name: str, file: str) -> str:
    """What stands in a file of one secret, without the line end. Raises ConfigError."""
    try:
        return Path(file).expanduser().read_text().strip()
    except UnicodeDecodeError:
        raise ConfigError(f"{name}={file} cannot be used: the file is not text.") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home
        raise ConfigError(f"{name}={file} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def implied_ways(values: Mapping[str, Any]) -> list[str]:
    """The ways to sign in that the other settings speak of."""
    said = {"oidc": "OIDC_ISSUER_URL", "proxy": "PROXY_AUTH", "token": "PORTHOLE_TOKEN_SIGNIN"}
    return [way for way, name in said.items() if values[name]]
