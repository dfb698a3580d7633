"""Reading a file of each kind to its last number, by the functions that the commands use."""

from __future__ import annotations

import shutil
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


RUNS = ("run", "result", "summary")  # kinds that are a file of a run directory


def read(kind: str, path: Path) -> dict[str, str]:
    """Read a file and return digests of what it holds, by name."""
    reader = next(function for start, function in _READERS.items() if kind.startswith(start))
    return {name: _digest(value) for name, value in reader(path).items()}


def _digest(value: Any) -> str:
    if not hasattr(value, "dtype"):
        return repr(value)
    array = np.ascontiguousarray(value)
    return f"{array.shape} {zlib.crc32(array.astype(array.dtype.newbyteorder('=')).tobytes()):08x}"


def _picture(path: Path) -> dict[str, Any]:
    from videosal.datasets.files.frame_files import file_size, read_map_file
    from videosal.datasets.files.headers import read_header
    from videosal.datasets.files.images import find_damage

    image = read_map_file(path)
    if path.suffix != ".mat":
        find_damage(path)
        if path.suffix != ".npy":
            read_header(path)
            file_size(path)
    return {"map": image}


def _frame(path: Path) -> dict[str, Any]:
    from videosal.datasets.files.images import read_rgb

    return {**_picture(path), "frame": read_rgb(path)}


def _matlab(path: Path) -> dict[str, Any]:
    from videosal.datasets.files.matlab import find_mat_damage, map_shape

    find_mat_damage(path)
    map_shape(path)
    return _picture(path)


def _stack(path: Path) -> dict[str, Any]:
    from videosal.benchmark.maps.sequences import open_sequence
    from videosal.benchmark.maps.trees import open_tree

    stack = open_sequence(open_tree(path.parent), path.name)
    return {str(index): stack.read(index) for index in range(min(len(stack), 50))}


def _archive(path: Path) -> dict[str, Any]:
    from videosal.benchmark.maps.trees import open_tree
    from videosal.datasets.files.images import decode_map

    tree = open_tree(path)
    names = [entry.name for entry in tree.entries()]
    return {name: decode_map(tree.read(name), tree.locate(name)) for name in names}


def _video(path: Path) -> dict[str, Any]:
    from videosal.datasets.files.frames import VideoFileFrames

    frames = VideoFileFrames(path)
    read = {str(index): frames[index] for index in range(min(len(frames), 20))}
    frames.close()
    return read | _stack(path)


def _checkpoint(path: Path) -> dict[str, Any]:
    from videosal.models.weights.checkpoint_files import read_checkpoint

    return {name: tensor.float().numpy() for name, tensor in read_checkpoint(path).items()}


def _npz(path: Path) -> dict[str, Any]:
    from videosal.models.zoo.deepvs.entry import read_variables

    return {name: tensor.numpy() for name, tensor in read_variables(path).items()}


def _keras(path: Path) -> dict[str, Any]:
    from videosal.models.weights.keras_files import read_keras

    return {f"{layer.name}/{kind}": array for layer in read_keras(path) for kind, array in layer.arrays.items()}


def _pack(path: Path) -> dict[str, Any]:
    from videosal.datasets import load_dataset

    found: dict[str, Any] = {}
    for video in load_dataset("dhf1k:val", path, check_pack=False):
        found[f"{video.name} mean"] = video.mean_density()
        for frame in video.frame_names:
            found[f"{video.name}/{frame}"] = video.density(frame)
            found[f"{video.name}/{frame} points"] = video.fixation_points(frame)
            video.fixations(frame)
    return found


def _points(path: Path) -> dict[str, Any]:
    from videosal.datasets.sets.avimos import read_points

    gaze = read_points((path,), (18, 32))
    return {"points": gaze.points, "ends": gaze.ends}


def _split(path: Path) -> dict[str, Any]:
    from videosal.datasets.sets.avimos import read_split_file

    return {name: sorted(videos) for name, videos in read_split_file(path.parent).items()}


def _origin(path: Path) -> dict[str, Any]:
    from videosal.benchmark.maps.origin import read_origin

    return {"origin": read_origin(path.parent)}


def _gaze(path: Path) -> dict[str, Any]:
    from videosal.datasets.sets.dhf1k_gaze import read_gaze

    return {"points": read_gaze((path,), (360, 640), 100).points}


def _events(path: Path) -> dict[str, Any]:
    from videosal.datasets.sets.diem_events import read_events

    return {"points": read_events((path,), (720, 1280), "drop").points}


def _rows(path: Path) -> dict[str, Any]:
    from videosal.leaderboards.statistics.sheets import read_rows

    return {"rows": read_rows(path)}


def _run(path: Path) -> dict[str, Any]:
    """Read a run of which one file is damaged; the others are those of the whole run."""
    from videosal import load_run

    kind = {"run.json": "run", "summary.json": "summary"}.get(path.name, "result")
    whole, folder = path.parents[1] / "whole" / kind, path.parent / "folder"
    if path.parent.name != "damaged":
        folder = next(parent for parent in path.parents if (parent / "run.json").is_file())
    else:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        shutil.copy(path, folder / ("videos" if kind == "result" else ".") / path.name)
    run = load_run(folder)
    return {"frames": run.frames.to_csv(), "summary": run.summary().to_csv(), "name": run.name}


def _bench(path: Path) -> dict[str, Any]:
    from videosal.benchmark.bench_file import read_bench_file

    return {"bench": read_bench_file(path)}


def _train(path: Path) -> dict[str, Any]:
    from videosal.models.training.config import read_config

    return read_config(path)


# By how a kind begins; the first that fits.
_READERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "png": _frame,
    "jpeg": _frame,
    "bmp": _frame,
    "tiff": _frame,
    "npy": _picture,
    "mat": _matlab,
    "stack": _stack,
    "zip": _archive,
    "tar": _archive,
    "video": _video,
    "pth": _checkpoint,
    "safetensors": _checkpoint,
    "npz": _npz,
    "keras": _keras,
    "pack": _pack,
    "points": _points,
    "split": _split,
    "origin": _origin,
    "gaze": _gaze,
    "events": _events,
    "csv": _rows,
    "xlsx": _rows,
    "run": _run,
    "result": _run,
    "summary": _run,
    "bench": _bench,
    "train": _train,
}
