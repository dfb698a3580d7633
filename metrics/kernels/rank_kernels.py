"""Compiled loops that rank the values of a floating map: how many lie below some marks, and how many equal them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.metrics.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Buckets = NDArray[np.int32]
    Keys = NDArray[np.int64]

# 256 buckets for each of 64 octaves of distance from the minimum.
_DROPPED_BITS = 52 - 8
_BUCKETS = 64 << 8
_NONE, _NEXT, _SEVEN, _EIGHT = (np.uint64(n) for n in (0, 1, 7, 8))


@kernel
def first_marks(keys: Keys, last: int) -> tuple[Buckets, int]:
    """Sort ascending marks into buckets: the place of the first mark in each or after it, and the most in one.

    A bucket holds values that share exponent and leading bits of their distance from the minimum. So buckets are narrow
    near the minimum, where most of a saliency map lies; values all too near to it share the first.

    `keys` are the distances of the marks, read as integers, which ascend as positive doubles do; `last` is that of the
    maximum.
    """
    first = np.empty(_BUCKETS + 1, np.int32)
    bucket = most = 0
    for k in range(keys.size):
        until = _bucket(keys[k], last)
        while bucket <= until:
            first[bucket] = k
            bucket += 1
        most = max(most, k + 1 - first[until])
    while bucket <= _BUCKETS:
        first[bucket] = keys.size
        bucket += 1
    return first, most


@kernel
def ranks(
    x: Floats, low: float, last: int, marks: Floats, first: Buckets, most: int, distances: Floats, keys: Keys
) -> tuple[Counts, Counts]:
    """For each of the ascending, distinct marks: how many of x lie below it, and how many equal it.

    One pass: a value's bucket (of `first_marks`) says which mark to begin with. Where it holds marks, a binary search
    among as many as the fullest bucket holds finds its place. Eight equal values, as where a map is flat, are placed at
    once. `distances` is scratch space, and `keys` the same as integers.
    """
    widest = 1
    while 2 * widest <= most:
        widest *= 2
    # Twice the place of the first mark in the bucket or after it, and one more where there is a mark in it.
    codes = np.empty(first.size - 1, np.int32)
    for bucket in range(codes.size):
        codes[bucket] = 2 * first[bucket] + (first[bucket + 1] != first[bucket])
    fenced = np.empty(marks.size + 2 * widest)
    for k in range(fenced.size):
        fenced[k] = marks[k] if k < marks.size else np.inf
    # Even places count the values between two marks, odd ones those that equal a mark; four tables in turn, so that
    # equal neighbours do not wait for each other's store.
    tables = np.zeros((4, 2 * marks.size + 2), np.uint64)
    for start in range(0, x.size, distances.size):
        block = x[start : start + distances.size]
        _subtract_block(block, low, distances)
        for i in range(block.size):
            keys[i] = _bucket(keys[i], last)
        eights = block.size // 8
        for eight in range(eights):
            begin = np.uint64(eight) * _EIGHT
            if _are_equal(block, begin):
                tables[0, _spot(block[begin], keys[begin], codes, fenced, widest)] += _EIGHT
                continue
            for j in range(8):
                place = begin + np.uint64(j)
                tables[j & 3, _spot(block[place], keys[place], codes, fenced, widest)] += _NEXT
        for i in range(8 * eights, block.size):
            tables[0, _spot(block[i], keys[i], codes, fenced, widest)] += _NEXT
    below, equal = np.empty(marks.size, np.int64), np.empty(marks.size, np.int64)
    seen = 0
    for k in range(marks.size):
        for j in range(4):
            seen += int(tables[j, 2 * k])
        below[k] = seen
        for j in range(4):
            seen += int(tables[j, 2 * k + 1])
        equal[k] = seen - below[k]
    return below, equal


@kernel
def places(marks: Floats, wanted: Floats) -> Counts:
    """Where among the ascending marks each wanted number stands; the number of marks where it is none."""
    found = np.empty(wanted.size, np.int64)
    for i in range(wanted.size):
        place = _place(marks, wanted[i])
        found[i] = place if place < marks.size and marks[place] == wanted[i] else marks.size
    return found


@kernel
def tally(x: Floats, pixels: Counts, marks: Floats) -> Counts:
    """How many of the pixels have each mark as their value; the marks ascend, and every value is one of them."""
    counts = np.zeros(marks.size, np.int64)
    for i in range(pixels.size):
        counts[_place(marks, x[pixels[i]])] += 1
    return counts


@kernel
def _place(marks: Floats, value: float) -> int:
    """How many of the ascending marks are smaller than a value."""
    low, high = 0, marks.size
    while low < high:
        middle = (low + high) // 2
        if marks[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _spot(value: float, key: int, codes: Buckets, fenced: Floats, widest: int) -> np.uint64:
    code = np.uint64(codes[np.uint64(key)])  # unsigned, so that numba need not ask whether it counts from the end
    if code & _NEXT == _NONE:  # no mark in its bucket, as in most
        return code
    place = code >> _NEXT
    step = np.uint64(widest)
    while step > 0:
        place += step if fenced[place + step - _NEXT] < value else _NONE
        step >>= _NEXT
    return place + place + (_NEXT if fenced[place] == value else _NONE)


@kernel
def _are_equal(x: Floats, i: np.uint64) -> bool:
    """Whether the eight values from place i on are."""
    v = x[i]
    if x[i + _SEVEN] != v:
        return False
    for j in range(1, 7):  # noqa: SIM110  # numba knows no generators
        if x[i + np.uint64(j)] != v:
            return False
    return True


@kernel
def _bucket(key: int, last: int) -> int:
    bucket = (key >> _DROPPED_BITS) - (last >> _DROPPED_BITS) + (_BUCKETS - 1)
    return max(bucket, 0)


@kernel
def _subtract_block(x: Floats, low: float, distances: Floats) -> None:
    for i in range(x.size):
        distances[i] = x[i] - low
