"""The end of an evaluation: what a reader should know, and all frames in one file."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.lossy import describe_loss
from videosal.benchmark.maps.matching.names import list_some
from videosal.benchmark.plan import CENTER
from videosal.benchmark.runs import store
from videosal.benchmark.runs.provenance import timestamp
from videosal.benchmark.runs.results import Run
from videosal.benchmark.scoring.video_scores import NON_FINITE, UNREADABLE, VideoScores
from videosal.datasets import Coverage
from videosal.datasets.files.contents import digest, digest_stamps
from videosal.metrics import get_protocol, metric_info

if TYPE_CHECKING:
    from pathlib import Path

_AREAS = ("auc_judd", "auc_borji", "auc")
_BACKWARDS = 0.2  # an AUC of maps that say the opposite
_NEARLY_ALL = 0.9
_MAPS = "|maps="  # the last part of a signature, known when the maps have been read


def finish_run(path: Path, info: dict[str, Any], results: list[VideoScores]) -> Run:
    """Complete ``run.json`` with what the results tell, and merge them into ``scores.h5``."""
    depth = _describe_depth(results)
    info = info | {
        "signature": f"{info['signature'].partition(_MAPS)[0]}{_MAPS}{depth}",
        "notes": [
            *_model_notes(info),
            *_dataset_notes(info),
            *info.get("map_notes", []),
            *map(describe_loss, info.get("lossy", [])),
            *_map_notes(results, depth),
        ],
        "finished": timestamp(),
    }
    if {result.video for result in results} == set(info["videos"]):
        contents = "\n".join(f"{result.video} {digest_stamps(result.truth)}" for result in results)
        info["identity"] = info["identity"] | {"contents": digest(contents.encode())}
    store.write_info(path, info)
    run = Run(path, info, results)
    run.merge()
    return run


def _model_notes(info: dict[str, Any]) -> list[str]:
    return (
        ["untrained: the weights of the network are random, and its maps mean nothing"] if info.get("untrained") else []
    )


def _dataset_notes(info: dict[str, Any]) -> list[str]:
    notes = list(info.get("dataset_notes", []))
    split = f"{info['dataset']}:{info['split']}"
    coverage = Coverage(**info["coverage"])
    alone = coverage.videos_found < 2
    if coverage.partial:
        notes.append(
            f"partial copy of {split}: {coverage.videos_found} of {coverage.videos_expected} videos, "
            f"{coverage.frames_found} of {coverage.frames_expected} frames"
        )
    elsewhere = info["negatives"] is not None or _negatives_of(info) != "other-videos"
    if "sauc" in info["metrics"] and alone and not elsewhere:
        notes.append(f"sauc is undefined: {split} holds one video here, and its negatives come from others")
    if "ig" in info["metrics"] and info["baseline"] == CENTER and alone:
        notes.append("ig is measured against a centre Gaussian: there is no other video to average")
    return notes


def _negatives_of(info: dict[str, Any]) -> str:
    """Whose fixations the protocol of a run takes as negatives; runs of earlier versions have its name alone."""
    return str((info.get("conventions") or get_protocol(info["protocol"]).to_json())["negatives"])


def _map_notes(results: list[VideoScores], depth: str) -> list[str]:
    notes = []
    for unusable, why in ((UNREADABLE, "are damaged"), (NON_FINITE, "hold NaN or infinity")):
        bad = [
            f"{result.video}/{frame}"
            for result in results
            for frame, status in zip(result.frames, result.status, strict=True)
            if status == unusable
        ]
        if bad:
            notes.append(f"{len(bad)} maps {why} and are not scored ({list_some(bad)})")
    constant = [f"{result.video}/{frame}" for result in results for frame in result.constant]
    if constant:
        notes.append(f"{len(constant)} maps have one value throughout, which says nothing ({list_some(constant)})")
    for metric in _AREAS:
        values = [value for result in results for value in result.scores.get(metric, ()) if not isnan(value)]
        below = sum(value < _BACKWARDS for value in values)
        if values and below >= _NEARLY_ALL * len(values):
            label = metric_info(metric).label
            notes.append(
                f"{label} is below {_BACKWARDS} in {below} of {len(values)} frames: the maps look inverted, "
                "dark where people look"
            )
            break
    if depth != "8bit":
        notes.append(f"maps are scored at their own depth ({depth}), not as 8-bit: KLD, IG and AUC-J can differ")
    return notes


def _describe_depth(results: list[VideoScores]) -> str:
    """Name the depth of the maps of a run for its signature."""
    names = {depth for result in results for depth in result.depths}
    if len(names) > 1:
        return "mixed"
    return {"uint8": "8bit", "uint16": "16bit"}.get(next(iter(names), "uint8"), "float")
