"""Match predicted maps to the frames of a data set before anything is scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.benchmark.maps.matching.by_frame import match_frames, match_sequences
from videosal.benchmark.maps.matching.by_video import Found, group_by_video
from videosal.benchmark.maps.matching.messages import count_unread, nothing_found, numbered_from_zero, top_names
from videosal.benchmark.maps.matching.record import Inventory
from videosal.benchmark.maps.trees import MapTree, open_tree
from videosal.errors import PredictionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from videosal.benchmark.maps.reader import MapRef
    from videosal.datasets import Video


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
    video: by default those of the ground truth, unless the maps look as if they began at 0.

    Raises
    ------
    PredictionError
        `root` is not there, holds no map, two of its files claim the same frame, the axes of an array fit no video,
        or the maps look as if their numbers began at 0 and `first_frame` does not say so.
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
    inventory.unread.update(count_unread(found, left))
    if not any(inventory.files.values()):
        raise PredictionError(nothing_found(root, entries, videos, inventory))
    if inventory.from_zero:
        raise PredictionError(numbered_from_zero(root, videos, inventory))
    inventory.damaged.update(_find_damaged(tree, inventory.files))
    return inventory


def maps_of_video(root: Path, video: Video, names: Sequence[str], first_frame: int | None = None) -> dict[str, MapRef]:
    """Find the maps of one video in what was scored with all videos called `names`.

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
    found, left = group_by_video(tree, entries, names, ())
    if not found:
        inventory.extra.extend(top_names(left))
        raise PredictionError(nothing_found(root, entries, [video], inventory))
    own = {video.name: found[video.name]} if video.name in found else {}
    stacks = match_sequences(tree, [video], own, inventory)
    return stacks.get(video.name) or match_frames(
        tree, video, own.get(video.name, Found()), inventory, 1 if first_frame is None else first_frame
    )


def _find_damaged(tree: MapTree, files: Mapping[str, Mapping[str, MapRef]]) -> dict[str, str]:
    """Find files of single maps that are cut short."""
    entries = (ref.entry for found in files.values() for ref in found.values() if ref.index is None)
    return {tree.locate(entry.name): reason for entry in entries if (reason := tree.find_damage(entry))}
