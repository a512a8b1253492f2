"""Draw the start weights: block by block, by the scheme of the layer, from a generator of the layer's name."""

from worker.initialize.network import initialize

__all__ = ["initialize"]
