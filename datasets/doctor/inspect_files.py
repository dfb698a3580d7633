"""The doctor on the files of one video: what their headers tell, and what decoding tells."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from videosal.datasets.files.fixation_maps import describe_odd_fixations, fixated_pixels
from videosal.datasets.files.frame_files import read_map_file
from videosal.datasets.files.headers import read_header
from videosal.datasets.files.images import read_rgb
from videosal.datasets.files.matlab import find_mat_damage, map_shape
from videosal.datasets.files.orientation import is_on_its_side
from videosal.datasets.files.video.truncation import find_video_damage
from videosal.datasets.files.video.video_files import VIDEO_SUFFIXES, VideoFile
from videosal.datasets.sources.map_sources import DensityFiles, FixationFiles, FixationStack
from videosal.errors import VideosalError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from videosal.datasets.doctor.findings import Kinds, VideoCheck
    from videosal.datasets.stored_video import StoredVideo


def check_headers(kinds: Kinds, check: VideoCheck) -> None:
    """Find damaged files and maps of different sizes by the first and last bytes of each file."""
    sizes: dict[str, dict[str, tuple[int, int]]] = {kind: {} for kind in kinds}
    broken: dict[str, str] = {}
    longer: list[str] = []
    for kind, files in kinds.items():
        for file in dict.fromkeys(files.values()):
            size, damage, has_more = _read_size(file, shown=kind == "frames")
            if damage:
                broken[f"{kind}/{file.name}"] = damage
            elif size:
                sizes[kind][f"{kind}/{file.name}"] = size
            if has_more:
                longer.append(f"{kind}/{file.name}")
    for damage in dict.fromkeys(broken.values()):
        names = [name for name, reason in broken.items() if reason == damage]
        check.problem("damage", f"{len(names)} files: each {damage}", names)
    if longer:
        check.note("longer", f"{len(longer)} files have more than 1 KB behind their end, which is not read", longer)
    truth = {name: size for kind in sizes if kind != "frames" for name, size in sizes[kind].items()}
    if truth:
        check.size = Counter(truth.values()).most_common(1)[0][0]
    for group in (truth, sizes.get("frames", {})):
        _check_sizes(group, check)
    frames = Counter(sizes.get("frames", {}).values()).most_common(1)
    if check.size and frames and frames[0][0] != check.size:
        (height, width), (rows, cols) = frames[0][0], check.size
        text = f"frames of {width}x{height}, ground truth of {cols}x{rows}"
        if is_on_its_side(frames[0][0], check.size):
            check.problem("size", f"{text}: one of them lies on its side")
        else:
            check.note("size", text)


def check_content(kinds: Kinds, video: StoredVideo, check: VideoCheck) -> None:
    """Decode every file that its header does not rule out already."""
    zero: dict[str, list[str]] = {"densities": [], "fixations": []}
    odd: dict[str, str] = {}
    disagree: list[str] = []
    infinite: list[str] = []
    for frame, number in video.numbers.items():
        density = _decode_truth(kinds, video, "densities", number, check)
        fixations = _decode_truth(kinds, video, "fixations", number, check)
        mat = _decode_truth(kinds, video, "mats", number, check)
        first = fixations if fixations is not None else mat
        for kind, image in (("densities", density), ("fixations", first)):
            if image is not None and not image.any():
                zero[kind].append(frame)
        if density is not None and density.dtype.kind == "f" and not np.isfinite(density).all():
            infinite.append(frame)
        if first is not None and (reason := describe_odd_fixations(first)):
            odd[frame] = reason
        if fixations is not None and mat is not None and not _mark_the_same(fixations, mat):
            disagree.append(frame)
    if zero["densities"]:
        check.note("zero", f"{len(zero['densities'])} density maps are all zero", zero["densities"])
    if zero["fixations"]:
        check.note("zero", f"{len(zero['fixations'])} frames have no fixation", zero["fixations"])
    if infinite:
        check.problem("values", f"{len(infinite)} density maps hold NaN or infinity, which cannot be scored", infinite)
    if odd:
        text = f"{len(odd)} fixation maps can hardly be such: the first {next(iter(odd.values()))}"
        check.problem("values", text, odd)
    if disagree:
        check.problem("disagree", f"image and MATLAB file of {len(disagree)} fixation maps disagree", disagree)
    _decode_frames(kinds, check)


def _read_size(file: Path, *, shown: bool = False) -> tuple[tuple[int, int] | None, str | None, bool]:
    """Return size and damage of a file, None where it is not known or none, and whether more follows its end.

    The size is by the header, as a picture is stored or as it is `shown`.
    """
    suffix = file.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        if damage := find_video_damage(file):
            return None, damage, False
        try:
            return VideoFile(file).size, None, False
        except VideosalError as error:
            return None, str(error), False
    if suffix == ".mat":
        return None, find_mat_damage(file), False
    if suffix in (".txt", ".json"):
        return None, None, False
    header = read_header(file)
    size = header.size
    return (size[::-1] if size and shown and header.turned else size), header.damage, header.longer


def _check_sizes(sizes: dict[str, tuple[int, int]], check: VideoCheck) -> None:
    """Say which files differ in size from most of their kind."""
    if len(set(sizes.values())) > 1:
        (height, width), _ = Counter(sizes.values()).most_common(1)[0]
        others = [f"{name} {w}x{h}" for name, (h, w) in sizes.items() if (h, w) != (height, width)]
        check.problem("size", f"{len(others)} files are not {width}x{height} as the others", others)


def _decode_truth(
    kinds: Kinds, video: StoredVideo, kind: str, number: int, check: VideoCheck
) -> NDArray[np.generic] | None:
    """Decode a map, and report it where that fails; None where there is none, or its header is wrong already."""
    file = kinds.get(kind, {}).get(number)
    if file is None:
        return None
    try:
        if kind == "densities" and not isinstance(video.densities, DensityFiles):
            return None if video.densities is None else video.densities.read(number)
        if kind == "fixations" and not isinstance(video.gaze, FixationFiles):
            # Lists of points were parsed when they were counted, and a mask of them can only be well formed.
            found = video.gaze.original(number) if isinstance(video.gaze, FixationStack) else None
            return None if found is None else found[1]
        size, damage = (map_shape(file), None) if kind == "mats" else _read_size(file)[:2]
        if damage or (check.size is not None and size not in (None, check.size)):
            if kind == "mats" and not damage:
                check.problem("size", f"{file.name} does not have the size of the other maps")
            return None
        return read_map_file(file)
    except VideosalError as error:
        check.problem("damage", str(error))
        return None


def _mark_the_same(first: NDArray[np.generic], second: NDArray[np.generic]) -> bool:
    return np.array_equal(fixated_pixels(first), fixated_pixels(second))


def _decode_frames(kinds: Kinds, check: VideoCheck) -> None:
    files = list(dict.fromkeys(kinds.get("frames", {}).values()))
    for file in files:
        try:
            if file.suffix.lower() in VIDEO_SUFFIXES:
                video = VideoFile(file)
                try:
                    video.read(len(video) - 1)
                finally:
                    video.close()
                if video.damaged:
                    check.problem("damage", f"{file.name}: {len(video.damaged)} frames are damaged")
            elif not read_header(file).damage:
                read_rgb(file)
        except VideosalError as error:
            check.problem("damage", str(error))
