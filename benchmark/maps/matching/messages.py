"""What to say where maps are not found, not read, or numbered otherwise than the frames."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from videosal.benchmark.maps.matching.names import list_some, unpadded
from videosal.benchmark.maps.sequences import SEQUENCE_SUFFIXES
from videosal.datasets.files.images import IMAGE_SUFFIXES, MAP_SUFFIXES, suffix_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from videosal.benchmark.maps.matching.by_video import Found
    from videosal.benchmark.maps.matching.record import Inventory
    from videosal.benchmark.maps.trees import Entry
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
        ".exr",
        ".avif",
        ".jp2",
        ".heic",
        ".tfrecord",
        ".csv",
    ]
)


def numbered_otherwise(root: Path, videos: Sequence[Video], inventory: Inventory) -> str:
    """Say that the maps count from 0 and the frames from 1, or the other way round."""
    start = next(iter(inventory.starts.values()))
    names = [video for video, number in inventory.starts.items() if number == start]
    other = "map 0 belongs to no frame" if start == 0 else "the last map belongs to no frame"
    return (
        f"{root}: the numbers of the maps of {len(names)} of {len(videos)} videos ({list_some(names, 3)}) seem to "
        f"begin at {start}, those of the frames at {1 - start}: give --first-frame {start}, or "
        f"--first-frame {1 - start} if {other}"
    )


def top_names(entries: list[Entry]) -> list[str]:
    """Name the maps that belong to nothing by the folder they lie in, once each."""
    suffixes = MAP_SUFFIXES | SEQUENCE_SUFFIXES
    maps = (entry.name for entry in entries if suffix_of(entry.name) in suffixes)
    return list(dict.fromkeys(name.rpartition("/")[0] or name for name in maps))


def list_problems(inventory: Inventory) -> list[str]:
    """Say which maps are not there or cannot be read."""
    problems = []
    if inventory.missing:
        count, unread = len(inventory.missing), describe_unread(inventory.unread)
        text = f"{count} of {inventory.expected} maps are missing ({list_some(inventory.missing)})"
        problems.append(f"{text}; {unread}" if unread else text)
    if inventory.damaged:
        described = (f"{file} {reason}" for file, reason in inventory.damaged.items())
        problems.append(f"{len(inventory.damaged)} cannot be read ({list_some(described)})")
    return problems


def describe_unread(unread: Mapping[str, int]) -> str:
    """Say which files are not read; empty where there are none."""
    counts = " and ".join(f"{count} that end in {suffix}" for suffix, count in unread.items())
    return f"files are not read: {counts}: save maps as .png, or .npy for real numbers" if counts else ""


def count_unread(found: Mapping[str, Found], left: Sequence[Entry], videos: Sequence[str]) -> Counter[str]:
    """Count the files that may hold maps in a form that is not read: by ending, and pictures for whole videos."""
    inside = (entry for files in found.values() for entries in files.folders.values() for entry in entries)
    suffixes = [suffix_of(entry.name) for entry in inside]
    suffixes = [suffix for suffix in suffixes if suffix not in MAP_SUFFIXES]
    suffixes += [s for s in (suffix_of(entry.name) for entry in left) if s not in MAP_SUFFIXES | SEQUENCE_SUFFIXES]
    names = {unpadded(video) for video in videos}
    whole = (entry.name for entry in left if suffix_of(entry.name) in IMAGE_SUFFIXES)
    whole = (suffix_of(name) for name in whole if unpadded(PurePosixPath(name).stem) in names)
    return Counter(suffix for suffix in suffixes if suffix in _UNREAD | SEQUENCE_SUFFIXES) + Counter(
        f"{suffix} and stand for a whole video" for suffix in whole
    )


def nothing_found(root: Path, entries: list[Entry], videos: Sequence[Video], inventory: Inventory) -> str:
    example = f"{videos[0].name}/{videos[0].frame_names[0]}.png"
    wanted = f"expected a folder per video with a map per frame, such as {example}"
    if unread := describe_unread(inventory.unread):
        wanted += f"; {unread}"
    if not entries:
        return f"{root} is empty: {wanted}"
    flat = [name for name in inventory.extra if "/" not in name and PurePosixPath(name).suffix]
    if len(flat) == len(inventory.extra) > 0 and len(videos) > 1:
        return f"{root} holds {len(flat)} maps but no folder per video: {wanted}"
    found = inventory.extra or _firsts(entries)
    return f"{root} holds no map of {len(videos)} videos: {wanted}; found {list_some(sorted(found), 5)}"


def _firsts(entries: list[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.name.partition("/")[0] for entry in entries))
