"""A result is what it says: what produced it may not change under it, and an earlier one is never replaced unasked."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from videosal.benchmark import load_run, merge_runs, run, score
from videosal.benchmark.runs import store
from videosal.datasets import load_dataset
from videosal.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker

METRICS = ["cc", "nss", "ig", "sauc"]
MODEL = """class MyModel:
    def predict(self, frames):
        for frame in frames:
            yield {sign}frame.mean(axis=2)
"""


@pytest.fixture
def scored(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> dict[str, Any]:
    """Arguments of a `score` that takes nothing from the network or the user's folders."""
    root = dhf1k_tree((601, 602, 603))
    maps = prediction_folder(load_dataset("dhf1k:val", root))
    out = tmp_path / "run"
    return {"predictions": maps, "dataset": "dhf1k:val", "root": root, "metrics": METRICS, "out": out}


@pytest.fixture
def live(dhf1k_tree: TreeMaker, tmp_path: Path) -> dict[str, Any]:
    """Arguments of a `run` of a model in a file."""
    file = tmp_path / "my_model.py"
    file.write_text(MODEL.format(sign=""))
    root = dhf1k_tree((601, 602))
    return {
        "model": f"{file}:MyModel",
        "dataset": "dhf1k:val",
        "root": root,
        "metrics": ["cc"],
        "out": tmp_path / "run",
    }


def touch_later(file: Path) -> None:
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


def write_map(file: Path, seed: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), np.random.default_rng(seed).integers(0, 256, (18, 32), np.uint8))


def test_an_edited_model_is_refused_by_the_name_of_its_file(live: dict[str, Any], tmp_path: Path) -> None:
    before = run(**live).summary().loc["cc", "frame_mean"]
    (tmp_path / "my_model.py").write_text(MODEL.format(sign="-"))
    with pytest.raises(RunError, match=r"differs in the code of the model \(my_model\.py was edited\): give --name"):
        run(**live)
    assert load_run(live["out"]).summary().loc["cc", "frame_mean"] == before
    after = run(**live, existing="overwrite").summary().loc["cc", "frame_mean"]
    assert after == pytest.approx(-before, abs=0.05)


