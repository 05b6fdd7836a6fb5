"""Where the programs of the test cluster come from."""

import pytest

from tests.cluster import build


def test_programs_at_hand_are_taken(tmp_path, monkeypatch):
    (tmp_path / "etcd").write_text("")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    assert build.programs(("etcd",)) == {"etcd": tmp_path / "etcd"}


def test_without_go_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.BuildFailed, match=r"etcd is not built yet and Go is not installed.*KUBEBUILDER_ASSETS"):
        build.programs(("etcd",))


def test_what_was_built_is_found_again_without_go(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    built = build.cache_folder() / "etcd"
    built.parent.mkdir(parents=True)
    built.write_text("")
    assert build.programs(("etcd",)) == {"etcd": built}


def test_the_versions_built_are_those_the_modules_pin():
    required = (build.GO / "kubernetes" / "go.mod").read_text()
    assert f"k8s.io/kubernetes {build.KUBERNETES_VERSION}\n" in required
