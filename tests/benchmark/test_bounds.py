from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import videosal
from videosal.benchmark.bounds import SMOOTHINGS, _log_likelihood, _smooth, choose_smoothing
from videosal.errors import DatasetError, InputError, RunError
from videosal.leaderboards import Leaderboard, score_human

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker

SIZE = (36, 64)
N_OBSERVERS = 6


@pytest.fixture
def watched(dhf1k_tree: TreeMaker, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of two videos whose observers look near a moving target, 3 pixels beside it on average."""
    root = dhf1k_tree((601, 602), n_frames=6, size=SIZE)
    data = videosal.load_dataset("dhf1k:val", root)

    def points(video: Any, frame: str) -> dict[str, np.ndarray]:
        generator = np.random.default_rng([int(video.name), int(frame)])
        target = np.array([10 + int(frame), 20 + 4 * int(frame)])
        found = np.rint(target + generator.normal(0, 3, (N_OBSERVERS, 2))).astype(np.int64)
        return {f"P{number}": point[None].clip(0, 35) for number, point in enumerate(found)}

    monkeypatch.setattr(type(data[0]), "observer_points", points)
    return root


def test_people_predict_people_far_above_chance(watched: Path, tmp_path: Path) -> None:
    run = score_human("dhf1k:val", watched, out=tmp_path / "human")
    summary = run.summary()["frame_mean"]
    assert summary["nss"] > 2
    assert summary["auc_judd"] > 0.85
    assert summary["cc"] > 0.3
    assert (run.summary()["n"][["nss", "cc", "kld"]] == 12).all()
    again = videosal.load_run(tmp_path / "human")
    assert again.complete
    assert again.frames.equals(run.frames)
    merged = videosal.merge_runs([tmp_path / "human"], tmp_path / "merged")
    assert merged.frames.equals(run.frames)
    assert merged.identity == run.identity


@pytest.mark.parametrize("folds", ["halves", "each"])
def test_the_draw_is_seeded(watched: Path, tmp_path: Path, folds: Any) -> None:
    runs = [
        score_human("dhf1k:val", watched, out=tmp_path / str(n), metrics=["nss"], folds=folds, seed=seed)
        for n, seed in enumerate((0, 0, 1))
    ]
    values = [run.frames["nss"].tolist() for run in runs]
    assert values[0] == values[1]
    assert (values[0] == values[2]) == (folds == "each")


def test_it_is_a_baseline_row_that_normalises(watched: Path, tmp_path: Path) -> None:
    human = score_human("dhf1k:val", watched, out=tmp_path / "human")
    center = videosal.run("center", "dhf1k:val", watched, out=tmp_path / "center")
    assert human.signature == center.signature
    board = Leaderboard.from_runs([center, human], normalise=True, columns=["nss"])
    assert [row.kind for row in board.table.rows] == ["baseline", "baseline"]
    assert [row.cells[1].text for row in board.table.rows] == ["0.00", "1.00"]
    assert "half of the observers predicted from the others" in board.to_markdown()


def test_the_smoothing_is_the_most_likely_of_the_candidates(watched: Path) -> None:
    data = videosal.load_dataset("dhf1k:val", watched)
    sigma = choose_smoothing(data)
    assert sigma in [share * SIZE[1] for share in SMOOTHINGS]
    assert 2 < sigma < 6  # observers scatter by 3 pixels


def test_the_likelihood_is_that_of_the_map() -> None:
    generator = np.random.default_rng(0)
    known, left = (np.stack([generator.integers(10, side - 10, 5) for side in SIZE], axis=1) for _ in range(2))
    density = _smooth(known, SIZE, 2.5)
    density = 0.99 * density / density.sum() + 0.01 / density.size
    expected = np.log(density[left[:, 0], left[:, 1]]).mean()
    assert _log_likelihood(SIZE, known, left, 2.5) == pytest.approx(expected, rel=1e-3)


def test_a_frame_with_one_observer_is_undefined(watched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(videosal.load_dataset("dhf1k:val", watched)[0])
    whole = kind.observer_points

    def points(video: Any, frame: str) -> Any:
        found = whole(video, frame)
        return found if frame != "0002" else dict(list((found or {}).items())[:1])

    monkeypatch.setattr(kind, "observer_points", points)
    run = score_human("dhf1k:val", watched, out=tmp_path / "human", metrics=["nss"])
    assert run.summary()["n_undefined"]["nss"] == 2


def test_wrong_input(watched: Path, tmp_path: Path, dhf1k_tree: TreeMaker) -> None:
    with pytest.raises(InputError, match="smoothing is 0"):
        score_human("dhf1k:val", watched, out=tmp_path / "a", smoothing=0)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(RunError, match="in use"):
        score_human("dhf1k:val", watched, out=tmp_path / "full")


def test_data_without_observers_is_refused(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not tell observers apart"):
        score_human("dhf1k:val", dhf1k_tree(), out=tmp_path / "human")
    assert not (tmp_path / "human").exists()


def test_real_gaze_of_dhf1k(shared: Path) -> None:
    data = videosal.load_dataset("dhf1k:train", shared / "samples" / "dhf1k-002-raw-gaze")
    if data[0].observer_points(data[0].frame_names[100]) is None:
        pytest.skip("this copy is not read with its observers")
    assert choose_smoothing(data) == pytest.approx(20)
