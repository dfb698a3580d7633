"""Match the files of a prediction folder to the frames of a data set before anything is scored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from videosal.datasets.images import MAP_SUFFIXES, find_damage, frame_number, image_files
from videosal.errors import PredictionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from videosal.datasets import Video

_NAMED = 10  # how many names a message lists


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a prediction folder holds, measured against the ground truth.

    Attributes
    ----------
    files : dict of str to dict of str to Path
        For each video, the map of each frame that has one.
    missing : list of str
        ``video/frame`` of each ground-truth frame without a map.
    damaged : dict of Path to str
        Files that cannot be read, and why.
    extra : list of Path
        Files and folders that belong to no frame and no video.
    expected : int
        Number of ground-truth frames.
    """

    files: dict[str, dict[str, Path]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    damaged: dict[Path, str] = field(default_factory=dict)
    extra: list[Path] = field(default_factory=list)
    expected: int = 0


def take_inventory(root: Path, videos: Sequence[Video]) -> Inventory:
    """Match the maps under `root` to the frames of `videos`.

    A map lies at ``VIDEO/FRAME.png`` (or .jpg .jpeg .bmp .tif .tiff .npy). Zero padding does not count, neither does
    one folder between the video's folder and its maps. The maps of a single video may lie in `root` itself.

    Raises
    ------
    PredictionError
        `root` is no folder, holds no map, or two of its files claim the same frame.
    """
    if not root.is_dir():
        raise PredictionError(f"the predictions {root} {'are not a folder' if root.exists() else 'do not exist'}")
    folders, extra = _match_folders(root, videos)
    inventory = Inventory(extra=extra, expected=sum(len(video.frame_names) for video in videos))
    for video in videos:
        files = _match_frames(video, folders[video.name], inventory) if video.name in folders else {}
        inventory.files[video.name] = files
        inventory.missing.extend(f"{video.name}/{frame}" for frame in video.frame_names if frame not in files)
        for file in files.values():
            if reason := find_damage(file):
                inventory.damaged[file] = reason
    if not any(inventory.files.values()):
        raise PredictionError(_nothing_found(root, videos, inventory))
    return inventory


def list_some(names: Iterable[object], limit: int = _NAMED) -> str:
    """Join the first names and count the rest."""
    texts = [str(name) for name in names]
    rest = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + rest


def unpadded(name: str) -> str:
    """Strip image extensions and the zeros in front of numbers, so that ``0001.png.jpg`` and ``1`` are equal."""
    stem = re.sub(r"(\.(png|jpe?g|bmp|tiff?|npy))+$", "", name, flags=re.IGNORECASE)
    return re.sub(r"\d+", lambda match: str(int(match[0])), stem)


def _match_folders(root: Path, videos: Sequence[Video]) -> tuple[dict[str, Path], list[Path]]:
    """Map video names to folders; the second value lists the folders that match no video."""
    names = {unpadded(video.name): video.name for video in videos}
    folders: dict[str, Path] = {}
    extra = []
    for folder in sorted(entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")):
        name = names.get(unpadded(folder.name))
        if name is None:
            extra.append(folder)
        elif name in folders:
            raise PredictionError(f"{folders[name]} and {folder} are both video {name}: keep one of them")
        else:
            folders[name] = folder
    if not folders:
        own = names.get(unpadded(root.name)) or (videos[0].name if len(videos) == 1 else None)
        if own is not None:
            return {own: root}, []
    return folders, extra


def _match_frames(video: Video, folder: Path, inventory: Inventory) -> dict[str, Path]:
    frames = {unpadded(frame): frame for frame in video.frame_names}
    matched: dict[str, Path] = {}
    for file in _map_files(folder, frames):
        frame = frames.get(unpadded(file.name))
        if frame is None:
            inventory.extra.append(file)
        elif frame in matched:
            raise PredictionError(f"{matched[frame]} and {file.name} are both frame {frame}: keep one of them")
        else:
            matched[frame] = file
    return matched


def _map_files(folder: Path, frames: dict[str, str]) -> list[Path]:
    """List the maps in a video's folder, or in the only folder inside it that holds maps."""
    files = image_files(folder, MAP_SUFFIXES)
    files += [file for file in image_files(folder, frozenset({""})) if unpadded(file.name) in frames]
    if files:
        return files
    inner = [child for child in sorted(folder.iterdir()) if child.is_dir() and image_files(child, MAP_SUFFIXES)]
    if len(inner) > 1:
        raise PredictionError(
            f"{folder} holds maps in {len(inner)} folders ({list_some(child.name for child in inner)}): "
            "keep or give the one to score"
        )
    return image_files(inner[0], MAP_SUFFIXES) if inner else []


def _nothing_found(root: Path, videos: Sequence[Video], inventory: Inventory) -> str:
    example = f"{videos[0].name}/{videos[0].frame_names[0]}.png"
    wanted = f"expected a folder per video with a map per frame, such as {example}"
    flat = image_files(root, MAP_SUFFIXES)
    if flat and len(videos) > 1:
        return f"{root} holds {len(flat)} maps but no folder per video: {wanted}"
    if not any(root.iterdir()):
        return f"{root} is empty: {wanted}"
    found = [str(path.relative_to(root)) for path in inventory.extra] or [path.name for path in root.iterdir()]
    shifted = {frame_number(path.stem) for path in inventory.extra if path.suffix}
    hint = " (frames are numbered from 1)" if shifted == {0} else ""
    return f"{root} holds no map of {len(videos)} videos: {wanted}; found {list_some(sorted(found), 5)}{hint}"
