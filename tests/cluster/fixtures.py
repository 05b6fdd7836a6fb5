"""The fixtures of every test that needs the real cluster: one bed for the whole test session, whoever asks first."""

import os
from contextlib import ExitStack
from typing import NoReturn

import pytest

from tests.cluster.bed import Bed, running_bed
from tests.cluster.build import BuildFailed

BED = pytest.StashKey[Bed | str]()


def shared(config: pytest.Config) -> Bed | str:
    """The session's bed, started once and stopped when pytest ends; or why there is none."""
    if BED not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        try:
            config.stash[BED] = stack.enter_context(running_bed())
        except BuildFailed as error:
            config.stash[BED] = str(error)
    return config.stash[BED]


def give_up(reason: str) -> NoReturn:
    """Skip the test, or fail it in CI, where nothing may skip."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def bed(pytestconfig: pytest.Config) -> Bed:
    """The running cluster."""
    found = shared(pytestconfig)
    if isinstance(found, str):
        give_up(found)
    return found


@pytest.fixture(scope="session")
def real_node(bed: Bed) -> Bed:
    """The running cluster, where it has a node with real containers."""
    if bed.no_real_node:
        give_up(bed.no_real_node)
    return bed
