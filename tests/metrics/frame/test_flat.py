from __future__ import annotations

import numpy as np

from videosal.metrics.frame.flat import flat, words


def test_a_flat_view_is_read_only_and_leaves_the_array_alone() -> None:
    for array in (np.ones((3, 4)), np.ones(4)):
        view = flat(array)
        assert view.shape == (array.size,)
        assert np.shares_memory(view, array)
        assert not view.flags.writeable
        assert array.flags.writeable


def test_words_are_whole_aligned_and_read_only() -> None:
    buffer = np.arange(30, dtype=np.uint8)
    for offset in range(9):
        x = flat(buffer[offset:])
        found = words(x)
        assert found.tobytes() == x.tobytes()[: x.size // 8 * 8]
        assert found.flags.aligned
        assert not found.flags.writeable
    assert words(flat(buffer[:7])).size == 0
