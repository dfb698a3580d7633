"""Measures what each convention moves, on the real images of the golden cases, for the table of docs/protocols.md.

``python -m tests.metrics.protocols.effects GOLDENS`` prints the rows; GOLDENS is the folder with ``cases``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from scipy.io import loadmat

from videosal.metrics import get_protocol, rescale_points, score_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from videosal.metrics import Protocol

    Given = tuple[Any, Any, Any, Any, Any]
    DriverFrame = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]

STANDARD = get_protocol("standard")
VINET_BLUR = get_protocol("vinet").maps.smoothing
STAVIS_BLUR = get_protocol("stavis-diem").maps.smoothing


@dataclass(frozen=True, slots=True)
class Effect:
    """One convention against that of ``standard``: what is said of it, and how to get it."""

    metric: str
    text: str
    changed: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    protocol: Protocol = STANDARD
    other: str = ""  # another metric to compare with


EFFECTS = (
    Effect("cc", "bilinear resize in place of MATLAB's bicubic", {"resize": "bilinear"}),
    Effect("cc", "cubic spline of SciPy (salicon)", {"resize": "zoom3"}),
    Effect("cc", "blur of 11x11, sigma 2, after resizing (vinet)", {"smoothing": VINET_BLUR}),
    Effect("cc", "blur of 13x13, sigma 2, before resizing (stavis-diem)", {"smoothing": STAVIS_BLUR}),
    Effect("cc", "all maps halved (salema)", {"grid": "half"}),
    Effect("nss", "standard deviation with ddof 0 in place of 1", {"nss_ddof": 0}),
    Effect("nss", "bilinear resize", {"resize": "bilinear"}),
    Effect("nss", "blur of vinet", {"smoothing": VINET_BLUR}),
    Effect("nss", "repeated fixations counted (salicon, aim2024)", {"repeats": True}),
    Effect("nss", "all maps halved (salema)", {"grid": "half"}),
    Effect("sim", "no subtraction of the minimum (unisal, pysaliency, msu)", {"sim_scale": "sum"}),
    Effect("sim", "bilinear resize", {"resize": "bilinear"}),
    Effect("sim", "blur of vinet", {"smoothing": VINET_BLUR}),
    Effect("kld", "1e-20 added to both maps (pysaliency)", {"kld_form": "added", "scale": "unit"}),
    Effect("kld", "blur of vinet", {"smoothing": VINET_BLUR}),
    Effect("kld", "bilinear resize", {"resize": "bilinear"}),
    Effect("ig", "nats in place of bits", {"ig_unit": "nats"}),
    Effect("ig", "no subtraction of the minimum", {"ig_scale": "sum"}),
    Effect("ig", "densities with 1e-20 added (pysaliency)", {"ig_scale": "added", "scale": "unit"}),
    Effect("auc_judd", "one run with jitter in place of the expectation", options={"seed": 0}),
    Effect("auc_judd", "no jitter, ties walked through (msu; salema's bug)", {"judd": "walk"}),
    Effect("auc_judd", "thresholds once each, four digits (unisal)", {"judd": "unique"}),
    Effect("auc_judd", "off-by-one of vinet and stsanet", options={"bug_compatible": True}, changed={"judd": "jitter"}),
    Effect("auc_judd", "blur of vinet", {"smoothing": VINET_BLUR}),
    Effect("auc_judd", "exact area (auc)", other="auc"),
    Effect("auc_borji", "one run of 100 splits in place of the expectation", options={"seed": 0}),
    Effect("auc_borji", "steps of 0.01 in place of 0.1 (salicon)", {"auc_steps": 100}),
    Effect("auc_borji", "largest value no threshold (salema)", {"auc_top": False}),
    Effect("auc_borji", "exact area (auc)", other="auc"),
    Effect("sauc", "one run of 100 splits in place of the expectation", options={"seed": 0}),
    Effect("sauc", "steps of 0.01 in place of 0.1 (salicon)", {"auc_steps": 100}),
    Effect("sauc", "exact area (sauc_exact; pysaliency)", other="sauc_exact"),
    Effect("sauc", "single precision (unisal)", {"single": True}),
    Effect("sauc", "own fixations are no negatives (stavis-diem, salicon)", {"sauc_drops_own": True}),
    Effect("sauc", "broken index of stsanet", options={"bug_compatible": True}),
    Effect("emd", "two sampling rules and signed mass (dhf1k, mit)", {"emd": "signed"}),
)


def cases(goldens: Path) -> Iterator[tuple[str, Given]]:
    """Yield the cases that are real images, with repeated points where the case has them."""
    for file in sorted((goldens / "cases").glob("*.npz")):
        if file.stem.startswith("edge"):
            continue
        with np.load(file) as arrays:
            fixations = arrays["fixmap"]
            if "fixcounts" in arrays:
                counts = arrays["fixcounts"]
                fixations = np.repeat(np.argwhere(counts), counts[counts > 0].astype(int), axis=0)
            yield file.stem, (arrays["pred"], arrays["densmap"], fixations, arrays["othermap"], arrays["baseline"])


def measure(effect: Effect, given: Given) -> float:
    """Return how far the convention moves the metric on one frame; NaN where it is undefined there."""
    changed = dict(effect.changed)
    if effect.options.get("bug_compatible"):
        changed["bugs"] = get_protocol("stsanet").bugs
    rules = effect.protocol.replace(**changed)
    name = effect.other or effect.metric
    other = _score(given, (name,), rules, **effect.options)[name]
    return other - _score(given, (effect.metric,), effect.protocol)[effect.metric]


def rows(goldens: Path) -> list[str]:
    """Return a row of the table for each effect: median and largest move, and where that is."""
    moves: list[list[tuple[float, str]]] = [[] for _ in EFFECTS]
    for case, given in cases(goldens):
        for found, effect in zip(moves, EFFECTS, strict=True):
            move = measure(effect, given)
            if not np.isnan(move):
                found.append((abs(move), case))
    return [row(effect, found) for effect, found in zip(EFFECTS, moves, strict=True)]


def row(effect: Effect, found: list[tuple[float, str]]) -> str:
    largest, case = max(found)
    median = float(np.median([move for move, _ in found]))
    return f"| `{effect.metric}` | {effect.text} | {_short(median)} | {_short(largest)} | {case} |"


def driver_frames(goldens: Path) -> list[tuple[str, DriverFrame]]:
    """Video, and prediction, density and fixations, of each frame of the set on which DHF1K's driver was run."""
    folder = goldens / "dhf1k_eval"
    order = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["frames_in_order"]
    found = []
    for frame in order:
        video, name = frame.split("/")
        truth = folder / "gt" / video
        fixations = loadmat(truth / "fixation" / "maps" / name.replace(".png", ".mat"))["I"]
        files = (folder / "pred" / video / name, truth / "maps" / name)
        prediction, density = (np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)) for file in files)
        found.append((video, (prediction, density, fixations)))
    return found


