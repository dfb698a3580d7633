from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import videosal
from tests.benchmarks.human_bound import make_gaze, score_at_first
from tests.datasets.sets.test_dhf1k_gaze import write_gaze
from videosal.benchmark.bounds import SMOOTHINGS, _log_likelihood, choose_smoothing
from videosal.benchmark.scoring.human import Smoothing
from videosal.errors import DatasetError, InputError, RunError, TableError
from videosal.leaderboards import Leaderboard, compare_runs, score_human

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


@pytest.fixture
def gaze(tmp_path: Path) -> Path:
    """Raw gaze of two training videos of DIEM, without frames."""
    make_gaze(tmp_path / "gaze", videos=2, frames=6, viewers=7)
    return tmp_path / "gaze"


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
    parts, others = (set(run.signature.split("|")) for run in (human, center))
    assert parts - others == {"density=half of the observers, sum of Gaussians sigma 2.667 px"}
    assert not others - parts
    assert human.identity != center.identity
    with pytest.raises(TableError, match="against different densities"):
        compare_runs([human, center])
    board = Leaderboard.from_runs([center, human], normalise=True, columns=["nss"])
    assert [row.kind for row in board.table.rows] == ["baseline", "baseline"]
    assert [row.cells[1].text for row in board.table.rows] == ["0.00", "1.00"]
    assert [row.cells[0].signs for row in board.table.rows] == ["†", "¶†"]  # against a density of its own
    assert "half of the observers predicted from the others" in board.to_markdown()


def test_the_smoothing_is_the_most_likely_of_the_candidates(watched: Path) -> None:
    data = videosal.load_dataset("dhf1k:val", watched)
    sigma = choose_smoothing(data)
    assert sigma in [share * SIZE[1] for share in SMOOTHINGS]
    assert 2 < sigma < 6  # observers scatter by 3 pixels


def test_the_likelihood_is_that_of_the_map() -> None:
    generator = np.random.default_rng(0)
    known, left = (np.stack([generator.integers(10, side - 10, 5) for side in SIZE], axis=1) for _ in range(2))
    density = Smoothing(2.5, SIZE)(known).astype(float)
    density = 0.99 * density / density.sum() + 0.01 / density.size
    expected = np.log(density[left[:, 0], left[:, 1]]).mean()
    assert _log_likelihood(SIZE, known, left, 2.5) == pytest.approx(expected, rel=1e-3)


