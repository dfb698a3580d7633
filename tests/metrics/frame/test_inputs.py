from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.metrics.conftest import Gaze, case_of
from videosal.errors import InputError
from videosal.metrics import score_frame, score_protocols

if TYPE_CHECKING:
    from videosal.metrics.case import Case

P = np.arange(12, dtype=np.uint8).reshape(3, 4)


def read(
    prediction: Any = P, density: Any = None, fixations: Any = None, others: Any = None, baseline: Any = None
) -> Case:
    return case_of(Gaze(prediction, density, fixations, others, baseline))


@pytest.mark.parametrize("name", ["prediction", "density", "baseline"])
@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (np.ones((3, 4, 3)), r"shape \(3, 4, 3\)"),
        (np.ones(12), r"shape \(12,\)"),
        (np.ones((0, 4)), r"shape \(0, 4\)"),
        (3.0, r"shape \(\)"),
        (np.ones((3, 4), complex), "dtype complex128"),
        (np.full((3, 4), None), "dtype object"),
        (np.full((3, 4), "1"), "dtype <U1"),
        (np.zeros((3, 4), "M8[s]"), "dtype datetime64"),
    ],
)
def test_a_map_that_is_none_is_named(name: str, value: Any, complaint: str) -> None:
    with pytest.raises(InputError, match=f"^{name} has {complaint}"):
        read(**{name: value})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_density_and_baseline_must_be_finite(bad: float) -> None:
    broken = np.ones((3, 4))
    broken[1, 2] = bad
    with pytest.raises(InputError, match=r"^density holds NaN or infinity"):
        read(density=broken)
    with pytest.raises(InputError, match=r"^baseline holds NaN or infinity"):
        read(baseline=broken)
    with pytest.raises(InputError, match=r"^baseline holds NaN or infinity"):
        read(density=P[:2], baseline=broken)
    with pytest.raises(InputError, match=r"^fixations holds NaN or infinity"):
        read(density=P, fixations=broken)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64])
def test_density_must_not_be_negative(dtype: type) -> None:
    density = P.astype(dtype)
    density[2, 1] = -1
    with pytest.raises(InputError, match=r"^density has negative values, down to -1"):
        read(density=density)
    assert read(density=np.array([[0.0, -0.0]])).pair.shape == (1, 2)
    assert read(density=np.full((30, 40), 1.7e308)).pair.shape == (30, 40)  # whose sum is not finite


@pytest.mark.parametrize("name", ["fixations", "others"])
@pytest.mark.parametrize("point", [(-1, 0), (3, 0), (0, 4), (0, -1), (2**40, 0), (0, -(2**62))])
def test_a_point_outside_the_frame_is_named(name: str, point: tuple[int, int]) -> None:
    argument = {"others": "other_fixations"}.get(name, name)
    message = rf"^{argument} has the point \(row {point[0]}, col {point[1]}\) outside the frame of 3 rows and 4 col"
    with pytest.raises(InputError, match=message):
        read(**{name: [(0, 0), (2, 3), point]})


def test_points_must_be_integers_but_none_may_have_any_dtype() -> None:
    with pytest.raises(InputError, match=r"^fixations has the shape of points and dtype float64"):
        read(fixations=[[0.0, 1.0]])
    with pytest.raises(InputError, match=r"^other_fixations has the shape of points and dtype bool"):
        read(density=P, others=np.ones((5, 2), bool))
    for nothing in (np.empty((0, 2)), np.empty((0, 2), np.uint8)):
        assert read(fixations=nothing).fixations.size == 0
    assert read(fixations=[], others=[]).fixations.size == 0
    assert np.isnan(score_frame(P, fixations=[], metrics=["nss"])["nss"])


@pytest.mark.parametrize("shape", [(4, 3), (3, 5), (12,), (3, 4, 1), (0, 4)])
def test_a_mask_must_have_the_frame_s_size(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"^fixations has shape .*\(3, 4\)"):
        read(density=P, fixations=np.ones(shape))
    with pytest.raises(InputError, match=r"^other_fixations has shape .*\(3, 4\)"):
        read(fixations=P, others=np.ones(shape))


@pytest.mark.parametrize("shape", [(12,), (3, 4, 1), (0, 4), ()])
def test_without_a_density_fixations_must_be_a_mask_or_points(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"^fixations has shape"):
        read(fixations=np.ones(shape))


def test_a_mask_of_words_is_refused() -> None:
    with pytest.raises(InputError, match=r"^fixations has dtype <U1"):
        read(density=P, fixations=np.full((3, 4), "x"))


def test_two_columns_are_points_unless_they_have_the_density_s_shape_or_are_boolean() -> None:
    narrow = np.array([[1, 0], [0, 1], [2, 0]])

    def pixels(fixations: Any, density: Any = None, prediction: Any = P) -> list[int]:
        return read(prediction, density, fixations).fixations.tolist()

    assert pixels(narrow) == [1, 4, 8]
    assert pixels(narrow, density=P) == [1, 4, 8]
    assert pixels(narrow, density=np.ones((3, 2))) == [0, 3, 4]
    assert pixels(narrow > 0) == [0, 3, 4]
    assert pixels(narrow[:2], density=np.ones((3, 2))) == [1, 2]
    assert read(P, None, narrow > 0, narrow).others.tolist() == [0, 3, 4]


