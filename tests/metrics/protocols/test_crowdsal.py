"""The protocols of CrowdSAL and NTIRE 2026 held against what their benches gave for single frames."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.errors import InputError
from videosal.metrics import score_frame

if TYPE_CHECKING:
    from pathlib import Path

METRICS = ("cc", "nss", "sim", "auc_judd")
SINGLE = {"cc": 1e-6, "sim": 1e-6, "nss": 5e-6, "auc_judd": 1e-12}  # the bench computes in single precision


def read_figures(shared: Path, name: str) -> dict[str, Any]:
    text = (shared / "goldens" / "metrics" / "crowdsal" / name).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def check(found: dict[str, float], wanted: dict[str, float], allowed: dict[str, float], case: str) -> None:
    for metric in METRICS:
        assert found[metric] == pytest.approx(wanted[metric], abs=allowed[metric], rel=0), (case, metric)


def test_every_case_equals_both_benches(shared: Path) -> None:
    figures = read_figures(shared, "expected.json")
    assert len(figures) == 9
    for case, entry in figures.items():
        with np.load(shared / "goldens" / "metrics" / "crowdsal" / "cases" / f"{case}.npz") as arrays:
            given = (arrays["pred"], arrays["gt"], arrays["points"])
        check(score_frame(*given, protocol="crowdsal"), entry["crowdsal"], SINGLE, case)
        found = score_frame(*given, protocol="aim2024", bug_compatible=True)
        if case.startswith("p8"):  # all pixels are fixated, and the area there is above 1
            assert math.isnan(found["auc_judd"])
            found["auc_judd"] = entry["aim2024"]["auc_judd"]
        check(found, entry["aim2024"], dict.fromkeys(METRICS, 1e-9), case)


def test_the_cases_of_aim2024_equal_crowdsal_s_bench(shared: Path) -> None:
    figures = read_figures(shared, "existing_cases.json")
    refused = []
    assert len(figures) == 14
    for case, entry in figures.items():
        with np.load(shared / "goldens" / "metrics" / "cases" / f"{case}.npz") as arrays:
            counts = arrays["fixcounts"] if "fixcounts" in arrays else arrays["fixmap"]
            given = (arrays["pred"], arrays["densmap"], np.repeat(np.argwhere(counts), counts[counts > 0], axis=0))
        if entry["crowdsal"] == "error: ValueError: shape":
            with pytest.raises(InputError, match="and protocol 'crowdsal' resizes nothing: give maps of that size"):
                score_frame(*given, protocol="crowdsal")
            refused.append(case)
        else:
            check(score_frame(*given, protocol="crowdsal"), entry["crowdsal"], SINGLE, case)
    assert len(refused) == 2


def test_ties_are_one_step_and_a_repeated_point_is_one_pixel_that_hits_twice() -> None:
    prediction = np.array([[0, 10, 20, 30, 40, 50, 60, 60]], np.uint8)
    points = [[0, 6], [0, 6], [0, 3]]  # reached by 2 and 5 of 8 pixels, of which 1 and 2 are fixated; 6 are not
    expected = np.trapezoid([0, 2 / 3, 1, 1], [0, 1 / 6, 3 / 6, 1])
    found = score_frame(prediction, fixations=points, protocol="crowdsal", metrics=["auc_judd"])
    assert found["auc_judd"] == pytest.approx(expected)


def test_float_maps_are_ranked_in_16_bits_as_the_bench_ranks_them() -> None:
    prediction = np.array([[0, 0.4, 0.4 + 1e-6, 1]])
    points = [[0, 1]]
    found = score_frame(prediction, fixations=points, protocol="crowdsal", metrics=["auc_judd"])
    assert found["auc_judd"] == pytest.approx(np.trapezoid([0, 1, 1], [0, 2 / 3, 1]))
