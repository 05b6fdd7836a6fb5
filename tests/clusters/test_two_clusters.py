"""Two clusters and one person: what one is given, the other never sees."""

import pytest

from clusters.connection import connect
from clusters.credentials import BearerToken, Renewed, impersonated
from clusters.errors import Failed
from clusters.models import Cluster
from clusters.names import path
from tests.clusters.fakes import http


def hello(_seen):
    return http({})


def test_check_20_each_cluster_gets_its_own_token_only(serve):
    fakes = {name: serve(hello) for name in ("a", "b")}
    tokens = {"a": ["a-1", "a-2", "a-3"], "b": ["b-1", "b-2", "b-3"]}
    connections = {
        name: connect(fake.cluster(name=name), Renewed(lambda name=name: BearerToken(tokens[name].pop(0))))
        for name, fake in fakes.items()
    }
    for name in ("a", "b", "b", "a"):
        connections[name].get(path("version"))
    for name, fake in fakes.items():
        assert [seen.all("Authorization") for seen in fake.seen] == [[f"Bearer {name}-2"], [f"Bearer {name}-3"]]


def test_check_20_each_cluster_gets_its_own_impersonators_token_and_its_own_names(serve, settings, tmp_path):
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_TOKEN_FOLDERS": [str(tmp_path)]}
    fakes = {name: serve(hello) for name in ("a", "b")}
    claims = {"iss": "https://id.example.com", "sub": "u-1", "groups": ["dev"]}
    for name, fake in fakes.items():
        (tmp_path / name).write_text(f"porthole-{name}")
        cluster = Cluster(
            name=name,
            server=fake.url,
            impersonator_token_file=str(tmp_path / name),
            username_prefix=f"{name}:",
            groups_claim="groups" if name == "a" else "",
        )
        connect(cluster, impersonated(cluster, claims)).get(path("version"))
    (a,), (b,) = fakes["a"].seen, fakes["b"].seen
    assert (a.all("Authorization"), a.all("Impersonate-User"), a.all("Impersonate-Group")) == (
        ["Bearer porthole-a"], ["a:u-1"], ["dev"],
    )  # fmt: skip
    assert (b.all("Authorization"), b.all("Impersonate-User"), b.all("Impersonate-Group")) == (
        ["Bearer porthole-b"], ["b:u-1"], [],
    )  # fmt: skip


def test_check_20_a_redirect_from_one_to_the_other_carries_nothing(serve):
    b = serve(hello)
    a = serve(lambda _seen: http(b"", 307, headers=(f"Location: {b.url}/version",)))
    with pytest.raises(Failed, match="307"):
        connect(a.cluster(), BearerToken("a")).get(path("version"))
    assert b.connections == 0
