"""The protocols of AIM 2024 and of the MSU benchmark held against what their own code gave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.metrics import score_frame

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def figures(shared: Path) -> dict[str, dict[str, dict[str, float]]]:
    text = (shared / "goldens" / "metrics" / "aim2024_msu.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, dict[str, float]]] = json.loads(text)
    return found


def score_case(shared: Path, case: str, protocol: str, *, bug_compatible: bool) -> tuple[int, dict[str, float]]:
    with np.load(shared / "goldens" / "metrics" / "cases" / f"{case}.npz") as arrays:
        counts: NDArray[Any] = arrays["fixcounts"] if "fixcounts" in arrays else arrays["fixmap"]
        points = np.repeat(np.argwhere(counts), counts[counts > 0].astype(int), axis=0)
        names = ["cc", "nss", "sim", "kld", "auc_judd"]
        found = score_frame(
            arrays["pred"],
            arrays["densmap"],
            points,
            protocol=protocol,
            metrics=names,
            bug_compatible=bug_compatible,
        )
    return len(points), found


@pytest.mark.parametrize("protocol", ["aim2024", "msu"])
def test_every_case_equals_the_original(
    shared: Path, figures: dict[str, dict[str, dict[str, float]]], protocol: str
) -> None:
    assert len(figures) == 14
    for case, entry in figures.items():
        want = dict(entry[protocol])
        n_points, found = score_case(shared, case, protocol, bug_compatible=True)
        assert n_points == want.pop("n_fixations", n_points)
        assert found == pytest.approx(want, rel=1e-5), case


def test_counting_columns_moves_auc_judd_and_nothing_else(
    shared: Path, figures: dict[str, dict[str, dict[str, float]]]
) -> None:
    _, mended = score_case(shared, "salicon_123909", "aim2024", bug_compatible=False)
    _, original = score_case(shared, "salicon_123909", "aim2024", bug_compatible=True)
    assert original.pop("auc_judd") - mended.pop("auc_judd") == pytest.approx(5.1e-4, abs=1e-5)
    assert original == mended
