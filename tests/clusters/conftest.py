from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

from clusters.connection import Connection, connect
from clusters.demo.server import Handle
from clusters.demo.server import serving as serving_demo
from clusters.demo.world.clock import ManualClock
from clusters.models import Cluster
from tests.cluster.fixtures import bed, real_node
from tests.clusters import fakes

__all__ = ["bed", "real_node"]

# No test asserts a time: a busy machine is no failure.
settings.register_profile("porthole", deadline=None)
settings.load_profile("porthole")


@pytest.fixture
def serve():
    """`serve(handler, tls=None)` starts a fake API server; all end with the test."""
    with ExitStack() as stack:
        yield lambda handler, tls=None: stack.enter_context(fakes.serving(handler, tls))


@pytest.fixture
def asked(serve):
    """`asked(handler)` is Olivia's connection to a fake API server, and the fake."""

    def make(handler: fakes.Handler) -> tuple[Connection, fakes.Fake]:
        fake = serve(handler)
        return connect(fake.cluster(), fakes.OLIVIA), fake

    return make


@pytest.fixture(scope="session")
def demo() -> Iterator[Handle]:
    """One demo API server for the tests that only read it; its time stands still, however late they come."""
    with serving_demo(clock=ManualClock()) as handle:
        yield handle


@pytest.fixture(scope="session")
def olivia(demo) -> Connection:
    """Olivia's connection to the demo."""
    return connect(Cluster(name="demo", title="Demo", server=demo.url), fakes.OLIVIA)
