from tests.cluster.fixtures import bed, real_node

__all__ = ["bed", "real_node"]