def set_rows(goldens: Path) -> list[str]:
    """Return a row for each convention about whole sets: the mean of the driver's set without it and with it."""
    frames = driver_frames(goldens)
    videos = np.array([video for video, _ in frames])
    plain = _table(frames, lambda mine, video: True)
    swapped = _table(frames, lambda mine, video: True, swap_axes=True)
    others = _table(frames, lambda mine, video: mine != video)
    same = _table(frames, lambda mine, video: mine == video, drop=True)
    found = [("sim", "empty frames deleted, where the driver keeps 0", plain["sim"], plain["sim"][plain["sim"] > 0])]
    found += [
        (name, "undefined counted as 0 (vinet-v2)", plain[name], np.nan_to_num(plain[name]))
        for name in _FIVE
        if name != "sim"
    ]
    for name in _FIVE:
        means = np.array([np.nanmean(plain[name][videos == video]) for video in np.unique(videos)])
        found.append((name, "mean of videos in place of frames", plain[name], means))
    found += [
        ("sauc", "axes swapped when points are rescaled (dhf1k's bug)", plain["sauc"], swapped["sauc"]),
        ("sauc", "negatives of other videos in place of the whole set", plain["sauc"], others["sauc"]),
        ("sauc", "negatives of the same video (stavis-diem)", plain["sauc"], same["sauc"]),
    ]
    return [f"| `{name}` | {text} | {np.nanmean(a):.4f} | {np.nanmean(b):.4f} |" for name, text, a, b in found]


def _table(
    frames: list[tuple[str, DriverFrame]],
    takes: Callable[[str, str], bool],
    *,
    swap_axes: bool = False,
    drop: bool = False,
) -> dict[str, Any]:
    """Score all frames under `dhf1k`, with negatives of the videos that `takes` allows."""
    rules = get_protocol("dhf1k").replace(sauc_drops_own=drop)
    scored = []
    for mine, (prediction, density, fixations) in frames:
        size = fixations.shape[0], fixations.shape[1]
        moved = [
            rescale_points(np.argwhere(mask), (mask.shape[0], mask.shape[1]), size, swap_axes=swap_axes)
            for video, (_, _, mask) in frames
            if takes(mine, video)
        ]
        pool = np.unique(np.concatenate(moved), axis=0)
        scored.append(_score((prediction, density, fixations, pool, None), _FIVE, rules))
    return {name: np.array([values[name] for values in scored]) for name in _FIVE}


def _score(given: Given, names: tuple[str, ...], rules: Protocol, **options: Any) -> dict[str, float]:
    *maps, others, baseline = given
    return score_frame(*maps, other_fixations=others, baseline=baseline, metrics=names, protocol=rules, **options)


_FIVE = ("cc", "nss", "sim", "auc_judd", "sauc")


def _short(move: float) -> str:
    return "0" if move < 1e-9 else f"{move:.1e}" if move < 1e-3 else f"{move:.4f}"


if __name__ == "__main__":
    print("\n".join([*rows(Path(sys.argv[1])), *set_rows(Path(sys.argv[1]))]))
