"""Match predicted maps to the frames of a data set before anything is scored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from videosal.benchmark.maps.reader import MapRef
from videosal.benchmark.maps.sequences import SEQUENCE_SUFFIXES, open_sequence
from videosal.benchmark.maps.trees import ARCHIVE_SUFFIXES, Entry, MapTree, open_tree
from videosal.datasets.files.images import MAP_SUFFIXES, frame_number, suffix_of
from videosal.errors import PredictionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from videosal.datasets import Video

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
    """

    files: dict[str, dict[str, MapRef]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    expected: int = 0


@dataclass(slots=True)
class _Found:
    """Files of one video: per folder that is called like it, and as one file with all maps."""

    folders: dict[str, list[Entry]] = field(default_factory=dict)
    sequences: list[Entry] = field(default_factory=list)


def take_inventory(root: Path, videos: Sequence[Video]) -> Inventory:
    """Match the maps in `root` to the frames of `videos`.

    `root` is a folder, or a zip or tar archive. A map lies in a folder that is called like its video, at any depth, as
    ``FRAME.png`` (or .jpg .jpeg .bmp .tif .tiff .npy); one folder may lie between. All maps of a video may be one file
    called like it: ``.npy``, ``.h5``, ``.mat`` with an array (T, H, W), or a video. Zero padding does not count. The
    maps of a single video may lie in `root` itself.

    Raises
    ------
    PredictionError
        `root` is not there, holds no map, or two of its files claim the same frame.
    """
    tree = open_tree(root)
    entries = tree.entries()
    found, left = _group_by_video(tree, entries, videos)
    inventory = Inventory(extra=_top_names(left), expected=sum(len(video.frame_names) for video in videos))
    for video in videos:
        files = _match_frames(tree, video, found.get(video.name, _Found()), inventory)
        inventory.files[video.name] = files
        inventory.missing.extend(f"{video.name}/{frame}" for frame in video.frame_names if frame not in files)
    if not any(inventory.files.values()):
        raise PredictionError(_nothing_found(root, entries, videos, inventory))
    inventory.damaged.update(_find_damaged(tree, inventory.files))
    return inventory


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


def _group_by_video(
    tree: MapTree, entries: list[Entry], videos: Sequence[Video]
) -> tuple[dict[str, _Found], list[Entry]]:
    """Sort the files by video; the second value holds those that belong to none."""
    names = {unpadded(video.name): video.name for video in videos}
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
    if not found and (own := _single_video(tree.root, names, videos)):
        return {own: _Found(folders={"": left})}, []
    return found, left


def _single_video(root: Path, names: Mapping[str, str], videos: Sequence[Video]) -> str | None:
    """Name the video whose maps may lie flat in `root`."""
    stem = root.name
    for suffix in ARCHIVE_SUFFIXES:
        stem = stem.removesuffix(suffix)
    return names.get(unpadded(stem)) or (videos[0].name if len(videos) == 1 else None)


def _match_frames(tree: MapTree, video: Video, found: _Found, inventory: Inventory) -> dict[str, MapRef]:
    claims = [*found.folders, *(entry.name for entry in found.sequences)]
    if len(claims) > 1:
        both = " and ".join(tree.locate(claim) for claim in claims[:2])
        raise PredictionError(f"{both} are both video {video.name}: keep one of them")
    for entry in found.sequences:
        return _match_sequence(tree, video, entry)
    frames = {unpadded(frame): frame for frame in video.frame_names}
    matched: dict[str, MapRef] = {}
    for base, entries in found.folders.items():
        maps = {entry.name.rpartition("/")[2]: entry for entry in _maps_of(tree, base, entries, frames)}
        key: Callable[[str], str] = unpadded
        if not any(key(file) in frames for file in maps):
            # As with img_00001.png: the numbers at the end of the names count.
            key = _last_number
            frames = {key(frame): frame for frame in video.frame_names}
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


def _match_sequence(tree: MapTree, video: Video, entry: Entry) -> dict[str, MapRef]:
    """Match the maps of one file: in order if there are as many as ground-truth frames, else by frame number."""
    length = len(open_sequence(tree, entry.name))
    names = video.frame_names
    places = {name: order for order, name in enumerate(names)}
    if length != len(names):
        places = {name: (frame_number(name) or order + 1) - 1 for name, order in places.items()}
    return {name: MapRef(tree.root, entry, place) for name, place in places.items() if 0 <= place < length}


def _find_damaged(tree: MapTree, files: Mapping[str, Mapping[str, MapRef]]) -> dict[str, str]:
    """Find files of single maps that are cut short."""
    entries = (ref.entry for found in files.values() for ref in found.values() if ref.index is None)
    return {tree.locate(entry.name): reason for entry in entries if (reason := tree.find_damage(entry))}


def _top_names(entries: list[Entry]) -> list[str]:
    """Name the maps that belong to nothing by the folder they lie in, once each."""
    suffixes = MAP_SUFFIXES | SEQUENCE_SUFFIXES
    maps = (entry.name for entry in entries if suffix_of(entry.name) in suffixes)
    return list(dict.fromkeys(name.rpartition("/")[0] or name for name in maps))


def _nothing_found(root: Path, entries: list[Entry], videos: Sequence[Video], inventory: Inventory) -> str:
    example = f"{videos[0].name}/{videos[0].frame_names[0]}.png"
    wanted = f"expected a folder per video with a map per frame, such as {example}"
    if not entries:
        return f"{root} is empty: {wanted}"
    flat = [name for name in inventory.extra if PurePosixPath(name).suffix]
    if len(flat) == len(inventory.extra) > 0 and len(videos) > 1:
        return f"{root} holds {len(flat)} maps but no folder per video: {wanted}"
    found = inventory.extra or _firsts(entries)
    return f"{root} holds no map of {len(videos)} videos: {wanted}; found {list_some(sorted(found), 5)}"


def _firsts(entries: list[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.name.partition("/")[0] for entry in entries))
