"""The doctor: what a copy of a data set holds, what it lacks, and what is broken in it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from videosal.datasets.catalogue import dataset_adapter
from videosal.datasets.doctor.findings import Finding, VideoCheck
from videosal.datasets.doctor.inspect_video import check_video
from videosal.datasets.layout_adapter import LayoutAdapter, has_truth
from videosal.datasets.sources.map_sources import DensityFiles, DensityVideo
from videosal.datasets.stored_video import StoredVideo
from videosal.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from videosal.datasets.layouts import LayoutMatch
    from videosal.datasets.records import Split, Video

Progress = Callable[[int, int, str], object]
_THREADS = 8  # most of the time goes into waiting for the disk


@dataclass(frozen=True, slots=True)
class SplitCheck:
    """Videos of one split.

    Attributes
    ----------
    name : str
        ``val``.
    found, expected : int, int or None
        Videos with ground truth (with frames, where the ground truth is withheld), and those of a full copy.
    missing, extra : tuple of str
        Names of videos that a full copy has and this one has not, and the other way round.
    """

    name: str
    found: int
    expected: int | None
    missing: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the doctor says.

    Attributes
    ----------
    dataset : str
        As it was asked for.
    root : Path
        The copy.
    layout : str
        Name of the detected layout.
    places : dict of str to tuple of str
        Where densities, fixations, frames and observers were found, as templates.
    splits, videos : tuple
        One entry each.
    findings : tuple of Finding
        All of them, those of the videos too.
    """

    dataset: str
    root: Path
    layout: str
    places: dict[str, tuple[str, ...]]
    splits: tuple[SplitCheck, ...]
    videos: tuple[VideoCheck, ...]
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that should be mended."""
        return tuple(finding for finding in self.findings if finding.severity == "problem")


def inspect_copy(
    dataset: str,
    root: str | Path | None = None,
    *,
    deep: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Inspection:
    """Look through a copy of a data set.

    Parameters
    ----------
    dataset : str
        ``dhf1k``, or ``dhf1k:val`` for one split; a split that is asked for is expected to be there.
    root : path, optional
        Folder of the copy; see `videosal.load_dataset`.
    deep : bool
        Decode every file, which finds damage inside files, maps that are all zero, fixation maps that are not binary,
        and images that disagree with the MATLAB file beside them. Otherwise files are judged by their first and last
        bytes.
    progress : callable, optional
        Called after each video with the frames done and in all, and the video's name.
    **options
        As for `videosal.load_dataset`.

    Returns
    -------
    Inspection

    Raises
    ------
    DatasetError
        The root is not there, or is no copy of the data set.
    InputError, UnknownNameError
        There is no such data set, split or option, or the data set has no declared layouts.
    """
    from pathlib import Path

    name, _, only = dataset.partition(":")
    adapter = dataset_adapter(name, **options)
    if not isinstance(adapter, LayoutAdapter):
        raise InputError(f"{name} does not declare its layouts, so it cannot be looked through")
    splits = [split for split in adapter.splits() if not only or split.name == only]
    if not splits:
        raise UnknownNameError.of(f"split of {name}", only, [split.name for split in adapter.splits()])
    folder = adapter.locate(Path(root).expanduser() if root is not None else None)
    copy = adapter.find(folder)
    checks, findings = _check_splits(adapter, copy, splits, asked=bool(only))
    videos = _check_videos(adapter, copy, splits, deep, progress)
    findings += [finding for video in videos for finding in video.findings]
    places = {kind: tuple(copy.templates(getattr(copy, kind))) for kind in _KINDS}
    return Inspection(dataset, folder, copy.layout.name, places, tuple(checks), tuple(videos), tuple(findings))


def videos_to_predict(inspection: Inspection, **options: Any) -> list[Video]:
    """Return the videos of which a model is to give maps: those with ground truth, or with frames where it is withheld.

    Parameters
    ----------
    inspection : Inspection
        Of the copy.
    **options
        As for `inspect_copy`.
    """
    name = inspection.dataset.partition(":")[0]
    adapter = dataset_adapter(name, **options)
    found: dict[str, Video] = {}
    for split in inspection.splits:
        for video in adapter.videos(split.name, inspection.root):
            if not isinstance(video, StoredVideo) or has_truth(video):
                found.setdefault(video.name, video)
            elif (source := video.frame_source) is not None:  # its frames have no maps, but the same names
                named = DensityVideo(source) if source.is_file() else DensityFiles([source])
                found.setdefault(video.name, replace(video, densities=named))
    return list(found.values())


_KINDS = ("densities", "fixations", "frames", "observers")


def _check_splits(
    adapter: LayoutAdapter, copy: LayoutMatch, splits: list[Split], *, asked: bool
) -> tuple[list[SplitCheck], list[Finding]]:
    checks, findings = [], []
    for split in splits:
        names = adapter.names_in(copy, split.name)
        found = [n for n in names if not split.ground_truth or has_truth(adapter.open(copy, n, split.name))]
        expected = adapter.expected(copy, split.name)
        units = dict.fromkeys(_unit(adapter, name, expected) for name in found)
        missing = tuple(name for name in expected if name not in units)
        extra = tuple(name for name in units if expected and name not in expected)
        checks.append(SplitCheck(split.name, len(units), len(expected) or split.videos, missing, extra))
        groups = {adapter.group(name) for name in found} | set(units)
        lost = [name for name in missing if name not in groups and adapter.group(name) not in groups]
        differ = [name for name in missing if name not in lost]
        severity: Literal["problem", "note"] = "problem" if asked or found else "note"
        kinds: tuple[tuple[Sequence[str], Literal["problem", "note"], str], ...] = (
            (lost, severity, "videos are missing"),
            (differ, "note", "videos are missing of those that another copy has, which was cut otherwise"),
            (extra, "note", "videos are no known ones"),
        )
        for concerned, level, text in kinds:
            if concerned:
                findings.append(Finding("videos", level, split.name, f"{len(concerned)} {text}", tuple(concerned)))
    findings += _check_absent(adapter, copy)
    if unnamed := tuple(str(path.relative_to(copy.root)) for path in copy.unnamed):
        text = f"{len(unnamed)} places have the form of a video and the name of none"
        findings.append(Finding("names", "problem", str(copy.root), text, unnamed))
    known = {name for split in adapter.splits() for name in adapter.names_in(copy, split.name)}
    if unknown := tuple(name for name in copy.videos if name not in known):
        text = f"{len(unknown)} videos belong to no split"
        findings.append(Finding("names", "problem", str(copy.root), text, unknown))
    return checks, findings


def _check_absent(adapter: LayoutAdapter, copy: LayoutMatch) -> list[Finding]:
    """Say what no video of the copy has."""
    where = str(copy.root)
    found = []
    if not copy.densities and copy.fixations:
        made = (
            f"they are made from the fixations: {adapter.recipe.text}" if adapter.recipe else "CC, SIM, KLD need them"
        )
        found.append(Finding("count", "note", where, f"the copy holds no density maps; {made}"))
    if not copy.fixations and copy.densities:
        text = "the copy holds no fixations, and NSS, the AUCs and IG need them"
        found.append(Finding("count", "problem", where, text))
    if not copy.frames:
        found.append(Finding("count", "note", where, "the copy holds no frames, and running a model needs them"))
    return found


def _unit(adapter: LayoutAdapter, name: str, expected: dict[str, int | None]) -> str:
    """Return what the counts are of: the video, or the group where these are counted."""
    group = adapter.group(name)
    return group if group in expected else name


def _check_videos(
    adapter: LayoutAdapter, copy: LayoutMatch, splits: list[Split], deep: bool, progress: Progress | None
) -> list[VideoCheck]:
    work = list(_list_work(adapter, copy, splits))
    weights = [expected or 1 for _, _, expected in work]
    done, checks = 0, []
    with ThreadPoolExecutor(_THREADS) as pool:
        results = pool.map(lambda item: check_video(adapter, copy, item[1], item[0], item[2], deep), work)
        for check, weight in zip(results, weights, strict=True):
            checks.append(check)
            done += weight
            if progress:
                progress(done, sum(weights), check.name)
    return checks


def _list_work(
    adapter: LayoutAdapter, copy: LayoutMatch, splits: list[Split]
) -> Iterator[tuple[Split, str, int | None]]:
    """Each video once, in the widest of the splits that share it."""
    seen: set[str] = set()
    for split in sorted(splits, key=lambda s: adapter.last_frame(s.name) is not None):
        expected = adapter.expected(copy, split.name)
        for name in adapter.names_in(copy, split.name):
            if name not in seen:
                seen.add(name)
                yield split, name, expected.get(name)
