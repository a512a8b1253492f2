"""Names that TensorBoard takes."""

import re
from collections.abc import Iterable

# What tensorboardX replaces too, but it does not see to it that two names stay two.
_FORBIDDEN = re.compile(r"[^-\w.]")


def tags(layers: Iterable[str]) -> dict[str, str]:
    """Layer → what stands behind the metric in its tag, as `00_linear`: each its own."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for layer in layers:
        plain = _FORBIDDEN.sub("_", layer)
        unique, copies = plain, 1
        while unique in taken:
            copies += 1
            unique = f"{plain}_{copies}"
        taken.add(unique)
        given[layer] = unique
    return given
