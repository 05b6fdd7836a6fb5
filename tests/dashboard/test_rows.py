"""Rows as templates need them."""

import pytest

from clusters.kinds.kind import State
from clusters.tables import Row
from dashboard.views.rows import row_id


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        ("7d4291a3-d300-42b6-95fa-0c4331b36fb6", "row-7d4291a3d300"),
        ("x, #main", "row-xmain"),  # a selector that would take the page away
        ("", "row-"),
    ],
)
def test_a_row_s_id_is_safe_in_a_selector(uid, expected):
    row = Row(uid, "shop", "api", None, (), State("ok", "Running"))
    assert row_id(row) == expected
