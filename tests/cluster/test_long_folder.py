"""A bed may lie deep in somebody's folders, deeper than a socket's path may be long."""

import shutil

import pytest

from tests.cluster import bed as beds
from tests.cluster import node

pytestmark = pytest.mark.cluster


def test_a_bed_runs_in_a_folder_with_a_long_path(real_node, tmp_path):
    folder = tmp_path / ("deep" * 20) / ("deeper" * 20)
    assert len(str(folder / "node" / "containerd.sock")) > 200
    folder.parent.mkdir()
    try:
        bed = beds.start(folder, die_with_parent=True)
        # It has waited for the containers of the real node.
        status = bed.api().get(f"/api/v1/nodes/{node.NAME}")["status"]
        assert {each["type"]: each["status"] for each in status["conditions"]}["Ready"] == "True"
    finally:
        beds.stop(folder)
    assert not folder.exists()
    assert not [root for root in node.control_groups() if (root / node.group_name(folder)).exists()]
    shutil.rmtree(folder.parent)
