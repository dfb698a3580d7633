from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import videosal
from tests.benchmarks.human_bound import make_gaze

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Invoke
    from tests.conftest import TreeMaker


def test_bounds_that_a_copy_does_not_allow_are_named(
    invoke: Invoke, dhf1k_tree: TreeMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = dhf1k_tree((1, 601, 602))
    monkeypatch.chdir(tmp_path)
    result = invoke("bounds", "-d", "dhf1k:val", "--root", root)
    assert result.exit_code == 1, result.exception
    for name in ("uniform", "center", "mean-map"):
        assert f"| {name} <sup>" in result.output
    assert "no human bound" in result.output
    assert (tmp_path / "runs/bounds/center/run.json").is_file()


def test_gaze_without_frames_has_every_bound(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_gaze(tmp_path / "gaze", videos=2, frames=4, viewers=6)
    arguments = ("bounds", "-d", "diem:train", "--root", "gaze", "--metrics", "nss,CC", "--workers", 2)
    result = invoke(*arguments)
    assert result.exit_code == 0, result.exception
    for name in ("uniform", "center", "mean-map", "human"):
        assert f"| {name} <sup>" in result.output
    assert "human: half of the observers predicted from the others, smoothed with a Gaussian of " in result.output
    assert "not against the density of the data set: density=half of the observers, sum of Gaussians " in result.output
    again = invoke(*arguments)
    assert again.output == result.output
    for path in (tmp_path / "runs/bounds").iterdir():
        assert len(json.loads((path / "run.json").read_text())["sessions"]) == 1, path  # the second one kept all
    normalised = invoke("table", *(tmp_path / "runs/bounds").iterdir(), "--normalise")
    assert normalised.exit_code == 0, normalised.exception
    assert "NSS norm." in normalised.output


def test_parts_of_bounds_are_merged(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_gaze(tmp_path / "gaze", videos=2, frames=4, viewers=6)
    arguments = ("bounds", "-d", "diem:train", "--root", "gaze", "--metrics", "nss")
    for shard in ("1/2", "2/2"):
        assert invoke(*arguments, "--shard", shard).exit_code == 0
    assert invoke(*arguments, "--out", "whole").exit_code == 0
    parts = sorted((tmp_path / "runs/bounds").glob("human-*-of-2"))
    assert invoke("merge", *parts, "--out", "merged").exit_code == 0
    assert (tmp_path / "merged/scores.h5").read_bytes() == (tmp_path / "whole/human/scores.h5").read_bytes()


def test_baselines_are_the_same_without_frames(invoke: Invoke, dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    root = dhf1k_tree((1, 601, 602))
    paths = {}
    for frames in (True, False):
        if not frames:
            for folder in root.glob("annotation/*/images"):
                shutil.rmtree(folder)
        for model in ("uniform", "center", "mean-map"):
            out = paths[model, frames] = tmp_path / f"{model}-{frames}"
            result = invoke("run", model, "-d", "dhf1k:val", "--root", root, "--out", out)
            assert result.exit_code == 0, result.exception
    for model in ("uniform", "center", "mean-map"):
        first, second = (videosal.load_run(paths[model, frames]) for frames in (True, False))
        assert first.frames.equals(second.frames)
        assert first.identity == second.identity
    lost = invoke("run", "motion", "-d", "dhf1k:val", "--root", root, "--out", tmp_path / "motion")
    assert "this copy has no frames, and running a model needs them" in str(lost.exception)


def test_wrong_input(invoke: Invoke, tmp_path: Path) -> None:
    assert "does not exist" in str(invoke("bounds", "-d", "dhf1k:val", "--root", tmp_path / "gone").exception)
