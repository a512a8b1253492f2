"""The constraint on weights behind a step. Srivastava et al. 2014."""

import torch

from worker.flat import FlatParameters


def shorten(flat: FlatParameters, max_norm: float) -> None:
    """Shortens every unit's vector of incoming weights that is longer than `max_norm` to it, in place.

    A unit is a row of a weight matrix, a filter of a convolution, a token of an embedding. Norms are taken in float64:
    a row of 10²⁰ is shortened and not dropped.
    """
    for group in flat.matrices:
        units = group.units_of(flat.value.detach())
        norms = torch.linalg.vector_norm(units, dim=2, keepdim=True, dtype=torch.float64)
        units.mul_((max_norm / norms).clamp(max=1.0).to(units.dtype))