def test_other_gaze_of_the_observers_is_another_bound(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    root = dhf1k_tree((601, 602), n_frames=3, size=(360, 640))
    for trail in ("601", "602"):
        for number, observer in enumerate(("P01", "P02", "P03")):
            samples = [(t, 700.0 + 20 * number, 450.0, "Fixation") for t in (0, 34_000, 67_000)]
            write_gaze(root, observer, trail, samples)
    first = score_human("dhf1k:val", root, metrics=["nss"], out=tmp_path / "human")
    assert first.frames["nss"].notna().all()
    assert score_human("dhf1k:val", root, metrics=["nss"], out=tmp_path / "human").frames.equals(first.frames)
    write_gaze(root, "P02", "602", [(0, 300.0, 200.0, "Fixation")])
    with pytest.raises(RunError, match=r"gaze of the observers of video 0602 changed \(P02/P02_Trail602.txt\)"):
        score_human("dhf1k:val", root, metrics=["nss"], out=tmp_path / "human", smoothing=_smoothing_of(first))


def _smoothing_of(run: Any) -> float:
    return float(run.info["model_spec"]["options"]["smoothing"])


def test_a_frame_with_one_observer_is_undefined(watched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(videosal.load_dataset("dhf1k:val", watched)[0])
    whole = kind.observer_points

    def points(video: Any, frame: str) -> Any:
        found = whole(video, frame)
        return found if frame != "0002" else dict(list((found or {}).items())[:1])

    monkeypatch.setattr(kind, "observer_points", points)
    run = score_human("dhf1k:val", watched, out=tmp_path / "human", metrics=["nss"])
    assert run.summary()["n_undefined"]["nss"] == 2


def test_the_map_is_a_sum_of_gaussians() -> None:
    generator = np.random.default_rng(0)
    smooth = Smoothing(2.5, SIZE)
    for count in (1, 7):
        points = np.stack([generator.integers(0, side, count) for side in SIZE], axis=1)
        rows, columns = (points[:, axis, None, None] for axis in (0, 1))
        squared = (np.arange(SIZE[0])[:, None] - rows) ** 2 + (np.arange(SIZE[1]) - columns) ** 2
        np.testing.assert_allclose(smooth(points), np.exp(-squared / (2 * 2.5**2)).sum(axis=0), rtol=1e-6, atol=1e-14)


def test_scores_are_those_of_the_first_way(gaze: Path, tmp_path: Path) -> None:
    run = score_human("diem:train", gaze, out=tmp_path / "human", smoothing=40)
    for video in videosal.load_dataset("diem:train", gaze):
        found = run.frames[run.frames["video"] == video.name]
        for metric, values in score_at_first(video, 40).items():
            np.testing.assert_allclose(found[metric], values, rtol=1e-4, err_msg=metric)
    assert run.summary()["n"]["ig"] == 12
    assert run.summary()["n"]["sauc"] == 12


@pytest.mark.parametrize("folds", ["halves", "each"])
def test_workers_and_shards_give_the_same_bytes(gaze: Path, tmp_path: Path, folds: Any) -> None:
    def score(out: str, **how: Any) -> Path:
        return score_human("diem:train", gaze, metrics=["nss", "cc"], folds=folds, out=tmp_path / out, **how).path

    seen: list[tuple[int, int]] = []
    one = score("one", progress=lambda done, total, _: seen.append((done, total)))
    assert seen == [(6, 12), (12, 12)]
    videosal.merge_runs([score(f"part{n}", shard=f"{n}/2") for n in (1, 2)], tmp_path / "merged")
    for other in (score("two", workers=2), tmp_path / "merged"):
        assert (other / "scores.h5").read_bytes() == (one / "scores.h5").read_bytes()


def test_a_run_is_resumed(gaze: Path, tmp_path: Path) -> None:
    first = score_human("diem:train", gaze, metrics=["nss"], out=tmp_path / "human")
    again = score_human("diem:train", gaze, metrics=["nss"], out=tmp_path / "human")
    assert len(again.info["sessions"]) == 1
    assert again.frames.equals(first.frames)
    (tmp_path / "human/videos" / f"{again.info['videos'][0]}.json").unlink()
    (tmp_path / "human/scores.h5").unlink()
    more = score_human("diem:train", gaze, metrics=["cc"], out=tmp_path / "human")
    assert len(more.info["sessions"]) == 2
    assert more.frames["nss"].equals(first.frames["nss"])
    whole = score_human("diem:train", gaze, metrics=["nss", "cc"], out=tmp_path / "whole")
    assert more.frames["cc"].equals(whole.frames["cc"])
    with pytest.raises(RunError, match="differs in the options of the model"):
        score_human("diem:train", gaze, metrics=["nss"], out=tmp_path / "human", smoothing=7)
    for other in ({"folds": "each"}, {"smoothing": 7}):
        assert score_human("diem:train", gaze, metrics=["nss"], out=tmp_path / str(other), **other).signature not in (  # type: ignore[arg-type]
            first.signature,
            whole.signature,
        )


def test_wrong_input(watched: Path, tmp_path: Path, dhf1k_tree: TreeMaker) -> None:
    with pytest.raises(InputError, match="smoothing is 0"):
        score_human("dhf1k:val", watched, out=tmp_path / "a", smoothing=0)
    with pytest.raises(InputError, match="no maps to calibrate"):
        score_human("dhf1k:val", watched, out=tmp_path / "a", calibrate="train")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(RunError, match="in use"):
        score_human("dhf1k:val", watched, out=tmp_path / "full")


def test_data_without_observers_is_refused(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    root = dhf1k_tree()
    for smoothing in (None, 3.0):
        with pytest.raises(DatasetError, match="does not tell observers apart"):
            score_human("dhf1k:val", root, out=tmp_path / "human", smoothing=smoothing)
    assert not (tmp_path / "human").exists()


def test_real_gaze_of_dhf1k(shared: Path) -> None:
    data = videosal.load_dataset("dhf1k:train", shared / "samples" / "dhf1k-002-raw-gaze")
    if data[0].observer_points(data[0].frame_names[100]) is None:
        pytest.skip("this copy is not read with its observers")
    assert choose_smoothing(data) == pytest.approx(20)


def test_scores_of_real_gaze_of_dhf1k(shared: Path, tmp_path: Path) -> None:
    root = shared / "samples" / "dhf1k-002-raw-gaze"
    found = score_human("dhf1k:train", root, out=tmp_path / "human", metrics=["cc", "nss", "auc_judd"])
    # As it was before the maps were made in float32.
    expected = {"cc": 0.827735, "nss": 5.500470, "auc_judd": 0.971772}
    assert dict(found.summary()["frame_mean"]) == pytest.approx(expected, abs=2e-6)
