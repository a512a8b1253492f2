"""Integrals over a normal distribution, exact to rounding for functions that are smooth between known places."""

from collections.abc import Sequence
from math import pi, sqrt

import numpy as np

from service.theory.functions import Array

_REACH = 10.0
"""Standard deviations on either side; what lies beyond weighs 10⁻²³."""
_ROOTS, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_EVEN = np.linspace(-_REACH, _REACH, 41)
_BENDS = 0.25 * 1.6 ** np.arange(18)
_BENDS = np.concatenate([-_BENDS[::-1], _BENDS])
"""Edges of panels on the scale of the function: a saturating one is flat but for a sliver of a wide distribution."""


def nodes(mean: float, std: float, kinks: Sequence[float], scale: float) -> tuple[Array, Array, Array]:
    """Values x of N(mean, std²), the same in standard deviations, and weights that sum to 1, for Σ w f(x).

    `kinks`: where f is not smooth; `scale`: the length on which it bends around zero.
    """
    places = np.concatenate([_BENDS * scale, np.asarray(kinks, float)])
    with np.errstate(over="ignore", divide="ignore"):
        bends = (places - mean) / std
    edges = np.unique(np.concatenate([_EVEN, bends[np.abs(bends) < _REACH]]))
    half = np.diff(edges)[:, None] / 2
    z = ((edges[:-1, None] + edges[1:, None]) / 2 + half * _ROOTS).ravel()
    weights = (half * _WEIGHTS).ravel() * np.exp(-(z**2) / 2) / sqrt(2 * pi)
    return mean + std * z, z, weights
