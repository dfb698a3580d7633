from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.benchmark import load_run, score
from videosal.datasets import load_dataset
from videosal.datasets.files.images import read_map
from videosal.metrics import rescale_points, score_frame

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.conftest import MapMaker, TreeMaker
    from videosal.datasets import Dataset

DRIVER = {
    "nss": "NSS",
    "sim": "similarity",
    "cc": "CC",
    "auc_judd": "AUC_Judd",
    "auc_borji": "AUC_Borji",
    "sauc": "AUC_shuffled",
}


def moved(dataset: Dataset, size: tuple[int, int], *, swap_axes: bool) -> NDArray[np.int64]:
    """The fixations of all frames of a split, as DHF1K's driver brings them to one size."""
    points = []
    for video in dataset:
        for frame in video.frame_names:
            mask = video.fixations(frame)
            assert mask is not None
            points.append(rescale_points(np.argwhere(mask), video.size, size, swap_axes=swap_axes))
    return np.unique(np.concatenate(points), axis=0)


def test_dhf1k_swaps_the_axes_of_negatives_only_when_its_bugs_are_asked_for(
    tmp_path: Path, dhf1k_tree: TreeMaker, prediction_folder: MapMaker
) -> None:
    dhf1k_tree((601,), size=(40, 30))
    dataset = load_dataset("dhf1k:val", dhf1k_tree((602,), size=(20, 60)))
    maps = prediction_folder(dataset)
    found = {
        bugs: score(
            maps, "dhf1k:val", dataset.root, protocol="dhf1k", bug_compatible=bugs, out=tmp_path / f"run-{bugs}"
        )
        for bugs in (False, True)
    }
    wanted = [
        score_frame(
            read_map(maps / video.name / f"{frame}.png"),
            fixations=video.fixations(frame),
            other_fixations=moved(dataset, video.size, swap_axes=True),
            metrics=["sauc"],
        )["sauc"]
        for video in dataset
        for frame in video.frame_names
    ]
    assert found[True].frames["sauc"].to_list() == wanted
    assert found[False].frames["sauc"].to_list() != wanted


@pytest.mark.parametrize("protocol", ["pysaliency", "salicon"])
def test_image_benchmarks_take_the_fixations_of_all_other_frames_with_repeats(
    tmp_path: Path, prediction_folder: MapMaker, protocol: str
) -> None:
    dataset = load_dataset("sample:train")
    maps = prediction_folder(dataset)
    found = score(maps, "sample:train", protocol=protocol, metrics=["sauc"], out=tmp_path / "run")
    assert "|others=all other videos|" in found.signature
    wanted = []
    for video in dataset:
        points = [
            np.floor((other.fixation_points(frame) + 0.5) * (np.array(video.size) / np.array(other.size)))
            for other in dataset
            if other.name != video.name
            for frame in other.frame_names
        ]
        pool = np.concatenate(points).astype(int)
        assert len(pool) > len(np.unique(pool, axis=0))
        for frame in video.frame_names:
            given = {"fixations": video.fixation_points(frame), "other_fixations": pool, "protocol": protocol}
            saliency = read_map(maps / video.name / f"{frame}.png")
            wanted.append(score_frame(saliency, video.density(frame), **given, metrics=["sauc"])["sauc"])
    assert found.frames["sauc"].to_list() == wanted


def test_dhf1k_with_its_bugs_gives_the_figures_of_the_official_driver(shared: Path, tmp_path: Path) -> None:
    """Its set of ten frames in two sizes: it draws ten, so all of them, and `score` does as well."""
    golden = shared / "goldens" / "metrics" / "dhf1k_eval"
    figures: dict[str, Any] = json.loads((golden / "expected.json").read_text(encoding="utf-8"))
    for name, video in (("0601", "0601"), ("Diving-Side_001", "0602")):  # a name of DHF1K for a video of UCF Sports
        shutil.copytree(golden / "gt" / name, tmp_path / "dhf1k" / "annotation" / video)
        shutil.copytree(golden / "pred" / name, tmp_path / "maps" / video)
    out = tmp_path / "run"
    command: list[str | Path] = [sys.executable, "-m", "videosal", "score", tmp_path / "maps", "-d", "dhf1k:val"]
    command += ["--root", tmp_path / "dhf1k", "--out", out, "--metrics", ",".join(DRIVER)]
    subprocess.run([*command, "--protocol", "dhf1k", "--bug-compatible"], check=True, capture_output=True)
    run = load_run(out)
    means = run.summary()["frame_mean"]
    for name, key in DRIVER.items():
        scores, wanted = run.frames[name].dropna(), figures[key]
        if name in ("nss", "sim", "cc"):
            assert scores.to_list() == pytest.approx(wanted["per_frame_first_seed"], abs=1e-9)
            assert means[name] == pytest.approx(wanted["mean"], abs=1e-9)
        else:
            assert means[name] == pytest.approx(wanted["mean"], abs=wanted["std"])
