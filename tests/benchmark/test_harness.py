from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pandas as pd
import pytest

from videosal import load_run, run, score
from videosal.datasets import load_dataset
from videosal.datasets.files.images import read_map
from videosal.errors import (
    DatasetError,
    FileError,
    InputError,
    ModelError,
    PredictionError,
    RunError,
    UnknownNameError,
)
from videosal.metrics import get_protocol, list_protocols, score_frame

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset

ALL = ["cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc", "ig"]


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    return load_dataset("dhf1k:val", dhf1k_tree((601, 602, 603)))


@pytest.fixture
def scored(dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path) -> dict[str, Any]:
    """Arguments of a call of `score` that works."""
    return {
        "predictions": prediction_folder(dataset),
        "dataset": "dhf1k:val",
        "root": dataset.root,
        "out": tmp_path / "run",
    }


def test_one_row_per_ground_truth_frame(scored: dict[str, Any]) -> None:
    result = score(**scored)
    assert list(result.frames.columns) == ["video", "frame", *ALL, "status", "frame_index"]
    assert list(result.frames["video"]) == ["0601"] * 3 + ["0602"] * 3 + ["0603"] * 3
    assert list(result.frames["frame"]) == ["0001", "0002", "0003"] * 3
    assert list(result.frames["frame_index"]) == [0, 1, 2] * 3
    assert set(result.frames["status"]) == {"ok"}
    assert result.frames[ALL].notna().all(axis=None)
    assert result.complete
    assert result.partial  # three of a hundred videos
    assert result.name == "predictions-0"


def test_the_scores_are_those_of_score_frame(scored: dict[str, Any], dataset: Dataset) -> None:
    from videosal.datasets import draw_negatives

    row = score(**scored).frames.set_index(["video", "frame"]).loc[("0602", "0003")]
    video = dataset.video("0602")
    truth = video.ground_truth("0003")
    expected = score_frame(
        read_map(scored["predictions"] / "0602" / "0003.png"),
        truth.density,
        truth.fixations,
        other_fixations=draw_negatives(dataset, video).points,
    )
    assert {metric: row[metric] for metric in expected} == expected


def test_both_means_and_their_counts(scored: dict[str, Any]) -> None:
    blank = np.zeros((18, 32), np.uint8)
    for name in ("maps", "fixation"):
        cv2.imwrite(str(scored["root"] / "annotation/0601" / name / "0002.png"), blank)
    (scored["root"] / "annotation/0603/maps/0003.png").unlink()
    result = score(**scored)
    frames, summary = result.frames, result.summary()
    # An undefined metric is NaN in its own column alone; what the copy lacks is a status.
    assert frames["status"].value_counts().to_dict() == {"ok": 8, "no density": 1}
    at = frames.set_index(["video", "frame"])[["cc", "nss"]].isna()
    assert at.loc[("0601", "0002")].tolist() == [True, True]
    assert at.loc[("0603", "0003")].tolist() == [True, False]
    assert list(summary.index) == ALL
    assert list(summary.columns) == ["frame_mean", "video_mean", "n", "n_undefined", "n_by_map"]
    assert summary.loc["nss", ["n", "n_undefined"]].tolist() == [8, 1]
    assert summary.loc["cc", ["n", "n_undefined"]].tolist() == [7, 1]
    assert summary.loc["cc", "frame_mean"] == pytest.approx(frames["cc"].mean(), abs=1e-15)
    by_video = frames.groupby("video")["cc"].mean()
    assert summary.loc["cc", "video_mean"] == pytest.approx(by_video.mean(), abs=1e-15)
    assert summary.loc["cc", "video_mean"] != pytest.approx(summary.loc["cc", "frame_mean"], abs=1e-6)
    videos = result.videos.set_index("video")
    assert videos["n_frames"].tolist() == [3, 3, 3]
    pd.testing.assert_series_equal(videos["cc"], by_video)