def test_the_ground_truth_gives_the_size() -> None:
    assert np.shares_memory(read().points.statistics.prediction.values, P)
    assert read(density=np.ones((6, 8))).points.shape == (6, 8)
    assert read(fixations=np.ones((6, 8))).points.shape == (6, 8)
    assert read(fixations=[[2, 3]]).points.shape == (3, 4)
    assert read(density=np.ones((6, 8)), fixations=[[5, 7]]).fixations.tolist() == [47]


def test_only_resizing_excuses_values_below_zero() -> None:
    signed = P.astype(np.float64) - 5
    assert not read(P, np.ones((6, 8))).negative
    assert read(signed, np.ones((6, 8))).negative
    assert read(signed, np.ones((3, 4))).negative


def test_inputs_that_no_metric_uses_are_checked_too() -> None:
    with pytest.raises(InputError, match=r"^density has negative"):
        score_frame(P, P - 100.0, [[0, 0]], metrics=["nss"])


@pytest.mark.parametrize("name", ["prediction", "density", "fixations", "others", "baseline"])
def test_what_is_not_plainly_an_array_is_taken_or_refused_by_name(name: str) -> None:
    torch = pytest.importorskip("torch")
    plain = {"prediction": P, "density": P, "fixations": P > 3, "others": P > 6, "baseline": P}
    array = plain[name].astype(np.float32)
    wanted = read(**plain)
    tensors = [torch.from_numpy(array), torch.from_numpy(array).requires_grad_(), torch.from_numpy(array).bfloat16()]
    for taken in (*tensors, np.ma.masked_array(array)):
        found = read(**(plain | {name: taken}))
        assert np.array_equal(found.points.scaled(), wanted.points.scaled())
        assert np.array_equal(found.density(), wanted.density())
        assert np.array_equal(found.others, wanted.others)
    argument = {"others": "other_fixations"}.get(name, name)
    with pytest.raises(InputError, match=f"^{argument} is a masked array: fill it"):
        read(**(plain | {name: np.ma.masked_greater(array, 0)}))
    with pytest.raises(InputError, match=f"^{argument} is no array"):
        read(**(plain | {name: [[1, 2], [3]]}))


def _density(dtype: type) -> Any:
    rows, columns = np.mgrid[:36, :64]
    density = np.exp(-((rows - 20) ** 2 + (columns - 30) ** 2) / 200)
    return density if dtype is float else np.rint(255 * density).astype(dtype)


@pytest.mark.parametrize("dtype", [float, np.uint8, np.uint16])
@pytest.mark.parametrize("name", ["fixations", "other_fixations"])
def test_a_density_in_place_of_fixations_is_refused(name: str, dtype: type) -> None:
    given: dict[str, Any] = {"density": _density(float), "fixations": [(20, 30)], "other_fixations": [(1, 1)]}
    given[name] = _density(dtype)
    text = rf"{name} has \d+ different values in \d+% of its pixels, as a density has: give a mask"
    with pytest.raises(InputError, match=text):
        score_frame(_density(float), **given, metrics=["nss", "sauc"])


@pytest.mark.parametrize("levels", [[1], [255], [1, 255], list(range(1, 17))], ids=len)
@pytest.mark.parametrize("share", [0.01, 0.5])
def test_masks_of_few_values_and_counts_are_fixations(levels: list[int], share: float) -> None:
    generator = np.random.default_rng(0)
    mask = np.where(generator.random((36, 64)) < share, generator.choice(levels, (36, 64)), 0)
    found = {score_frame(_density(float), fixations=mask.astype(kind))["nss"] for kind in (np.uint8, np.int64, float)}
    assert found == {score_frame(_density(float), fixations=mask > 0)["nss"]}


def test_values_of_few_fixations_may_all_differ() -> None:
    """Such as how long each took."""
    durations = np.zeros((36, 64))
    durations[::6, ::8] = np.random.default_rng(0).uniform(0.1, 1, (6, 8))
    assert np.isfinite(score_frame(_density(float), fixations=durations)["nss"])


@pytest.mark.parametrize("argument", ["prediction", "density", "fixations", "other_fixations", "baseline"])
def test_several_protocols_take_and_refuse_the_same(argument: str) -> None:
    torch = pytest.importorskip("torch")
    plain: dict[str, Any] = {"prediction": P, "density": P, "fixations": P > 3, "other_fixations": P > 6, "baseline": P}
    protocols = ["standard", "unisal", "pysaliency"]
    wanted = score_protocols(**plain | {argument: plain[argument].astype(float)}, protocols=protocols)
    array = plain[argument].astype(np.float32)
    for taken in (torch.from_numpy(array).requires_grad_(), torch.from_numpy(array).bfloat16(), np.ma.array(array)):
        found = score_protocols(**plain | {argument: taken}, protocols=protocols)
        for name in protocols:
            assert found[name] == pytest.approx(wanted[name], rel=1e-12, nan_ok=True)
    with pytest.raises(InputError, match=f"^{argument} is a masked array: fill it"):
        score_protocols(**plain | {argument: np.ma.masked_greater(array, 0)}, protocols=protocols)
    nowhere = score_protocols(**plain | {"fixations": []}, protocols=protocols)
    assert all(np.isnan(nowhere[name]["nss"]) for name in protocols)
    assert all(np.isfinite(nowhere[name]["cc"]) for name in protocols)
