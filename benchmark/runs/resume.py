"""What a run directory holds already: what of it stays, what is scored again, and when to refuse."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from videosal.benchmark.maps.matching.names import list_some
from videosal.benchmark.maps.reader import MapReader, one_per_file
from videosal.benchmark.maps.saved_maps import saved_stamps
from videosal.benchmark.runs import store
from videosal.benchmark.runs.identity import Identity, differences
from videosal.datasets.files.contents import stamp_file
from videosal.disk.safe_name import safe_name
from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from videosal.benchmark.maps.reader import MapRef
    from videosal.benchmark.plan import Job, Plan
    from videosal.benchmark.scoring.video_scores import VideoScores
    from videosal.datasets import Dataset, Video
    from videosal.datasets.files.contents import FileStamp

_log = logging.getLogger(__name__)

Existing = Literal["resume", "overwrite", "error"]
Compare = Literal["stat", "content"]

_WAY_OUT = "give --name or --out for a run of its own, or --existing overwrite"


@dataclass(slots=True)
class Work:
    """The videos of a run, sorted.

    Attributes
    ----------
    kept : dict of str to VideoScores
        Results that are true still; of some, metrics may be pending.
    pending : list of Job
        What is to be scored.
    stale : list of str
        Videos whose results no longer belong to the run.
    """

    kept: dict[str, VideoScores] = field(default_factory=dict)
    pending: list[Job] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)


def open_run(path: Path, existing: Existing) -> dict[str, Any] | None:
    """Return what ``run.json`` says of a run that is to go on; None where there is none, or it is to be replaced.

    Raises
    ------
    RunError
        There is one, and `existing` forbids to go on; or an earlier version made it, which kept no identity.
    """
    if not (path / store.INFO).exists():
        return None
    if existing == "error":
        raise RunError(f"{path} is a run already: choose another --out, or --existing resume or overwrite")
    if existing == "overwrite":
        return None
    info = store.read_info(path)
    if "identity" not in info:
        raise RunError(f"{path} was made by an earlier version of videosal and cannot be resumed: {_WAY_OUT}")
    return info


def sort_out(
    path: Path,
    info: dict[str, Any] | None,
    identity: Identity,
    plan: Plan,
    truth: Dataset,
    jobs: Sequence[Job],
    compare: Compare,
) -> Work:
    """Tell the results that are true still from the work that is left; nothing is changed on disk.

    Raises
    ------
    RunError
        The run directory holds another run: all that is there was computed from something else.
    """
    if info is None:
        return Work(pending=list(jobs))
    before = Identity.from_json(info["identity"])
    if found := differences(before, identity, "result"):
        raise RunError(f"{path} holds another run, which differs in {'; '.join(map(str, found))}: {_WAY_OUT}")
    stored = {job.video: result for job in jobs if (result := _read(path, job.video, identity)) is not None}
    _check_truth(path, truth, stored, compare)
    if plan.human is not None:
        _check_observers(path, truth, stored, compare)
    changed = _changed_maps(path, before, identity, jobs, stored, compare)
    work = Work()
    for job in jobs:
        result = stored.get(job.video)
        if result is None or job.video in changed or _is_lost(plan, result):
            work.pending.append(job)
            work.stale.append(job.video)
            continue
        work.kept[job.video] = result
        if new := tuple(metric for metric in job.metrics if metric not in result.scores):
            work.pending.append(replace(job, metrics=new))
    _say(path, work, changed, len(jobs))
    return work


def changed_files(
    before: Sequence[FileStamp], now: Sequence[FileStamp], content_of: Callable[[FileStamp], str], compare: Compare
) -> list[str]:
    """Name the files that changed or have gone; those that have come are none of them.

    Files of one size and time are the same, unless `compare` is ``content``; where only times differ, the content
    decides.
    """
    old, new = _by_name(before), _by_name(now)
    return [key[0] for key, stamp in old.items() if not _is_same(stamp, new.get(key), content_of, compare)]


def _is_same(old: FileStamp, new: FileStamp | None, content_of: Callable[[FileStamp], str], compare: Compare) -> bool:
    if new is None or old.size != new.size:
        return False
    return (compare == "stat" and old.time == new.time) or content_of(new) == old.content


def _by_name(stamps: Sequence[FileStamp]) -> dict[tuple[str, int], FileStamp]:
    """Key stamps by name; a name that occurs again, in another folder, by its place among its likes too."""
    counts: Counter[str] = Counter()
    found = {}
    for stamp in stamps:
        found[stamp.name, counts[stamp.name]] = stamp
        counts[stamp.name] += 1
    return found


def _read(path: Path, video: str, identity: Identity) -> VideoScores | None:
    """Read a result of this run; None where there is none, or it is damaged."""
    try:
        result = store.read_video(path, video)
    except RunError as error:
        _log.warning("%s; video %s is scored again", str(error).partition(":")[0], video)
        return None
    return result if result is not None and result.identity == identity.result else None


def _check_truth(path: Path, truth: Dataset, stored: Mapping[str, VideoScores], compare: Compare) -> None:
    """Refuse where the ground truth of a video is not what its result was computed from."""
    for video in truth:
        if video.name in stored:
            what = f"ground truth of video {video.name}"
            _refuse_changed(path, what, stored[video.name].truth, video.truth_files(), compare)


def _check_observers(path: Path, truth: Dataset, stored: Mapping[str, VideoScores], compare: Compare) -> None:
    """Refuse where the gaze of the observers of a video is not what its human bound was computed from."""
    for video in truth:
        if video.name in stored:
            what = f"gaze of the observers of video {video.name}"
            _refuse_changed(path, what, stored[video.name].maps, video.observer_files(), compare)


def _refuse_changed(
    path: Path, what: str, before: Sequence[FileStamp], now: Sequence[FileStamp], compare: Compare
) -> None:
    changed = changed_files(before, now, lambda stamp: stamp.with_content({}).content, compare)
    if changed or len(before) != len(now):
        where = changed[0] if changed else "more files than before"
        raise RunError(f"{path}: the {what} changed ({where}): {_WAY_OUT}")


def check_truth_stayed(truth: Dataset, results: Iterable[VideoScores], pack: FileStamp | None) -> None:
    """Refuse a run while which the ground truth changed, by the sizes and times of its files.

    Parameters
    ----------
    truth : Dataset
        As it lies there now.
    results : iterable of VideoScores
        Those that were scored just now.
    pack : FileStamp or None
        What the file that holds all of it was at the beginning, where the ground truth is packed.

    Raises
    ------
    RunError
        A file was replaced, or has gone.
    """
    pairs: Iterable[tuple[FileStamp | None, FileStamp | None]] = [(pack, stamp_pack(truth))]
    if pack is None:
        seen = {result.video: result.truth for result in results}  # once for all protocols, which share it
        pairs = (pair for name, stamps in seen.items() for pair in _looks(truth.video(name), stamps))
    for old, new in pairs:
        if old is None or new is None or (old.name, old.size, old.time) != (new.name, new.size, new.time):
            where = next((stamp.path or stamp.name for stamp in (new, old) if stamp is not None), str(truth.root))
            raise RunError(f"the ground truth {where} changed while it was scored: run again with --existing overwrite")


def _looks(video: Video, seen: Sequence[FileStamp]) -> Iterator[tuple[FileStamp | None, FileStamp | None]]:
    """Pair the files of a video, by place, with what they are now: as they were before all scoring, and were scored.

    To a worker elsewhere a file may lie elsewhere.
    """
    now = video.truth_files_now()
    for before in (video.truth_files(), seen):
        yield from zip_longest(before, now)


def stamp_pack(truth: Dataset) -> FileStamp | None:
    """Return by what the one file of a packed ground truth is known; None where it lies in a folder."""
    return stamp_file(str(truth.root)) if truth.root.is_file() else None


def _changed_maps(
    path: Path,
    before: Identity,
    now: Identity,
    jobs: Sequence[Job],
    stored: Mapping[str, VideoScores],
    compare: Compare,
) -> list[str]:
    """Name the videos whose maps are not what their results were computed from, maps that have come among them."""
    reader, changed, files, n_files = MapReader(), [], list[str](), 0
    for job in jobs:
        if job.files is None or job.video not in stored:
            continue
        refs, old = one_per_file(job.files.values()), stored[job.video].maps
        new = [ref.listed for ref in refs.values()]
        found = changed_files(old, new, partial(_content_of, reader, refs), compare)
        files += found
        n_files += len(old)
        if found or len(old) != len(new):
            changed.append(job.video)
    moved = f" of another folder ({before.folder}, now {now.folder})" if before.folder != now.folder else ""
    if files and (moved or len(files) == n_files):
        some = f"{len(files)} of {n_files} maps{moved} are not what was scored ({files[0]})"
        raise RunError(f"{path} holds the scores of other maps: {some}: {_WAY_OUT}")
    return changed


def _content_of(reader: MapReader, refs: Mapping[str, MapRef], stamp: FileStamp) -> str:
    return reader.stamp(refs[stamp.name], {}).content


def _is_lost(plan: Plan, result: VideoScores) -> bool:
    """Whether maps that a model should have saved are not there, or are not what it saved."""
    folder = plan.model.save_maps if plan.model else None
    if folder is None:
        return False
    now = saved_stamps(folder / safe_name(result.video), result.frames)
    changed = changed_files(result.maps, now, lambda stamp: stamp.with_content({}).content, "stat")
    return bool(changed) or len(result.maps) != len(now) or not now


def _say(path: Path, work: Work, changed: Sequence[str], total: int) -> None:
    if changed:
        what = "the maps of 1 video" if len(changed) == 1 else f"maps of {len(changed)} videos"
        _log.warning("%s changed or were added and are scored again: %s", what, list_some(changed))
    if work.kept:
        _log.info("%d of %d videos kept from an earlier run in %s", len(work.kept), total, path)
