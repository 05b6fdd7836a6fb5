"""The demo world: its objects, its clock and the agenda of what will happen next."""

import heapq
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from clusters.demo.world.clock import ManualClock, RealClock, stamp
from clusters.demo.world.resources import BUILT_IN, Resource, custom_resources
from clusters.demo.world.store import Change, Store, key_of

Action = Callable[["World"], None]
Listener = Callable[["World", Change], None]
CRD = "customresourcedefinitions.apiextensions.k8s.io"


class World:
    """Everything that exists and will happen. Hold `lock` while reading or changing; `changed` tells waiting streams.

    Nothing runs by itself: `catch_up` does what is due, and is called by each request and by the server's thread.
    """

    def __init__(self, clock: RealClock | ManualClock, seed: str = "porthole") -> None:
        self.clock = clock
        self.store = Store(seed)
        self.random = random.Random(seed)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.closed = False
        self.memory: dict[object, int] = {}
        self.listeners: list[Listener] = []
        self._present: float | None = None
        self._agenda: list[tuple[float, int, object]] = []
        self._actions: dict[object, tuple[float, int, Action]] = {}
        self._order = count()
        self._owned: dict[str, set[tuple[str, str]]] = {}
        self._resources: dict[tuple[str, str, str], Resource] | None = None

    def now(self) -> float:
        """Seconds since 1970; while an action runs, the moment for which it was planned."""
        return self.clock.now() if self._present is None else self._present

    def later(self, seconds: float, key: object, action: Action) -> None:
        """Plan an action; one planned earlier under the same key stays if it is due sooner."""
        due = self.now() + seconds
        planned = self._actions.get(key)
        if planned and planned[0] <= due:
            return
        order = next(self._order)
        self._actions[key] = (due, order, action)
        heapq.heappush(self._agenda, (due, order, key))

    def next_due(self) -> float | None:
        """The moment of the next planned action."""
        return self._agenda[0][0] if self._agenda else None

    def catch_up(self, until: float | None = None) -> None:
        """Do all that is due, each at its own moment."""
        limit = self.clock.now() if until is None else until
        with self.lock:
            while self._agenda and self._agenda[0][0] <= limit:
                due, order, key = heapq.heappop(self._agenda)
                planned = self._actions.get(key)
                if planned is None or planned[1] != order:
                    continue
                del self._actions[key]
                self._present = due
                try:
                    planned[2](self)
                finally:
                    self._present = None

    @contextmanager
    def at(self, when: float) -> Iterator[None]:
        """Write history: what is done inside is done at that moment."""
        with self.lock:
            self._present = when
            try:
                yield
            finally:
                self._present = None

    def advance(self, seconds: float) -> None:
        """Turn a ManualClock and do what becomes due."""
        if not isinstance(self.clock, ManualClock):
            raise TypeError("only a ManualClock can be turned")
        with self.lock:
            self.clock.value += seconds
            self.catch_up()
            self.changed.notify_all()

    def get(self, resource: str, namespace: str, name: str) -> dict | None:
        """An object, or None."""
        return self.store.get(resource, namespace, name)

    def items(self, resource: str, namespace: str = "") -> Iterator[dict]:
        """The objects of a resource in key order, of one namespace or of all."""
        return self.store.items(resource, namespace)

    def owned(self, owner: dict, resource: str) -> list[dict]:
        """The objects of a resource that an object controls, in key order."""
        keys = sorted(key for found, key in self._owned.get(owner["metadata"]["uid"], ()) if found == resource)
        return [self.store.shelves[resource].objects[key] for key in keys]

    def dependents(self, uid: str) -> list[tuple[str, dict]]:
        """(resource, object) for all that name this uid as an owner."""
        return [(found, self.store.shelves[found].objects[key]) for found, key in sorted(self._owned.get(uid, ()))]

    def put(self, resource: str, obj: dict) -> dict:
        """Create or replace an object, and let the controllers know."""
        if "creationTimestamp" not in obj["metadata"]:
            obj = {**obj, "metadata": {**obj["metadata"], "creationTimestamp": stamp(self.now())}}
        stored = self.store.put(resource, obj)
        key = key_of(stored["metadata"].get("namespace", ""), stored["metadata"]["name"])
        for owner in stored["metadata"].get("ownerReferences") or ():
            self._owned.setdefault(owner["uid"], set()).add((resource, key))
        self._tell()
        return stored

    def remove(self, resource: str, namespace: str, name: str) -> dict:
        """Take an object away, and let the controllers know; raises KeyError."""
        gone = self.store.remove(resource, namespace, name)
        for owner in gone["metadata"].get("ownerReferences") or ():
            self._owned.get(owner["uid"], set()).discard((resource, key_of(namespace, name)))
        self._tell()
        return gone

    def next_address(self, pod: dict) -> str:
        """An address for a pod, from its node's range."""
        node = self.get("nodes", "", pod["spec"]["nodeName"])
        prefix = node["spec"]["podCIDR"].rpartition(".")[0] if node else "10.244.9"
        used = self.memory[prefix] = self.memory.get(prefix, 1) + 1
        return f"{prefix}.{used % 252 + 2}"

    def resources(self) -> dict[tuple[str, str, str], Resource]:
        """What is served now, by (group, version, plural)."""
        if self._resources is None:
            served = [*BUILT_IN, *custom_resources(self.items(CRD))]
            self._resources = {(found.group, found.version, found.name): found for found in served}
        return self._resources

    def _tell(self) -> None:
        change = self.store.changes[-1]
        if change.resource == CRD:
            self._resources = None
        for listener in self.listeners:
            listener(self, change)
        with self.changed:
            self.changed.notify_all()
