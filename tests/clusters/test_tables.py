"""Pages of rows: filtered, sorted and counted over the whole set."""

import itertools
import json
import tracemalloc
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters import discovery
from clusters.connection import connect
from clusters.credentials import BearerToken
from clusters.errors import BadName, Failed, Forbidden, Gone, NotFound
from clusters.kinds import DEPLOYMENTS, NAMESPACES, PODS
from clusters.kinds.generic import generic_state
from clusters.kinds.kind import Kind, State
from clusters.models import Cluster
from clusters.tables import Query, cells_of, natural, page
from clusters.wire import TableRow
from tests.clusters.fakes import http, status

BOATS = Kind("boats", "v1", "Boat", group="marina.example.com", state=generic_state)
MADE = "2026-01-01T00:00:00Z"


class Marina:
    """A fake API server with one kind, which pages as the real one does."""

    def __init__(self, columns, rows, *, most=1000):
        self.columns, self.rows, self.most = columns, rows, most

    def __call__(self, seen):
        """Answer a list of Table rows."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(seen.target).query).items()}
        rows = [row for row in self.rows if query.get("labelSelector", "") in ("", row.get("label"))]
        start, limit = int(query.get("continue", 0)), min(int(query.get("limit", self.most)), self.most)
        left = len(rows) - start - limit
        metadata = {"resourceVersion": "77"}
        if left > 0:
            metadata["continue"] = str(start + limit)
            if "labelSelector" not in query:
                metadata["remainingItemCount"] = left
        shown = rows[start : start + limit]
        bare = query.get("includeObject") == "None"
        return http(
            {
                "kind": "Table",
                "metadata": metadata,
                "columnDefinitions": [{"name": name} for name in self.columns] if not start else None,
                "rows": [{"cells": row["cells"]} | ({} if bare else self.object_of(row)) for row in shown],
            }
        )

    def object_of(self, row):
        """The row's metadata."""
        labels = {"label": row["label"]} if row.get("label") else {}
        metadata = {"name": row["cells"][0], "namespace": row.get("namespace", "shop"), "labels": labels}
        metadata |= {"uid": f"uid-{row['cells'][0]}", "creationTimestamp": row.get("created", MADE)}
        return {"object": {"metadata": metadata}}


