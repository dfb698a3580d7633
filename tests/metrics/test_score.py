from __future__ import annotations

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videosal.errors import InputError, UnknownNameError
from videosal.metrics import (
    get_protocol,
    list_metrics,
    list_protocols,
    nss_by_observer,
    score_frame,
    score_protocols,
    warm_up,
)
from videosal.metrics.emd import clipped_emd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.metrics.conftest import Gaze, GazeMaker, Twin

NAN = math.nan
SEEDS = st.integers(0, 10_000)


def score(gaze: Gaze, **changed: Any) -> dict[str, float]:
    arguments: dict[str, Any] = {
        "prediction": gaze.prediction,
        "density": gaze.density,
        "fixations": gaze.fixations,
        "other_fixations": gaze.others,
        "baseline": gaze.baseline,
    }
    return score_frame(**(arguments | changed))


def test_scores_all_that_the_arguments_allow_in_canonical_order(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    of_density = ["cc", "sim", "kld"]
    of_fixations = ["nss", "auc_judd", "auc_borji"]
    assert list(score(gaze)) == list_metrics()[:8]
    assert list(score_frame(gaze.prediction, gaze.density)) == of_density
    assert list(score_frame(gaze.prediction, fixations=gaze.fixations)) == of_fixations
    assert "sauc" not in score_frame(gaze.prediction, gaze.density, other_fixations=gaze.others)
    assert "ig" in score(gaze, other_fixations=None)
    assert all(type(value) is float for value in score(gaze).values())


def test_metrics_come_in_the_order_asked_for_with_the_same_bits(make_gaze: GazeMaker) -> None:
    gaze = make_gaze(3)
    every = score(gaze)
    assert list(score(gaze, metrics=["ig", "cc"])) == ["ig", "cc"]
    for name, value in every.items():
        assert score(gaze, metrics=[name]) == {name: value}
        assert score(gaze, metrics=name) == {name: value}
        of_doubles = score(gaze, prediction=gaze.prediction / 7.0, metrics=[name])
        assert of_doubles[name] == score(gaze, prediction=gaze.prediction / 7.0)[name]


@pytest.mark.parametrize(
    ("name", "missing"), [("cc", "density"), ("nss", "fixations"), ("sauc", "other_fixations"), ("ig", "baseline")]
)
def test_a_metric_without_its_input_is_an_error_that_names_it(make_gaze: GazeMaker, name: str, missing: str) -> None:
    with pytest.raises(InputError, match=f"^{missing} is missing.*'{name}'"):
        score(make_gaze(), metrics=[name], **{missing: None})


def test_nothing_to_score_against_and_unknown_names_are_errors(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    with pytest.raises(InputError, match=r"^density and fixations are both missing"):
        score_frame(gaze.prediction, baseline=gaze.baseline)
    with pytest.raises(UnknownNameError, match="unknown metric 'aucjudd': did you mean auc_judd"):
        score(gaze, metrics=["aucjudd"])
    with pytest.raises(UnknownNameError, match="unknown protocol 'standart': did you mean standard"):
        score(gaze, protocol="standart")


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 2), (1, 9), (9, 1), (2, 2), (3, 7), (5, 13), (8, 8), (17, 31), (36, 64), (61, 67)]
)
@pytest.mark.parametrize("levels", [2, 5, 256])
def test_twin_agrees_on_every_size_and_with_ties(
    make_gaze: GazeMaker, twin: Twin, size: tuple[int, int], levels: int
) -> None:
    for seed in range(3):
        gaze = make_gaze(seed, size, n=1 + seed * 4, levels=levels)
        expected = twin(gaze)
        assert score(gaze) == pytest.approx(expected, abs=1e-12, nan_ok=True)
        doubles = gaze.prediction.astype(np.float64)
        assert score(gaze, prediction=doubles) == pytest.approx(expected, abs=1e-12, nan_ok=True)
        assert score(gaze, density=gaze.density / 7.0) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    "dtype",
    ["bool", "uint8", "int8", "uint16", "int32", "int64", "uint64", ">i2", "float16", "float32", "float64", ">f4", "g"],
)
def test_twin_agrees_for_every_dtype_and_memory_order(make_gaze: GazeMaker, twin: Twin, dtype: str) -> None:
    gaze = make_gaze(5)
    prediction = (gaze.prediction // 4 if dtype != "bool" else gaze.prediction > 90).astype(dtype)
    wide = np.zeros((36, 128), dtype)
    wide[:, ::2] = prediction
    reversed_memory = np.ascontiguousarray(prediction[::-1])[::-1]
    read_only = prediction.copy()
    read_only.flags.writeable = False
    expected = twin(type(gaze)(prediction, gaze.density, gaze.fixations, gaze.others, gaze.baseline))
    for view in (prediction, np.asfortranarray(prediction), wide[:, ::2], reversed_memory, read_only):
        assert score(gaze, prediction=view) == pytest.approx(expected, abs=1e-12)
    assert score(gaze, prediction=prediction.tolist()) == pytest.approx(expected, abs=1e-12)


def test_bytes_and_doubles_agree_to_the_last_bit_in_all_that_counts(make_gaze: GazeMaker) -> None:
    for seed in range(20):
        gaze = make_gaze(seed, levels=16 if seed % 2 else 256)
        of_bytes, of_doubles = score(gaze), score(gaze, prediction=gaze.prediction.astype(np.float32))
        assert of_bytes == pytest.approx(of_doubles, abs=1e-12)
        for name in ("auc_judd", "auc_borji", "sauc"):
            assert of_bytes[name] == of_doubles[name]


def test_points_and_masks_give_the_same_bits_and_repeats_count_once(make_gaze: GazeMaker) -> None:
    gaze = make_gaze(2)
    shuffled = np.random.default_rng(0).permutation(np.argwhere(gaze.fixations))
    repeated = np.concatenate((shuffled, shuffled[:5]))
    for prediction in (gaze.prediction, np.sqrt(gaze.prediction)):
        expected = score(gaze, prediction=prediction)
        assert score(gaze, prediction=prediction, fixations=repeated) == expected
        assert score(gaze, prediction=prediction, fixations=repeated.astype(np.int16)) == expected
        assert score(gaze, prediction=prediction, fixations=gaze.fixations * 255) == expected
        assert score(gaze, prediction=prediction, fixations=gaze.fixations * 0.5) == expected
        assert score(gaze, prediction=prediction, fixations=gaze.fixations > 0) == expected
        assert score(gaze, prediction=prediction, other_fixations=np.argwhere(gaze.others)) == expected


CONSTANTS = {
    "zero": np.zeros((36, 64), np.uint8),
    "zero, floats": np.zeros((36, 64)),
    "zero, small": np.zeros((9, 16)),
    "bytes": np.full((36, 64), 7, np.uint8),
    "floats": np.full((36, 64), 0.3),
    "small": np.full((9, 16), 0.3),
    "negative": np.full((36, 64), -0.3),
    "rounding": 1e6 + np.random.default_rng(0).integers(-1, 2, (36, 64)) * 1e-10,
    "huge": np.full((36, 64), 1e300),
    "tiny": np.full((36, 64), -1e-300),
}


@pytest.mark.parametrize("kind", CONSTANTS)
def test_a_prediction_without_information_is_the_uniform_distribution(
    make_gaze: GazeMaker, twin: Twin, kind: str
) -> None:
    gaze = make_gaze(n=25)
    names = get_protocol("standard").metrics
    expected = twin(replace(gaze, prediction=np.ones((36, 64))))
    assert (expected["cc"], expected["nss"], expected["auc_borji"], expected["sauc"]) == (0, 0, 0.5, 0.5)
    assert expected["auc_judd"] == pytest.approx(0.5 + 25 / 26 / 50, abs=1e-12)
    D = gaze.density - gaze.density.min()
    assert expected["sim"] == pytest.approx(np.minimum(D / D.sum(), 1 / D.size).sum())
    share = D[D > 0] / D.sum() if gaze.density.min() == 0 else None
    assert share is not None
    both = (gaze.density / gaze.density.sum() + 1 / D.size) / 2
    expected["jsd"] = (np.log(1 / D.size / both).mean() + (share * np.log(share / both[D > 0])).sum()) / 2
    expected |= {"auc": 0.5, "sauc_exact": 0.5, "emd": clipped_emd(np.ones((36, 64)), gaze.density.astype(float))}
    for density in (gaze.density, gaze.density / 3):
        found = score(gaze, prediction=CONSTANTS[kind], density=density, metrics=names)
        assert found == pytest.approx(expected, abs=1e-9)


def test_a_baseline_without_information_is_uniform_too(make_gaze: GazeMaker, twin: Twin) -> None:
    gaze = make_gaze()
    expected = twin(replace(gaze, baseline=np.ones((36, 64))))["ig"]
    for constant in CONSTANTS.values():
        assert score(gaze, baseline=constant)["ig"] == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, size=st.tuples(st.integers(1, 9), st.integers(1, 9)), n=st.integers(0, 4), empty=st.booleans())
