from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal import datasets
from videosal.errors import DatasetError, FileError, ModelError
from videosal.models import center_map, create_model, iterate_predictions, prepare_model

if TYPE_CHECKING:
    from pathlib import Path

Video = Callable[..., Any]


def predict(name: str, frames: Any, **options: Any) -> list[Any]:
    return list(iterate_predictions(create_model(name, **options), frames))


@pytest.mark.parametrize("name", ["uniform", "center"])
def test_blind_baselines_read_one_frame_for_the_size(video: Video, name: str) -> None:
    frames = video(5, 18, 32)
    maps = predict(name, frames)
    assert [saliency.shape for saliency in maps] == [(18, 32)] * 5
    assert frames.reads == [0]
    assert predict(name, video(0)) == []


def test_uniform_is_ones(video: Video) -> None:
    np.testing.assert_array_equal(predict("uniform", video(3, 4, 6)), np.ones((3, 4, 6)))


@pytest.mark.parametrize("name", ["uniform", "center"])
def test_a_map_changed_in_place_leaves_the_next_alone(video: Video, name: str) -> None:
    expected = predict(name, video(1))[0]
    for saliency in iterate_predictions(create_model(name), video(3)):
        np.testing.assert_array_equal(saliency, expected)
        saliency *= 0


def test_center_is_the_gaussian_of_its_definition() -> None:
    found = center_map(9, 16, sigma=0.25)
    assert found.dtype == np.float32
    for row in range(9):
        for column in range(16):
            y, x = (row + 0.5) / 9 - 0.5, (column + 0.5) / 16 - 0.5
            expected = np.exp(-(x * x + y * y) / (2 * 0.25**2))
            assert found[row, column] == pytest.approx(expected, rel=1e-6)


def test_center_spreads_by_sigma_of_each_side() -> None:
    density = center_map(300, 500, sigma=0.1).astype(np.float64)
    density /= density.sum()
    rows, columns = (np.arange(300) + 0.5) / 300, (np.arange(500) + 0.5) / 500
    assert np.sqrt(density.sum(1) @ (rows - 0.5) ** 2) == pytest.approx(0.1, rel=1e-4)
    assert np.sqrt(density.sum(0) @ (columns - 0.5) ** 2) == pytest.approx(0.1, rel=1e-4)


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.01, 3))
def test_center_is_symmetric_and_highest_in_the_middle(height: int, width: int, sigma: float) -> None:
    found = center_map(height, width, sigma=sigma)
    np.testing.assert_array_equal(found, found[::-1])
    np.testing.assert_array_equal(found, found[:, ::-1])
    assert found.max() == found[height // 2, width // 2]


def test_center_takes_its_option(video: Video) -> None:
    np.testing.assert_array_equal(predict("center", video(1))[0], center_map(36, 64, sigma=0.2))
    np.testing.assert_array_equal(predict("center", video(1), sigma="0.1")[0], center_map(36, 64, sigma=0.1))


@pytest.mark.parametrize("name", ["center", "motion", "spectral-residual"])
@pytest.mark.parametrize("sigma", ["0", "-0.1", "nan", "inf"])
def test_sigma_must_be_positive(name: str, sigma: str) -> None:
    with pytest.raises(ModelError, match=f"model '{name}': option sigma={float(sigma)} is not a positive number"):
        create_model(name, sigma=sigma)


class Copy:
    """Stands for a data set."""

    def __init__(self, split: str, splits: tuple[str, ...]) -> None:
        self.name = "toy"
        self.full_name = f"toy:{split}"
        self.splits = splits

    def sibling(self, split: str) -> Copy:
        if split not in self.splits:
            raise DatasetError(f"toy has no split {split}")
        return Copy(split, self.splits)


@pytest.fixture
def averaged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stand in for mean_density; lists the data sets that were averaged."""
    seen: list[Any] = []

    def mean_density(dataset: Any) -> Any:
        seen.append(dataset)
        return np.arange(90 * 160, dtype=np.float64).reshape(90, 160) / (90 * 160 * (90 * 160 - 1) / 2)

    monkeypatch.setattr(datasets, "mean_density", mean_density, raising=False)
    return seen


def test_mean_map_is_the_mean_of_the_training_split(video: Video, averaged: list[Any]) -> None:
    model = create_model("mean-map")
    prepare_model(model, Copy("val", ("train", "val")))  # type: ignore[arg-type]
    assert [dataset.full_name for dataset in averaged] == ["toy:train"]
    frames = video(3)
    maps = list(iterate_predictions(model, frames))
    expected = np.arange(90 * 160).reshape(90, 160) / (90 * 160 * (90 * 160 - 1) / 2)
    assert len(maps) == 3
    assert maps[0].dtype == np.float32
    np.testing.assert_allclose(maps[2], expected, rtol=1e-6)
    assert frames.reads == []


def test_mean_map_without_a_training_split(averaged: list[Any]) -> None:
    with pytest.raises(ModelError, match=r"training split of toy .*map=FILE \(toy has no split train\)"):
        prepare_model(create_model("mean-map"), Copy("val", ("val",)))  # type: ignore[arg-type]
    assert averaged == []


def test_mean_map_says_when_it_knows_the_answers(averaged: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    prepare_model(create_model("mean-map"), Copy("val", ("train", "val")))  # type: ignore[arg-type]
    assert caplog.text == ""
    prepare_model(create_model("mean-map"), Copy("train", ("train",)))  # type: ignore[arg-type]
    assert "toy:train, the very split" in caplog.text
    assert len(averaged) == 2


def test_mean_map_unprepared(video: Video) -> None:
    with pytest.raises(ModelError, match=r"call prepare\(dataset\) first, or give map=FILE"):
        predict("mean-map", video(2))


@pytest.mark.parametrize("kind", ["npy", "png"])
def test_mean_map_from_a_file(video: Video, tmp_path: Path, averaged: list[Any], kind: str) -> None:
    saved = np.random.default_rng(0).integers(0, 256, (9, 16), dtype=np.uint8)
    path = tmp_path / f"mean.{kind}"
    if kind == "npy":
        np.save(path, saved)
    else:
        cv2.imwrite(str(path), saved)
    model = create_model("mean-map", map=str(path))
    prepare_model(model, Copy("val", ()))  # type: ignore[arg-type]
    np.testing.assert_array_equal(list(iterate_predictions(model, video(2))), [saved, saved])
    assert averaged == []


@pytest.mark.parametrize("bad", [[[0, 0]], [[-1, 2]], [[np.nan, 1]], [[np.inf, 1]]])
def test_mean_map_from_a_file_that_is_no_density(tmp_path: Path, bad: Any) -> None:
    np.save(tmp_path / "mean.npy", np.array(bad, np.float64))
    with pytest.raises(ModelError, match=r"mean\.npy: a mean map holds finite values"):
        create_model("mean-map", map=tmp_path / "mean.npy")


def test_mean_map_from_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"absent\.npy"):
        create_model("mean-map", map=tmp_path / "absent.npy")


@pytest.mark.parametrize("name", ["uniform", "center", "motion", "spectral-residual"])
def test_a_baseline_can_be_sent_to_another_process(video: Video, name: str) -> None:
    model = create_model(name)
    sent = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(list(iterate_predictions(sent, video(3))), list(iterate_predictions(model, video(3))))
