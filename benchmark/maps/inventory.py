"""Match predicted maps to the frames of a data set before anything is scored."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from videosal.benchmark.maps.reader import MapRef
from videosal.benchmark.maps.sequences import SEQUENCE_SUFFIXES, ArrayMaps, choose_axes, open_sequence
from videosal.benchmark.maps.trees import ARCHIVE_SUFFIXES, Entry, MapTree, open_tree
from videosal.datasets.files.images import MAP_SUFFIXES, frame_number, suffix_of
from videosal.errors import PredictionError
from videosal.safe_name import safe_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from videosal.datasets import Video

# What else people keep maps in.
_UNREAD = frozenset(
    [
        ".npz",
        ".pt",
        ".pth",
        ".pkl",
        ".pickle",
        ".webp",
        ".pgm",
        ".ppm",
        ".gif",
        ".exr",
        ".avif",
        ".jp2",
        ".heic",
        ".tfrecord",
        ".csv",
    ]
)
_NAMED = 10  # how many names a message lists


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a folder or archive of predictions holds, measured against the ground truth.

    Attributes
    ----------
    files : dict of str to dict of str to MapRef
        For each video, the map of each frame that has one.
    missing : list of str
        ``video/frame`` of each ground-truth frame without a map.
    damaged : dict of str to str
        Files that cannot be read, and why.
    extra : list of str
        Files and folders that belong to no frame and no video.
    expected : int
        Number of ground-truth frames.
    from_zero : list of str
        Videos whose maps look as if their numbers began at 0.
    unread : dict of str to int
        Endings of files that may be maps and are not read, and how many there are.
    notes : list of str
        What a reader of the scores should know of how the maps were found.
    """

    files: dict[str, dict[str, MapRef]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    expected: int = 0
    from_zero: list[str] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """Files of one video: per folder that is called like it, and as one file with all maps."""

    folders: dict[str, list[Entry]] = field(default_factory=dict)
    sequences: list[Entry] = field(default_factory=list)

    def check(self, tree: MapTree, video: str) -> None:
        """Refuse two of them for one video."""
        claims = [*self.folders, *(entry.name for entry in self.sequences)]
        if len(claims) > 1:
            both = " and ".join(tree.locate(claim) for claim in claims[:2])
            raise PredictionError(f"{both} are both video {video}: keep one of them")


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
    found, left = _group_by_video(tree, entries, [video.name for video in videos], others)
    inventory = Inventory(extra=_top_names(left), expected=sum(len(video.frame_names) for video in videos))
    stacks = _match_sequences(tree, videos, found, inventory)
    for video in videos:
        files = stacks.get(video.name) or _match_frames(
            tree, video, found.get(video.name, _Found()), inventory, first_frame
        )
        inventory.files[video.name] = files
        inventory.missing.extend(f"{video.name}/{frame}" for frame in video.frame_names if frame not in files)
    inventory.unread.update(_unread(found, left))
    if not any(inventory.files.values()):
        raise PredictionError(_nothing_found(root, entries, videos, inventory))
    if inventory.from_zero:
        raise PredictionError(_numbered_from_zero(root, videos, inventory))
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
    found, left = _group_by_video(tree, entries, names, ())
    if not found:
        inventory.extra.extend(_top_names(left))
        raise PredictionError(_nothing_found(root, entries, [video], inventory))
    own = {video.name: found[video.name]} if video.name in found else {}
    stacks = _match_sequences(tree, [video], own, inventory)
    return stacks.get(video.name) or _match_frames(
        tree, video, own.get(video.name, _Found()), inventory, 1 if first_frame is None else first_frame
    )


def list_some(names: Iterable[object], limit: int = _NAMED) -> str:
    """Join the first names and count the rest."""
    texts = [str(name) for name in names]
    rest = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + rest


@lru_cache(maxsize=1 << 14)  # the frames of all videos are called alike in most data sets
def unpadded(name: str) -> str:
    """Strip image extensions and the zeros in front of numbers, so that ``0001.png.jpg`` and ``1`` are equal."""
    stem = re.sub(r"(\.(png|jpe?g|bmp|tiff?|npy))+$", "", name, flags=re.IGNORECASE)
    return re.sub(r"\d+", lambda match: str(int(match[0])), stem)


def _last_number(name: str) -> str:
    return str(frame_number(unpadded(name)))


def _only_number(name: str) -> str:
    numbers = re.findall(r"\d+", unpadded(name))
    return numbers[0] if len(numbers) == 1 else ""


def _group_by_video(
    tree: MapTree, entries: list[Entry], videos: Sequence[str], others: Collection[str]
) -> tuple[dict[str, _Found], list[Entry]]:
    """Sort the files by video; the second value holds those that belong to none."""
    names = {unpadded(name): video for video in videos for name in (safe_name(video), video)}
    found: dict[str, _Found] = {}
    left = []
    for entry in entries:
        *folders, file = entry.name.split("/")
        place = next((i for i, folder in enumerate(folders) if unpadded(folder) in names), None)
        if place is not None:
            video = names[unpadded(folders[place])]
            base = "/".join(folders[: place + 1])
            found.setdefault(video, _Found()).folders.setdefault(base, []).append(entry)
        elif suffix_of(file) in SEQUENCE_SUFFIXES and (stem := unpadded(PurePosixPath(file).stem)) in names:
            found.setdefault(names[stem], _Found()).sequences.append(entry)
        else:
            left.append(entry)
    if not found and (own := _single_video(tree.root, names, videos, others)):
        flat = [entry for entry in left if not any(_is_another(f, own, others) for f in entry.name.split("/")[:-1])]
        return {own: _Found(folders={"": flat})}, [entry for entry in left if entry not in flat]
    return found, left


def _single_video(root: Path, names: Mapping[str, str], videos: Sequence[str], others: Collection[str]) -> str | None:
    """Name the video whose maps may lie flat in `root`."""
    stem = root.resolve().name
    for suffix in ARCHIVE_SUFFIXES:
        stem = stem.removesuffix(suffix)
    if own := names.get(unpadded(stem)):
        return own
    return videos[0] if len(videos) == 1 and not _is_another(stem, videos[0], others) else None


def _is_another(folder: str, video: str, others: Collection[str]) -> bool:
    """Whether a folder is called like another video than `video`."""
    if unpadded(folder) == unpadded(video):
        return False
    if others:
        return unpadded(folder) in {unpadded(other) for other in others}
    digits = re.sub(r"\d", "0", video)
    return digits != video and re.sub(r"\d", "0", folder) == digits


def _match_frames(
    tree: MapTree, video: Video, found: _Found, inventory: Inventory, first_frame: int | None
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
            key = _last_number
            frames = {str(number - shift): frame for frame, number in _numbers(video).items()}
            if not any(key(file) in frames for file in maps):
                key = _only_number  # as with 0001_sal.png
        if first_frame is None and _begins_at_zero(frames, map(key, maps)):
            inventory.from_zero.append(video.name)
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


def _begins_at_zero(frames: Iterable[str], maps: Iterable[str]) -> bool:
    """Whether there is a map 0 and none of the last frame, where the frames begin at 1."""
    wanted = {int(number) for number in map(_last_number, frames) if number.isdecimal()}
    there = {int(number) for number in map(_last_number, maps) if number.isdecimal()}
    return bool(wanted) and min(wanted) > 0 and 0 in there and max(wanted) not in there


def _numbered_from_zero(root: Path, videos: Sequence[Video], inventory: Inventory) -> str:
    some = list_some(inventory.from_zero, 3)
    return (
        f"{root}: the numbers of the maps of {len(inventory.from_zero)} of {len(videos)} videos ({some}) seem to begin "
        "at 0, those of the frames at 1: give --first-frame 0, or --first-frame 1 if map 0 belongs to no frame"
    )


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


def _match_sequences(
    tree: MapTree, videos: Sequence[Video], found: Mapping[str, _Found], inventory: Inventory
) -> dict[str, dict[str, MapRef]]:
    """Match the maps of videos that lie in one file each."""
    sequences = {}
    for video in videos:
        if (files := found.get(video.name)) and files.sequences:
            files.check(tree, video.name)
            sequences[video.name] = (video, files.sequences[0])
    opened = {name: open_sequence(tree, entry.name) for name, (_, entry) in sequences.items()}
    axes = choose_axes(tree, sequences, opened, inventory.notes)
    matched = {}
    for name, (video, entry) in sequences.items():
        stack = opened[name]
        length = stack.shape[axes[name][0]] if isinstance(stack, ArrayMaps) else len(stack)
        places = _places(video.frame_names, length)
        matched[name] = {
            frame: MapRef(tree.root, entry, place, axes.get(name)) for frame, place in places.items() if place < length
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


def _find_damaged(tree: MapTree, files: Mapping[str, Mapping[str, MapRef]]) -> dict[str, str]:
    """Find files of single maps that are cut short."""
    entries = (ref.entry for found in files.values() for ref in found.values() if ref.index is None)
    return {tree.locate(entry.name): reason for entry in entries if (reason := tree.find_damage(entry))}


def _top_names(entries: list[Entry]) -> list[str]:
    """Name the maps that belong to nothing by the folder they lie in, once each."""
    suffixes = MAP_SUFFIXES | SEQUENCE_SUFFIXES
    maps = (entry.name for entry in entries if suffix_of(entry.name) in suffixes)
    return list(dict.fromkeys(name.rpartition("/")[0] or name for name in maps))


def describe_unread(unread: Mapping[str, int]) -> str:
    """Say which files are not read; empty where there are none."""
    counts = " and ".join(f"{count} that end in {suffix}" for suffix, count in unread.items())
    return f"; files are not read: {counts}: save maps as .png, or .npy for real numbers" if counts else ""


def _unread(found: Mapping[str, _Found], left: Iterable[Entry]) -> Counter[str]:
    """Count the files that may hold maps in a form that is not read."""
    inside = (entry for files in found.values() for entries in files.folders.values() for entry in entries)
    suffixes = [suffix_of(entry.name) for entry in inside]
    suffixes = [suffix for suffix in suffixes if suffix not in MAP_SUFFIXES]
    suffixes += [s for s in (suffix_of(entry.name) for entry in left) if s not in MAP_SUFFIXES | SEQUENCE_SUFFIXES]
    return Counter(suffix for suffix in suffixes if suffix in _UNREAD | SEQUENCE_SUFFIXES)


def _nothing_found(root: Path, entries: list[Entry], videos: Sequence[Video], inventory: Inventory) -> str:
    example = f"{videos[0].name}/{videos[0].frame_names[0]}.png"
    wanted = f"expected a folder per video with a map per frame, such as {example}"
    wanted += describe_unread(inventory.unread)
    if not entries:
        return f"{root} is empty: {wanted}"
    flat = [name for name in inventory.extra if PurePosixPath(name).suffix]
    if len(flat) == len(inventory.extra) > 0 and len(videos) > 1:
        return f"{root} holds {len(flat)} maps but no folder per video: {wanted}"
    found = inventory.extra or _firsts(entries)
    return f"{root} holds no map of {len(videos)} videos: {wanted}; found {list_some(sorted(found), 5)}"


def _firsts(entries: list[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.name.partition("/")[0] for entry in entries))