def test_whether_a_metric_has_a_value_depends_on_the_ground_truth_alone(
    make_gaze: GazeMaker, seed: int, size: tuple[int, int], n: int, empty: bool
) -> None:
    gaze = make_gaze(seed, size, n=n)
    gaze = replace(gaze, density=gaze.density * 0) if empty else gaze
    generator = np.random.default_rng(seed)
    predictions = [
        gaze.prediction,
        np.zeros(size, np.uint8),
        np.full(size, -3.0),
        generator.normal(size=size),
        -generator.random((2 * size[0], size[1] + 3)) - 1,
        (generator.random(size) < 0.3) * 1.0,
    ]
    names = get_protocol("standard").metrics
    undefined = [
        [name for name, value in score(gaze, prediction=prediction, metrics=names).items() if math.isnan(value)]
        for prediction in predictions
    ]
    assert undefined == [undefined[0]] * len(predictions)


def test_what_is_undefined_in_the_ground_truth(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    nowhere, nothing = np.zeros_like(gaze.fixations), np.zeros_like(gaze.density)

    def undefined(**changed: Any) -> set[str]:
        sets = []
        for prediction in (gaze.prediction, gaze.prediction * 0.1):
            scores = score(gaze, prediction=prediction, **changed)
            sets.append({name for name, value in scores.items() if math.isnan(value)})
        assert sets[0] == sets[1]
        return sets[0]

    assert undefined() == set()
    assert undefined(fixations=nowhere) == {"nss", "auc_judd", "auc_borji", "sauc", "ig"}
    assert undefined(fixations=np.empty((0, 2), np.int64)) == {"nss", "auc_judd", "auc_borji", "sauc", "ig"}
    assert undefined(fixations=[[3, 4]]) == {"auc_borji"}
    assert undefined(fixations=nowhere + 1) == {"auc_judd"}
    assert undefined(other_fixations=nowhere) == {"sauc"}
    assert undefined(density=nothing) == undefined(density=nothing / 2.0) == {"cc", "sim", "kld"}
    assert undefined(density=nothing + 3) == undefined(density=nothing + 0.3) == {"cc", "sim"}
    assert undefined(baseline=nothing + 3) == undefined(baseline=nothing + 0.3) == set()


@pytest.mark.parametrize("bad", [NAN, math.inf, -math.inf])
@pytest.mark.parametrize("size", [(36, 64), (20, 40)])
def test_a_prediction_that_is_not_finite_scores_nan(make_gaze: GazeMaker, bad: float, size: tuple[int, int]) -> None:
    prediction = np.random.default_rng(0).random(size)
    prediction[3, 5] = bad
    assert all(math.isnan(value) for value in score(make_gaze(), prediction=prediction).values())
    assert all(math.isnan(value) for value in score(make_gaze(), prediction=prediction.astype(np.float16)).values())


def test_negative_values_are_lifted_to_zero_unless_resizing_made_them(make_gaze: GazeMaker, twin: Twin) -> None:
    gaze = make_gaze()
    spikes = np.zeros((9, 16))
    spikes[4, 8] = 255
    from videosal.metrics import imresize

    enlarged = replace(gaze, prediction=imresize(spikes, (36, 64)))
    assert score(gaze, prediction=spikes) == pytest.approx(twin(enlarged, undershoot=True), abs=1e-9)
    assert score(gaze, prediction=spikes - 1e-9)["kld"] == pytest.approx(twin(enlarged)["kld"], abs=1e-6)
    assert (gaze.prediction == 0).any()
    for shift in (3.0, 500.0):
        below = score(gaze, prediction=gaze.prediction - shift)
        assert below == pytest.approx(score(gaze), abs=1e-11)


@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-520, 2.0**520, 2.0**1010])
def test_extreme_scales_change_nothing(make_gaze: GazeMaker, scale: float) -> None:
    gaze = make_gaze(4)
    expected = score(gaze, prediction=gaze.prediction.astype(np.float64))
    for name in ("prediction", "density", "baseline"):
        assert score(gaze, **{name: getattr(gaze, name) * scale}) == pytest.approx(expected, abs=1e-11)


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, factor=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3))
def test_rank_and_moment_metrics_do_not_see_an_affine_change(
    make_gaze: GazeMaker, seed: int, factor: float, shift: float
) -> None:
    gaze = make_gaze(seed, (12, 18), n=6)
    expected = score(gaze)
    changed = score(gaze, prediction=gaze.prediction * factor + shift * factor)
    for name in ("cc", "nss", "sim", "ig"):
        assert changed[name] == pytest.approx(expected[name], abs=1e-7)
    assert changed["auc_judd"] == expected["auc_judd"]


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, factor=st.sampled_from([2.0**-20, 0.5, 4.0, 2.0**30]))
def test_no_metric_sees_the_scale(make_gaze: GazeMaker, seed: int, factor: float) -> None:
    gaze = make_gaze(seed, (12, 18), n=6)
    expected = score(gaze, prediction=gaze.prediction.astype(np.float64))
    assert score(gaze, prediction=gaze.prediction * factor) == pytest.approx(expected, abs=1e-12)
    assert score(gaze, density=gaze.density * factor) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, levels=st.sampled_from([2, 3, 16, 256]), size=st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_bounds_and_symmetry(make_gaze: GazeMaker, seed: int, levels: int, size: tuple[int, int]) -> None:
    gaze = make_gaze(seed, size, n=4, levels=levels)
    for prediction in (gaze.prediction, gaze.prediction / 3.0):
        scores = score(gaze, prediction=prediction)
        turned = score_frame(gaze.density, prediction, metrics=["cc", "sim"])
        for name, low, high in (("cc", -1, 1), ("sim", 0, 1), ("auc_judd", 0, 1), ("auc_borji", 0, 1), ("sauc", 0, 1)):
            assert math.isnan(scores[name]) or low <= scores[name] <= high
        assert math.isnan(scores["kld"]) or scores["kld"] > -1e-10
        if np.ptp(prediction) and np.ptp(gaze.density):
            assert turned == pytest.approx({"cc": scores["cc"], "sim": scores["sim"]}, abs=1e-12)