def test_missing_maps_stop_the_run_before_it_starts(scored: dict[str, Any]) -> None:
    shutil.rmtree(scored["predictions"] / "0602")
    (scored["predictions"] / "0601/0003.png").unlink()
    with pytest.raises(PredictionError, match=r"4 of 9 maps are missing \(0601/0003, 0602/0001.*--allow-missing"):
        score(**scored)
    assert not scored["out"].exists()
    result = score(**scored, allow_missing=True)
    assert not result.complete
    assert result.count_status("missing") == 4
    frames = result.frames.set_index(["video", "frame"])
    assert frames.loc[("0601", "0003"), "status"] == "missing"
    assert frames.loc[("0601", "0003"), ALL].isna().all()
    assert frames.loc[("0601", "0002"), "status"] == "ok"
    assert result.summary().loc["cc", ["n", "n_undefined"]].tolist() == [5, 0]
    assert result.videos.set_index("video").loc["0602", "n_scored"] == 0
    assert not load_run(scored["out"]).complete


def test_unreadable_maps_are_like_missing_ones(scored: dict[str, Any]) -> None:
    cut = scored["predictions"] / "0602/0002.png"
    cut.write_bytes(cut.read_bytes()[:60])
    with pytest.raises(PredictionError, match=r"1 cannot be read \(.*0602/0002\.png is truncated"):
        score(**scored)
    result = score(**scored, allow_missing=True)
    assert result.frames.set_index(["video", "frame"]).loc[("0602", "0002"), "status"] == "unreadable"
    assert not result.complete


