"""The rule by which the golden files fill a network and make its input: a hash, so that no weights need to be kept."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_QUERY_OR_KEY = re.compile(r"branch\d_\d_[ab]_[qk]\.")


def uniform(key: str, count: int) -> NDArray[np.float64]:
    """`count` values in [0, 1) that depend on the key only (SplitMix64)."""
    word = np.uint64
    start = word(zlib.crc32(key.encode()) * 0xD1B54A32D192ED03 % 2**64)
    with np.errstate(over="ignore"):
        z = np.arange(1, count + 1, dtype=word) * word(0x9E3779B97F4A7C15) + start
        z = (z ^ (z >> word(30))) * word(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> word(27))) * word(0x94D049BB133111EB)
    z ^= z >> word(31)
    return (z >> word(11)).astype(np.float64) * 2.0**-53


def fill(seed: str, key: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """The tensor of an official key."""
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    u = uniform(f"{seed}/{key}", int(np.prod(shape))).reshape(shape)
    if key.endswith("running_var"):
        return 0.5 + u
    if key.endswith(("running_mean", ".bias")):
        return 0.2 * (u - 0.5)
    if len(shape) == 5:
        return np.asarray((2 * u - 1) * _gain(key) * np.sqrt(6 / np.prod(shape[1:])))
    return 0.64 + 0.5 * u if len(shape) == 1 else 0.75 + 0.5 * u


def clip(seed: str, length: int, height: int, width: int) -> NDArray[np.float64]:
    """A normalised clip (3, T, H, W)."""
    c, t, y, x = np.meshgrid(*(np.arange(side) for side in (3, length, height, width)), indexing="ij", sparse=True)
    waves = np.sin(2 * np.pi * ((c + 1) * x / width + t / length))
    waves = waves + np.cos(2 * np.pi * (2 * y / height - (c + 1) * t / length))
    shape = (3, length, height, width)
    noise: NDArray[np.float64] = uniform(f"{seed}/input", int(np.prod(shape))).reshape(shape)
    return waves + 2 * noise - 1


def _gain(key: str) -> float:
    if _QUERY_OR_KEY.match(key):
        return 0.5
    gains = {"inc_": 0.6, "SA_": 0.5, "readout_2.4": 0.3}
    return next((gain for start, gain in gains.items() if key.startswith(start)), 1.0)
