"""On-disk layouts as declarations, and the search for the one that fits a folder.

A layout says with a few templates where a copy keeps its frames, densities and fixations. In a template, ``{video}``
stands for the name of a video in any spelling that its data set knows, ``{folder}`` for any folder, and ``*`` for any
text within a name; a name that begins with a dot never fits. A template ends in the folder that holds one file per
frame, or in a file that holds all frames, which is told by the dot in its name.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from videosal.datasets.files.images import natural_key
from videosal.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    VideoName = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a kind of copy keeps things.

    Attributes
    ----------
    name : str
        What the copy is called in messages.
    densities, fixations : tuple of str
        Templates of the ground truth. All that are found count: fixations as images and as MATLAB files, say.
    frames : tuple of str
        Templates of the frames, folders of images or video files; the first that is found counts.
    observers : tuple of str
        Templates of files that tell the observers apart, beside fixations that do not.
    """

    name: str
    densities: tuple[str, ...] = ()
    fixations: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()

    @property
    def truth(self) -> tuple[str, ...]:
        """Templates of the ground truth."""
        return self.densities + self.fixations


FoundByVideo = dict[str, list["Found"]]  # by the name of the video, in the order of the templates


class Found(NamedTuple):
    """A folder or file that a template found."""

    path: Path
    template: str


@dataclass(frozen=True, slots=True)
class LayoutMatch:
    """A layout and what it found in a folder.

    Attributes
    ----------
    root : Path
        The folder.
    layout : Layout
        The one that fits.
    densities, fixations, frames, observers : dict
        Per video, the places of each.
    unnamed : tuple of Path
        Folders and files where a video of the data set should be, with a name that is none.
    """

    root: Path
    layout: Layout
    densities: FoundByVideo
    fixations: FoundByVideo
    frames: FoundByVideo
    observers: FoundByVideo
    unnamed: tuple[Path, ...] = field(default=())

    @property
    def videos(self) -> list[str]:
        """Names of all videos of which anything was found, in the order of their numbers."""
        return sorted({*self.densities, *self.fixations, *self.frames}, key=natural_key)

    def templates(self, places: FoundByVideo) -> list[str]:
        """The templates that found something that no earlier one had found."""
        found: dict[str, None] = {}
        for some in places.values():
            first = {place.path: place.template for place in reversed(some)}
            found |= dict.fromkeys(reversed(first.values()))
        return list(found)


# Shared by the image-based releases. ACLNet, STRA-Net and STSANet's loaders expect PER_SPLIT (the frames may lie in
# another folder than the ground truth), ViNet's ONE_SPLIT, SalEMA's BY_KIND.
_FRAMES = ("{folder}/{video}/images", "{folder}/{video}/frames", "frames/{video}", "video/{video}", "video/{video}.*")
PER_SPLIT = Layout(
    "a folder per split, with a folder per video (ACLNet, STRA-Net, STSANet)",
    densities=("{folder}/{video}/maps",),
    fixations=("{folder}/{video}/fixation", "{folder}/{video}/fixations", "{folder}/{video}/fixation/maps"),
    frames=_FRAMES,
)
ONE_SPLIT = Layout(
    "a folder per video (ViNet)",
    densities=("{video}/maps",),
    fixations=("{video}/fixation", "{video}/fixations", "{video}/fixation/maps"),
    frames=("{video}/images", "{video}/frames"),
)
BY_KIND = Layout(
    "frames/, maps/ and fixations/, with a folder per video in each (SalEMA)",
    densities=("maps/{video}",),
    fixations=("fixations/{video}", "fixation/{video}"),
    frames=("frames/{video}", "images/{video}"),
)


def find_copy(root: Path, title: str, layouts: Sequence[Layout], video_name: VideoName) -> LayoutMatch:
    """Find the layout of the copy in `root`.

    A later layout that finds only what an earlier one has found too does not count, so special ones stand before
    general ones. Where no layout finds ground truth, one that finds frames fits.

    Parameters
    ----------
    root : Path
        Folder of the copy.
    title : str
        What the data set is called in messages.
    layouts : sequence of Layout
        Those of the data set.
    video_name : callable
        Returns the name of the video that a text spells, or None where it spells none.

    Raises
    ------
    DatasetError
        No layout fits, or more than one; the text says what was looked for and what was found.
    """
    fits = _distinct(_fitting(root, layouts, video_name))
    if len(fits) > 1:
        described = " and ".join(f"{copy.layout.name} ({_example(copy, fits)})" for copy in fits)
        raise DatasetError(
            f"{root} holds {title} in {len(fits)} layouts: {described}: keep one, or give the folder of one as the root"
        )
    if not fits:
        raise DatasetError(_nothing_fits(root, title, layouts, video_name))
    return fits[0]


def expand(root: Path, templates: Sequence[str], video_name: VideoName) -> tuple[FoundByVideo, list[Path]]:
    """Find what templates stand for; the second value are the places of no known video."""
    found: FoundByVideo = {}
    unnamed: list[Path] = []
    for template in templates:
        wants_file = "." in template.rpartition("/")[2]
        for path, video in _walk(root, template.split("/"), None, video_name):
            if not (path.is_file() if wants_file else path.is_dir()):
                continue
            if isinstance(video, str):
                found.setdefault(video, []).append(Found(path, template))
            else:
                unnamed.append(path)
    return found, unnamed


