from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.metrics.conftest import case_of
from videosal.errors import InputError
from videosal.metrics import get_protocol, list_protocols, score_frame
from videosal.metrics.frame.regrid import bilinear

if TYPE_CHECKING:
    from tests.metrics.conftest import Gaze, GazeMaker


def scaled(gaze: Gaze, protocol: str, **changed: Any) -> Any:
    return case_of(gaze, protocol, **changed).points.scaled()


def test_salema_scores_maps_and_masks_of_half_the_size(make_gaze: GazeMaker) -> None:
    gaze = make_gaze(size=(36, 64))
    whole = get_protocol("salema").replace(grid="truth")
    names = whole.metrics
    pooled = [mask.reshape(18, 2, 32, 2).max(axis=(1, 3)) for mask in (gaze.fixations, gaze.others)]
    halves = [bilinear(array.astype(np.float64), (18, 32)) for array in (gaze.prediction, gaze.density)]
    expected = score_frame(*halves, pooled[0], other_fixations=pooled[1], metrics=names, protocol=whole)
    found = score_frame(
        gaze.prediction, gaze.density, gaze.fixations, other_fixations=gaze.others, metrics=names, protocol="salema"
    )
    assert found == pytest.approx(expected, abs=1e-12)


def test_vinet_v2_compares_densities_at_its_network_s_size(make_gaze: GazeMaker) -> None:
    case = case_of(make_gaze(size=(36, 64)), "vinet-v2")
    assert case.pair.shape == case.density().shape == (256, 456)
    assert case.points.shape == (36, 64)


def test_stavis_blurs_before_it_resizes_and_vinet_after(make_gaze: GazeMaker) -> None:
    dot = np.zeros((20, 20), np.uint8)
    dot[10, 10] = 255
    gaze = make_gaze(size=(40, 40))
    # A blur of sigma 2 before enlarging twice is one of sigma 4, and spreads further than one after it.
    before = scaled(gaze, "stavis-diem", prediction=dot)
    after = scaled(gaze, "vinet", prediction=dot)
    assert (before > 1e-9).sum() > 1.5 * (after > 1e-9).sum()
    assert before.sum() == pytest.approx(4, rel=0.05)


def test_scales(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    assert scaled(gaze, "standard").max() == gaze.prediction.max()
    assert np.array_equal(scaled(gaze, "stsanet"), gaze.prediction / 255)
    wide = (gaze.prediction * np.uint16(257)).astype(np.uint16)
    assert scaled(gaze, "stsanet", prediction=wide) == pytest.approx(gaze.prediction / 255)
    floats = gaze.prediction * 3.0
    assert np.array_equal(scaled(gaze, "stsanet", prediction=floats), floats)
    assert scaled(gaze, "unisal").sum() == pytest.approx(1)
    lifted = scaled(gaze, "aim2024", prediction=floats + 5)
    assert lifted.min() == 0
    assert lifted.max() == pytest.approx(1)


@pytest.mark.parametrize("protocol", list_protocols())
def test_wider_integers_are_the_numbers_that_they_are(make_gaze: GazeMaker, protocol: str) -> None:
    """0 to 255 as int64 is not divided by 2^63."""
    gaze = make_gaze(size=(45, 80))
    names = get_protocol(protocol).metrics
    given = {"other_fixations": gaze.others, "baseline": gaze.baseline, "metrics": names, "protocol": protocol}
    whole = score_frame(gaze.prediction.astype(np.float64), gaze.density, gaze.fixations, **given)
    for dtype in (np.int16, np.int32, np.int64, np.uint32):
        assert score_frame(gaze.prediction.astype(dtype), gaze.density, gaze.fixations, **given) == pytest.approx(
            whole, rel=1e-12, abs=1e-12, nan_ok=True
        )


def test_a_letterbox_leaves_zeros_of_the_scale(make_gaze: GazeMaker) -> None:
    gaze, rules = make_gaze(size=(40, 40)), get_protocol("msu").replace(name="x", scale="minmax")
    given = {"metrics": ["cc", "nss", "sim", "kld"], "protocol": rules}
    lifted = score_frame(gaze.prediction / 2 + 9, gaze.density, gaze.fixations, **given)
    plain = score_frame(gaze.prediction / 2, gaze.density, gaze.fixations, **given)
    assert lifted == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("protocol", list_protocols())
@pytest.mark.parametrize(
    ("argument", "value", "text"),
    [
        ("prediction", np.zeros((0, 4)), "prediction has shape"),
        ("prediction", np.zeros(4), "prediction has shape"),
        ("prediction", np.zeros((4, 4), complex), "prediction has dtype complex128"),
        ("prediction", np.array([["a"]], object), "prediction has dtype object"),
        ("density", np.full((36, 64), -1.0), "density has negative values"),
        ("density", np.full((36, 64), np.nan), "density holds NaN"),
        ("density", np.zeros((36, 64), complex), "density has dtype"),
        ("fixations", np.zeros((5, 5)), "fixations has shape"),
        ("fixations", np.array([[36, 0]]), "fixations has the point .row 36, col 0. outside"),
        ("fixations", np.array([[0, -1]]), "fixations has the point .row 0, col -1. outside"),
        ("other_fixations", np.array([[0, 64]]), "other_fixations has the point .row 0, col 64. outside"),
        ("other_fixations", np.array([[0.5, 1.0]]), "other_fixations has the shape of points and dtype float64"),
        ("baseline", np.full((36, 64), np.inf), "baseline holds NaN or infinity"),
        ("baseline", np.zeros((2, 2, 2)), "baseline has shape"),
    ],
)
def test_bad_input_is_an_error_that_names_the_argument(
    make_gaze: GazeMaker, protocol: str, argument: str, value: Any, text: str
) -> None:
    gaze = make_gaze()
    given = {
        "prediction": gaze.prediction,
        "density": gaze.density,
        "fixations": gaze.fixations,
        "other_fixations": gaze.others,
        "baseline": gaze.baseline,
    }
    with pytest.raises(InputError, match=f"^{text}"):
        score_frame(**(given | {argument: value}), protocol=protocol)


def test_empty_points_are_no_fixation(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    for protocol in list_protocols():
        assert case_of(gaze, protocol, fixations=np.empty((0, 2))).fixations.size == 0
        found = score_frame(gaze.prediction, fixations=np.empty((0, 2)), protocol=protocol, metrics=["nss"])
        assert np.isnan(found["nss"])
