"""Every protocol held against its original code on the synthetic cases of ``tests/goldens``, which everyone has."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.metrics.protocols.test_goldens import METRIC_OF
from videosal.metrics import list_protocols, score_frame

GOLDENS = Path(__file__).parents[2] / "goldens"
FIGURES: dict[str, dict[str, Any]] = json.loads((GOLDENS / "figures.json").read_text(encoding="utf-8"))
PROTOCOL_OF = {
    "octave_dhf1k": "dhf1k",
    "octave_mit": "mit",
    "vinet_blur": "vinet",
    **{name: name for name in ("stsanet", "unisal", "salema", "pysaliency", "salicon", "aim2024", "crowdsal", "msu")},
}
NAME_OF = METRIC_OF | {name: name for name in ("cc", "nss", "sim", "kld", "auc_judd")}
CLOSED_FORMS = {
    "AUC_Judd_expected": "auc_judd",
    "AUC_Borji_expected": "auc_borji",
    "sAUC_expected_step0.1": "sauc",
    "AUC_exact_unfixated": "auc",
    "sAUC_exact_all_others": "sauc_exact",
}
# Where we say undefined and the original gives a number: a perfect EMD of a map of zeros, the rounding noise of a
# constant map, an area above 1 for want of negatives.
UNDEFINED = {
    ("octave_dhf1k", "edge_zero", "emd"),
    ("unisal", "edge_const_half", "cc"),
    ("unisal", "edge_const_half", "nss"),
    ("aim2024", "p8_all_pixels_fixated_5x6", "auc_judd"),
}
COMPARED = [(code, case) for code in PROTOCOL_OF for case in FIGURES if code in FIGURES[case]["figures"]]
WITH_INFORMATION = ("edge_normal", "edge_one_fixation", "edge_delta_pred")


def read_case(case: str) -> dict[str, Any]:
    """Return the arguments of `score_frame`."""
    arrays: dict[str, Any] = {}
    for name in (FIGURES[case].get("truth"), case):
        if name is not None:
            with np.load(GOLDENS / "cases" / f"{name}.npz") as file:
                arrays |= {key: file[key] for key in file}
    names = {
        "pred": "prediction",
        "densmap": "density",
        "gt": "density",
        "points": "fixations",
        "fixmap": "fixations",
        "othermap": "other_fixations",
        "baseline": "baseline",
    }
    return {names[key]: array for key, array in arrays.items()}


def doubled(given: dict[str, Any]) -> dict[str, Any]:
    """Return maps that are the given ones when they are halved, as `salema` does: its figures are of whole maps."""
    points = {key: np.argwhere(given.pop(key)) * 2 for key in ("fixations", "other_fixations")}
    return points | {key: np.kron(array, np.ones((2, 2))) for key, array in given.items()}


def tolerance(code: str, name: str, want: float) -> float:
    """Octave and NumPy in double precision, EMD by integers, and code in single precision."""
    if code == "crowdsal":
        return {"auc_judd": 1e-12, "nss": 5e-6}.get(name, 1e-6)
    if name == "emd":
        return 1e-4
    double = code.startswith("octave") or code in ("aim2024", "msu")
    return 1e-9 if double else max(1e-5 * abs(want), 2e-7)


@pytest.mark.parametrize(("code", "case"), COMPARED)
def test_a_protocol_gives_the_figures_of_its_code(code: str, case: str) -> None:
    figures = {NAME_OF[key]: value for key, value in FIGURES[case]["figures"][code].items() if key in NAME_OF}
    if code == "salicon":
        figures["auc_borji"] = figures.pop("auc")  # what it prints as AUC
    given = read_case(case)
    protocol = PROTOCOL_OF[code]
    found = score_frame(
        **(doubled(given) if code == "salema" else given),
        protocol=protocol,
        metrics=list(figures),
        bug_compatible=True,
    )
    assert len(found) >= 4
    for name, figure in figures.items():
        if (code, case, name) in UNDEFINED:
            assert math.isnan(found[name]), name
        elif isinstance(figure, dict):  # random there, and expected here
            mean, spread = float(figure["mean"]), float(np.nan_to_num(float(figure["std"])))
            assert found[name] == pytest.approx(mean, abs=max(spread, 1e-6), rel=0, nan_ok=True), name
        else:
            want = float(figure)
            assert found[name] == pytest.approx(want, abs=tolerance(code, name, want), rel=0, nan_ok=True), name


@pytest.mark.parametrize("case", WITH_INFORMATION)
def test_standard_gives_mit_s_figures_and_the_expectation_of_its_areas(case: str) -> None:
    octave, closed = (FIGURES[case]["figures"][code] for code in ("octave_dhf1k", "derived_closed_form"))
    given = read_case(case)
    found = score_frame(**given, metrics=["cc", "nss", "sim", "kld", "ig", *CLOSED_FORMS.values()])
    for key in ("CC", "NSS", "SIM", "KL", "IG"):
        assert found[NAME_OF[key]] == pytest.approx(octave[key], abs=1e-9), key
    for key, name in CLOSED_FORMS.items():
        # One fixation is too few for AUC-Borji, in Octave too.
        assert found[name] == pytest.approx(float(closed[key]), abs=1e-12, nan_ok=True), key


def test_every_protocol_with_figures_is_held_to_them() -> None:
    assert {PROTOCOL_OF[code] for code, _ in COMPARED} | {"standard"} == set(list_protocols()) - {
        "stavis-diem",
        "vinet-v2",
    }
