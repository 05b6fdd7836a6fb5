import pytest

from clusters.demo.world.clock import ManualClock
from clusters.demo.world.story import begin


@pytest.fixture
def world():
    """The demo world at its start, its clock standing still."""
    return begin(ManualClock())
