"""The doctor on one video: counts, gaps, sizes, damage."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from videosal.datasets.doctor.findings import VideoCheck
from videosal.datasets.doctor.inspect_files import check_content, check_headers
from videosal.datasets.files.frame_files import numbered_files
from videosal.datasets.files.images import IMAGE_SUFFIXES
from videosal.datasets.files.video.video_files import VIDEO_SUFFIXES
from videosal.datasets.sources.gaze_points import PointFixations
from videosal.datasets.sources.map_sources import DensityFiles, FixationFiles, MadeDensities, Source
from videosal.errors import VideosalError

if TYPE_CHECKING:
    from videosal.datasets.doctor.findings import Kinds
    from videosal.datasets.layout_adapter import LayoutAdapter
    from videosal.datasets.layouts import LayoutMatch
    from videosal.datasets.records import Split
    from videosal.datasets.stored_video import StoredVideo

SHORT = 32  # frames of the clips that the field's networks take


def check_video(
    adapter: LayoutAdapter, copy: LayoutMatch, name: str, split: Split, expected: int | None, deep: bool
) -> VideoCheck:
    """Look through one video of a copy."""
    check = VideoCheck(name, split.name)
    try:
        video = adapter.open(copy, name, split.name)
        kinds = _list_kinds(video, check, deep)
        _check_kinds(copy, video, kinds, check, split)
        _check_counts(adapter, video, kinds, check, expected, split)
        check_headers(kinds, check)
        if check.size is None and check.first is not None:
            check.size = video.size
        if deep:
            check_content(kinds, video, check)
        _check_strays(adapter, video, copy, check)
        if not deep and (reason := video.odd_fixations()):
            check.problem("values", reason)
    except (VideosalError, OSError) as error:
        check.problem("damage", str(error))
    return check


def _list_kinds(video: StoredVideo, check: VideoCheck, deep: bool) -> Kinds:
    """List what there is of each kind, and count it."""
    kinds: Kinds = {}
    if isinstance(video.gaze, FixationFiles):
        kinds["fixations"], kinds["mats"] = _as_paths(video.gaze.images), _as_paths(video.gaze.mats)
    elif video.gaze is not None:
        kinds["fixations"] = _whole(video.gaze, check, deep)
    if isinstance(video.densities, DensityFiles):
        kinds["densities"] = _as_paths(video.densities.files)
    elif video.densities is not None and not isinstance(video.densities, MadeDensities):
        kinds["densities"] = _whole(video.densities, check, deep)
    source = video.frame_source
    if source is not None and source.is_dir():
        kinds["frames"] = _as_paths(numbered_files(source, IMAGE_SUFFIXES))
    elif source is not None:
        try:
            kinds["frames"] = dict.fromkeys(range(1, len(video.frames) + 1), source)
        except VideosalError as error:
            check.problem("damage", str(error))
    kinds = {kind: files for kind, files in kinds.items() if files}
    if video.last is not None:
        kinds = {k: {n: file for n, file in files.items() if n <= video.last + 1} for k, files in kinds.items()}
    for kind, files in kinds.items():
        setattr(check, kind, len(files))
    return kinds


def _as_paths(files: dict[int, str]) -> dict[int, Path]:
    return {number: Path(file) for number, file in files.items()}


def _whole(source: Source, check: VideoCheck, deep: bool) -> dict[int, Path]:
    """List the frames of a source that keeps them in one file; lists of points are only parsed where asked for."""
    paths = [Path(path) for path in source.paths()]
    empty = [path for path in paths if path.stat().st_size == 0]
    if empty:
        check.problem("damage", "files are empty (0 bytes)", [path.name for path in empty])
        return {}
    if isinstance(source, PointFixations) and not deep:
        return {}
    try:
        return dict.fromkeys(source.numbers, paths[0])
    except VideosalError as error:
        check.problem("damage", str(error))
        return {}


def _check_kinds(copy: LayoutMatch, video: StoredVideo, kinds: Kinds, check: VideoCheck, split: Split) -> None:
    """Say what the video lacks altogether of what other videos of the copy have."""
    points = isinstance(video.gaze, PointFixations)
    absent = {
        "density maps": split.ground_truth and bool(copy.densities) and "densities" not in kinds,
        "fixations": split.ground_truth
        and bool(copy.fixations)
        and not points
        and not {"fixations", "mats"} & set(kinds),
        "frames": bool(copy.frames) and "frames" not in kinds,
    }
    for what, lacking in absent.items():
        if lacking:
            check.problem("count", f"no {what}, which other videos of the copy have")


def _check_counts(
    adapter: LayoutAdapter, video: StoredVideo, kinds: Kinds, check: VideoCheck, expected: int | None, split: Split
) -> None:
    truth_kinds = [kind for kind in ("densities", "fixations", "mats") if kind in kinds]
    last = video.last
    truth = sorted({n for kind in truth_kinds for n in kinds[kind] if last is None or n <= last})
    if not truth:
        return
    check.first, check.last = truth[0], truth[-1]
    if gaps := sorted(set(range(truth[0], truth[-1] + 1)) - set(truth)):
        check.problem("gap", f"{len(gaps)} numbers are missing between {truth[0]} and {truth[-1]}", map(str, gaps))
    for kind in truth_kinds:
        if lacking := sorted(set(truth) - set(kinds[kind])):
            check.problem(
                "count", f"{len(lacking)} of {len(truth)} frames have no {_SINGULAR[kind]}", map(str, lacking)
            )
    if frames := kinds.get("frames"):
        if lacking := sorted(set(truth) - set(frames)):
            check.problem(
                "count", f"{len(lacking)} of {len(truth)} frames with ground truth have no image", map(str, lacking)
            )
        if surplus := sorted(set(frames) - set(truth)):
            text = f"{len(surplus)} of {len(frames)} images have no ground truth"
            inside = any(truth[0] < number < truth[-1] for number in surplus)
            (check.problem if inside else check.note)("count", text, map(str, surplus))
    if expected is not None and len(truth) != expected:
        text = f"{len(truth)} frames with ground truth, {expected} in the known copy"
        (check.problem if len(truth) < expected else check.note)("count", text)
    if truth[0] != 1 and adapter.group(video.name) == video.name:
        check.problem("gap", f"the first number is {truth[0]}, expected 1")
    if len(truth) < SHORT:
        check.note("short", f"{len(truth)} frames, shorter than a clip of {SHORT}")


_SINGULAR = {"densities": "density map", "fixations": "fixation map", "mats": "MATLAB file of fixations"}


def _check_strays(adapter: LayoutAdapter, video: StoredVideo, copy: LayoutMatch, check: VideoCheck) -> None:
    """Name the files in the video's folders that are no frame's."""
    known: set[str] = set()
    folders: set[Path] = set()
    if isinstance(video.densities, DensityFiles):
        known |= set(video.densities.files.values())
        folders |= set(video.densities.folders)
    if isinstance(video.gaze, FixationFiles):
        known |= {*video.gaze.images.values(), *video.gaze.mats.values()}
        folders |= set(video.gaze.folders)
    if (source := video.frame_source) is not None and source.is_dir():
        known |= set(numbered_files(source, IMAGE_SUFFIXES).values())
        folders.add(source)
    own = {folder.parent for folder in folders if _is_own_folder(folder.parent, video.name)}
    strays = []
    for folder in sorted(folders | own):
        with os.scandir(folder) as entries:
            found = sorted(entry.path for entry in entries if entry.path not in known and _is_file(entry))
        key = [path for path in found if folder in own - folders and adapter.is_key_frame(Path(path).name)]
        strays += [path for path in found if [path] != key]
    strays = [path for path in strays if os.path.splitext(path)[1].lower() not in VIDEO_SUFFIXES]  # noqa: PTH122
    if strays:
        text = "1 stray file" if len(strays) == 1 else f"{len(strays)} stray files"
        check.note("stray", f"{text}, no frame's", [os.path.relpath(path, copy.root) for path in strays])


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is no folder: hidden files and dead links are strays too."""
    try:
        return not entry.is_dir()
    except OSError:
        return True


def _is_own_folder(folder: Path, video: str) -> bool:
    """Whether a folder is the video's own, whatever the padding and the dashes of its name."""
    plain = [text.replace("_", "-").lstrip("0") for text in (folder.name, video)]
    return plain[0] == plain[1]
