"""Damage as disks, downloads and strangers do it to files, drawn from a seeded generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_ODD = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\x01\0\0\0")


def mutate(data: bytes, seed: tuple[int, ...]) -> bytes:
    """Damage a file once; the same seed gives the same damage."""
    draw = np.random.default_rng(seed)
    kind = _KINDS[draw.integers(len(_KINDS))]
    return kind(data, draw) if data else data


def _flip_bit(data: bytes, draw: np.random.Generator) -> bytes:
    changed, place = bytearray(data), _place(data, draw)
    changed[place] ^= 1 << int(draw.integers(8))
    return bytes(changed)


def _set_bytes(data: bytes, draw: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(int(draw.integers(1, 9))):
        changed[_place(data, draw)] = int(draw.integers(256))
    return bytes(changed)


def _zero(data: bytes, draw: np.random.Generator) -> bytes:
    place = _place(data, draw)
    length = min(len(data) - place, int(2 ** draw.uniform(0, 12)))
    return data[:place] + bytes(length) + data[place + length :]


def _cut(data: bytes, draw: np.random.Generator) -> bytes:
    return data[: _place(data, draw)]


def _remove(data: bytes, draw: np.random.Generator) -> bytes:
    place = _place(data, draw)
    return data[:place] + data[place + int(2 ** draw.uniform(0, 10)) :]


def _repeat(data: bytes, draw: np.random.Generator) -> bytes:
    place, length = _place(data, draw), int(2 ** draw.uniform(0, 10))
    return data[: place + length] + data[place:]


def _insert(data: bytes, draw: np.random.Generator) -> bytes:
    place = _place(data, draw)
    return data[:place] + draw.bytes(int(2 ** draw.uniform(0, 8))) + data[place:]


def _odd_number(data: bytes, draw: np.random.Generator) -> bytes:
    place, odd = _place(data, draw), _ODD[draw.integers(len(_ODD))]
    return data[:place] + odd + data[place + len(odd) :]


def _place(data: bytes, draw: np.random.Generator) -> int:
    """Half of the damage is in the first or last 256 bytes, where headers and lists of parts stand."""
    where = draw.random()
    if where < 0.35:
        return int(draw.integers(min(256, len(data))))
    if where < 0.5:
        return len(data) - 1 - int(draw.integers(min(256, len(data))))
    return int(draw.integers(len(data)))


_KINDS: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    _flip_bit,
    _flip_bit,
    _set_bytes,
    _zero,
    _cut,
    _remove,
    _repeat,
    _insert,
    _odd_number,
)
