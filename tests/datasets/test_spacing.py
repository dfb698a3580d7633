from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from videosal.datasets.spacing import evenly_spaced


@given(count=st.integers(0, 500), most=st.integers(1, 64))
def test_they_run_from_the_first_to_the_last(count: int, most: int) -> None:
    places = evenly_spaced(count, most)
    assert places == np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()
    assert len(places) == min(count, most)
    if count and most > 1:
        assert (places[0], places[-1]) == (0, count - 1)