def _fitting(root: Path, layouts: Sequence[Layout], video_name: VideoName) -> list[LayoutMatch]:
    fits: list[LayoutMatch] = []
    claimed: set[Path] = set()
    for layout in layouts:
        copy = _look(root, layout, video_name)
        truth = _truth_paths(copy)
        if truth - claimed:
            fits.append(copy)
            claimed |= truth | {place.path for found in copy.observers.values() for place in found}
    if not fits:
        fits = [copy for layout in layouts if (copy := _look(root, layout, video_name)).frames][:1]
    return fits


def _distinct(fits: list[LayoutMatch]) -> list[LayoutMatch]:
    """Drop what is only another way, over links, to what an earlier layout has found."""
    if len(fits) < 2:
        return fits
    kept: list[LayoutMatch] = []
    seen: set[str] = set()
    for copy in fits:
        real = {os.path.realpath(path) for path in _truth_paths(copy)}
        if real - seen:
            kept.append(copy)
        seen |= real
    return kept


def _truth_paths(copy: LayoutMatch) -> set[Path]:
    return {place.path for places in (copy.densities, copy.fixations) for v in places.values() for place in v}


def _look(root: Path, layout: Layout, video_name: VideoName) -> LayoutMatch:
    densities, unnamed_densities = expand(root, layout.densities, video_name)
    fixations, unnamed_fixations = expand(root, layout.fixations, video_name)
    frames, _ = expand(root, layout.frames, video_name)
    observers, _ = expand(root, layout.observers, video_name)
    found = [place.path for places in (densities, fixations) for some in places.values() for place in some]
    above = {parent for path in found for parent in path.parents}
    unnamed = sorted({*unnamed_densities, *unnamed_fixations} - {*found, *above})
    return LayoutMatch(root, layout, densities, fixations, frames, observers, tuple(unnamed))


class _Unnamed:
    """Stands for the name of a video where none is spelled."""


def _walk(
    folder: Path, parts: list[str], video: str | _Unnamed | None, video_name: VideoName
) -> Iterator[tuple[Path, str | _Unnamed]]:
    """Follow the parts of a template; the depth is fixed, so links in a circle cannot trap it."""
    if not parts:
        if video is not None:
            yield folder, video
        return
    part, rest = parts[0], parts[1:]
    if "{" not in part and "*" not in part:
        for spelling in dict.fromkeys((part, part.capitalize(), part.upper())):  # Maps/ is maps/
            if os.path.exists(folder / spelling):  # noqa: PTH110  # unlike Path.exists, False without permission
                yield from _walk(folder / spelling, rest, video, video_name)
                return
        _check_entry(folder)
        return
    pattern = _compile(part)
    for name in _children(folder, folders_only=bool(rest)):
        if not (match := pattern.fullmatch(name)):
            continue
        here = video
        if "{video}" in part:
            named = video_name(match["video"])
            if video is None:
                here = named or _Unnamed()
            elif named != video:
                continue
        yield from _walk(folder / name, rest, here, video_name)


def _compile(part: str) -> re.Pattern[str]:
    text = re.escape(part).replace(r"\*", ".*").replace(r"\{folder\}", ".+").replace(r"\{video\}", "(?P<video>.+)")
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def _children(folder: Path, *, folders_only: bool) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not folders_only or _is_folder(entry)]
    except PermissionError:
        _check_entry(folder)
        return []
    except OSError:  # a file where a folder should be: nothing is found here
        return []
    return sorted((name for name in names if not name.startswith((".", "__MACOSX"))), key=natural_key)


def _check_entry(folder: Path) -> None:
    """Raise `DatasetError` where a folder may not be entered: what lies in it would vanish from the copy."""
    if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):  # noqa: PTH112  # False where it may not be asked
        raise DatasetError(f"{folder} cannot be read (Permission denied): allow this user to enter it")


def _seems_a_copy(folder: Path, layouts: Sequence[Layout], video_name: VideoName) -> bool:
    try:
        return bool(_fitting(folder, layouts, video_name))
    except DatasetError:  # a neighbour that may not be looked into
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _example(copy: LayoutMatch, fits: list[LayoutMatch]) -> str:
    """Return a place that no earlier layout has found."""
    earlier = set[Path]().union(*(_truth_paths(other) for other in fits[: fits.index(copy)]))
    return str(min(_truth_paths(copy) - earlier).relative_to(copy.root))


def _nothing_fits(root: Path, title: str, layouts: Sequence[Layout], video_name: VideoName) -> str:
    """Say what was looked for, what was found, and where the data set seems to be."""
    entries = sorted(name + ("/" if (root / name).is_dir() else "") for name in _children(root, folders_only=False))
    shown = ", ".join(entries[:8]) + (f" and {len(entries) - 8} more" if len(entries) > 8 else "")
    wanted = "; ".join(f"{(layout.truth + layout.frames)[0]} ({layout.name})" for layout in layouts)
    text = f"no {title} in {root}: looked for {wanted}; found {shown or 'an empty folder'}"
    nearby = [*(root / name for name in _children(root, folders_only=True)), root.parent, root.parent.parent]
    better = next((folder for folder in nearby[:200] if _seems_a_copy(folder, layouts, video_name)), None)
    return f"{text}: did you mean --root {better}?" if better else f"{text}: give the folder that holds these"
