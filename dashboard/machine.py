"""The machine that Porthole runs on: the folder that it keeps things in, and its address."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.config import ConfigError

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - values of HOST that mean every address of this machine


def state_folder(values: Mapping[str, Any]) -> Path:
    """The state folder, made if absent and readable for its owner only. Raises ConfigError."""
    try:
        folder = Path(values["PORTHOLE_STATE"]).expanduser()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"PORTHOLE_STATE={values['PORTHOLE_STATE']} cannot be used: {reason}. Name a folder that you may write to."
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
