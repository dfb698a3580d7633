"""Which file or which map of a file belongs to which frame of a video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.benchmark.maps.matching.names import last_number, list_some, only_number, unpadded
from videosal.benchmark.maps.reader import MapRef
from videosal.benchmark.maps.sequences import ArrayMaps, VideoMaps, choose_axes, open_sequence
from videosal.datasets.files.images import MAP_SUFFIXES, frame_number, suffix_of
from videosal.errors import PredictionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from videosal.benchmark.maps.axes import Axes
    from videosal.benchmark.maps.matching.by_video import Found
    from videosal.benchmark.maps.matching.record import Inventory
    from videosal.benchmark.maps.trees import Entry, MapTree
    from videosal.datasets import Video


def match_frames(
    tree: MapTree, video: Video, found: Found, inventory: Inventory, first_frame: int | None
) -> dict[str, MapRef]:
    found.check(tree, video.name)
    frames = {unpadded(frame): frame for frame in video.frame_names}
    matched: dict[str, MapRef] = {}
    for base, entries in found.folders.items():
        maps = {entry.name.rpartition("/")[2]: entry for entry in _maps_of(tree, base, entries, frames)}
        key: Callable[[str], str] = unpadded
        shift = 0 if first_frame is None else _first_number(video) - first_frame
        if shift or not any(key(file) in frames for file in maps):
            # As with img_00001.png: the numbers at the end of the names count.
            key = last_number
            frames = {str(number - shift): frame for frame, number in _numbers(video).items()}
            if not any(key(file) in frames for file in maps):
                key = only_number  # as with 0001_sal.png
        if first_frame is None and (start := _other_start(frames, map(key, maps))) is not None:
            inventory.starts[video.name] = start
        for file, entry in maps.items():
            frame = frames.get(key(file))
            if frame is None:
                inventory.extra.append(entry.name)
            elif frame in matched:
                both = f"{matched[frame].where} and {file}"
                raise PredictionError(f"{both} are both frame {frame}: keep one of them")
            else:
                matched[frame] = MapRef(tree.root, entry)
    return matched


def _numbers(video: Video) -> dict[str, int]:
    """The number of each frame: the one in its name, or its place."""
    found = {frame: frame_number(frame) for frame in video.frame_names}
    return {frame: order if number is None else number for order, (frame, number) in enumerate(found.items(), 1)}


def _first_number(video: Video) -> int:
    """What the data set counts from: 1, unless it has a frame 0."""
    return min(1, *_numbers(video).values())


def _other_start(frames: Iterable[str], maps: Iterable[str]) -> int | None:
    """Return the number at which the maps seem to begin, where it is not that of the frames: 0 for 1, or 1 for 0.

    There is a map before the first frame and none of the last, or one behind the last frame and none of the first.
    """
    wanted = {int(number) for number in map(last_number, frames) if number.isdecimal()}
    there = {int(number) for number in map(last_number, maps) if number.isdecimal()}
    if not wanted:
        return None
    first, last = min(wanted), max(wanted)
    if first > 0 and 0 in there and last not in there:
        return 0
    return 1 if first == 0 and 0 not in there and last + 1 in there else None


def _maps_of(tree: MapTree, base: str, entries: list[Entry], frames: Mapping[str, str]) -> list[Entry]:
    """List the maps in a video's folder, or in the only folder inside it that holds maps."""
    inner: dict[str, list[Entry]] = {}
    for entry in entries:
        folder, _, file = entry.name.rpartition("/")
        suffix = suffix_of(file)
        if suffix in MAP_SUFFIXES or (not suffix and unpadded(file) in frames):
            inner.setdefault(folder.removeprefix(base).strip("/"), []).append(entry)
    if "" in inner:
        return inner[""]
    if len(inner) > 1:
        raise PredictionError(
            f"{tree.locate(base)} holds maps in {len(inner)} folders ({list_some(inner)}): "
            "keep or give the one to score"
        )
    return next(iter(inner.values()), [])


def match_sequences(
    tree: MapTree,
    videos: Sequence[Video],
    found: Mapping[str, Found],
    inventory: Inventory,
    known: Axes | None = None,
) -> dict[str, dict[str, MapRef]]:
    """Match the maps of videos that lie in one file each; `known` are the axes of every array, where they are."""
    sequences = {}
    for video in videos:
        if (files := found.get(video.name)) and files.sequences:
            files.check(tree, video.name)
            sequences[video.name] = (video, files.sequences[0])
    opened = {name: open_sequence(tree, entry.name) for name, (_, entry) in sequences.items()}
    if known is None:
        axes = choose_axes(tree, sequences, opened, inventory.notes)
    else:
        axes = {name: known for name, stack in opened.items() if isinstance(stack, ArrayMaps)}
    matched = {}
    for name, (video, entry) in sequences.items():
        stack = opened[name]
        shown: Sequence[int] = range(len(stack))
        if isinstance(stack, ArrayMaps):
            shown = range(stack.shape[axes[name][0]])
        elif isinstance(stack, VideoMaps):
            shown = stack.file.pictures.for_frames(len(video.frame_names))
            if (repeated := len(shown) - len(stack)) > 0:
                inventory.notes.append(f"{entry.name} holds null frames ({repeated}), which repeat the map before them")
        length = len(shown)
        places = _places(video.frame_names, length)
        matched[name] = {
            frame: MapRef(tree.root, entry, shown[place], axes.get(name))
            for frame, place in places.items()
            if place < length
        }
        if length > (used := len(matched[name])) > 0:
            inventory.extra.append(f"{entry.name} ({length - used} of its {length} maps)")
    return matched


def _places(names: Sequence[str], length: int) -> dict[str, int]:
    """Say which map is that of each frame: in order if there are as many as frames, else by frame number."""
    if length == len(names):
        return {name: order for order, name in enumerate(names)}
    numbers = {name: (frame_number(name) or order + 1) - 1 for order, name in enumerate(names)}
    return {name: number for name, number in numbers.items() if number >= 0}
