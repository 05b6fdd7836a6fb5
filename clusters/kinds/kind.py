"""What Porthole knows of a kind. Everything it does not know, it asks the API server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.functional import Promise

from clusters.names import Path, path

# How a thing is: ok, busy (on its way), warn, bad, off (finished or at rest); empty where it cannot be told.
TONES = ("bad", "warn", "busy", "ok", "off")


class State(NamedTuple):
    """A tone and the word that is always shown with it."""

    tone: str
    word: str


Cells = Mapping[str, str]


def no_state(cells: Cells) -> State:
    """The state of kinds that have none to show."""
    return State("", "")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object at one API version.

    ``state`` reads a row's cells by lower-case column name. ``card`` names the columns that a phone's card shows, with
    the state that is always there. ``words`` names the states to filter by where the usual words do not fit; an empty
    word leaves one out. ``order`` is the column by which a list is sorted until somebody sorts it, the newest first.
    ``headline`` names the column that stands in place of a name that says nothing. ``unlisted`` names columns that are
    next to always empty or said already: a list leaves them out, however wide. ``group`` is empty for the core API.
    """

    plural: str
    version: str
    kind: str
    group: str = ""
    namespaced: bool = True
    scalable: bool = False
    title: str | Promise = ""
    title_plural: str | Promise = ""
    state: Callable[[Cells], State] = no_state
    card: tuple[str, ...] = ()
    words: Mapping[str, str | Promise] = field(default_factory=dict)
    order: str = ""
    headline: str = ""
    unlisted: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The kind in a URL: ``pods``, ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``, as in an object's apiVersion."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str | None = None, subresource: str = "") -> Path:
        """The request path of a list (no name), an object, or a subresource of it. Raises BadName.

        An empty name is refused rather than taken for a list: a DELETE of it would delete the whole list.
        """
        segments = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and (namespace or name is not None):
            segments += ["namespaces", namespace]
        segments.append(self.plural)
        if name is not None:
            segments.append(name)
        if subresource:
            segments.append(subresource)
        return path(*segments)
