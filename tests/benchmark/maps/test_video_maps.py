"""Maps and densities that are videos, held frame by frame against what the benches of NTIRE 2026 and CrowdSAL wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from videosal import load_dataset, score
from videosal.datasets.pack.packed import pack_dataset
from videosal.errors import InputError

if TYPE_CHECKING:
    from videosal.benchmark.runs.results import Run

pytest.importorskip("av")
CLIP = Path(__file__).parents[2] / "goldens" / "clip"
FIGURES: dict[str, dict[str, dict[str, list[float]]]] = json.loads((CLIP / "figures.json").read_text(encoding="utf-8"))
METRICS = ("cc", "nss", "sim", "auc_judd")
SINGLE = {"cc": 1e-6, "sim": 1e-6, "nss": 5e-6, "auc_judd": 1e-9}  # the bench computes in single precision
CROWDSAL_NAMES = {"clip_a": "3001", "clip_b": "3002", "clip_c": "3003"}


def score_clips(maps: Path, root: Path, split: str, protocol: str, out: Path, **options: Any) -> Run:
    return score(maps, f"avimos:{split}", root, protocol=protocol, bug_compatible=True, out=out, **options)


def tolerances(protocol: str, kind: str) -> dict[str, float]:
    if protocol == "crowdsal":
        return SINGLE
    return dict.fromkeys(METRICS, 1e-6 if kind.startswith("ffv1") else 1e-9)


def check(found: Any, wanted: dict[str, list[float]], allowed: dict[str, float]) -> None:
    for metric in METRICS:
        assert list(found[metric]) == pytest.approx(wanted[metric], abs=allowed[metric], rel=0), metric


@pytest.mark.parametrize("kind", FIGURES)
@pytest.mark.parametrize("protocol", ["crowdsal", "aim2024"])
def test_a_clip_gives_the_figures_of_the_bench(tmp_path: Path, kind: str, protocol: str) -> None:
    run = score_clips(CLIP / f"predictions_{kind}", CLIP, "public-test", protocol, tmp_path / "run")
    assert f"|luma={'png' if protocol == 'aim2024' else 'gray16'}|" in run.signature
    check(run.frames, FIGURES[kind][protocol], tolerances(protocol, kind))


@pytest.mark.parametrize("protocol", ["crowdsal", "aim2024", "standard"])
def test_a_pack_of_videos_gives_the_same_bits_under_every_rule(tmp_path: Path, protocol: str) -> None:
    pack = tmp_path / "clip.h5"
    pack_dataset(load_dataset("avimos:public-test", CLIP), pack)
    pack_dataset(load_dataset("avimos:public-test", pack), tmp_path / "again.h5")
    maps = CLIP / "predictions_8bit"
    wanted, *found = (
        score_clips(maps, root, "public-test", protocol, tmp_path / f"run-{root.name}").frames
        for root in (CLIP, pack, tmp_path / "again.h5")
    )
    for frames in found:
        pd.testing.assert_frame_equal(frames, wanted, check_exact=True)


def test_the_rule_moves_the_numbers(tmp_path: Path) -> None:
    """By as much as it did between the two benches, so that a rule that is not passed on shows."""
    frames = [
        score_clips(CLIP / "predictions_8bit", CLIP, "public-test", protocol, tmp_path / protocol).frames
        for protocol in ("crowdsal", "aim2024")
    ]
    assert 1e-3 < np.abs(frames[0]["sim"] - frames[1]["sim"]).max() < 4e-3
    assert 1e-3 < np.abs(frames[0]["nss"] - frames[1]["nss"]).max() < 7e-3


@pytest.mark.parametrize(("bench", "protocol"), [("crowdsal", "crowdsal"), ("ntire2026", "aim2024")])
def test_whole_trees_give_the_figures_of_the_benches(shared: Path, tmp_path: Path, bench: str, protocol: str) -> None:
    trees = shared / "goldens" / "metrics" / "crowdsal" / "e2e"
    kinds = sorted(file for file in (trees / bench / "expected").iterdir() if file.is_dir())
    assert len(kinds) == {"crowdsal": 7, "ntire2026": 9}[bench]
    for expected in kinds:
        allowed, maps = tolerances(protocol, expected.name), trees / "ntire2026" / f"predictions_{expected.name}"
        parts = []
        for split in ("public-test", "private-test"):
            run = score_clips(maps, trees / "ntire2026", split, protocol, tmp_path / expected.name / split)
            for clip, frames in run.frames.groupby("video"):
                name = CROWDSAL_NAMES[str(clip)] if bench == "crowdsal" else clip
                check(frames, json.loads((expected / f"{name}.json").read_text(encoding="utf-8")), allowed)
            if bench == "ntire2026":
                summary = json.loads((expected.parent / "summary.json").read_text(encoding="utf-8"))
                check_means(run.summary(), summary[expected.name][split.replace("-", "_")], allowed)
            parts.append(run.frames)
        if bench == "crowdsal":  # its bench scores both parts at once
            frames = pd.concat(parts)
            means = {
                "frame_mean": frames[list(METRICS)].mean(),
                "video_mean": frames.groupby("video")[list(METRICS)].mean().mean(),
            }
            overall = json.loads((expected / "overall.json").read_text(encoding="utf-8"))
            wanted = {"frame_mean": overall["frame_weighted"], "video_mean": overall["video_weighted"]}
            check_means(pd.DataFrame(means), wanted, allowed)


def check_means(found: pd.DataFrame, wanted: dict[str, Any], allowed: dict[str, float]) -> None:
    for mean in ("frame_mean", "video_mean"):
        for metric in METRICS:
            want = pytest.approx(wanted[mean][metric], abs=allowed[metric], rel=0)
            assert found.loc[metric, mean] == want, (mean, metric)


def test_crowdsal_takes_maps_of_another_size_for_an_error(shared: Path, tmp_path: Path) -> None:
    tree = shared / "goldens" / "metrics" / "crowdsal" / "e2e" / "ntire2026"
    message = r"^video clip_b, frame 0001: prediction has shape \(64, 36\) and the ground truth \(128, 72\)"
    with pytest.raises(InputError, match=message):
        score_clips(tree / "predictions_half_8bit", tree, "private-test", "crowdsal", tmp_path / "run")
