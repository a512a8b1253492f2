"""How samples are laid out for the layer that reads them first."""

from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from service.spec.shapes import Shape, Tokens

View = Literal["vector", "sequence", "signal", "image", "channels", "tokens"]
"""`vector` [features], `sequence` [time, features], `signal` [channels, time], `image` [channels, height, width],
`channels` signals or images, whichever is nearer, `tokens` [time] of indices."""


def arranged(samples: NDArray[Any], view: View | None) -> NDArray[Any]:
    """Samples [N, *natural] as `view` has them; unchanged where they are so already or cannot be.

    Their natural layout is told by their number of dimensions: a vector, a sequence or an image.
    """
    count, natural = len(samples), samples.shape[1:]
    match view, len(natural):
        case "vector", 3:
            return samples.reshape(count, prod(natural))
        case "sequence", 1:
            return samples[:, :, None]
        case "sequence", 3:
            channels, height, width = natural
            return np.moveaxis(samples, 1, 2).reshape(count, height, channels * width)
        case "signal" | "channels", 1:
            return samples[:, None, :]
        case "signal" | "channels", 2:
            return np.swapaxes(samples, 1, 2)
        case "signal", 3:
            channels, height, width = natural
            return samples.reshape(count, channels, height * width)
        case "image", 2:
            return samples[:, None]
        case _:
            return samples


def arranged_shape(natural: Shape, view: View | None) -> Shape:
    """The shape that `arranged` gives one sample."""
    return natural if isinstance(natural, Tokens) else arranged(np.empty((0, *natural), np.int8), view).shape[1:]


def feature_axes(arranged: Shape, view: View | None) -> tuple[int, ...]:
    """The axes of [N, *arranged] over which one feature's mean and spread are taken: all but the feature's own.

    Of a vector every entry is a feature, of a sequence the last axis, of signals and images every channel.
    """
    own = {1: 1, 2: 1 if view in {"signal", "channels"} else 2}.get(len(arranged), 1)
    return tuple(axis for axis in range(len(arranged) + 1) if axis != own)
