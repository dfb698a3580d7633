from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from videosal.metrics.kernels import jit

if TYPE_CHECKING:
    from pathlib import Path


def doubled(x: float) -> float:
    return 2 * x


@pytest.mark.parametrize("decorator", [jit.kernel, jit.vector_kernel])
def test_kernels_are_compiled_without_the_gil_and_cached(decorator: Any) -> None:
    compiled = decorator(doubled)
    assert compiled.targetoptions["nogil"]
    assert compiled.targetoptions["fastmath"] is not True
    assert compiled.stats.cache_path is not None


def test_without_a_cache_folder_kernels_still_run_and_one_warning_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(function: Any) -> Any:
        raise RuntimeError("cannot cache function 'doubled': no locator available for file 'x.py'")

    monkeypatch.setattr(jit, "KernelCache", refuse)
    monkeypatch.setattr("numba.core.dispatcher.FunctionCache", refuse)
    monkeypatch.setattr(jit, "_warned", False)
    with caplog.at_level(logging.WARNING):
        assert jit.kernel(doubled)(3.0) == 6.0
        assert jit.vector_kernel(doubled)(4.0) == 8.0
    assert len(caplog.records) == 1
    assert "NUMBA_CACHE_DIR" in caplog.text


MODULE = """
import sys
import numpy as np
from videosal.metrics.kernels.jit import kernel

@kernel
def ascending(n):
    values = np.empty(n)
    for i in range(n):
        values[i] = total(values[:i]) + 1
    return values

@kernel
def total(x):
    result = 0.0
    for i in range(x.size):
        result += x[i]
    return result

print(ascending(5).tolist(), len(ascending.stats.cache_hits), "scipy.linalg" in sys.modules)
if "more" in sys.argv:
    import numba
    product = numba.njit(lambda n: (np.eye(n) @ np.full((n, n), 3.0))[0, 0])
    print(product(2), ascending(np.int8(3)).tolist())
"""


def test_a_second_process_loads_kernels_without_what_numba_needs_to_compile(tmp_path: Path) -> None:
    """And can compile afterwards, kernels of ours for other types as well as anything else."""
    (tmp_path / "kernels.py").write_text(MODULE)
    said = []
    for arguments in ([], ["more"]):
        command = [sys.executable, "kernels.py", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        said.append(done.stdout.splitlines())
    values = "[1.0, 2.0, 4.0, 8.0, 16.0]"
    assert said == [[f"{values} 0 True"], [f"{values} 1 False", "3.0 [1.0, 2.0, 4.0]"]]


def test_a_damaged_cache_costs_time_and_no_score(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise AttributeError("numba has another name for this")

    monkeypatch.setattr(jit, "_warned", False)
    monkeypatch.setattr(jit.KernelCache, "_load_overload", broken)
    monkeypatch.setattr(jit.FunctionCache, "save_overload", broken)
    with caplog.at_level(logging.WARNING):
        assert jit.kernel(doubled)(3.0) == 6.0
    assert len(caplog.records) == 1
    assert "numba has another name for this" in caplog.text


@pytest.mark.parametrize("error", [TypeError, AttributeError, RuntimeError, KeyError])
def test_where_numba_has_other_private_names_its_own_cache_serves(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def broken(_: Any) -> None:
        raise error("object() takes no arguments")

    monkeypatch.setattr(jit, "KernelCache", broken)
    compiled: Any = jit.kernel(doubled)
    assert type(compiled._cache) is jit.FunctionCache
    assert compiled(3.0) == 6.0


@pytest.mark.parametrize(
    ("name", "value"), [("rtsys", None), ("KernelCache._guard_against_spurious_io_errors", None), ("rtsys", object())]
)
def test_where_loading_at_once_fails_numba_loads_from_the_cache(
    monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    jit.kernel(doubled)(3.0)
    if "." in name:
        monkeypatch.setattr(jit.KernelCache, "_load_at_once", value)
    else:
        monkeypatch.setattr(jit, name, value)
    compiled: Any = jit.kernel(doubled)
    assert compiled(3.0) == 6.0
    assert len(compiled.stats.cache_hits) == 1


@pytest.mark.parametrize("name", ["numba.core.caching.FunctionCache", "numba.core.runtime.nrt.rtsys"])
def test_without_the_private_names_kernels_are_cached_by_numba(tmp_path: Path, name: str) -> None:
    (tmp_path / "kernels.py").write_text(
        f"import numba.core.ccallback  # which asks for the names itself\ndel {name}\n"
        "from videosal.metrics.kernels.jit import kernel\n"
        "@kernel\ndef doubled(x):\n    return 2 * x\n"
        "print(doubled(3.0), len(doubled.stats.cache_hits))\n"
    )
    said = [
        subprocess.run([sys.executable, "kernels.py"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert said == ["6.0 0\n", "6.0 1\n"]


def test_a_dead_cache_folder_is_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "kernels.py").write_text(
        "from videosal.metrics.kernels.jit import kernel\n"
        "@kernel\ndef doubled(x):\n    return 2 * x\nprint(doubled(3.0))\n"
    )
    done = subprocess.run(
        [sys.executable, "kernels.py"],
        cwd=tmp_path,
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "file" / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "6.0\n"
    assert done.stderr.count("\n") <= 1
