"""Walks through a list that never ends: they do."""

import itertools

import pytest

from clusters import tables
from clusters.errors import Failed
from clusters.kinds import PODS
from tests.clusters.fakes import http


def always_one_more():
    """A server that gives one row a page, and says that there are more."""
    numbers = itertools.count()

    def answer(_seen):
        row = {"cells": [f"pod-{next(numbers)}"]}
        columns = [{"name": "Name"}]
        more = {"continue": "again", "resourceVersion": "1"}
        return http({"kind": "Table", "columnDefinitions": columns, "rows": [row], "metadata": more})

    return answer


@pytest.mark.parametrize("query", [tables.Query(text="x"), tables.Query(sort="name"), tables.Query(state="bad")])
def test_a_list_that_never_ends_is_left(asked, monkeypatch, query):
    monkeypatch.setattr(tables, "WALK_SECONDS", 0.3)
    connection, fake = asked(always_one_more())
    with pytest.raises(Failed, match="did not end within") as caught:
        tables.page(connection, PODS, "", query)
    assert caught.value.reason == "TooSlow"
    assert len(fake.seen) > 1
