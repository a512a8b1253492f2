"""Windows over an axis of positions: what a convolution gathers, and what flows back through it."""

import numpy as np

from service.theory.functions import Array


def gathered(
    values: Array, axis: int, *, kernel: int, stride: int, padding: tuple[int, int], dilation: int = 1
) -> Array:
    """The sum over each window of `values`, zeros beyond its ends."""
    return _sums(_padded(values, axis, padding), axis, kernel, dilation).take(
        range(0, values.shape[axis] + sum(padding) - dilation * (kernel - 1), stride), axis
    )


def scattered(
    values: Array, axis: int, *, size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int = 1
) -> Array:
    """For each of `size` places the sum over the windows it lies in: the transpose of `gathered`."""
    shape = list(values.shape)
    shape[axis] = size + sum(padding)
    spread = np.zeros(shape)
    starts = [slice(None)] * values.ndim
    starts[axis] = slice(0, values.shape[axis] * stride, stride)
    spread[tuple(starts)] = values
    reach = dilation * (kernel - 1)
    return _sums(_padded(spread, axis, (reach, 0)), axis, kernel, dilation).take(
        range(padding[0], padding[0] + size), axis
    )


def _padded(values: Array, axis: int, padding: tuple[int, int]) -> Array:
    return np.pad(values, [padding if here == axis else (0, 0) for here in range(values.ndim)])


def _sums(values: Array, axis: int, kernel: int, dilation: int) -> Array:
    """Sums of `kernel` numbers that lie `dilation` apart, for each place where one begins: by running sums."""
    lined = np.moveaxis(values, axis, -1)
    size = lined.shape[-1]
    filled = np.pad(lined, [(0, 0)] * (lined.ndim - 1) + [(dilation, -size % dilation)])
    running = filled.reshape(*lined.shape[:-1], -1, dilation).cumsum(axis=-2)
    sums = (running[..., kernel:, :] - running[..., :-kernel, :]).reshape(*lined.shape[:-1], -1)
    return np.moveaxis(np.maximum(sums[..., : size - dilation * (kernel - 1)], 0.0), -1, axis)
