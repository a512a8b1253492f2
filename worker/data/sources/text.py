"""Characters of an English text."""

import numpy as np
from numpy.typing import NDArray

from service.spec.data.english import ALPHABET, english
from service.spec.data.sources.text import Text


def load(source: Text) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Samples [n, length] of places in the alphabet, and the next one at each [n, length].

    The text is cut into pieces of length + 1 characters, from a random place on; a sample is one of them.
    """
    draw = np.random.default_rng(source.seed)
    codes = np.frombuffer(english().encode("ascii"), np.uint8)
    place = np.zeros(codes.max() + 1, np.int64)
    place[np.frombuffer(ALPHABET.encode("ascii"), np.uint8)] = np.arange(len(ALPHABET))
    count, left = divmod(len(codes), source.length + 1)
    start = draw.integers(left + 1)
    pieces = codes[start : start + count * (source.length + 1)].reshape(count, source.length + 1)
    chosen = place[pieces[draw.permutation(count)[: source.n_samples]]]
    return chosen[:, :-1], chosen[:, 1:]