def test_a_module_that_the_model_imports_counts(live: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("SIGN = 1\n")
    (tmp_path / "my_model.py").write_text("from helper import SIGN\n" + MODEL.format(sign="SIGN * "))
    run(**live)
    run(**live)
    (tmp_path / "helper.py").write_text("SIGN = -1\n")
    with pytest.raises(RunError, match=r"helper\.py was edited"):
        run(**live)


def test_other_options_and_weights_are_refused(live: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "my_model.py").write_text(
        "class MyModel:\n"
        "    def __init__(self, weights=None, gain: float = 1.0):\n"
        "        self.gain = gain\n"
        "    def predict(self, frames):\n"
        "        return (frame.mean(axis=2) * self.gain for frame in frames)\n"
    )
    for name in ("ep1.pth", "ep2.pth"):
        (tmp_path / name).write_text(name)
    run(**live, weights=str(tmp_path / "ep1.pth"))
    with pytest.raises(
        RunError, match=r"the weights \(ep1\.pth [0-9a-f]{8}, now ep2\.pth [0-9a-f]{8}\).*--name or --out"
    ):
        run(**live, weights=str(tmp_path / "ep2.pth"))
    with pytest.raises(RunError, match=r"the options of the model \(none, now gain=2\)"):
        run(**live, weights=str(tmp_path / "ep1.pth"), model_options={"gain": "2"})


def test_other_frames_are_refused(live: dict[str, Any]) -> None:
    run(**live)
    image = live["root"] / "annotation/0602/images/0001.png"
    cv2.imwrite(str(image), np.zeros((18, 32, 3), np.uint8))
    with pytest.raises(RunError, match="differs in the frames of the videos"):
        run(**live)


def test_an_edited_plug_in_is_refused(scored: dict[str, Any], tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    text = (
        "from videosal.metrics import register_metric\n"
        "@register_metric('of_resume', label='R', higher_is_better=True, needs=('density',), reference='here')\n"
        "def compute(prediction, density, fixations, other_fixations, baseline):\n"
        "    return {value}\n"
    )
    plugin.write_text(text.format(value="1.0"))
    options = {**scored, "metrics": ["cc", "of_resume"], "plugins": [plugin]}
    assert score(**options).summary().loc["of_resume", "frame_mean"] == 1
    plugin.write_text(text.format(value="2.0"))
    with pytest.raises(RunError, match=r"plugin\.py was edited"):
        score(**options)


@pytest.mark.parametrize("option", ["baseline", "negatives"])
def test_the_content_of_baseline_and_negatives_counts(scored: dict[str, Any], tmp_path: Path, option: str) -> None:
    file = tmp_path / "file.png"
    write_map(file, 1)
    before = score(**scored, **{option: file if option == "negatives" else str(file)})
    write_map(file, 2)
    with pytest.raises(RunError, match=rf"the {option} of (IG|sAUC) \(file\.png [0-9a-f]{{8}}, now file\.png"):
        score(**scored, **{option: file if option == "negatives" else str(file)})
    digits = before.signature.partition("file.png ")[2][:8]
    assert len(digits) == 8
    assert set(digits) <= set("0123456789abcdef")


def test_ground_truth_of_the_same_size_is_told_apart(scored: dict[str, Any]) -> None:
    densities = sorted((scored["root"] / "annotation/0602/maps").iterdir())
    for file in densities:
        image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        file.unlink()
        cv2.imwrite(str(file.with_suffix(".bmp")), image)
    score(**scored)
    file = densities[1].with_suffix(".bmp")
    size = file.stat().st_size
    cv2.imwrite(str(file), np.roll(cv2.imread(str(file), cv2.IMREAD_UNCHANGED), 5, axis=1))
    touch_later(file)
    assert file.stat().st_size == size
    with pytest.raises(RunError, match=r"the ground truth of video 0602 changed \(maps/0002\.bmp\)"):
        score(**scored)


def test_a_run_that_was_copied_with_its_maps_and_data_resumes(
    scored: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "videosal")
    first = score(**scored)
    elsewhere = tmp_path / "elsewhere"
    for key in ("predictions", "root", "out"):
        shutil.copytree(scored[key], elsewhere / scored[key].name, copy_function=shutil.copyfile)
        scored[key] = elsewhere / scored[key].name
    seen: list[str] = []
    again = score(**scored, progress=lambda done, total, video: seen.append(video))
    assert not seen
    assert again.frames.equals(first.frames)
    assert "3 of 3 videos kept from an earlier run" in caplog.text


def test_some_files_of_the_folder_are_scored_again(scored: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "videosal")
    score(**scored)
    write_map(scored["predictions"] / "0602/0001.png", 7)
    seen: list[str] = []
    score(**scored, progress=lambda done, total, video: seen.append(video))
    assert seen == ["0602"]
    assert "the maps of 1 video changed or were added and are scored again: 0602" in caplog.text
    assert "2 of 3 videos kept from an earlier run" in caplog.text


def test_every_file_of_the_folder_is_another_model(scored: dict[str, Any]) -> None:
    score(**scored)
    for number, file in enumerate(sorted(scored["predictions"].rglob("*.png"))):
        write_map(file, number)
    with pytest.raises(RunError, match=r"holds the scores of other maps: 9 of 9 maps are not what was scored"):
        score(**scored)


def test_maps_of_another_folder_do_not_replace_a_run(
    scored: dict[str, Any], prediction_folder: MapMaker, tmp_path: Path
) -> None:
    first, second = tmp_path / "a/maps", tmp_path / "b/maps"
    shutil.copytree(scored["predictions"], first)
    shutil.copytree(prediction_folder(load_dataset("dhf1k:val", scored["root"]), seed=5), second)
    before = score(**{**scored, "predictions": first}).frames
    with pytest.raises(RunError, match=r"maps of another folder \(.*/a/maps, now .*/b/maps\)"):
        score(**{**scored, "predictions": second})
    assert load_run(scored["out"]).frames.equals(before)


def test_maps_that_were_missing_and_metrics_go_on(scored: dict[str, Any]) -> None:
    file = scored["predictions"] / "0603/0002.png"
    content = file.read_bytes()
    file.unlink()
    assert not score(**{**scored, "metrics": ["cc"]}, allow_missing=True).complete
    file.write_bytes(content)
    whole = score(**scored)
    assert whole.complete
    assert whole.metrics == METRICS


def test_a_damaged_result_is_scored_again(scored: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    before = score(**scored).frames
    (scored["out"] / "videos/0602.json").write_text("{")
    (scored["out"] / "scores.h5").unlink()
    assert score(**scored).frames.equals(before)
    assert "0602.json is damaged" in caplog.text


def test_a_kill_while_scoring_again_leaves_a_run_that_reads_as_incomplete(scored: dict[str, Any]) -> None:
    score(**scored)
    for video in ("0601", "0602"):
        write_map(scored["predictions"] / video / "0001.png", 7)

    def kill(done: int, total: int, video: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(**scored, progress=kill)
    left = load_run(scored["out"])
    assert not left.complete
    assert set(left.frames["video"]) <= {"0601", "0602", "0603"} - {"0602"} | {"0601", "0603"}
    assert len(set(left.frames["video"])) == 1
    whole = score(**scored)
    assert whole.complete
    assert not (scored["out"] / store.SET_ASIDE).exists()


def test_results_of_another_model_in_the_folder_are_not_read(scored: dict[str, Any], tmp_path: Path) -> None:
    score(**scored)
    other = {**scored, "out": tmp_path / "other", "metrics": ["cc"], "protocol": "mit"}
    score(**other)
    shutil.copy(tmp_path / "other/videos/0602.json", scored["out"] / "videos/0602.json")
    left = load_run(scored["out"])
    assert not left.complete
    assert set(left.frames["video"]) == {"0601", "0603"}


def test_a_resume_that_scores_nothing_changes_nothing(scored: dict[str, Any]) -> None:
    score(**scored)
    before = (scored["out"] / "run.json").read_bytes()
    score(**scored)
    assert (scored["out"] / "run.json").read_bytes() == before
    (scored["out"] / "videos/0601.json").unlink()
    assert len(score(**scored).info["sessions"]) == 2


def test_a_run_of_an_earlier_version_is_read_and_not_resumed(scored: dict[str, Any]) -> None:
    import json

    before = score(**scored)
    info = json.loads((scored["out"] / "run.json").read_text())
    session = info.pop("sessions")[0]
    del info["identity"]
    (scored["out"] / "run.json").write_text(json.dumps({**info, **session, "schema": 1}))
    for file in (scored["out"] / "videos").iterdir():
        content = json.loads(file.read_text())
        for key in ("identity", "truth", "maps", "suite", "digest"):
            del content[key]
        file.write_text(json.dumps({**content, "inputs": {"the protocol": "x"}}))
    old = load_run(scored["out"])
    assert old.identity is None
    assert old.frames.equals(before.frames)
    assert old.info["sessions"][0]["versions"] == session["versions"]
    with pytest.raises(RunError, match="was made by an earlier version of videosal and cannot be resumed"):
        score(**scored)
    with pytest.raises(RunError, match="kept no identity"):
        merge_runs([scored["out"], scored["out"]], scored["out"].with_name("merged"))


def test_shards_of_two_models_do_not_merge(scored: dict[str, Any], prediction_folder: MapMaker, tmp_path: Path) -> None:
    first, second = tmp_path / "a/maps", tmp_path / "b/maps"
    shutil.copytree(scored["predictions"], first)
    shutil.copytree(prediction_folder(load_dataset("dhf1k:val", scored["root"]), seed=5), second)
    score(**{**scored, "predictions": first, "out": tmp_path / "one"}, shard="1/2")
    score(**{**scored, "predictions": second, "out": tmp_path / "two"}, shard="2/2")
    with pytest.raises(RunError, match="not parts of one run: they differ in the folder of the maps"):
        merge_runs([tmp_path / "one", tmp_path / "two"], tmp_path / "merged")
    score(**{**scored, "predictions": first, "out": tmp_path / "three"}, shard="2/2", sample=1)
    with pytest.raises(RunError, match=r"differ in the sample seed \(none, now 1\)"):
        merge_runs([tmp_path / "one", tmp_path / "three"], tmp_path / "merged")


def test_the_code_of_videosal_counts_for_a_resume_alone(
    scored: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = score(**scored)
    monkeypatch.setattr("videosal.benchmark.runs.identify.suite_digest", lambda: "another")
    with pytest.raises(RunError, match="the code of videosal"):
        score(**scored)
    two = score(**{**scored, "out": tmp_path / "later"})
    assert one.identity is not None
    assert two.identity is not None
    assert one.identity.column == two.identity.column
