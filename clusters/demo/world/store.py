"""Every object of the demo world, with a resourceVersion for each change and a short memory of the changes.

An object is a plain dict as the API writes it and is never changed in place: a change is a new dict, which may share
parts with the old one. So watch events and snapshots cost a reference each.
"""

import hashlib
import uuid
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Change:
    """One write: `kind` is ADDED, MODIFIED or DELETED; `resource` and `key` say of what."""

    version: int
    kind: str
    resource: str
    key: str
    object: dict
    previous: dict | None


class Expired(Exception):
    """The version asked for is older than what is remembered; `.oldest` is the oldest that is not."""

    def __init__(self, asked: int, oldest: int) -> None:
        super().__init__(asked, oldest)
        self.asked = asked
        self.oldest = oldest


def key_of(namespace: str, name: str) -> str:
    """The sort key of an object, as etcd orders them."""
    return f"{namespace}/{name}" if namespace else name


@dataclass(slots=True)
class Shelf:
    """The objects of one resource; `order` holds the keys sorted."""

    objects: dict[str, dict] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


class Store:
    """Objects by resource and key; the caller holds the world's lock."""

    def __init__(self, seed: str = "porthole") -> None:
        self.seed = seed
        self.version = 1
        self.oldest = 1
        self.shelves: dict[str, Shelf] = {}
        self.changes: deque[Change] = deque()

    def get(self, resource: str, namespace: str, name: str) -> dict | None:
        """An object, or None."""
        shelf = self.shelves.get(resource)
        return shelf.objects.get(key_of(namespace, name)) if shelf else None

    def items(self, resource: str, namespace: str = "") -> Iterator[dict]:
        """The objects of a resource in key order, of one namespace or of all."""
        shelf = self.shelves.get(resource)
        if shelf is None:
            return
        prefix = f"{namespace}/" if namespace else ""
        for key in shelf.order[bisect_left(shelf.order, prefix) :]:
            if not key.startswith(prefix):
                break
            yield shelf.objects[key]

    def put(self, resource: str, obj: dict) -> dict:
        """Store an object under the next resourceVersion and return it as stored."""
        metadata = obj["metadata"]
        key = key_of(metadata.get("namespace", ""), metadata["name"])
        shelf = self.shelves.setdefault(resource, Shelf())
        previous = shelf.objects.get(key)
        self.version += 1
        uid = metadata.get("uid") or self._uid(resource, key)
        obj = {**obj, "metadata": {**metadata, "uid": uid, "resourceVersion": str(self.version)}}
        shelf.objects[key] = obj
        if previous is None:
            insort(shelf.order, key)
        self._remember(Change(self.version, "MODIFIED" if previous else "ADDED", resource, key, obj, previous))
        return obj

    def remove(self, resource: str, namespace: str, name: str) -> dict:
        """Take an object away and return it as it was, under the version of its removal; raises KeyError."""
        key = key_of(namespace, name)
        shelf = self.shelves[resource]
        previous = shelf.objects.pop(key)
        del shelf.order[bisect_left(shelf.order, key)]
        self.version += 1
        gone = {**previous, "metadata": {**previous["metadata"], "resourceVersion": str(self.version)}}
        self._remember(Change(self.version, "DELETED", resource, key, gone, previous))
        return gone

    def since(self, version: int) -> list[Change]:
        """The changes after a version, oldest first; raises Expired when some are forgotten."""
        if version < self.oldest:
            raise Expired(version, self.oldest)
        newer = 0
        for change in reversed(self.changes):
            if change.version <= version:
                break
            newer += 1
        return list(islice(self.changes, len(self.changes) - newer, None))

    def shelf_at(self, resource: str, version: int) -> Shelf:
        """A resource's objects as they were at a version; raises Expired when that is forgotten."""
        shelf = self.shelves.get(resource) or Shelf()
        undo = [change for change in self.since(version) if change.resource == resource]
        if not undo:
            return shelf
        objects = dict(shelf.objects)
        for change in reversed(undo):
            if change.previous is None:
                del objects[change.key]
            else:
                objects[change.key] = change.previous
        return Shelf(objects, sorted(objects))

    def forget(self) -> None:
        """Drop all remembered changes, as a compaction does."""
        self.changes.clear()
        self.oldest = self.version

    def _uid(self, resource: str, key: str) -> str:
        digest = hashlib.blake2b(f"{self.seed} {resource} {key} {self.version}".encode(), digest_size=16)
        return str(uuid.UUID(bytes=digest.digest(), version=4))

    def _remember(self, change: Change) -> None:
        if len(self.changes) >= REMEMBERED:
            self.oldest = self.changes.popleft().version
        self.changes.append(change)
