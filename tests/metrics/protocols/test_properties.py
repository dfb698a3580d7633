"""What must hold for every frame, whatever the protocol."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from videosal.metrics import get_protocol, list_protocols, score_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.metrics.conftest import GazeMaker

    Array = NDArray[Any]

SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
AUCS = ("auc_judd", "auc_borji", "sauc", "auc", "sauc_exact")
UPPER = {"cc": 1, "sim": 1, **dict.fromkeys(AUCS, 1)}
LOWER = {"cc": -1, "sim": 0, "kld": -1e-9, "emd": 0, **dict.fromkeys(AUCS, 0)}


@st.composite
def frames(draw: st.DrawFn) -> dict[str, Array]:
    """Tiny frames of every kind: one pixel, one row, ties, no fixation, zero density."""
    size = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    mask = arrays(np.uint8, size, elements=st.integers(0, 1))
    greys = arrays(np.uint8, size, elements=st.sampled_from([0, 1, 3, 60, 200, 255]))
    return {
        "prediction": draw(greys),
        "density": draw(greys),
        "fixations": draw(mask),
        "other_fixations": draw(mask),
        "baseline": draw(greys),
    }


def scores(frame: dict[str, Any], protocol: str = "standard", *names: str) -> dict[str, float]:
    return score_frame(**frame, protocol=protocol, metrics=names or get_protocol(protocol).metrics)


def same(found: dict[str, float], wanted: dict[str, float], tolerance: float = 1e-9) -> None:
    assert found == pytest.approx(wanted, abs=tolerance, rel=tolerance, nan_ok=True)


@SETTINGS
@given(frames(), st.sampled_from(list_protocols()))
def test_memory_order_and_wider_dtypes_change_nothing(frame: dict[str, Array], protocol: str) -> None:
    names = get_protocol(protocol).metrics
    plain = scores(frame, protocol, *names)
    ordered = {key: np.asfortranarray(array) for key, array in frame.items()}
    assert repr(scores(ordered, protocol, *names)) == repr(plain)
    if get_protocol(protocol).maps.scale != "unit":  # where bytes mean parts of 255
        wide = frame | {"prediction": frame["prediction"].astype(np.int32)}
        same(scores(wide, protocol, *names), plain)


@SETTINGS
@given(frames(), st.sampled_from(list_protocols()))
def test_scores_stay_within_their_bounds(frame: dict[str, Array], protocol: str) -> None:
    found = scores(frame, protocol)
    if get_protocol(protocol).gaze.judd in ("walk", "distinct"):
        del found["auc_judd"]  # walking through ties leaves the unit square
    for name, value in found.items():
        slack = 1e-4 if name == "auc_judd" else 1e-9  # rates may be rounded to four digits
        if not math.isnan(value):
            assert LOWER.get(name, -math.inf) - slack <= value <= UPPER.get(name, math.inf) + slack, name


@SETTINGS
@given(frames(), st.sampled_from([0.25, 2.0, 64.0]), st.integers(-3, 900))
def test_aucs_and_nss_do_not_feel_an_affine_change(frame: dict[str, Array], factor: float, shift: int) -> None:
    changed = frame | {"prediction": frame["prediction"] * factor + shift}
    for protocol in ("standard", "dhf1k", "salicon", "pysaliency"):
        names = [name for name in get_protocol(protocol).metrics if name in (*AUCS, "nss")]
        same(scores(changed, protocol, *names), scores(frame, protocol, *names))


@SETTINGS
@given(frames(), st.sampled_from([0.25, 3.0, 64.0]))
def test_sim_and_kld_do_not_feel_scale(frame: dict[str, Array], factor: float) -> None:
    changed = frame | {"prediction": frame["prediction"] * factor, "density": frame["density"] / factor}
    for protocol in ("standard", "dhf1k", "unisal"):
        same(scores(changed, protocol, "sim"), scores(frame, protocol, "sim"))
    same(scores(changed, "standard", "kld"), scores(frame, "standard", "kld"))


@SETTINGS
@given(frames())
def test_cc_and_sim_are_symmetric(frame: dict[str, Array]) -> None:
    turned = frame | {"prediction": frame["density"], "density": frame["prediction"]}
    for protocol in ("standard", "dhf1k", "stsanet", "unisal", "msu"):
        if protocol == "standard" and not all(np.ptp(frame[name]) for name in ("prediction", "density")):
            continue  # a constant prediction has a value, a constant truth has none
        found, other = scores(frame, protocol, "cc"), scores(turned, protocol, "cc")
        same(found, other)
    same(scores(frame, "dhf1k", "sim"), scores(turned, "dhf1k", "sim"))


@pytest.mark.parametrize("protocol", list_protocols())
def test_a_frame_scores_the_same_in_any_company(make_gaze: GazeMaker, protocol: str) -> None:
    made = [make_gaze(seed, (18, 32)) for seed in range(4)]
    given_frames = [
        {
            "prediction": gaze.prediction,
            "density": gaze.density,
            "fixations": gaze.fixations,
            "other_fixations": gaze.others,
            "baseline": gaze.baseline,
        }
        for gaze in made
    ]
    forward = [repr(scores(frame, protocol)) for frame in given_frames]
    backward = [repr(scores(frame, protocol)) for frame in reversed(given_frames)]
    assert forward == backward[::-1]
    assert len(set(forward)) == 4


@pytest.mark.parametrize("protocol", list_protocols())
def test_one_pixel_is_enough_for_an_answer(protocol: str) -> None:
    one = np.full((1, 1), 9, np.uint8)
    frame = {"prediction": one, "density": one, "fixations": one, "other_fixations": one, "baseline": one}
    found = scores(frame, protocol)
    assert list(found) == list(get_protocol(protocol).metrics)


@pytest.mark.parametrize("bugs", [False, True])
@pytest.mark.parametrize("factor", [1e160, 1e-300])
@pytest.mark.parametrize("protocol", list_protocols())
def test_huge_and_tiny_values_score_as_large_and_small_ones(protocol: str, factor: float, bugs: bool) -> None:
    """What a code adds, 1e-7 or 1e-20, is lost beside 1e30, and hides what is at 1e-30: so it goes on from there."""
    rules, generator = get_protocol(protocol), np.random.default_rng(0)
    near = 1e30 if factor > 1 else 1e-30
    for small in (False, True):
        if small and rules.maps.resize == "none":
            continue
        maps = {name: _blobs(generator, (24, 40)) for name in ("prediction", "density", "baseline")}
        if small:
            maps["prediction"] = _blobs(generator, (12, 20))
        looked_at = {name: generator.random((24, 40)) < 0.05 for name in ("fixations", "other_fixations")}
        given: dict[str, Any] = {**looked_at, "metrics": rules.metrics, "protocol": protocol, "bug_compatible": bugs}
        plain = score_frame(**maps, **given)
        for name in maps:
            found, wanted = (score_frame(**maps | {name: maps[name] * by}, **given) for by in (factor, near))
            same(found, wanted, 1e-8)
            if protocol == "standard":
                same(found, plain)


def _blobs(generator: np.random.Generator, size: tuple[int, int]) -> Array:
    blurred: Array = cv2.GaussianBlur(generator.random(size), (0, 0), 3)
    return blurred - blurred.min() + 0.1
