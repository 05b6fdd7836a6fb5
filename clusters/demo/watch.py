"""Watching: changes as they happen, as objects or as Tables."""

from collections.abc import Iterator

import msgspec

from clusters.demo.lists import Selection, not_a_version, selection
from clusters.demo.media import wants_table
from clusters.demo.paths import Target
from clusters.demo.presentation import present
from clusters.demo.requests import Request, Stream
from clusters.demo.statuses import Refusal, expired
from clusters.demo.tables import include_of, table
from clusters.demo.world.resources import Resource
from clusters.demo.world.store import Change, Expired
from clusters.demo.world.world import World

BOOKMARK_EVERY = 60.0
LONGEST = 1800.0
NEAREST_END = 2.0
LONGEST_REST = 15.0


class Watch:
    """One client's watch: what it selects, what it has seen, and the form it wants."""

    def __init__(self, world: World, request: Request, target: Target, resource: Resource) -> None:
        self.world = world
        self.resource = resource
        self.as_table = wants_table(request)
        self.include = include_of(request.parameter("includeObject")) if self.as_table else ""
        self.selected: Selection = selection(request, target, resource)
        self.bookmarks = request.parameter("allowWatchBookmarks") in ("true", "1")
        self.headers = True
        self.asked = _version(request)
        self.version = self.asked or world.store.version
        seconds = request.parameter("timeoutSeconds")
        self.ends = world.clock.now() + (float(seconds) if seconds.isdecimal() and int(seconds) else LONGEST)

    def events(self) -> Iterator[bytes]:
        """The lines of the watch; ends at its time, when the server closes, or after an ERROR."""
        world = self.world
        bookmark_at = min(world.clock.now() + BOOKMARK_EVERY, self.ends - NEAREST_END)
        with world.lock:
            first = [] if self.asked else list(world.items(self.resource.key, self.selected.namespace))
            lines = [self._line("ADDED", obj) for obj in first if self.selected.matches(obj)]
        yield from lines
        while not world.closed and world.clock.now() < self.ends:
            with world.lock:
                try:
                    changes = world.store.since(self.version)
                except Expired as error:
                    refused = expired(f"too old resource version: {error.asked} ({error.oldest})")
                    lines = [msgspec.json.encode({"type": "ERROR", "object": refused.status}) + b"\n"]
                    changes = []
                    self.ends = 0.0
                else:
                    lines = [line for change in changes if (line := self._change(change))]
                    self.version = world.store.version
                    if not changes:
                        world.clock.wait(world.changed, self._patience(bookmark_at))
            yield from lines or [b""]
            if self.bookmarks and world.clock.now() >= bookmark_at and self.ends:
                bookmark_at += BOOKMARK_EVERY
                yield self._bookmark()

    def _patience(self, bookmark_at: float) -> float:
        now = self.world.clock.now()
        until = [self.ends - now, LONGEST_REST]
        if self.bookmarks and bookmark_at > now:
            until.append(bookmark_at - now)
        return max(min(until), 0.01)

    def _change(self, change: Change) -> bytes:
        if change.resource != self.resource.key:
            return b""
        now = change.kind != "DELETED" and self.selected.matches(change.object)
        before = change.previous is not None and self.selected.matches(change.previous)
        if now:
            return self._line("MODIFIED" if before else "ADDED", change.object)
        if not before or change.previous is None:
            return b""
        # What leaves the selection is shown as it was, under the version of the change.
        version = {"resourceVersion": change.object["metadata"]["resourceVersion"]}
        gone = {**change.previous, "metadata": {**change.previous["metadata"], **version}}
        return self._line("DELETED", gone)

    def _line(self, kind: str, obj: dict) -> bytes:
        if self.as_table:
            metadata = {"resourceVersion": obj["metadata"]["resourceVersion"]}
            now = self.world.now()
            shown = table(self.resource, [obj], self.world.store, now, self.include, metadata, headers=self.headers)
            self.headers = False
        else:
            shown = present(obj)
        return msgspec.json.encode({"type": kind, "object": shown}) + b"\n"

    def _bookmark(self) -> bytes:
        metadata = {"resourceVersion": str(self.version)}
        obj: dict = {"kind": self.resource.kind, "apiVersion": self.resource.api_version, "metadata": metadata}
        if self.as_table:
            row = {
                "cells": [],
                "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata},
            }
            obj = {
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata,
                "columnDefinitions": None,
                "rows": [row],
            }
        return msgspec.json.encode({"type": "BOOKMARK", "object": obj}) + b"\n"


def watch(world: World, request: Request, target: Target, resource: Resource) -> Stream:
    """Start a watch; raises Refusal for what a list would refuse, and 410 comes as an ERROR event."""
    return Stream(Watch(world, request, target, resource).events())


def _version(request: Request) -> int:
    text = request.parameter("resourceVersion")
    if not text or text == "0":
        return 0
    if not text.isdecimal():
        raise Refusal(500, "", not_a_version(text))
    return int(text)
