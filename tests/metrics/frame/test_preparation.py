from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.errors import InputError
from videosal.metrics import get_protocol, list_protocols, score_frame
from videosal.metrics.frame.preparation import PreparedMaps, prepare_maps
from videosal.metrics.frame.regrid import bilinear

if TYPE_CHECKING:
    from tests.metrics.conftest import Gaze, GazeMaker


def prepare(gaze: Gaze, protocol: str, **changed: Any) -> PreparedMaps:
    given = {
        "prediction": gaze.prediction,
        "density": gaze.density,
        "fixations": gaze.fixations,
        "other_fixations": gaze.others,
        "baseline": gaze.baseline,
    }
    return prepare_maps(**(given | changed), protocol=get_protocol(protocol))


def test_salema_scores_maps_and_masks_of_half_the_size(make_gaze: GazeMaker) -> None:
    gaze = make_gaze(size=(36, 64))
    whole = replace(get_protocol("salema"), grid="truth")
    names = whole.metrics
    pooled = [mask.reshape(18, 2, 32, 2).max(axis=(1, 3)) for mask in (gaze.fixations, gaze.others)]
    halves = [bilinear(array.astype(np.float64), (18, 32)) for array in (gaze.prediction, gaze.density)]
    from videosal.metrics.dispatch import score

    expected = score(halves[0], halves[1], pooled[0], pooled[1], None, names=names, protocol=whole)
    found = score_frame(
        gaze.prediction, gaze.density, gaze.fixations, other_fixations=gaze.others, metrics=names, protocol="salema"
    )
    assert found == pytest.approx(expected, abs=1e-12)


def test_vinet_v2_compares_densities_at_its_network_s_size(make_gaze: GazeMaker) -> None:
    maps = prepare(make_gaze(size=(36, 64)), "vinet-v2")
    assert maps.density is not None
    assert maps.paired.shape == maps.density.shape == (256, 456)
    assert maps.prediction.shape == (36, 64)


def test_stavis_blurs_before_it_resizes_and_vinet_after(make_gaze: GazeMaker) -> None:
    dot = np.zeros((20, 20), np.uint8)
    dot[10, 10] = 255
    gaze = make_gaze(size=(40, 40))
    # A blur of sigma 2 before enlarging twice is one of sigma 4, and spreads further than one after it.
    before = prepare(gaze, "stavis-diem", prediction=dot).prediction
    after = prepare(gaze, "vinet", prediction=dot).prediction
    assert (before > 1e-9).sum() > 1.5 * (after > 1e-9).sum()
    assert before.sum() == pytest.approx(4, rel=0.05)


def test_scales(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    assert prepare(gaze, "standard").prediction.max() == gaze.prediction.max()
    assert np.array_equal(prepare(gaze, "stsanet").prediction, gaze.prediction / 255)
    wide = (gaze.prediction * np.uint16(257)).astype(np.uint16)
    assert prepare(gaze, "stsanet", prediction=wide).prediction == pytest.approx(gaze.prediction / 255)
    floats = gaze.prediction * 3.0
    assert np.array_equal(prepare(gaze, "stsanet", prediction=floats).prediction, floats)
    assert prepare(gaze, "unisal").prediction.sum() == pytest.approx(1)
    scaled = prepare(gaze, "aim2024", prediction=floats + 5).prediction
    assert scaled.min() == 0
    assert scaled.max() == pytest.approx(1)


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
        maps = prepare(gaze, protocol, fixations=np.empty((0, 2)))
        assert maps.fixations.size == 0
        found = score_frame(gaze.prediction, fixations=np.empty((0, 2)), protocol=protocol, metrics=["nss"])
        assert np.isnan(found["nss"])
