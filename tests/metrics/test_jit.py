from __future__ import annotations

import logging
from typing import Any

import numba
import pytest

from videosal.metrics import jit


def doubled(x: float) -> float:
    return 2 * x


@pytest.mark.parametrize("decorator", [jit.kernel, jit.vector_kernel, jit.extreme_kernel])
def test_kernels_are_compiled_without_the_gil_and_cached(decorator: Any) -> None:
    compiled = decorator(doubled)
    assert compiled.targetoptions["nogil"]
    assert compiled.targetoptions["fastmath"] is not True
    assert compiled.stats.cache_path is not None


def test_without_a_cache_folder_kernels_still_run_and_one_warning_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    njit = numba.njit

    def refusing(**options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function 'doubled': no locator available for file 'x.py'")
        return njit(**options)

    monkeypatch.setattr(numba, "njit", refusing)
    monkeypatch.setattr(jit, "_warned", False)
    with caplog.at_level(logging.WARNING):
        assert jit.kernel(doubled)(3.0) == 6.0
        assert jit.vector_kernel(doubled)(4.0) == 8.0
    assert len(caplog.records) == 1
    assert "NUMBA_CACHE_DIR" in caplog.text
