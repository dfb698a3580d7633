from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.metrics import oracle
from videosal.errors import InputError
from videosal.metrics import get_protocol, list_metrics, list_protocols, score_frame
from videosal.metrics.definitions import OURS
from videosal.metrics.formulas import FORMULAS

if TYPE_CHECKING:
    from tests.metrics.conftest import Gaze, GazeMaker
    from videosal.metrics import Protocol


def score_all(gaze: Gaze, protocol: str | Protocol, **options: Any) -> dict[str, float]:
    options.setdefault("metrics", get_protocol(protocol).metrics)
    return score_frame(
        gaze.prediction,
        gaze.density,
        gaze.fixations,
        other_fixations=gaze.others,
        baseline=gaze.baseline,
        protocol=protocol,
        **options,
    )


def differing(first: dict[str, float], second: dict[str, float]) -> tuple[str, ...]:
    """Names of values that differ by more than rounding."""
    return tuple(name for name in first if not np.isclose(first[name], second[name], rtol=1e-12, equal_nan=True))


def test_every_metric_of_ours_has_its_formula() -> None:
    assert list(FORMULAS) == list(OURS) == list_metrics()[: len(FORMULAS)]


def test_the_choices_are_read_from_the_protocol(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    rules = get_protocol("standard").replace(name="other", nss_ddof=0, eps=1e-3, auc_steps=4)
    P, D, B = (x.astype(float) for x in (gaze.prediction, gaze.density, gaze.baseline))
    F, O = gaze.fixations > 0, gaze.others > 0  # noqa: E741
    expected = {
        "nss": oracle.nss(P, F, ddof=0),
        "auc_borji": oracle.auc_borji(P, F, steps=4),
        "sauc": oracle.sauc(P, F, O, steps=4),
        "ig": oracle.ig(P, F, B, eps=1e-3),
    }
    for prediction in (gaze.prediction, P):
        scores = score_all(replace(gaze, prediction=prediction), rules, metrics=(*expected, "kld"))
        kld = scores.pop("kld")
        assert scores == pytest.approx(expected, abs=1e-12)
        assert not math.isnan(kld)
        assert kld != pytest.approx(oracle.kld(P, D), abs=1e-3)


@pytest.mark.parametrize("protocol", [name for name in list_protocols() if get_protocol(name).sampled])
def test_expectations_are_the_means_of_samples(make_gaze: GazeMaker, protocol: str) -> None:
    gaze = make_gaze(1, (24, 32), n=12, levels=16)
    names = get_protocol(protocol).sampled
    expected = score_all(gaze, protocol, metrics=names)
    runs = [score_all(gaze, protocol, metrics=names, seed=seed) for seed in range(30)]
    for name in names:
        values = np.array([run[name] for run in runs])
        deviation = values.std(ddof=1)
        assert deviation > 0 or name == "auc_judd", name  # a blur leaves no ties
        assert abs(values.mean() - expected[name]) <= 4 * deviation / math.sqrt(len(values)) + 1e-9, name


def test_a_seed_gives_the_same_bits_whatever_else_is_scored(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    together = score_all(gaze, "dhf1k", seed=5)
    assert together == score_all(gaze, "dhf1k", seed=5)
    assert {name: score_all(gaze, "dhf1k", seed=5, metrics=[name])[name] for name in together} == together
    other = score_all(gaze, "dhf1k", seed=6)
    assert differing(together, other) == get_protocol("dhf1k").sampled


@pytest.mark.parametrize("protocol", ["unisal", "aim2024", "msu"])
def test_a_seed_leaves_what_is_not_random(make_gaze: GazeMaker, protocol: str) -> None:
    gaze = make_gaze()
    plain, seeded = score_all(gaze, protocol), score_all(gaze, protocol, seed=1)
    assert differing(plain, seeded) == get_protocol(protocol).sampled


@pytest.mark.parametrize("protocol", list_protocols())
def test_bugs_move_the_metrics_that_they_name(make_gaze: GazeMaker, protocol: str) -> None:
    gaze = make_gaze(2, (64, 96), levels=12)
    gaze = replace(gaze, others=gaze.others * (np.cumsum(gaze.others).reshape(64, 96) <= 5))
    plain, original = score_all(gaze, protocol), score_all(gaze, protocol, bug_compatible=True)
    named = {bug.metric for bug in get_protocol(protocol).bugs}
    # Two bugs show elsewhere: in how a set's negatives are built, and in frames without fixations.
    named -= {"dhf1k": {"sauc"}, "unisal": {"nss"}}.get(protocol, set())
    assert set(differing(plain, original)) == named


def test_a_frame_without_fixations_scores_one_in_unisal_s_nss(make_gaze: GazeMaker) -> None:
    gaze = replace(make_gaze(), fixations=np.zeros((36, 64), np.uint8))
    assert math.isnan(score_all(gaze, "unisal")["nss"])
    assert score_all(gaze, "unisal", bug_compatible=True)["nss"] == 1


@pytest.mark.parametrize("protocol", list_protocols())
@pytest.mark.parametrize("seed", [None, 0])
def test_a_prediction_that_is_not_finite_has_no_value(make_gaze: GazeMaker, protocol: str, seed: int | None) -> None:
    prediction = make_gaze().prediction.astype(np.float64)
    prediction[3, 4] = np.nan
    found = score_all(replace(make_gaze(), prediction=prediction), protocol, seed=seed, bug_compatible=True)
    assert list(found) == list(get_protocol(protocol).metrics)
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize("protocol", list_protocols())
def test_what_a_protocol_does_not_define_is_an_error(make_gaze: GazeMaker, protocol: str) -> None:
    gaze, rules = make_gaze(), get_protocol(protocol)
    given: dict[str, Any] = {"other_fixations": gaze.others, "baseline": gaze.baseline, "protocol": protocol}
    found = score_frame(gaze.prediction, gaze.density, gaze.fixations, **given)
    assert tuple(found) == rules.default_metrics
    for name in set(get_protocol("standard").metrics) - set(rules.metrics):
        with pytest.raises(InputError, match=f"protocol '{protocol}' does not define metric '{name}': choose from cc"):
            score_frame(gaze.prediction, gaze.density, gaze.fixations, metrics=[name], **given)


CONSTANT = {
    "standard": {"cc": 0, "nss": 0, **dict.fromkeys(list_metrics()[2:12], 0.5)},
    "dhf1k": {"kld": 0.5, "auc_judd": 0.5, "emd": 0.5},
    "mit": {"kld": 0.5, "auc_judd": 0.5, "emd": 0.5},
    "stavis-diem": {"auc_judd": 0.5},
    "vinet": {"nss": 0, "kld": 0.5, "auc_judd": 0.5},
    "vinet-v2": {"nss": 0, "kld": 0.5, "auc_judd": 0.5},
    "stsanet": {"nss": 0, "kld": 0.5, "auc_judd": 0.5, "ig": 0.5},
    "unisal": {"sim": 0.5, "kld": 0.5},
    "salema": {"auc_judd": 0.5},
    "pysaliency": {"cc": 0, "nss": 0, "sim": 0.5, "kld": 0.5, "auc_judd": 0.5, "sauc": 0.5, "ig": 0.5, "auc": 0.5},
    "salicon": {"nss": 0, "auc_borji": 0.5, "sauc": 0.5},
    "aim2024": {"cc": 0, "nss": 0, "sim": 0, "kld": math.nan, "auc_judd": 0.5},
    "crowdsal": {"cc": 0, "nss": 0, "sim": 0, "auc_judd": 0.5},
    "msu": {"cc": 0, "nss": 0, "sim": 0.5, "kld": 0.5, "auc_judd": 0.5},
}


@pytest.mark.parametrize("protocol", list_protocols())
def test_metrics_of_a_constant_prediction_are_those_that_the_original_defines(
    make_gaze: GazeMaker, protocol: str
) -> None:
    """0 stands for exactly that, 0.5 for any finite value."""
    gaze = make_gaze(size=(360, 640))  # the size of msu's letterbox, for a map with a margin is not constant
    found = score_all(replace(gaze, prediction=np.full((360, 640), 77, np.uint8)), protocol)
    wanted = CONSTANT[protocol]
    for name, value in found.items():
        want = wanted.get(name, math.nan)
        assert math.isnan(value) if math.isnan(want) else math.isfinite(value), name
        if want == 0:
            assert value == pytest.approx(0, abs=1e-12), name


def test_repeated_points_count_where_the_protocol_says_so(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    once = np.argwhere(gaze.fixations)
    twice = np.concatenate((once, once[:5]))
    for protocol in list_protocols():
        rules = get_protocol(protocol)
        scores = [
            score_all(replace(gaze, fixations=points), protocol, metrics=["nss"])["nss"] for points in (once, twice)
        ]
        assert (scores[0] != scores[1]) == rules.repeats, protocol


def test_own_fixations_are_no_negatives_where_the_protocol_says_so(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    both = replace(gaze, others=gaze.others | gaze.fixations)
    own = replace(gaze, others=gaze.others & ~gaze.fixations)
    for protocol in list_protocols():
        rules = get_protocol(protocol)
        if "sauc" in rules.metrics:
            same = score_all(both, protocol, metrics=["sauc"]) == score_all(own, protocol, metrics=["sauc"])
            assert same == rules.gaze.sauc_drops_own, protocol


def test_an_empty_density_is_what_the_protocol_says(make_gaze: GazeMaker) -> None:
    gaze = replace(make_gaze(), density=np.zeros((36, 64), np.uint8))
    dhf1k = score_all(gaze, "dhf1k")
    assert (dhf1k["sim"], dhf1k["kld"]) == (0, 0)
    assert math.isnan(dhf1k["cc"])
    assert math.isnan(dhf1k["emd"])
    assert {name for name, value in score_all(gaze, "standard").items() if math.isnan(value)} == {
        "cc",
        "sim",
        "kld",
        "emd",
        "jsd",
    }
    flat = replace(gaze, density=np.ones((36, 64), np.uint8))
    unisal = score_all(gaze, "unisal")
    assert unisal["sim"] == pytest.approx(score_all(flat, "unisal")["sim"])


def test_a_metric_of_a_third_party_gets_the_maps_of_the_protocol(
    make_gaze: GazeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from videosal.metrics import definitions, register_metric
    from videosal.registry import Registry

    monkeypatch.setattr(definitions, "_custom", Registry("metric", "videosal.metrics.of_tests"))
    seen: dict[str, Any] = {}

    @register_metric("mae", label="MAE", higher_is_better=False, needs=("density", "fixations"), reference="here")
    def mae(prediction: Any, density: Any, fixations: Any, other_fixations: Any, baseline: Any) -> float:
        seen.update(locals())
        return float(np.abs(prediction - density).mean())

    gaze = make_gaze()
    found = score_frame(gaze.prediction[::2], gaze.density, gaze.fixations, metrics=["mae", "cc"], protocol="vinet-v2")
    assert list(found) == ["mae", "cc"]
    assert seen["prediction"].shape == seen["density"].shape == (36, 64)
    assert np.array_equal(seen["fixations"], gaze.fixations > 0)
    assert seen["prediction"].max() <= 1
    assert seen["other_fixations"] is None
    assert seen["baseline"] is None


def test_the_steps_of_a_changed_record_are_followed(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    fine = get_protocol("salicon").replace(auc_steps=2000, auc_top=True, borji_least=1)
    found = score_all(gaze, fine, metrics=("auc_borji", "sauc"))
    exact = score_frame(
        gaze.prediction, fixations=gaze.fixations, other_fixations=gaze.others & ~gaze.fixations, metrics=["sauc_exact"]
    )
    assert found["sauc"] == pytest.approx(exact["sauc_exact"], abs=1e-3)


def test_which_protocols_count_repeats_and_drop_own_fixations() -> None:
    protocols = [get_protocol(name) for name in list_protocols()]
    assert [rules.name for rules in protocols if rules.repeats] == ["pysaliency", "salicon", "aim2024", "crowdsal"]
    assert [rules.name for rules in protocols if rules.gaze.sauc_drops_own] == ["stavis-diem", "salicon"]


def test_in_aim2024_a_repeated_point_is_a_threshold_twice_and_one_pixel() -> None:
    prediction = np.array([[0, 10, 20, 30, 40, 50, 60, 70]], np.uint8)
    points = [[0, 6], [0, 6], [0, 3]]  # reached by 2, 2 and 5 pixels; 8 - 2 pixels are not fixated
    expected = np.trapezoid([0, 1 / 3, 2 / 3, 1, 1], [0, 1 / 6, 0, 2 / 6, 1])
    found = score_frame(prediction, fixations=points, protocol="aim2024", metrics=["auc_judd"])
    assert found["auc_judd"] == pytest.approx(expected)


def test_an_all_zero_map_is_no_map_for_stavis_whose_code_divides_by_its_maximum(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    for zeros in (gaze.prediction * 0, np.zeros((9, 16))):
        found = score_all(replace(gaze, prediction=zeros), "stavis-diem")
        assert all(math.isnan(value) for value in found.values())
    constant = score_all(replace(gaze, prediction=gaze.prediction * 0 + 5), "stavis-diem")
    assert constant["auc_judd"] == pytest.approx(0.5 + 25 / 26 / 50)


@pytest.mark.parametrize("seed", [None, 0])
def test_in_pysaliency_a_repeated_point_counts_as_often_as_it_is_given(seed: int | None) -> None:
    """Its ROC curve has the values at all points as positives, and other pixels, each once, as negatives."""
    prediction = np.random.default_rng(0).permutation(40).reshape(5, 8).astype(np.float64)
    points = np.array([[0, 1]] * 9 + [[2, 3], [4, 4], [4, 4]])
    positive = prediction[tuple(points.T)]
    negative = np.delete(prediction.ravel(), np.unique(points @ [8, 1]))
    levels = np.unique(positive)[::-1]
    tp, fp = ([0.0, *[(x >= t).mean() for t in levels], 1.0] for x in (positive, negative))
    found = score_frame(prediction, fixations=points, protocol="pysaliency", metrics=["auc_judd"], seed=seed)
    assert found["auc_judd"] == pytest.approx(np.trapezoid(tp, fp), abs=1e-12)


@pytest.mark.parametrize("protocol", list_protocols())
@pytest.mark.parametrize("factor", [2.0**533, 2.0**-1000])
def test_neither_huge_nor_tiny_values_overflow(make_gaze: GazeMaker, protocol: str, factor: float) -> None:
    """Where a code adds a small number to a map as it is given, tiny maps score as that number makes them."""
    gaze = make_gaze(4)
    expected = score_all(replace(gaze, prediction=gaze.prediction.astype(np.float64)), protocol)
    found = score_all(replace(gaze, prediction=gaze.prediction * factor), protocol)
    rules = get_protocol(protocol)
    scaled = rules.maps.scale in ("sum", "minmax") and protocol not in ("aim2024", "crowdsal")
    for name, value in expected.items():
        added = rules.pair.cc_eps or rules.gaze.nss_eps or "added" in (rules.pair.kld_form, rules.gaze.ig_scale)
        if added and not scaled:
            assert not math.isnan(found[name]), name
        else:
            assert found[name] == pytest.approx(value, rel=1e-9, nan_ok=True), name


def test_jsd_is_that_of_scipy(make_gaze: GazeMaker) -> None:
    from scipy.spatial.distance import jensenshannon

    gaze = make_gaze()
    uniform = np.ones(gaze.density.size)
    for prediction, wanted in (
        (gaze.prediction, gaze.prediction),
        (gaze.prediction / 7 + 1, gaze.prediction / 7 + 1),
        (gaze.prediction - 9.0, gaze.prediction),
        (gaze.prediction * 0, uniform),
        (gaze.prediction * 0.0 - 3, uniform),
    ):
        for density in (gaze.density, gaze.density / 3):
            found = score_frame(prediction, density, metrics=["jsd"])["jsd"]
            assert found == pytest.approx(jensenshannon(wanted.ravel(), density.ravel()) ** 2, abs=1e-12)
    assert score_frame(gaze.density, gaze.density, metrics=["jsd"])["jsd"] == pytest.approx(0, abs=1e-15)
    assert math.isnan(score_frame(gaze.prediction, gaze.density * 0, metrics=["jsd"])["jsd"])


def test_log_densities_score_as_the_densities_do(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    plain = get_protocol("standard").replace(name="density", ig_scale="sum")
    rules = plain.replace(name="log", log_density=True)
    grain = np.random.default_rng(0).random(gaze.prediction.shape)  # so that no value lies on a threshold
    density, baseline = (gaze.prediction + grain) * (gaze.prediction > 0), gaze.baseline + 1.0
    with np.errstate(divide="ignore"):
        logarithms = np.log(density / density.sum()), np.log(baseline / baseline.sum())
    assert np.isinf(logarithms[0]).any()
    expected = score_all(replace(gaze, prediction=density, baseline=baseline), plain)
    found = score_all(replace(gaze, prediction=logarithms[0], baseline=logarithms[1]), rules)
    assert found == pytest.approx(expected, rel=1e-9)
    seen = np.flatnonzero(gaze.fixations.ravel() * (density.ravel() > 0))
    gains = (logarithms[0] - logarithms[1]).ravel()[seen] / math.log(2)
    mask = np.zeros(density.size, bool)
    mask[seen] = True
    ig = score_frame(
        logarithms[0], fixations=mask.reshape(36, 64), baseline=logarithms[1], metrics=["ig"], protocol=rules
    )
    assert ig["ig"] == pytest.approx(gains.mean(), abs=1e-9)


def test_other_maps_are_no_log_densities(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    rules = get_protocol("standard").replace(name="log", log_density=True)
    for bad in (np.nan, np.inf):
        broken = np.log(gaze.baseline + 1.0)
        broken[3, 4] = bad
        assert math.isnan(score_frame(broken, gaze.density, metrics=["cc"], protocol=rules)["cc"])
        with pytest.raises(InputError, match="baseline holds NaN or infinity"):
            score_all(replace(gaze, baseline=broken), rules)
    with pytest.raises(InputError, match="baseline holds NaN or infinity"):
        score_all(replace(gaze, baseline=np.where(gaze.baseline > 9, 0.0, -np.inf)), "standard")
    with pytest.raises(InputError, match="maps has log_density and scale minmax"):
        rules.replace(scale="minmax")