def boats(*cells, columns=("Name", "Value")):
    """A marina with one boat per cell, named a, b, c…"""
    names = [f"{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    return Marina(columns, [{"cells": [name, cell]} for name, cell in zip(names, cells, strict=False)])


def names(found):
    return "".join(row.name for row in found.rows)


def test_a_page_has_the_servers_columns_and_cells(olivia):
    found = page(olivia, PODS, "shop", Query())
    assert [column.name for column in found.columns if column.priority == 0] == [
        "Name", "Ready", "Status", "Restarts", "Age",
    ]  # fmt: skip
    assert {column.key for column in found.columns if column.priority} >= {"ip", "node"}
    row = next(row for row in found.rows if row.name == "image-resizer")
    assert row.cells[:3] == ("image-resizer", "0/1", "OOMKilled")
    assert (row.namespace, row.state) == ("shop", State("bad", "OOMKilled"))
    assert row.uid
    assert row.created.tzinfo is not None
    assert found.resource_version


def test_all_namespaces_are_one_list(olivia):
    found = page(olivia, PODS, "", Query(limit=500))
    assert {row.namespace for row in found.rows} >= {"shop", "kube-system", "monitoring", "jobs"}
    assert found.total == found.matched == len(found.rows)


def test_an_empty_namespace_is_an_empty_page(olivia):
    for query in (Query(), Query(text="x"), Query(sort="name")):
        found = page(olivia, PODS, "empty", query)
        assert (found.rows, found.total, found.matched, found.more) == ((), 0, 0, False)


@pytest.mark.parametrize("query", [Query(), Query(text="x")])
def test_errors_pass_through(demo, olivia, query):
    mallory = connect(Cluster(name="demo", server=demo.url), BearerToken("mallory-token"))
    with pytest.raises(Forbidden, match="mallory"):
        page(mallory, PODS, "shop", query)
    with pytest.raises(NotFound):
        page(olivia, Kind("ships", "v1", "Ship", group="marina.example.com"), "shop", query)
    with pytest.raises(BadName):
        page(olivia, PODS, "..", query)


def test_pages_follow_each_other_by_the_servers_token(asked):
    marina = Marina(("Name",), [{"cells": [f"boat-{number}"]} for number in range(250)])
    connection, fake = asked(marina)
    query, seen, totals = Query(limit=100), [], []
    while True:
        found = page(connection, BOATS, "shop", query)
        seen += [row.name for row in found.rows]
        totals.append((found.total, found.matched))
        if not found.more:
            break
        query = Query(limit=100, continue_token=found.continue_token, offset=len(seen))
    assert seen == [f"boat-{number}" for number in range(250)]
    assert totals == [(250, 250)] * 3
    assert len(fake.seen) == 3, "counting cost no call"


def test_under_a_selector_the_total_is_counted(asked):
    rows = [{"cells": [f"boat-{number}"], "label": "odd" if number % 2 else "even"} for number in range(300)]
    connection, fake = asked(Marina(("Name",), rows))
    found = page(connection, BOATS, "shop", Query(selector="odd", limit=100))
    assert (found.total, len(found.rows), found.more) == (150, 100, True)
    assert "includeObject=None" in fake.seen[1].target
    last = page(connection, BOATS, "shop", Query(selector="odd", continue_token=found.continue_token, offset=100))
    assert (last.total, len(last.rows), last.more) == (150, 50, False)
    assert len(fake.seen) == 3, "the last page needs no counting"


def test_a_token_that_is_too_old_is_gone(asked):
    connection, _fake = asked(lambda _seen: status(410, "Expired", "The provided continue parameter is too old"))
    with pytest.raises(Gone, match="too old"):
        page(connection, BOATS, "shop", Query(continue_token="old"))


@pytest.mark.parametrize("descending", [False, True])
def test_offsets_visit_each_row_of_a_sorted_set_once(asked, descending):
    """1,234 rows over several pages of the walk, with many equal cells."""
    rows = [
        {"cells": [f"boat-{number}", number * 7919 % 13], "namespace": f"ns-{number % 3}"} for number in range(1234)
    ]
    connection, _fake = asked(Marina(("Name", "Rank"), rows, most=500))
    seen = []
    for offset in range(0, 1300, 100):
        found = page(connection, BOATS, "", Query(sort="rank", descending=descending, offset=offset, limit=100))
        assert (found.total, found.matched) == (1234, 1234)
        assert found.more == (offset + 100 < 1234)
        seen += found.rows
    ranks = [int(row.cells[1]) for row in seen]
    assert ranks == sorted(ranks, reverse=descending)
    assert sorted(row.name for row in seen) == sorted(f"boat-{number}" for number in range(1234))


def test_beyond_the_end_is_an_empty_page(asked):
    connection, _fake = asked(boats(1, 2, 3))
    found = page(connection, BOATS, "", Query(sort="name", offset=100))
    assert (found.rows, found.total, found.more) == ((), 3, False)


@pytest.mark.parametrize(
    ("cells", "ascending", "descending"),
    [
        ([10, 9, 100], "bac", "cab"),
        (["10", "9", "0"], "cba", "abc"),
        (["5 (2m ago)", "0", "12", "5"], "bdac", "cadb"),
        (["59s", "2m", "3h", "2d4h", "1y", "90m"], "abfcde", "edcfba"),
        (["5d", "4m59s", "5m", "301s"], "bcda", "adcb"),
        (["pod-10", "pod-2", "POD-1"], "cba", "abc"),
        (["1/2", "0/1", "10/10", "2/2"], "badc", "cdab"),
        (["<none>", "harbor-2", "", "harbor-10", None], "bdace", "dbeca"),
        (["true", False, True], "bac", "cab"),
        (["é", "z", "ﬀ", "𐍈"], None, None),
        (["9" * 5000, "10", "1" + "0" * 4999], "bca", "acb"),
        (["9" * 5000 + "d", "10d", "3s"], "cba", "abc"),
        (["²", "1", "٣"], None, None),
        ([1.5, 10.25, 2.0], "acb", "bca"),
    ],
)
def test_every_kind_of_column_sorts(asked, cells, ascending, descending):
    connection, _fake = asked(boats(*cells))
    up = names(page(connection, BOATS, "", Query(sort="value")))
    down = names(page(connection, BOATS, "", Query(sort="value", descending=True)))
    if ascending is None:
        assert (sorted(up), up) == (sorted(down), down[::-1])
    else:
        assert (up, down) == (ascending, descending)


def test_sorting_by_age_is_by_time_and_not_by_the_words(asked):
    """Two of them are `5d`."""
    made = ["2026-01-05T10:00:00Z", "2026-01-05T12:00:00Z", "2025-06-01T00:00:00Z"]
    rows = [{"cells": [name, "5d"], "created": time} for name, time in zip("abc", made, strict=True)]
    connection, _fake = asked(Marina(("Name", "Age"), rows))
    assert names(page(connection, BOATS, "", Query(sort="age"))) == "bac"
    assert names(page(connection, BOATS, "", Query(sort="age", descending=True))) == "cab"


def test_sorting_by_namespace_or_by_a_column_that_is_not_there(asked):
    rows = [{"cells": [name], "namespace": namespace} for name, namespace in zip("abc", ["z", "m", "m"], strict=True)]
    connection, _fake = asked(Marina(("Name",), rows))
    assert names(page(connection, BOATS, "", Query(sort="namespace"))) == "bca"
    assert names(page(connection, BOATS, "", Query(sort="nothing"))) == "bca"


@given(st.lists(st.one_of(st.text(), st.from_regex(r"[0-9]{1,3}[ydhms]([0-9]{1,2}[ms])?"), st.integers().map(str))))
def test_any_cells_can_be_compared(cells):
    keys = sorted(natural(cell) for cell in cells)
    assert all(before <= after for before, after in itertools.pairwise(keys))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "abcd"),
        ("sailing", "ac"),
        ("SAIL", "ac"),
        ("sail b-1", "c"),
        ("b-1 sail", "c"),
        ("shop", "abcd"),
        ("  ", "abcd"),
        ("straße", "d"),
        ("STRASSE", "d"),
        ("nowhere", ""),
        (".*", ""),
        ("%", ""),
    ],
)
def test_text_is_looked_for_in_all_cells(asked, text, found):
    connection, _fake = asked(boats("A-1 Sailing", "A-2 Moored", "B-1 Sailing", "Straße"))
    answer = page(connection, BOATS, "", Query(text=text, sort="name"))
    assert names(answer) == found
    assert (answer.total, answer.matched) == (4, len(found))


