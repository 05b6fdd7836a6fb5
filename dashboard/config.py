"""Every setting of Porthole, once: name, type, default, help. The environment is read from here and nowhere else."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - values of HOST that mean every address of this machine


class ConfigError(Exception):
    """A setting has a value that cannot be used; the message names it and says what it should be."""


def boolean(text: str) -> bool:
    """``true`` and ``false`` as people write them. Raises ValueError."""
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
        "": False,
    }
    if text.strip().lower() not in words:
        raise ValueError("write true or false")
    return words[text.strip().lower()]


def port(text: str) -> int:
    """A TCP port; 0 lets the system choose a free one. Raises ValueError."""
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise ValueError("write a port number from 0 to 65535")
    return number


def count(text: str) -> int:
    """A whole number of at least 1. Raises ValueError."""
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("write a whole number of at least 1")
    return int(text)


def secret(text: str) -> str:
    """A key that nobody guesses, or none. Raises ValueError."""
    if text and len(text) < 32:
        raise ValueError("write at least 32 random characters, such as `openssl rand -base64 48` prints")
    return text


def words(text: str) -> list[str]:
    """A list with commas between."""
    return [word.strip() for word in text.split(",") if word.strip()]


def ways(text: str) -> list[str]:
    """Names of modules of dashboard.signin, with commas between. Raises ValueError."""
    known = sorted(file.stem for file in (Path(__file__).parent / "signin").glob("[a-z]*.py"))
    for name in words(text):
        if name not in known:
            raise ValueError(f"there is no way {name!r}, only {', '.join(known)}")
    return words(text)


def level(text: str) -> str:
    """A level of Python's logging. Raises ValueError."""
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("write DEBUG, INFO, WARNING or ERROR")
    return text.upper()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its environment variable, how its text is read, what it is when unset."""

    name: str
    read: Callable[[str], Any]
    default: str
    help: str


SETTINGS = (
    Setting("PORT", port, "8000", "The port to serve on; 0 for any free one."),
    Setting("HOST", str, "127.0.0.1", "The address to serve on."),
    Setting("ALLOWED_HOSTS", words, "localhost,127.0.0.1,[::1]", "Host names that Porthole answers to."),
    Setting(
        "CSRF_TRUSTED_ORIGINS",
        words,
        "",
        "Origins that may post, where a proxy changes the host: https://porthole.example.com.",
    ),
    Setting(
        "SECRET_KEY",
        secret,
        "",
        "Signs and encrypts sessions: at least 32 random characters. Unset: made once and kept in the state folder.",
    ),
    Setting(
        "SECRET_KEY_FALLBACKS", words, "", "Former values of SECRET_KEY that are still accepted, with commas between."
    ),
    Setting(
        "DATABASE_URL",
        str,
        "",
        "Where sessions and clusters are kept: postgres://user:password@host/name. Unset: SQLite in the state folder.",
    ),
    Setting("PORTHOLE_STATE", str, "~/.local/state/porthole", "The state folder."),
    Setting(
        "PORTHOLE_WAYS",
        ways,
        "",
        "Ways to sign in, with commas between: kubeconfig, demo. `make run` and `make demo` set theirs.",
    ),
    Setting(
        "PORTHOLE_HTTPS", boolean, "false", "Whether people reach Porthole by https: cookies are then for https only."
    ),
    Setting("PORTHOLE_THREADS", count, "64", "Requests served at once, each open live stream being one."),
    Setting(
        "PORTHOLE_STREAMS",
        count,
        "48",
        "Live streams open at once, half of them for one session; beyond that pages ask again every few seconds.",
    ),
    Setting(
        "PORTHOLE_DEMO_SERVER",
        str,
        "",
        "Where the demo cluster's API server is, as http://127.0.0.1:9000; set by the demo command.",
    ),
    Setting("KUBECONFIG", str, "", "The kubeconfig to serve, as kubectl reads it. Unset: ~/.kube/config."),
    Setting("DEBUG", boolean, "false", "Django's debug pages. Never where others can reach them."),
    Setting("LOG_LEVEL", level, "INFO", "DEBUG, INFO, WARNING or ERROR."),
)


def load(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """All settings by name. Raises ConfigError for the first one that cannot be used."""
    values = {}
    for setting in SETTINGS:
        text = environment.get(setting.name, "") or setting.default
        try:
            values[setting.name] = setting.read(text)
        except ValueError as error:
            shown = "…" if setting.read is secret else repr(text)
            raise ConfigError(f"{setting.name}={shown} cannot be used: {error}. ({setting.help})") from error
    if values["PORTHOLE_STREAMS"] >= values["PORTHOLE_THREADS"]:
        raise ConfigError(
            f"PORTHOLE_STREAMS={values['PORTHOLE_STREAMS']} cannot be used with"
            f" PORTHOLE_THREADS={values['PORTHOLE_THREADS']}: open streams would leave no thread for pages."
            " Write a smaller number of streams."
        )
    return values


def state_folder(values: Mapping[str, Any]) -> Path:
    """The state folder, made if absent and readable for its owner only. Raises ConfigError."""
    try:
        folder = Path(values["PORTHOLE_STATE"]).expanduser()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home
        raise ConfigError(
            f"PORTHOLE_STATE={values['PORTHOLE_STATE']} cannot be used: {error}. Name a folder that you may write to."
        ) from error
    return folder


def own_address() -> str:
    """This machine's address in its network, "" where it has none; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address of nobody's; only the route to it is looked up
        except OSError:
            return ""
        return str(probe.getsockname()[0])
