"""The run directory: ``run.json``, one result file per video, ``scores.h5`` and ``summary.json`` at the end.

Every file is written beside its place, flushed to disk and renamed, so a reader finds a whole file or none, and a kill
loses at most the video that was being scored.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from videosal.benchmark.runs.checks import DELETE, OVERWRITE, SPARE, check_info, check_summary, check_video, read_object
from videosal.benchmark.scoring.video_scores import VideoScores
from videosal.datasets.files.contents import FileStamp
from videosal.disk.folder_lock import LOCK, hold
from videosal.disk.sealed import seal
from videosal.disk.whole_file import make_folder, write_whole, write_whole_hdf5, write_whole_text
from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SCHEMA = 2  # 2: the identity of the run, and the files behind each result
INFO = "run.json"
SCORES = "scores.h5"
SUMMARY = "summary.json"
VIDEOS = "videos"
SET_ASIDE = "set-aside"  # results that no longer belong to the run, until it is whole again

_PART = re.compile(r"\..+\.\d+\.tmp")  # of `write_whole`

# What summary.json says of the run beside its videos, as run.json has it.
_SUMMARY_HEAD = (
    "name",
    "dataset",
    "split",
    "protocol",
    "signature",
    "aggregation",
    "metrics",
    "undefined_as",
    "identity",
    "notes",
    "finished",
)


@contextmanager
def new_run(run: Path) -> Iterator[None]:
    """Make and hold a run directory that is there whole or not at all: an attempt that fails leaves nothing.

    What an attempt leaves that was killed is replaced by the next.

    Raises
    ------
    RunError
        The directory is in use, or cannot be made.
    """
    if run.exists() and (not run.is_dir() or (run / INFO).exists() or foreign_entries(run)):
        raise RunError(f"{run} is in use: choose another --out")
    was_there = run.exists()
    make_folder(run)
    with hold(run, "scoring into"):
        clear(run)
        try:
            yield
        except BaseException:
            if was_there:
                clear(run)
            else:
                shutil.rmtree(run, ignore_errors=True)
            raise


def foreign_entries(run: Path) -> list[Path]:
    """Return what is in a folder without ``run.json`` and is nothing that a killed attempt to make a run leaves."""
    ours = (LOCK, VIDEOS)
    return [entry for entry in run.iterdir() if entry.name not in ours and not _PART.fullmatch(entry.name)]


def clear(run: Path) -> None:
    """Remove what a run directory holds, but not its lock."""
    for name in (SUMMARY, SCORES, INFO):
        (run / name).unlink(missing_ok=True)
    for name in (VIDEOS, SET_ASIDE):
        if (run / name).is_dir():
            shutil.rmtree(run / name)


def set_aside(run: Path, videos: Iterable[str]) -> None:
    """Move results that no longer belong to the run out of the way, so that a kill cannot leave them among others."""
    for video in videos:
        file = _video_file(run, video)
        if file.is_file():
            (run / SET_ASIDE).mkdir(exist_ok=True)
            file.replace(run / SET_ASIDE / file.name)
    drop_merged(run)


def drop_set_aside(run: Path) -> None:
    """Remove what `set_aside` moved."""
    shutil.rmtree(run / SET_ASIDE, ignore_errors=True)


def write_info(run: Path, info: dict[str, Any]) -> None:
    """Write ``run.json``."""
    write_whole_text(run / INFO, json.dumps({"schema": SCHEMA, **info}, indent=2) + "\n")


def read_info(run: Path) -> dict[str, Any]:
    """Read ``run.json``.

    Raises
    ------
    RunError
        The folder is no run, its file is damaged, or another version of the suite wrote it.
    """
    file = run / INFO
    if not file.is_file():
        what = f"has no {INFO}" if run.is_dir() else "does not exist"
        raise RunError(f"{run} is not a run: it {what}")
    info = read_object(file, OVERWRITE)
    schema = info.get("schema")
    if schema not in (1, SCHEMA):
        raise RunError(f"{file} has schema {schema}, this version reads 1 and {SCHEMA}: use a later one")
    return check_info(info if schema == SCHEMA else _modernise(info), file)


def write_video(run: Path, result: VideoScores) -> None:
    """Write the result of one video."""
    content = {column.name: getattr(result, column.name) for column in fields(result)}
    # JSON has no NaN; null keeps the file readable by everything.
    content["scores"] = {
        metric: [None if math.isnan(value) else value for value in values] for metric, values in result.scores.items()
    }
    for name in ("truth", "maps"):
        content[name] = [[stamp.name, stamp.size, stamp.time, stamp.content] for stamp in content[name]]
    file = _video_file(run, result.video)

    def write(part: Path) -> None:
        part.parent.mkdir(exist_ok=True)
        part.write_text(seal(content))

    write_whole(file, write)


def read_video(run: Path, video: str) -> VideoScores | None:
    """Read the result of one video; None where there is none."""
    file = _video_file(run, video)
    if not file.is_file():
        return None
    content = check_video(read_object(file, DELETE), file, video)
    content["scores"] = {
        metric: [math.nan if value is None else float(value) for value in values]
        for metric, values in content["scores"].items()
    }
    content["negatives"] = [(name, frame) for name, frame in content.get("negatives", ())]
    try:
        content.pop("inputs", None)  # of schema 1, which kept no identity
        content.setdefault("identity", "")
        for name in ("truth", "maps"):
            content[name] = [FileStamp(*stamp) for stamp in content.get(name, [])]
        return VideoScores(**content)
    except TypeError as error:  # a key of another version, or none that is needed
        raise RunError(f"{file} is damaged ({error}): {DELETE}") from error


def write_scores(run: Path, columns: dict[str, Any], attributes: dict[str, Any]) -> None:
    """Merge all results into ``scores.h5``: one array per column of `Run.frames`.

    Text is stored as UTF-8 bytes of fixed length. The file holds no times, so equal work gives equal bytes.
    """
    import numpy as np

    def fill(file: Any) -> Iterator[None]:
        for name, value in attributes.items():
            file.attrs[name] = _as_utf8(value).decode() if isinstance(value, str) else value
        for name, values in columns.items():
            array = np.asarray(values)
            if array.dtype.kind not in "fi":
                array = np.array([_as_utf8(value) for value in values], dtype=np.bytes_)
            file.create_dataset(f"frames/{name}", data=array)
            yield

    write_whole_hdf5(run / SCORES, fill)


def write_summary(run: Path, info: dict[str, Any], videos: dict[str, Any]) -> None:
    """Write what the frames of each video come to, after their results and ``scores.h5``."""
    head = {"schema": SCHEMA, **{key: info[key] for key in _SUMMARY_HEAD if key in info}}
    write_whole_text(run / SUMMARY, seal({**head, "videos": videos}))


def read_summary(run: Path, info: dict[str, Any]) -> dict[str, Any] | None:
    """Read the ``videos`` of ``summary.json``; None where there is none that is true of the results.

    It is not true where ``run.json`` says something else, where a video is missing, and where a result is newer.

    Raises
    ------
    RunError
        The file is damaged.
    """
    file = run / SUMMARY
    if not file.is_file():
        return None
    content = check_summary(read_object(file, SPARE), file)
    videos = content["videos"]
    files = {_video_file(run, video) for video in videos}
    written = file.stat().st_mtime_ns
    kept = set((run / VIDEOS).glob("*.json"))
    newer = any(result.stat().st_mtime_ns > written for result in kept)
    same = all(content.get(key) == info.get(key) for key in ("schema", *_SUMMARY_HEAD))
    return dict(videos) if same and kept == files and not newer else None


def drop_merged(run: Path) -> None:
    """Remove the merged files, which are about to become stale."""
    for name in (SCORES, SUMMARY):
        (run / name).unlink(missing_ok=True)


def _as_utf8(value: Any) -> bytes:
    return str(value).encode("utf-8", "backslashreplace")  # a name that is no text, as its escape


def _modernise(info: dict[str, Any]) -> dict[str, Any]:
    """Bring what schema 1 held to the form of today; it has no identity."""
    session = {key: info.pop(key, None) for key in ("versions", "commit", "command", "host", "started", "finished")}
    return {**info, "sessions": [session]}


def _video_file(run: Path, video: str) -> Path:
    return run / VIDEOS / f"{quote(video, safe=' ')}.json"
