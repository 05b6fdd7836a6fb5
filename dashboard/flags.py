"""Settings as flags of ``manage.py serve``, written as for programs in Go: -name=value, --name value, -switch."""

import difflib
import os
import sys
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import NoReturn

from dashboard import readers
from dashboard.config import SETTINGS, ConfigError, Setting
from dashboard.unknown import HEADLAMP_ONLY, HEADLAMP_SWITCHES, is_off

# Options that Django's own commands have, and whether a value follows.
DJANGO = {
    "force-color": False,
    "h": False,
    "help": False,
    "no-color": False,
    "pythonpath": True,
    "settings": True,
    "traceback": False,
    "v": True,
    "verbosity": True,
    "version": False,
}


@dataclass(frozen=True, slots=True)
class Flag:
    """What one flag says: a setting, or for a secret the file that holds it."""

    setting: Setting
    variable: str

    @property
    def is_switch(self) -> bool:
        """Whether it may stand alone, as Go's boolean flags do."""
        return self.setting.read in (readers.boolean, readers.boolean_or_unset)


def known_flags() -> dict[str, Flag]:
    """All flags by their names, without dashes."""
    found = {}
    for setting in SETTINGS:
        for name in setting.flags:
            found[name] = Flag(setting, setting.name)
            if setting.secret:
                found[f"{name}-file"] = Flag(setting, setting.file_name)
    return found


def take(arguments: list[str], environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """Put what the flags say into ``environment``, where it counts before all that is there.

    Returns the arguments that are Django's own; of the others a secret is warned of, and what has nothing to set here.
    Raises ConfigError.
    """
    known = known_flags()
    own: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, text = split(argument)
        if name in DJANGO:
            own.append(f"-{argument}" if argument == "-help" else argument)
            own.extend([value_for(argument, rest)] if DJANGO[name] and not equals else [])
            continue
        flag = known.get(name)
        if not flag and name not in HEADLAMP_ONLY:
            refuse(name, known)
        if not equals:
            is_switch = flag.is_switch if flag else name in HEADLAMP_SWITCHES
            text = "true" if is_switch else value_for(argument, rest)
        if flag:
            put(name, flag, text, environment)
            warn_of_secret(name, flag)
        elif not is_off(text):
            sys.stderr.write(f"Warning: -{name} is a flag of Headlamp's that has nothing to set here: leave it out.\n")
    return own


def warn_of_secret(name: str, flag: Flag) -> None:
    """Say of a flag that holds a secret where else it may stand."""
    if flag.variable == flag.setting.name and flag.setting.secret:
        sys.stderr.write(
            f"Warning: -{name} on the command line can be read in lists of processes: {flag.setting.file_name} keeps it"
            " to yourself.\n"
        )


def split(argument: str) -> tuple[str, str, str]:
    """The flag's name, "=" if it has one, and what is behind. Raises ConfigError for what is no flag."""
    name, equals, text = argument.partition("=")
    dashes = len(name) - len(name.lstrip("-"))
    if dashes not in (1, 2) or not name[dashes:]:
        shown = argument if len(argument) < 80 else f"{argument[:80]}…"
        raise ConfigError(
            f"{shown!r} is no flag: write -name=value or --name value, and what is true or false as -name or"
            " -name=false. `manage.py serve --help` lists them."
        )
    return name[dashes:], equals, text


def value_for(argument: str, rest: Iterator[str]) -> str:
    """The argument that follows. Raises ConfigError where none does."""
    for text in rest:
        return text
    raise ConfigError(f"{argument} needs a value: write {argument}=value.")


def refuse(name: str, known: dict[str, Flag]) -> NoReturn:
    """Say of a flag that there is none of that name. Raises ConfigError."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        raise ConfigError(f"There is no flag -{name}. Did you mean -{near[0]}?")
    raise ConfigError(f"There is no flag -{name}. `manage.py serve --help` lists them.")


def put(name: str, flag: Flag, text: str, environment: MutableMapping[str, str]) -> None:
    """Let a flag be all that is said of its setting; an empty one sets it back to its default. Raises ConfigError."""
    setting = flag.setting
    if flag.variable == setting.name:
        try:
            setting.read(text or setting.default)
        except ValueError as error:
            shown = "…" if setting.secret else text
            raise ConfigError(f"-{name}={shown} cannot be used: {error}. ({setting.help})") from error
    for variable in (*setting.names, setting.file_name):
        environment.pop(variable, None)
    environment[flag.variable] = text
