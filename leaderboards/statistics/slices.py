"""Videos by attribute, and what a run says of a part of its videos."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.errors import FileError, InputError, TableError
from videosal.leaderboards.board.table import one_line
from videosal.leaderboards.statistics.sheets import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from videosal.leaderboards.board.run_like import RunLike

_log = logging.getLogger(__name__)
_NAMED = 5

# An attribute with more values than this is a measurement, not a class.
MAX_VALUES = 20
_YES = {"1", "yes", "y", "true", "x", "✓", "√", "1.0"}
_NO = {"", "0", "no", "n", "false", "-", "0.0"}


@dataclass(frozen=True, slots=True)
class VideoSlice:
    """The videos that share the value of an attribute.

    Attributes
    ----------
    name : str
        ``attribute`` where it holds or not, else ``attribute=value``.
    videos : frozenset of str
        Names as the file has them, without extension and padding.
    listed : frozenset of str
        All videos that the file has a line for.
    """

    name: str
    videos: frozenset[str]
    listed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _SliceCoverage:
    videos_found: int
    videos_expected: int | None
    frames_found: int
    frames_expected: int | None
    frames_scored: int


class SlicedRun:
    """A run, seen through the videos of one slice; it answers what a table asks of a run."""

    def __init__(self, run: RunLike, part: VideoSlice) -> None:
        table = run.frame_table
        videos = [video for video in table.by_video.means.index if _plain(video) in part.videos]
        self.frame_table = table.keep(videos)
        self.name, self.dataset, self.protocol = run.name, run.dataset, run.protocol
        self.signature, self.aggregation, self.metrics = run.signature, run.aggregation, run.metrics
        self.complete, self.partial, self.model = run.complete, run.partial, run.model
        self.n_runs = getattr(run, "n_runs", 1)
        self.info: Mapping[str, Any] = getattr(run, "info", {})
        self.identity: Any = getattr(run, "identity", None)
        self.split = f"{run.split} [{part.name}]"
        found = self.frame_table.by_video
        self.title = f"{run.title}, {part.name} ({len(videos)} {'video' if len(videos) == 1 else 'videos'})"
        n_frames, n_scored = int(found.status.to_numpy().sum()), int(found.with_map.sum())
        self.coverage = _SliceCoverage(len(videos), None, n_frames, None, n_scored)

    @property
    def frames(self) -> pd.DataFrame:
        """One row per frame of the slice."""
        return self.frame_table.frames

    def summary(self) -> pd.DataFrame:
        """Both means of each metric over the frames of the slice, as :meth:`videosal.Run.summary` has them."""
        return self.frame_table.summary()


def read_slices(path: str | Path) -> list[VideoSlice]:
    """Read which videos have which attributes.

    Parameters
    ----------
    path : path
        A CSV file or an Excel sheet (``.xlsx``, as DHF1K's attributes come). The first column names the video
        (``601``, ``0601`` and ``0601.AVI`` are one); every other column is an attribute, with marks (``1``,
        ``yes``, ``x``; empty, ``0`` or ``no`` for its absence) or classes (``indoor``, ``outdoor``).

    Returns
    -------
    list of VideoSlice
        In the order of the columns; classes in the order of their first video.

    Raises
    ------
    FileError
        The file cannot be read, has no attribute, names a video twice, or has a column of measurements.
    """
    file = Path(path).expanduser()
    rows = read_rows(file)
    if len(rows) < 2 or len(rows[0]) < 2:
        raise FileError(f"{file}: expected a line of headings (video, attribute, ...) and a line per video")
    if _plain(rows[0][0]).isdecimal() or _plain(rows[0][0]) != rows[0][0].strip().lower():
        raise FileError(
            f"{file}: begins with video {rows[0][0]}: add a line of headings above it (video, attribute, ...)"
        )
    names = [_plain(row[0]) for row in rows[1:]]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise FileError(f"{file}: video {min(repeated)} has more than one line")
    slices: list[VideoSlice] = []
    for at, heading in enumerate(rows[0][1:], start=1):
        values = [row[at].strip() if at < len(row) else "" for row in rows[1:]]
        slices += _slices_of(file, one_line(heading) or f"column {at + 1}", dict(zip(names, values, strict=True)))
    if not slices:
        raise FileError(f"{file}: no attribute holds for any video")
    return [replace(part, listed=frozenset(names)) for part in slices]


def slice_runs(runs: Sequence[RunLike], slices: Sequence[VideoSlice]) -> list[list[RunLike]]:
    """See the runs through each slice that holds videos of theirs, one list per slice.

    A warning names the videos that the file has no line for.

    Raises
    ------
    TableError
        No slice holds a video of the runs.
    InputError
        A run stands for several runs (seeds).
    """
    if any(getattr(run, "n_runs", 1) > 1 for run in runs):
        raise InputError("slices of several runs of one name are not offered: leave out --seeds or --by")
    found: list[list[RunLike]] = []
    for part in slices:
        seen = [SlicedRun(run, part) for run in runs]
        if any(run.coverage.videos_found for run in seen):
            found.append([run for run in seen if run.coverage.videos_found])
    if not found:
        raise TableError("no video of the runs is in the file of --by: its first column must name their videos")
    videos = dict.fromkeys(video for run in runs for video in run.frame_table.by_video.means.index)
    lacking = [video for video in videos if slices[0].listed and _plain(video) not in slices[0].listed]
    if lacking:
        shown = ", ".join(lacking[:_NAMED]) + (" and so on" if len(lacking) > _NAMED else "")
        _log.warning(
            "%d of %d videos have no line in the file of --by and are in no slice: %s", len(lacking), len(videos), shown
        )
    return found


def _slices_of(file: Path, heading: str, values: Mapping[str, str]) -> list[VideoSlice]:
    lowered = {value.lower() for value in values.values()}
    if lowered <= _YES | _NO:
        having = frozenset(name for name, value in values.items() if value.lower() in _YES)
        return [VideoSlice(heading, having)] if having else []
    classes = list(dict.fromkeys(value for value in values.values() if value))
    if len(classes) > MAX_VALUES:
        raise FileError(f"{file}: {heading} has {len(classes)} values: put measurements into at most {MAX_VALUES} bins")
    return [
        VideoSlice(f"{heading}={one_line(value)}", frozenset(name for name, found in values.items() if found == value))
        for value in classes
    ]


def _plain(name: object) -> str:
    """The name of a video without extension, padding, case and white space around it."""
    stem = re.sub(r"\.(avi|mp4|mkv|mov|mpg|mpeg|webm|0)$", "", str(name).strip().lower())
    return stem.lstrip("0") or "0" if stem.isdecimal() else stem
