"""Resource quantities, as far as the demo counts with them."""


def cores(quantity: str) -> float:
    """A CPU quantity in cores: `250m` is 0.25; raises ValueError when it is none."""
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)
