"""Row changes as a watch tells them."""

import json

import pytest

from clusters import actions, tables
from clusters.connection import connect
from clusters.credentials import BearerToken
from clusters.demo.server import serving as serving_demo
from clusters.errors import Failed, Forbidden, Gone, Unreachable
from clusters.kinds import DEPLOYMENTS, PODS
from clusters.kinds.kind import State
from clusters.models import Cluster
from clusters.watches import Change, changes, lines
from tests.clusters.fakes import CHUNKED_HEAD, OLIVIA, chunk, chunked, status

COLUMNS = [{"name": name} for name in ("Name", "Ready", "Status")]


def event(type, *cells, version="8", columns=None, **metadata):
    """One line of a Table watch."""
    metadata = {"name": cells[0] if cells else "", "namespace": "shop", "resourceVersion": version} | metadata
    rows = [{"cells": list(cells), "object": {"metadata": metadata}}]
    table = {"kind": "Table", "columnDefinitions": columns, "rows": rows, "metadata": {"resourceVersion": version}}
    return json.dumps({"type": type, "object": table}).encode() + b"\n"


def error(code, reason, message):
    """The ERROR event of a watch."""
    said = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return json.dumps({"type": "ERROR", "object": said}).encode() + b"\n"


def told(asked, *parts):
    connection, _fake = asked(lambda _seen: chunked(*parts))
    return list(changes(connection, PODS, "shop", "7"))


def test_each_change_is_a_row(asked):
    found = told(
        asked,
        event("ADDED", "a", "0/1", "Pending", version="8", columns=COLUMNS, uid="u-a"),
        event("MODIFIED", "a", "1/1", "Running", version="9"),
        event("DELETED", "a", "1/1", "Terminating", version="10"),
    )
    assert [(change.type, change.resource_version, change.row.state) for change in found] == [
        ("ADDED", "8", State("warn", "Pending")),
        ("MODIFIED", "9", State("ok", "Running")),
        ("DELETED", "10", State("busy", "Terminating")),
    ]
    assert (found[0].row.uid, found[0].row.name, found[0].row.cells) == ("u-a", "a", ("a", "0/1", "Pending"))


def test_every_change_carries_the_columns_that_only_the_first_event_has(asked):
    both = chunked(event("ADDED", "a", "0/1", "Pending", columns=COLUMNS), event("MODIFIED", "a", "1/1", "Running"))
    connection, _fake = asked(lambda _seen: both)
    first, second = changes(connection, PODS, "shop", "7")
    assert [column.name for column in first.columns] == ["Name", "Ready", "Status"]
    assert second.columns == first.columns


def test_what_is_asked_for(asked):
    connection, fake = asked(lambda _seen: chunked())
    assert list(changes(connection, PODS, "shop", "7", selector="app=web", name="web-1", seconds=3)) == []
    assert list(changes(connection, PODS, "", "")) == []
    assert list(changes(connection, PODS, "", "7", fields="spec.nodeName=a", seconds=3)) == []
    first, second, third = fake.seen
    assert first.target == (
        "/api/v1/namespaces/shop/pods?includeObject=Metadata&watch=true&allowWatchBookmarks=true&timeoutSeconds=3"
        "&resourceVersion=7&labelSelector=app%3Dweb&fieldSelector=metadata.name%3Dweb-1"
    )
    assert second.target.startswith("/api/v1/pods?")
    assert "resourceVersion" not in second.target
    assert third.target.endswith("&resourceVersion=7&fieldSelector=spec.nodeName%3Da")
    assert first.all("Accept") == ["application/json;as=Table;v=v1;g=meta.k8s.io"]


def test_a_bookmark_has_no_row(asked):
    empty = {"kind": "Table", "rows": [], "metadata": {"resourceVersion": "12"}}
    found = told(
        asked,
        event("BOOKMARK", "", version="11"),
        json.dumps({"type": "BOOKMARK", "object": empty}).encode() + b"\n",
    )
    assert found == [Change("BOOKMARK", None, "11"), Change("BOOKMARK", None, "12")]


