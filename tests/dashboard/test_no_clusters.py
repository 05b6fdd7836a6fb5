"""Where no cluster is set up, that is said at the start, and to whoever comes nevertheless, with what to do."""

from importlib import reload

import pytest
from django.core.checks import run_checks
from django.test.utils import override_settings
from django.urls import clear_url_caches

import dashboard.urls
from clusters.models import Cluster
from dashboard.environment import load
from tests.cluster import certificates
from tests.dashboard.pages import tree
from tests.dashboard.test_checks import run
from tests.dashboard.test_serving import port_of, started


@pytest.fixture(scope="module", autouse=True)
def porthole():
    """The ways in that find the clusters which an operator set up; URLs are read anew, since they depend on them."""
    with override_settings(CONFIG=load({"PROXY_AUTH": "true", "PORTHOLE_TOKEN_SIGNIN": "true"})):
        reload(dashboard.urls)
        clear_url_caches()
        yield


@pytest.fixture
def told(settings, db, tmp_path):
    """``told(NAME=text, …)``: the warnings of clusters under that environment, with a database at hand."""

    def look(**names):
        settings.CONFIG = load({"PORTHOLE_WAYS": "token", **names})
        return run_checks(tags=["porthole-clusters"], databases=["default"])

    return look


@pytest.mark.parametrize("file", [None, "", "[]", "# - name: home\n"])
def test_nobody_has_to_sign_in_to_learn_that_there_are_no_clusters(told, tmp_path, file):
    (tmp_path / "clusters.yaml").write_text(file or "")
    [message] = told(**{} if file is None else {"PORTHOLE_CLUSTERS_FILE": str(tmp_path / "clusters.yaml")})
    assert (message.id, message.is_serious()) == ("porthole.W008", False)
    assert "whoever signs in finds none" in message.msg
    assert "PORTHOLE_CLUSTERS_FILE, as docs/clusters.md shows" in message.hint


def test_a_cluster_from_anywhere_is_one(told, tmp_path):
    (tmp_path / "clusters.yaml").write_text("[{name: home, server: 'https://10.0.0.1'}]")
    (tmp_path / "ca.crt").write_text(certificates.authority("an authority of nobody's").certificate)
    around = {"PORTHOLE_SERVICE_ACCOUNT_FOLDER": str(tmp_path), "KUBERNETES_SERVICE_HOST": "10.96.0.1"}
    assert told(PORTHOLE_CLUSTERS_FILE=str(tmp_path / "clusters.yaml")) == []
    assert told(**around) == []
    assert [message.id for message in told(**around, IN_CLUSTER="false")] == ["porthole.W008"]
    assert [told(PORTHOLE_WAYS=way) for way in ("demo", "kubeconfig", "")] == [[], [], []], "these bring their own"
    Cluster.objects.create(name="home", server="https://10.0.0.1")
    assert told() == []


def test_clusters_that_cannot_be_used_are_told_once(told, tmp_path):
    assert told(PORTHOLE_CLUSTERS_FILE=str(tmp_path / "absent.yaml")) == []


def test_serve_says_at_its_start_that_there_are_no_clusters_and_migrate_can_still_make_the_tables(tmp_path):
    assert run(tmp_path / "new", "migrate", PORTHOLE_TOKEN_SIGNIN="true").returncode == 0
    with started(tmp_path, "serve", PORTHOLE_TOKEN_SIGNIN="true") as process:
        assert process.stdout.readline().startswith("Warning: No cluster is set up: ")
        assert port_of(process)


def test_every_page_without_clusters_says_where_they_come_from(browser):
    client = browser(headers={"X-Forwarded-Id-Token": "a.b.c"})
    for address in ("/clusters/", "/signin/token/"):
        page = tree(client.get(address).content).text
        assert "No clusters yet" in page
        assert "PORTHOLE_CLUSTERS_FILE, docs/clusters.md" in page
        assert "/admin/" in page
