from tests.cluster.fixtures import bed

__all__ = ["bed"]