def test_a_resource_version_that_is_too_old_is_gone_whenever_it_is_told(asked):
    with pytest.raises(Gone, match="too old resource version: 7"):
        told(asked, error(410, "Expired", "too old resource version: 7 (99)"))
    connection, _fake = asked(lambda _seen: status(410, "Expired", "too old resource version: 7 (99)"))
    with pytest.raises(Gone, match="too old resource version: 7"):
        list(changes(connection, PODS, "shop", "7"))


def test_changes_before_an_error_are_given(asked):
    connection, _fake = asked(
        lambda _seen: chunked(event("ADDED", "a", columns=COLUMNS), error(500, "InternalError", "etcd is away"))
    )
    found = changes(connection, PODS, "shop", "7")
    assert next(found).row.name == "a"
    with pytest.raises(Failed, match="etcd is away") as caught:
        next(found)
    assert caught.value.status == 500


@pytest.mark.parametrize(
    "line",
    [
        b"not json\n",
        b"{}\n",
        b"[]\n",
        b'{"type": "ADDED", "object": {"kind": "Pod", "metadata": {}}}\n',
        b'{"type": "ADDED", "object": 5}\n',
        b'{"type": "ERROR", "object": "no status"}\n',
        b'{"type": "ADDED", "object": {"kind": "Table", "rows": [{"cells": ["\xff"]}]}}\n',
    ],
)
def test_what_is_no_table_event_is_an_error(asked, line):
    with pytest.raises(Failed) as caught:
        told(asked, line)
    assert caught.value.reason == "NotKubernetes"


def test_a_watch_that_breaks_off_says_so(asked):
    def handler(_seen):
        yield CHUNKED_HEAD + chunk(event("ADDED", "a", columns=COLUMNS)) + b"99\r\n{"
        raise OSError("hang up")

    connection, _fake = asked(handler)
    found = changes(connection, PODS, "shop", "7")
    assert next(found).type == "ADDED"
    with pytest.raises(Unreachable):
        next(found)


@pytest.mark.parametrize(
    ("chunks", "found"),
    [
        ([], []),
        ([b"a\nb\n"], [b"a", b"b"]),
        ([b"a", b"b\nc", b"d\n"], [b"ab", b"cd"]),
        ([b"\n\na\n\n"], [b"a"]),
        ([b"a\nhalf"], [b"a"]),
    ],
)
def test_lines_are_whole(chunks, found):
    assert list(lines(chunks)) == found


def test_a_line_without_end_is_left():
    endless = iter(lambda: b"x" * 65536, None)
    with pytest.raises(Failed, match="longer than 4194304 bytes"):
        list(lines(endless))


def test_the_longest_object_passes():
    line = b"x" * (2 * 1024 * 1024)
    assert list(lines([line[:1000], line[1000:], b"\n"])) == [line]


def test_the_demo_tells_what_happened_since_and_ends_by_itself():
    with serving_demo() as demo:
        cluster = Cluster(name="demo", title="Demo", server=demo.url)
        connection = connect(cluster, OLIVIA)
        seen = tables.page(connection, DEPLOYMENTS, "shop", tables.Query(selector="app=frontend"))
        actions.scale(connection, DEPLOYMENTS, "shop", "frontend", 4)
        found = list(changes(connection, DEPLOYMENTS, "shop", seen.resource_version, name="frontend", seconds=1))
        rows = [change.row for change in found if change.row]
        assert {row.name for row in rows} == {"frontend"}
        assert rows[-1].cells[1].endswith("/4")
        with pytest.raises(Forbidden):
            list(changes(connect(cluster, BearerToken("mallory-token")), PODS, "shop", ""))
        with pytest.raises(Gone):
            list(changes(connection, PODS, "shop", "1", seconds=1))