def test_text_is_looked_for_in_the_whole_set(asked):
    rows = [{"cells": [f"boat-{number}", "x"]} for number in range(1100)] + [{"cells": ["needle", "y"]}]
    connection, fake = asked(Marina(("Name", "Value"), rows))
    found = page(connection, BOATS, "", Query(text="needle"))
    assert (names(found), found.total, found.matched, found.more) == ("needle", 1101, 1, False)
    assert len(fake.seen) == 3


def test_unsorted_matches_keep_the_servers_order_and_page_by_offset(asked):
    rows = [{"cells": [f"boat-{number:03}", "even" if number % 2 == 0 else "odd"]} for number in range(600)]
    connection, _fake = asked(Marina(("Name", "Value"), rows))
    pages = [page(connection, BOATS, "", Query(text="even", offset=offset)) for offset in (0, 100, 200)]
    assert [row.name for found in pages for row in found.rows] == [f"boat-{number:03}" for number in range(0, 600, 2)]
    assert [found.more for found in pages] == [True, True, False]


@pytest.mark.parametrize(
    ("state", "found"), [("attention", "bcf"), ("ok", "a"), ("busy", "d"), ("off", "e"), ("", "abcdefg"), ("x", "")]
)
def test_the_state_filter_and_its_counts(asked, state, found):
    words = ["Running", "Failed", "Pending", "Terminating", "Completed", "Unknown", "Sailing"]
    connection, _fake = asked(boats(*words, columns=("Name", "Status")))
    answer = page(connection, BOATS, "", Query(state=state, sort="name"))
    assert names(answer) == found
    assert answer.states == {"attention": 3, "busy": 1, "ok": 1, "off": 1}
    assert (answer.total, answer.matched) == (7, len(found))


def test_the_states_are_counted_among_what_the_text_matches(asked):
    connection, _fake = asked(boats("Running", "Failed", "Failed", columns=("Name", "Status")))
    answer = page(connection, BOATS, "", Query(text="failed", state="ok"))
    assert (answer.states["attention"], answer.states["ok"], answer.matched, answer.total) == (2, 0, 0, 3)


def test_the_walk_takes_the_resource_version_of_its_first_page(asked):
    connection, _fake = asked(boats(1))
    assert page(connection, BOATS, "", Query(sort="name")).resource_version == "77"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('"x"', "x"),
        ("null", "<none>"),
        ("true", "true"),
        ("3", "3"),
        ("1.5", "1.5"),
        ('""', ""),
        ("[1]", "[1]"),
        ('{"a": "b"}', '{"a": "b"}'),
        ("1e999", "1e999"),
        ("7" * 5000, "7" * 1000 + "…"),
        ('"' + "é" * 1000 + '"', "é" * 1000),
        ('"' + "é" * 1001 + '"', "é" * 1000 + "…"),
        ('["' + "é" * 5000 + '"]', '["' + "é" * 998 + "…"),
    ],
)
def test_cells_are_shown_as_text_of_bounded_length(cell, text):
    assert cells_of(TableRow(msgspec.Raw(f'["a", {cell}]'.encode()))) == ("a", text)
    # Beside a cell of another kind each one is read by itself.
    assert cells_of(TableRow(msgspec.Raw(f'["a", {cell}, []]'.encode()))) == ("a", text, "[]")


def test_the_cells_of_a_row_share_what_it_may_hold():
    many = cells_of(TableRow(msgspec.Raw(json.dumps(["x" * 999] * 500).encode())))
    assert many == ("x" * 200 + "…",) * 100
    few = cells_of(TableRow(msgspec.Raw(json.dumps(["x" * 999] * 20).encode())))
    assert few == ("x" * 999,) * 20


