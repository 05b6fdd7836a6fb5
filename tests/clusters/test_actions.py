"""Scaling: tried first, sure of what it changes, and told in the server's words."""

import itertools
import json

import pytest

from clusters.actions import ReplicasChanged, Scaled, read_scale, scale
from clusters.connection import connect
from clusters.credentials import BearerToken
from clusters.demo.server import serving as serving_demo
from clusters.errors import Conflict, Failed, Forbidden, Invalid, NotFound, Unreachable
from clusters.kinds import DEPLOYMENTS, KNOWN, REPLICA_SETS
from clusters.models import Cluster
from tests.clusters.fakes import http, status

CONFLICT = status(409, "Conflict", "the object has been modified; please apply your changes to the latest version")


class Scales:
    """A fake scale subresource; `answers` are what PUTs get, the last one again and again."""

    def __init__(self, *wanted, answers=()):
        self.wanted, self.answers = itertools.chain(wanted[:-1], itertools.repeat(wanted[-1])), list(answers)
        self.version = 0

    def __call__(self, seen):
        """Answer one request."""
        if seen.method == "PUT":
            answer = self.answers.pop(0) if len(self.answers) > 1 else (self.answers or [None])[0]
            return answer or http(json.loads(seen.body) | {"status": {"replicas": 1}})
        self.version += 1
        metadata = {"name": "web", "namespace": "shop", "resourceVersion": str(self.version), "uid": "u"}
        replicas = next(self.wanted)
        spec = {"replicas": replicas} if replicas else {}
        return http({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec})


def puts(fake):
    return [seen for seen in fake.seen if seen.method == "PUT"]


def test_scaling_writes_the_scale_subresource_at_the_version_that_was_read(asked):
    connection, fake = asked(Scales(3))
    assert scale(connection, DEPLOYMENTS, "shop", "web", 5, seen=3) == Scaled(3, 5)
    (put,) = puts(fake)
    assert put.target == "/apis/apps/v1/namespaces/shop/deployments/web/scale"
    assert json.loads(put.body) == {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "web", "namespace": "shop", "resourceVersion": "1"},
        "spec": {"replicas": 5},
    }


def test_a_dry_run_says_so(asked):
    connection, fake = asked(Scales(3))
    assert scale(connection, DEPLOYMENTS, "shop", "web", 5, seen=3, dry_run=True) == Scaled(3, 5)
    assert puts(fake)[0].target.endswith("/scale?dryRun=All")


def test_to_zero_and_from_zero(asked):
    """Zero is left out by the API server, and must be written by us."""
    connection, fake = asked(Scales(3, 0))
    assert scale(connection, DEPLOYMENTS, "shop", "web", 0, seen=3) == Scaled(3, 0)
    assert json.loads(puts(fake)[0].body)["spec"] == {"replicas": 0}
    assert scale(connection, DEPLOYMENTS, "shop", "web", 2, seen=0) == Scaled(0, 2)


def test_nothing_is_written_when_somebody_else_changed_the_number(asked):
    connection, fake = asked(Scales(4))
    with pytest.raises(ReplicasChanged, match="4 now; it was 3") as caught:
        scale(connection, DEPLOYMENTS, "shop", "web", 5, seen=3)
    assert (caught.value.current, caught.value.status) == (4, 409)
    assert puts(fake) == []


def test_a_conflict_is_tried_again_while_the_number_is_the_one_that_was_seen(asked):
    connection, fake = asked(Scales(3, answers=[CONFLICT, CONFLICT, None]))
    assert scale(connection, DEPLOYMENTS, "shop", "web", 5, seen=3) == Scaled(3, 5)
    assert [json.loads(put.body)["metadata"]["resourceVersion"] for put in puts(fake)] == ["1", "2", "3"]


def test_a_conflict_because_of_another_number_is_told(asked):
    connection, fake = asked(Scales(3, 7, answers=[CONFLICT]))
    with pytest.raises(ReplicasChanged) as caught:
        scale(connection, DEPLOYMENTS, "shop", "web", 5, seen=3)
    assert (caught.value.current, len(puts(fake))) == (7, 1)


def test_endless_conflicts_are_given_up_in_the_servers_words(asked):
    connection, fake = asked(Scales(3, answers=[CONFLICT]))
    with pytest.raises(Conflict, match="the object has been modified") as caught:
        scale(connection, DEPLOYMENTS, "shop", "web", 5, seen=3)
    assert not isinstance(caught.value, ReplicasChanged)
    assert len(puts(fake)) == 3


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(403, "Forbidden", "cannot update deployments/scale"), Forbidden),
        (status(422, "Invalid", "must be greater than or equal to 0"), Invalid),
        (status(500, "InternalError", "etcd"), Failed),
        (http({"kind": "Something"}), Failed),
    ],
)
def test_other_refusals_are_not_tried_again(asked, answer, error):
    connection, fake = asked(Scales(3, answers=[answer]))
    with pytest.raises(error):
        scale(connection, DEPLOYMENTS, "shop", "web", 5, seen=3)
    assert len(puts(fake)) == 1


def test_a_write_whose_end_is_not_known_is_not_repeated(asked):
    scales = Scales(3)
    connection, fake = asked(lambda seen: None if seen.method == "PUT" else scales(seen))
    with pytest.raises(Unreachable):
        scale(connection, DEPLOYMENTS, "shop", "web", 5, seen=3)
    assert len(puts(fake)) == 1


@pytest.fixture(scope="module")
def moving_demo():
    with serving_demo() as handle:
        yield handle


def person(demo, name):
    return connect(Cluster(name="demo", title="Demo", server=demo.url), BearerToken(f"{name}-token"))


@pytest.mark.parametrize(("kind", "name"), [("deployments.apps", "frontend"), ("statefulsets.apps", "database")])
def test_the_demo_scales(moving_demo, kind, name):
    olivia = person(moving_demo, "olivia")
    before = read_scale(olivia, KNOWN[kind], "shop", name).spec.replicas
    assert scale(olivia, KNOWN[kind], "shop", name, before + 1, seen=before, dry_run=True) == Scaled(before, before + 1)
    assert read_scale(olivia, KNOWN[kind], "shop", name).spec.replicas == before, "a dry run changes nothing"
    assert scale(olivia, KNOWN[kind], "shop", name, before + 1, seen=before) == Scaled(before, before + 1)
    with pytest.raises(ReplicasChanged):
        scale(olivia, KNOWN[kind], "shop", name, before, seen=before)
    assert scale(olivia, KNOWN[kind], "shop", name, 0) == Scaled(before + 1, 0)
    assert read_scale(olivia, KNOWN[kind], "shop", name).spec.replicas == 0


def test_the_demo_refuses_as_the_real_one_does(moving_demo):
    olivia, victor = person(moving_demo, "olivia"), person(moving_demo, "victor")
    with pytest.raises(Forbidden, match='User "victor" cannot update resource "deployments/scale"'):
        scale(victor, DEPLOYMENTS, "shop", "frontend", 1)
    with pytest.raises(Invalid, match="must be greater than or equal to 0"):
        scale(olivia, DEPLOYMENTS, "shop", "cart", -1, dry_run=True)
    with pytest.raises(NotFound):
        scale(olivia, REPLICA_SETS, "shop", "nothing", 1)
