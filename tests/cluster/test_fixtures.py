"""What happens where the cluster cannot be had: a printed reason on a person's machine, a failure in CI."""

import pytest

from tests.cluster import node
from tests.cluster.fixtures import give_up


def test_elsewhere_the_test_skips_with_the_reason(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Go is not installed"):
        give_up("Go is not installed")


def test_in_ci_the_test_fails(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Go is not installed"):
        give_up("Go is not installed")


def test_a_real_node_names_what_it_lacks(monkeypatch, tmp_path):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = node.lacking()
    assert "containerd" in reason
    assert "apt install" in reason


def test_a_real_node_needs_root(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert node.lacking() == "a real node needs root"
