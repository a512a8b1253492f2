"""Random generators derived from a run's seed, one for each purpose.

An inserted layer or a longer run then shifts nobody else's numbers: the sick and the remedied network start from the
same weights and see the same batches.
"""

from hashlib import sha256

import torch


def generator(seed: int, *purpose: object) -> torch.Generator:
    """A CPU generator for one purpose, so that every device draws the same numbers."""
    digest = sha256("\0".join(map(str, (seed, *purpose))).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
