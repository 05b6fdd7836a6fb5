"""The same questions to two servers: the demo, always, and the real control plane where `-m cluster` asks for it."""

import secrets
from collections.abc import Iterator

import pytest

from clusters.demo.server import serving
from clusters.demo.world.clock import RealClock
from tests.cluster.bed import Bed
from tests.cluster.fixtures import bed
from tests.contract.asking import Server, demo_server, real_server

__all__ = ["bed"]

# The demo's seconds are this many times shorter, so that a rollout is a matter of a moment.
SPEED = 20.0


@pytest.fixture(scope="session")
def demo_under_test() -> Iterator[Server]:
    """One demo server for the whole session."""
    with serving(clock=RealClock(speed=SPEED), trials=True) as handle:
        yield demo_server(handle)


@pytest.fixture(scope="session")
def real_under_test(bed: Bed) -> Server:
    """The session's real control plane."""
    return real_server(bed)


@pytest.fixture(scope="session", params=["demo", pytest.param("real", marks=pytest.mark.cluster)])
def cluster_under_test(request: pytest.FixtureRequest) -> Server:
    """The server that is asked; every test of the contract runs once on each."""
    found: Server = request.getfixturevalue(f"{request.param}_under_test")
    return found


@pytest.fixture
def namespace(cluster_under_test: Server) -> Iterator[str]:
    """A namespace of the test's own, deleted afterwards."""
    name = f"contract-{secrets.token_hex(4)}"
    cluster_under_test.create(
        "/api/v1/namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}}
    )
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    cluster_under_test.wait("the default ServiceAccount", lambda: cluster_under_test.ask("GET", account).code == 200)
    yield name
    cluster_under_test.ask("DELETE", f"/api/v1/namespaces/{name}")
