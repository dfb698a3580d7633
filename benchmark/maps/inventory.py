"""Match predicted maps to the frames of a data set before anything is scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.matching.by_frame import match_frames, match_sequences
from videosal.benchmark.maps.matching.by_video import Found, group_by_video
from videosal.benchmark.maps.matching.messages import count_unread, nothing_found, numbered_otherwise, top_names
from videosal.benchmark.maps.matching.names import list_some
from videosal.benchmark.maps.matching.record import Inventory
from videosal.benchmark.maps.notes.looks import describe_looks
from videosal.benchmark.maps.trees import FolderTree, MapTree, open_tree
from videosal.datasets.catalogue import dataset_adapter
from videosal.datasets.files.images import goes_on
from videosal.datasets.spacing import evenly_spaced
from videosal.errors import FileError, PredictionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from videosal.benchmark.maps.axes import Axes
    from videosal.benchmark.maps.reader import MapRef
    from videosal.datasets import Video

_UNPACKED = 32  # members of an archive that are looked at before all are scored


def take_inventory(
    root: Path, videos: Sequence[Video], others: Collection[str] = (), first_frame: int | None = None
) -> Inventory:
    """Match the maps in `root` to the frames of `videos`.

    `root` is a folder, or a zip or tar archive. A map lies in a folder that is called like its video, at any depth, as
    ``FRAME.png`` (or .jpg .jpeg .bmp .tif .tiff .npy); one folder may lie between. All maps of a video may be one file
    called like it: ``.npy``, ``.h5``, ``.mat`` with an array, or a video. Which axis of the array is time shows by the
    number and the proportions of the frames. Zero padding does not count. The maps of a single video may lie in `root`
    itself, or in a folder in it, unless that is called like one of `others`: the names of the set's other videos, or
    where none are known, names of the same pattern. `first_frame` is the number of the map of the first frame of every
    video: by default those of the ground truth, unless the maps look as if they began at 0, or at 1 where the frames
    begin at 0.

    Raises
    ------
    PredictionError
        `root` is not there, holds no map, two of its files claim the same frame, the axes of an array fit no video,
        or the maps look as if their numbers began at 0, the frames at 1, or the other way round, and `first_frame` does
        not say so.
    """
    tree = open_tree(root)
    entries = tree.entries()
    found, left = group_by_video(tree, entries, [video.name for video in videos], others)
    inventory = Inventory(extra=top_names(left), expected=sum(len(video.frame_names) for video in videos))
    stacks = match_sequences(tree, videos, found, inventory)
    for video in videos:
        files = stacks.get(video.name) or match_frames(
            tree, video, found.get(video.name, Found()), inventory, first_frame
        )
        inventory.files[video.name] = files
        inventory.missing.extend(f"{video.name}/{frame}" for frame in video.frame_names if frame not in files)
    inventory.unread.update(count_unread(found, left, [video.name for video in videos]))
    if not any(inventory.files.values()):
        raise PredictionError(nothing_found(root, entries, videos, inventory))
    if inventory.starts:
        raise PredictionError(numbered_otherwise(root, videos, inventory))
    _examine(tree, inventory)
    return inventory


def survey(
    root: Path,
    videos: Sequence[Video],
    dataset: str,
    first_frame: int | None = None,
    *,
    dataset_options: Mapping[str, Any] | None = None,
    but: Collection[str] = (),
) -> Inventory:
    """Take the inventory of maps for a data set, and look at some: what `score`, `verify` and `submit` have in common.

    Parameters
    ----------
    root, videos, first_frame
        As for `take_inventory`.
    dataset : str
        Name of the data set, with or without a split: maps that are called like another of its videos are not taken.
    dataset_options : mapping, optional
        As for `videosal.load_dataset`.
    but : collection of str
        Looks that are not spoken of, see `videosal.benchmark.maps.notes.looks.describe_looks`.

    Returns
    -------
    Inventory
        Its notes say too what the maps look like.

    Raises
    ------
    PredictionError
        As in `take_inventory`.
    """
    others = other_videos(dataset, [video.name for video in videos], dataset_options)
    inventory = take_inventory(root, videos, others, first_frame)
    inventory.notes.extend(describe_looks(videos, inventory.files, but=but))
    return inventory


def other_videos(dataset: str, names: Collection[str], dataset_options: Mapping[str, Any] | None = None) -> set[str]:
    """Name the known videos of a data set, given with a split or without, but for `names`."""
    adapter = dataset_adapter(dataset.partition(":")[0], **(dataset_options or {}))
    return {video for split in adapter.splits() for video in adapter.known_videos(split.name)} - set(names)


def maps_of_video(
    root: Path,
    video: Video,
    names: Sequence[str],
    others: Collection[str] = (),
    first_frame: int | None = None,
    axes: Axes | None = None,
    notes: list[str] | None = None,
) -> dict[str, MapRef]:
    """Find the maps of one video in what was scored with all videos called `names`; `others` as for `take_inventory`.

    `axes` are those of the video's array, where they were found together with those of the other videos; else `notes`
    takes what is to be said of them.

    Returns
    -------
    dict of str to MapRef
        The map of each frame that has one; empty where there are maps of the other videos only.

    Raises
    ------
    PredictionError
        As `take_inventory`: `root` holds no map of any of them.
    """
    tree, inventory = open_tree(root), Inventory()
    entries = tree.entries()
    found, left = group_by_video(tree, entries, names, others)
    if not found:
        inventory.extra.extend(top_names(left))
        raise PredictionError(nothing_found(root, entries, [video], inventory))
    own = {video.name: found[video.name]} if video.name in found else {}
    stacks = match_sequences(tree, [video], own, inventory, axes)
    if notes is not None:
        notes.extend(inventory.notes)
    return stacks.get(video.name) or match_frames(
        tree, video, own.get(video.name, Found()), inventory, 1 if first_frame is None else first_frame
    )


def _examine(tree: MapTree, inventory: Inventory) -> None:
    """Find files of single maps that are cut short, or go on behind their end; of an archive a few are unpacked."""
    entries = [ref.entry for found in inventory.files.values() for ref in found.values() if ref.index is None]
    longer = []
    for entry in entries:
        reason, has_more = tree.examine(entry)
        if reason:
            inventory.damaged[tree.locate(entry.name)] = reason
        if has_more:
            longer.append(entry.name)
    looked_at = ""
    if not isinstance(tree, FolderTree):
        some = [entries[place].name for place in evenly_spaced(len(entries), _UNPACKED)]
        longer = [name for name in some if _goes_on(tree, name)]
        looked_at = f" of {len(some)} that were looked at"
    if longer:
        inventory.notes.append(
            f"{len(longer)} maps{looked_at} have more than 1 KB behind their end, which is not read "
            f"({list_some(longer, 3)})"
        )


def _goes_on(tree: MapTree, name: str) -> bool:
    try:
        return goes_on(tree.read(name))
    except FileError:  # a damaged member is told when it is scored
        return False