def test_extra_files_are_told_and_left_out(scored: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    shutil.copy(scored["predictions"] / "0601/0001.png", scored["predictions"] / "0601/0004.png")
    assert score(**scored).complete
    assert "match no frame of dhf1k:val and are left out: 0601/0004.png" in caplog.text


def test_a_map_with_nan_is_named_and_makes_the_run_incomplete(scored: dict[str, Any]) -> None:
    (scored["predictions"] / "0603/0001.png").unlink()
    np.save(scored["predictions"] / "0603/0001.npy", np.full((18, 32), np.nan))
    result = score(**scored)
    assert not result.complete
    assert result.count_status("non-finite") == 1
    assert any("1 maps hold NaN or infinity and are not scored (0603/0001)" in note for note in result.notes)
    assert result.summary().loc["kld", ["n", "n_undefined"]].tolist() == [8, 0]


def test_maps_without_information_are_scored_counted_and_named(scored: dict[str, Any]) -> None:
    (scored["predictions"] / "0603/0001.png").unlink()
    cv2.imwrite(str(scored["predictions"] / "0603/0001.png"), np.full((18, 32), 7, np.uint8))
    result = score(**scored)
    assert result.complete
    assert result.frames.set_index(["video", "frame"]).loc[("0603", "0001"), "cc"] == 0
    assert any("1 maps have one value throughout, which says nothing (0603/0001)" in note for note in result.notes)


def test_maps_of_another_depth_or_size_are_scored_and_noted(scored: dict[str, Any]) -> None:
    assert score(**scored).signature.endswith("|maps=8bit")
    for file in sorted(scored["predictions"].rglob("*.png")):
        cv2.imwrite(str(file), read_map(file).astype(np.uint16) * 257)
    deep = score(**scored, existing="overwrite")
    assert deep.signature.endswith("|maps=16bit")
    assert any("maps are scored at their own depth (16bit)" in note for note in deep.notes)
    for file in sorted(scored["predictions"].rglob("*.png")):
        cv2.imwrite(str(file), cv2.resize(read_map(file), (64, 48)))
    assert score(**scored, existing="overwrite").complete


def test_a_colour_map_is_refused_by_name(scored: dict[str, Any]) -> None:
    cv2.imwrite(str(scored["predictions"] / "0601/0002.png"), np.random.default_rng(0).integers(0, 256, (18, 32, 3)))
    with pytest.raises(FileError, match=r"0601/0002\.png: a colour image"):
        score(**scored)


def test_one_video_alone_has_no_sauc_and_says_why(dhf1k_tree: TreeMaker, prediction_folder: MapMaker) -> None:
    root = dhf1k_tree((601,))
    dataset = load_dataset("dhf1k:val", root)
    result = score(prediction_folder(dataset), "dhf1k:val", root, out=root.parent / "run")
    assert result.frames["sauc"].isna().all()
    assert result.frames["ig"].notna().all()
    assert set(result.frames["status"]) == {"ok"}
    assert result.complete
    assert any(note.startswith("sauc is undefined: dhf1k:val holds one video") for note in result.notes)
    assert any("centre Gaussian" in note for note in result.notes)
    assert "baseline=center" in result.signature


@pytest.mark.parametrize(
    ("protocol", "options"),
    [
        *((name, {}) for name in list_protocols() if get_protocol(name).negatives in ("same-video", "whole-set")),
        ("standard", {"negatives": True}),
    ],
)
def test_one_video_alone_has_sauc_where_its_negatives_come_from_elsewhere(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, protocol: str, options: dict[str, Any]
) -> None:
    root = dhf1k_tree((601,))
    if options:
        np.save(root.parent / "negatives.npy", np.eye(18, 32))
        options = {"negatives": root.parent / "negatives.npy"}
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    result = score(maps, "dhf1k:val", root, protocol=protocol, metrics=["sauc"], out=root.parent / "run", **options)
    assert result.frames["sauc"].notna().any()
    assert not any("sauc is undefined" in note for note in result.notes)


def test_the_same_command_again_skips_what_is_finished(
    scored: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def watch(done: int, total: int, video: str) -> None:
        seen.append(f"{video} {done}/{total}")

    score(**scored, progress=watch)
    first = (scored["out"] / "scores.h5").read_bytes()
    assert seen == ["0601 3/9", "0602 6/9", "0603 9/9"]
    (scored["out"] / "videos/0602.json").unlink()
    score(**scored, progress=watch)
    assert seen[3:] == ["0602 3/3"]
    assert (scored["out"] / "scores.h5").read_bytes() == first
    score(**scored, progress=watch)
    assert len(seen) == 4
    cv2.imwrite(str(scored["predictions"] / "0603/0001.png"), np.eye(18, 32, dtype=np.uint8) * 200)
    score(**scored, progress=watch)
    assert seen[4:] == ["0603 3/3"]
    assert "the maps of 1 video changed or were added and are scored again: 0603" in caplog.text
    assert (scored["out"] / "scores.h5").read_bytes() != first


def test_what_is_finished_can_be_read_before_the_end(scored: dict[str, Any]) -> None:
    score(**scored)
    (scored["out"] / "videos/0603.json").unlink()
    part = load_run(scored["out"])
    assert list(part.videos["video"]) == ["0601", "0602"]
    assert not part.complete
    for file in (scored["out"] / "videos").iterdir():
        file.unlink()
    with pytest.raises(RunError, match="holds no scored video yet"):
        load_run(scored["out"])


def test_a_run_directory_is_not_mixed_with_another(scored: dict[str, Any], tmp_path: Path) -> None:
    score(**scored)
    with pytest.raises(RunError, match=r"holds another run, which differs in the name \(predictions-0, now other\)"):
        score(**scored, name="other")
    with pytest.raises(RunError, match="is a run already"):
        score(**scored, existing="error")
    assert score(**scored, name="other", existing="overwrite").name == "other"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(RunError, match="is in use and is not a run"):
        score(**{**scored, "out": tmp_path / "mine"}, existing="overwrite")
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_any_number_of_workers_gives_the_same_bits(scored: dict[str, Any], tmp_path: Path) -> None:
    score(**scored)
    score(**{**scored, "out": tmp_path / "two"}, workers=2)
    assert (scored["out"] / "scores.h5").read_bytes() == (tmp_path / "two/scores.h5").read_bytes()


def test_an_error_in_a_worker_comes_out_as_it_is(scored: dict[str, Any]) -> None:
    cv2.imwrite(str(scored["predictions"] / "0602/0002.png"), np.random.default_rng(0).integers(0, 256, (18, 32, 3)))
    with pytest.raises(FileError, match=r"0602/0002\.png: a colour image"):
        score(**scored, workers=2)


def test_saved_maps_score_like_the_live_model(dataset: Dataset, tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    live = run("motion", "dhf1k:val", dataset.root, save_maps=maps, out=tmp_path / "live")
    saved = score(maps, "dhf1k:val", dataset.root, out=tmp_path / "saved")
    pd.testing.assert_frame_equal(live.frames, saved.frames, check_exact=True)
    assert live.signature == saved.signature
    assert live.kind == "model"
    assert live.model is not None
    assert saved.model == live.model
    shutil.rmtree(maps / "0602")
    run("motion", "dhf1k:val", dataset.root, save_maps=maps, out=tmp_path / "live")
    assert len(list((maps / "0602").iterdir())) == 3


def test_float_maps_are_scored_as_they_are_on_request(dataset: Dataset, tmp_path: Path) -> None:
    exact = run(
        "center", "dhf1k:val", dataset.root, save_maps=tmp_path / "maps", float_maps=True, out=tmp_path / "float"
    )
    assert exact.signature.endswith("|maps=float")
    saved = score(tmp_path / "maps", "dhf1k:val", dataset.root, out=tmp_path / "saved")
    pd.testing.assert_frame_equal(exact.frames, saved.frames, check_exact=True)
    coarse = run("center", "dhf1k:val", dataset.root, out=tmp_path / "8bit")
    assert not coarse.frames["kld"].equals(exact.frames["kld"])


def test_only_the_metrics_that_are_asked_for(scored: dict[str, Any]) -> None:
    result = score(**scored, metrics=["kld", "cc"])
    assert result.metrics == ["kld", "cc"]
    assert list(result.frames.columns) == ["video", "frame", "kld", "cc", "status", "frame_index"]


def test_the_baseline_of_ig_is_a_choice(scored: dict[str, Any], tmp_path: Path) -> None:
    values = {}
    np.save(tmp_path / "flat.npy", np.arange(12.0).reshape(3, 4) + 1)
    for baseline in ("mean-others", "center", str(tmp_path / "flat.npy")):
        result = score(**{**scored, "out": tmp_path / f"b{len(values)}"}, baseline=baseline, metrics=["ig"])
        assert f"baseline={baseline.rpartition('/')[2]}" in result.signature
        values[baseline] = result.summary().loc["ig", "frame_mean"]
    assert len(set(values.values())) == 3
    with pytest.raises(FileError, match=r"gone\.png"):
        score(**scored, baseline="gone.png")


def test_seeds_change_the_negatives_and_are_stored(scored: dict[str, Any], tmp_path: Path) -> None:
    first = score(**scored)
    other = score(**{**scored, "out": tmp_path / "seeded"}, seed=7)
    assert first.info["seed"] == 0
    assert other.info["seed"] == 7
    assert "others=10x other videos, seed 7" in other.signature


def test_wrong_names_are_told_before_any_work(scored: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError, match="unknown dataset 'dhf1k2'"):
        score(**{**scored, "dataset": "dhf1k2:val"})
    with pytest.raises(DatasetError, match="dhf1k:test has no public ground truth"):
        score(**{**scored, "dataset": "dhf1k:test"})
    with pytest.raises(UnknownNameError, match="unknown metric 'ncc'"):
        score(**scored, metrics=["ncc"])
    with pytest.raises(InputError, match="no metrics are given"):
        score(**scored, metrics=[])
    with pytest.raises(UnknownNameError, match="unknown protocol 'standart': did you mean standard"):
        score(**scored, protocol="standart")
    with pytest.raises(InputError, match="workers is 0"):
        score(**scored, workers=0)
    with pytest.raises(UnknownNameError, match="unknown model 'centre': did you mean center"):
        run("centre", "dhf1k:val", scored["root"], out=scored["out"])
    with pytest.raises(ModelError, match="weights"):
        run("center", "dhf1k:val", scored["root"], weights="w.pth", out=scored["out"])
    assert not scored["out"].exists()


def test_a_model_from_a_file_runs_in_workers_too(dataset: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import numpy as np\n"
        "class Rows:\n"
        "    def predict(self, frames):\n"
        "        for frame in frames:\n"
        "            yield frame.mean(axis=2).astype(np.float32)\n"
    )
    runs = [
        run(f"{file}:Rows", "dhf1k:val", dataset.root, workers=workers, out=tmp_path / f"w{workers}")
        for workers in (1, 2)
    ]
    assert runs[0].name == "Rows"
    pd.testing.assert_frame_equal(runs[0].frames, runs[1].frames, check_exact=True)


def test_provenance_is_stored(scored: dict[str, Any]) -> None:
    info = score(**scored).info
    for key in ("name", "kind", "dataset", "split", "root", "fingerprint", "protocol", "signature", "metrics", "seed"):
        assert info[key] is not None
    assert [session["versions"]["videosal"] for session in info["sessions"]]
    assert info["coverage"] == {
        "videos_found": 3,
        "videos_expected": 100,
        "frames_found": 9,
        "frames_expected": 60_273,
    }


def test_the_real_predictions_on_the_real_ground_truth(shared: Path, tmp_path: Path) -> None:
    root = shared / "samples/dhf1k-0601-aclnet"
    result = score(root / "output/train", "dhf1k:val", root, allow_missing=True, out=tmp_path / "run")
    assert result.frames["status"].value_counts().to_dict() == {"missing": 15, "ok": 5}
    summary = result.summary()
    assert summary.loc["cc", "n"] == 5
    assert summary.loc["sauc", "n"] == 0


def test_the_official_evaluation_of_dhf1k(shared: Path, tmp_path: Path) -> None:
    """Frame by frame what DHF1K's own driver gives on its video of the golden set."""
    import json

    folder = shared / "goldens/metrics/dhf1k_eval"
    expected = json.loads((folder / "expected.json").read_text())
    frames = score(folder / "pred", "dhf1k:val", folder / "gt", out=tmp_path / "run").frames
    assert frames["sauc"].isna().all()  # one video
    for metric, key in (("cc", "CC"), ("nss", "NSS")):
        golden = expected[key]["per_frame_first_seed"][:5]  # the driver drops the empty sixth frame
        np.testing.assert_allclose(frames[metric][:5], golden, rtol=0, atol=1e-9)
    np.testing.assert_allclose(frames["sim"][:5], expected["similarity"]["per_frame_first_seed"][:5], rtol=0, atol=1e-9)
    assert frames.loc[5, ["cc", "nss", "sim"]].isna().all()


def test_every_protocol_scores_with_the_negatives_it_names(scored: dict[str, Any], tmp_path: Path) -> None:
    from videosal.metrics import get_protocol, list_protocols

    signatures = set()
    for protocol in list_protocols():
        result = score(**{**scored, "out": tmp_path / f"under-{protocol}"}, protocol=protocol)
        rules = get_protocol(protocol)
        assert result.metrics == list(rules.default_metrics)
        assert result.aggregation == rules.aggregation
        defined = result.summary()["n"].drop("kld", errors="ignore")  # log 0 where a protocol adds nothing to it
        assert (defined == 9).all(), (protocol, defined)
        signatures.add(result.signature)
    assert len(signatures) == len(list_protocols())
    with pytest.raises(InputError, match="protocol 'stsanet' does not define metric 'emd'"):
        score(**scored, protocol="stsanet", metrics=["emd"])


def test_negatives_of_the_same_video_leave_out_the_own_frame(scored: dict[str, Any], dataset: Dataset) -> None:
    video = dataset.video("0602")
    row = score(**scored, protocol="stavis-diem").frames.set_index(["video", "frame"]).loc[("0602", "0002")]
    others = np.zeros(video.size, bool)
    for frame in ("0001", "0003"):
        others |= video.fixations(frame)  # type: ignore[arg-type]
    own = video.fixations("0002")
    assert own is not None
    expected = score_frame(
        read_map(scored["predictions"] / "0602" / "0002.png"),
        video.density("0002"),
        own,
        other_fixations=others & ~own,
        protocol="stavis-diem",
    )
    assert row["sauc"] == expected["sauc"]


def test_negatives_from_a_file(scored: dict[str, Any], tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "shuffle.png"), np.eye(18, 32, dtype=np.uint8) * 255)
    given = score(**scored, negatives=tmp_path / "shuffle.png")
    assert "others=shuffle.png" in given.signature
    drawn = score(**{**scored, "out": tmp_path / "drawn"})
    assert not given.frames["sauc"].equals(drawn.frames["sauc"])
    assert given.frames["cc"].equals(drawn.frames["cc"])


def test_sampled_scores_are_the_same_in_every_process(scored: dict[str, Any], tmp_path: Path) -> None:
    one = score(**scored, sample=3)
    two = score(**{**scored, "out": tmp_path / "two"}, sample=3, workers=2)
    other = score(**{**scored, "out": tmp_path / "other"}, sample=4)
    exact = score(**{**scored, "out": tmp_path / "exact"})
    assert one.frames.equals(two.frames)
    assert not one.frames["sauc"].equals(other.frames["sauc"])
    np.testing.assert_allclose(one.frames["cc"], exact.frames["cc"], rtol=0, atol=1e-12)
    assert one.frames["sauc"].mean() == pytest.approx(exact.frames["sauc"].mean(), abs=0.05)
    assert len({one.signature, other.signature, exact.signature}) == 3


def test_undefined_values_count_as_zeros_where_the_protocol_says_so(scored: dict[str, Any], tmp_path: Path) -> None:
    blank = np.zeros((18, 32), np.uint8)
    for name in ("maps", "fixation"):
        cv2.imwrite(str(scored["root"] / "annotation/0601" / name / "0002.png"), blank)
    zero = score(**scored, protocol="vinet-v2", metrics=["nss"])
    deleted = score(**{**scored, "out": tmp_path / "b"}, protocol="vinet", metrics=["nss"])
    assert zero.summary().loc["nss", ["n", "n_undefined"]].tolist() == [8, 1]
    values = zero.frames["nss"]
    assert values.isna().sum() == 1
    assert zero.summary().loc["nss", "frame_mean"] == pytest.approx(values.sum() / 9, rel=1e-12)
    assert deleted.summary().loc["nss", "frame_mean"] == pytest.approx(deleted.frames["nss"].mean(), rel=1e-12)


def test_a_calibration_is_fitted_on_other_videos_and_stored(
    dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path
) -> None:
    root = dhf1k_tree((1, 2, 601, 602))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    with pytest.raises(PredictionError, match="holds no map of 2 videos"):
        score(maps, "dhf1k:val", root, calibrate="train", out=tmp_path / "a")
    prediction_folder(load_dataset("dhf1k:train", root))
    plain = score(maps, "dhf1k:val", root, out=tmp_path / "plain")
    fitted = score(maps, "dhf1k:val", root, calibrate="train", out=tmp_path / "fitted")
    assert "calibrated=dhf1k:train" in fitted.signature
    assert fitted.info["calibration"]["n_frames"] == 6
    assert plain.info["calibration"] is None
    assert not fitted.frames["kld"].equals(plain.frames["kld"])
    with pytest.raises(InputError, match="have 2 videos in common"):
        score(maps, "dhf1k:val", root, calibrate="val", out=tmp_path / "b")
    live = run("center", "dhf1k:val", root, calibrate="train", out=tmp_path / "live")
    assert "calibrated=dhf1k:train" in live.signature


def test_a_data_set_option_is_part_of_the_run(scored: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="unit"):
        score(**scored, dataset_options={"unit": "clip"})