def test_a_perfect_prediction(make_gaze: GazeMaker) -> None:
    gaze = make_gaze(1)
    for prediction in (gaze.density, gaze.density.astype(np.float32), gaze.density * 3.0):
        scores = score(gaze, prediction=prediction)
        assert scores["cc"] == pytest.approx(1, abs=1e-12)
        assert scores["sim"] == pytest.approx(1, abs=1e-12)
        assert scores["kld"] == pytest.approx(0, abs=1e-10)
    assert score(gaze, prediction=gaze.fixations)["auc_judd"] == 1


def test_a_prediction_of_another_size_is_resized_first(make_gaze: GazeMaker, twin: Twin) -> None:
    from videosal.metrics import imresize

    gaze = make_gaze()
    small = np.random.default_rng(0).integers(1, 256, (20, 41)).astype(np.uint8)
    resized = imresize(small, (36, 64))
    expected = twin(replace(gaze, prediction=resized), undershoot=True)
    assert score(gaze, prediction=small) == pytest.approx(expected, abs=1e-12)
    b = np.random.default_rng(1).random((18, 32))
    assert score(gaze, baseline=b)["ig"] == score(gaze, baseline=imresize(b, (36, 64)))["ig"]


def test_kernels_leave_their_input_alone(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    for prediction in (gaze.prediction, gaze.prediction / 3.0, gaze.prediction[:20].astype(np.float64)):
        before = prediction.copy()
        score(gaze, prediction=prediction)
        assert np.array_equal(prediction, before)
        assert prediction.flags.writeable


def test_after_warm_up_nothing_is_left_to_compile(make_gaze: GazeMaker) -> None:
    warm_up()
    modules = [sys.modules[f"videosal.metrics.kernels.{part}_kernels"] for part in ("byte", "count", "float", "resize")]
    kernels = [value for module in modules for value in vars(module).values() if hasattr(value, "signatures")]
    assert len(kernels) > 20
    before = [len(kernel.signatures) for kernel in kernels]
    gaze = make_gaze(8)
    read_only = gaze.baseline / 3.0
    read_only.flags.writeable = False
    unaligned = np.frombuffer(b"x" + gaze.prediction.tobytes(), np.uint8, offset=1).reshape(36, 64)
    predictions: list[NDArray[Any]] = [
        gaze.prediction,
        unaligned,
        gaze.prediction / 3.0,
        gaze.prediction.astype(np.float32),
        gaze.prediction > 4,
        gaze.prediction[::2],
        np.exp(np.arange(36 * 64) / 4.0).reshape(36, 64),
    ]
    for prediction in predictions:
        for density in (gaze.density, gaze.density / 3.0, None):
            score(gaze, prediction=prediction, density=density)
            score(gaze, prediction=prediction, density=density, baseline=read_only)
            score(gaze, prediction=prediction, density=density, other_fixations=np.argwhere(gaze.others))
    assert [len(kernel.signatures) for kernel in kernels] == before


def test_importing_the_room_and_its_names_loads_no_numba() -> None:
    code = (
        "import sys, videosal.metrics as m\n"
        "assert 'numpy' not in sys.modules\n"
        "m.list_metrics(), m.list_protocols(), m.metric_info('cc'), m.get_protocol('standard').signature\n"
        "m.score_frame, m.warm_up, m.imresize\n"
        "print([name for name in ('numba', 'torch', 'scipy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_threads_give_the_same_bits(make_gaze: GazeMaker) -> None:
    frames = [make_gaze(seed) for seed in range(12)]

    def scores(index: int) -> dict[str, float]:
        gaze = frames[index % 12]
        return score(gaze, prediction=gaze.prediction if index % 2 else gaze.prediction / 3.0)

    alone = [scores(index) for index in range(24)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(scores, [*range(24)] * 5)) == alone * 5


@pytest.mark.parametrize("kind", ["bytes", "floats", "small"])
def test_several_protocols_at_once_score_as_each_alone_to_the_last_bit(make_gaze: GazeMaker, kind: str) -> None:
    gaze = make_gaze(5, (45, 80), levels=90)
    points = np.argwhere(gaze.fixations)
    fixations = np.concatenate((points, points[:7]))
    prediction = {"bytes": gaze.prediction, "floats": gaze.prediction / 7, "small": gaze.prediction[::2]}[kind]
    given: dict[str, Any] = {"other_fixations": gaze.others, "baseline": gaze.baseline}
    names = [name for name in list_protocols() if kind != "small" or get_protocol(name).maps.resize != "none"]
    for options in ({}, {"bug_compatible": True}, {"seed": 3}):
        together = score_protocols(prediction, gaze.density, fixations, protocols=names, **given, **options)
        alone = {
            name: score_frame(prediction, gaze.density, fixations, protocol=name, **given, **options) for name in names
        }
        assert repr(together) == repr(alone)


def test_of_the_metrics_asked_for_each_protocol_takes_those_that_it_defines(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    found = score_protocols(
        gaze.prediction, gaze.density, gaze.fixations, protocols=["salicon", "vinet"], metrics=["kld", "nss"]
    )
    assert {name: list(values) for name, values in found.items()} == {"salicon": ["nss"], "vinet": ["kld", "nss"]}
    with pytest.raises(InputError, match="no protocol of salicon, vinet defines metric 'emd'"):
        score_protocols(gaze.prediction, gaze.density, protocols=["salicon", "vinet"], metrics=["emd"])


def test_nss_by_observer(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    observers = {"a": np.argwhere(gaze.fixations)[:3], "b": np.argwhere(gaze.fixations)[3:9], "c": []}
    small = gaze.prediction[::2]
    found = nss_by_observer(small, observers, density=gaze.density)
    assert list(found) == ["a", "b", "c"]
    for name in "ab":
        assert found[name] == score_frame(small, gaze.density, observers[name], metrics=["nss"])["nss"]
    assert math.isnan(found["c"])
    assert np.isfinite(nss_by_observer(gaze.prediction, {"a": gaze.fixations}, protocol="salicon")["a"])


def test_each_protocol_may_take_fixations_and_metrics_of_its_own(make_gaze: GazeMaker) -> None:
    gaze, points = make_gaze(), np.array([[1, 2], [3, 4], [1, 2]])
    fixations = {"standard": gaze.fixations, "pysaliency": points, "stsanet": points}
    others = {"standard": gaze.others, "pysaliency": points + 2}
    metrics = {"standard": ["nss", "sauc"], "pysaliency": ["sauc", "auc_judd"], "stsanet": None}
    maps = (gaze.prediction, gaze.density)
    found = score_protocols(*maps, fixations, other_fixations=others, metrics=metrics, protocols=list(metrics))
    for name, scores in found.items():
        own: dict[str, Any] = {"other_fixations": others.get(name), "metrics": metrics[name], "protocol": name}
        assert scores == score_frame(*maps, fixations[name], **own)
    # Without a density a mask is what tells the size, also where another protocol takes points.
    looked_at: dict[str, Any] = {"standard": np.eye(8), "unisal": [[1, 1]]}
    sizes = score_protocols(np.eye(4), fixations=looked_at, protocols=["standard", "unisal"])
    for name, scores in sizes.items():
        assert scores == score_frame(np.eye(4), fixations=looked_at[name], protocol=name)
    with pytest.raises(InputError, match="two of the protocols standard, standard have one name"):
        score_protocols(np.eye(4), fixations=np.eye(4), protocols=["standard", "standard"])