@pytest.mark.parametrize("cells", [b"{}", b"null", b'"x"', b'["\\ud800"]', b'["\xff"]', b'["\xff", []]'])
def test_cells_that_are_none_are_a_failure(asked, cells):
    answer = b'{"kind": "Table", "columnDefinitions": [{"name": "Name"}], "rows": [{"cells": %s}]}' % cells
    connection, _fake = asked(lambda _seen: http(answer))
    for query in (Query(), Query(text="x")):
        with pytest.raises(Failed, match="not what an API server would say"):
            page(connection, BOATS, "", query)


@pytest.mark.parametrize(
    "answer",
    [
        {"rows": [{"cells": ["x", [[]] * 290_000]}]},
        {"rows": [{"cells": ["x", "y" * 7_000_000]}]},
        {"rows": [{"cells": ["x"] * 1_500_000}]},
        {"rows": [{"cells": ["x"], "object": {"metadata": {"labels": {str(n): "" for n in range(500_000)}}}}]},
        {"rows": [{"cells": ["x"] * 5000}] * 100, "columnDefinitions": [{"name": f"c{n}"} for n in range(5000)]},
    ],
    ids=["lists", "a long text", "many cells", "many labels", "many columns"],
)
def test_a_hostile_table_takes_little_memory(asked, answer):
    connection, _fake = asked(lambda _seen: body)
    body = http({"kind": "Table", "columnDefinitions": [{"name": "Name"}, {"name": "Value"}], **answer})
    del answer
    tracemalloc.start()
    try:
        found = page(connection, BOATS, "", Query())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.rows) in (1, 100)
    assert len(found.columns) <= 100
    assert len(found.rows[0].cells) <= 100
    assert peak < 120_000_000


def test_a_name_that_is_too_long_for_kubernetes_is_a_failure(asked):
    connection, _fake = asked(Marina(("Name",), [{"cells": ["x" * 1001]}]))
    with pytest.raises(Failed, match="length <= 1000"):
        page(connection, BOATS, "", Query())


def test_a_server_that_knows_no_limit_is_paged_all_the_same(asked):
    rows = [{"cells": [f"boat-{number:03}"]} for number in range(250)]
    unlimited = Marina(("Name",), rows)
    connection, _fake = asked(lambda seen: unlimited(replace(seen, target=seen.target.replace("limit=", "most="))))
    found = [page(connection, BOATS, "", Query(offset=offset)) for offset in (0, 100, 200)]
    assert [row.name for each in found for row in each.rows] == [row["cells"][0] for row in rows]
    assert [(each.total, each.more) for each in found] == [(250, True), (250, True), (250, False)]


def test_more_matches_than_can_be_counted_are_not_counted(asked):
    marina = Marina(
        ("Name", "Value"), [{"cells": [str(n), "x" * 900], "label": "odd"} for n in range(10_000)], most=10**6
    )
    connection, _fake = asked(marina)
    found = page(connection, BOATS, "", Query(selector="odd"))
    assert (len(found.rows), found.total, found.more) == (100, None, True)


def test_a_row_with_fewer_cells_than_columns_or_more_is_shown_as_it_is(asked):
    rows = [{"cells": ["a"]}, {"cells": ["b", "Running", "extra"]}]
    connection, _fake = asked(Marina(("Name", "Status"), rows))
    found = page(connection, BOATS, "", Query(sort="status"))
    assert [row.cells for row in found.rows] == [("b", "Running", "extra"), ("a",)]


def test_a_table_may_have_no_rows_at_all(asked):
    connection, _fake = asked(lambda _seen: http({"kind": "Table", "rows": None, "columnDefinitions": None}))
    for query in (Query(), Query(text="x")):
        assert page(connection, BOATS, "", query).rows == ()


def test_what_is_not_told_of_the_total_is_not_invented(asked):
    answer = {"kind": "Table", "rows": [{"cells": ["a"]}], "metadata": {"continue": "more"}}
    connection, _fake = asked(lambda _seen: http(answer))
    found = page(connection, BOATS, "", Query())
    assert (found.total, found.matched, found.more) == (None, None, True)


def test_kinds_that_porthole_does_not_know_page_as_well(olivia):
    boats_kind = discovery.find(olivia, "boats.marina.example.com")
    found = page(olivia, boats_kind, "shop", Query(sort="length", descending=True))
    assert [row.name for row in found.rows] == ["petrel", "albatross", "kittiwake"]
    assert page(olivia, NAMESPACES, "", Query(text="shop")).rows[0].state == State("ok", "Active")
    assert {row.name for row in page(olivia, DEPLOYMENTS, "shop", Query()).rows} >= {"frontend", "api", "worker"}
