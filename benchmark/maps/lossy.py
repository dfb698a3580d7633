"""What lossy files cost: maps that are JPEG or lossy video are scored as they are, with the size of the loss.

What a map was before it was compressed is not known. So a few maps are compressed once more, as coarsely as their file
was and with the grid of blocks moved by half a block, and the change of each metric is taken: the error of that codec
at that quality, on that content. How coarsely a JPEG file was compressed stands in it, as its quantisation tables. For
a video it is found on a picture that was coded on its own: as what makes it need as many bytes again.
"""

from __future__ import annotations

import io
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.maps.reader import MapReader
from videosal.benchmark.maps.trees import file_source
from videosal.datasets.files.images import decode_map, suffix_of
from videosal.datasets.files.luma import read_levels
from videosal.datasets.files.video.recoding import code_again, find_quantiser, key_pictures, lossy_codec
from videosal.datasets.files.video.video_files import VIDEO_SUFFIXES, VideoFile
from videosal.datasets.spacing import evenly_spaced
from videosal.errors import DamagedFileError, InputError, VideosalError
from videosal.metrics import get_protocol, metric_info, score_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from videosal.benchmark.maps.reader import MapRef
    from videosal.datasets import Video
    from videosal.metrics import Protocol

    Found = tuple[Video, str, MapRef]
    Pair = tuple[Video, str, NDArray[Any], NDArray[Any]]  # a map as it is, and compressed once more

_FRAMES = 8  # to measure on, evenly spaced over all
_JPEG = "JPEG"
_SUFFIXES = (".jpg", ".jpeg")
_SHIFT = 4  # pixels: half a block, so that compressing again makes an error of its own
_NEEDS = {"density", "fixations"}  # metrics that need other videos are left out


def measure_losses(
    videos: Sequence[Video], files: Mapping[str, Mapping[str, MapRef]], protocol: str | Protocol, metrics: Sequence[str]
) -> list[dict[str, Any]]:
    """Estimate how far lossy compression has moved the scores of maps.

    Parameters
    ----------
    videos : sequence of Video
        With ground truth.
    files : mapping
        For each video, the map of each frame, as `videosal.benchmark.maps.inventory` found them.
    protocol : str or Protocol
        As scored; its random metrics take their expectation.
    metrics : sequence of str
        Those that are scored; metrics that need more than density and fixations of the frame are left out.

    Returns
    -------
    list of dict
        For each way of compression, ``coding``: its name; ``maps``: number of maps in it; ``frames``: number of them
        that were measured; ``change``: mean absolute change per metric, empty where none could be measured. Files that
        lose nothing, and JPEG files of which none can be read, are not listed.
    """
    measurable = [name for name in metrics if set(metric_info(name).needs) <= _NEEDS]
    luma = get_protocol(protocol).luma
    losses = []
    for coding, found in _lossy_maps(videos, files).items():
        chosen = [found[place] for place in evenly_spaced(len(found), _FRAMES)]
        pairs = _jpegs_again(chosen) if coding == _JPEG else _pictures_again(chosen, luma)
        changes = [_change(*pair, protocol, measurable) for pair in pairs]
        if coding == _JPEG and not changes:
            continue
        means = {
            name: float(np.mean(values))
            for name in measurable
            if (values := [change[name] for change in changes if name in change])
        }
        losses.append({"coding": coding, "maps": len(found), "frames": len(changes), "change": means})
    return losses


def describe_loss(loss: Mapping[str, Any]) -> str:
    """Say it in one line, for a warning and for the notes of a run."""
    moved = ", ".join(f"{metric_info(name).label} by {change:.2g}" for name, change in loss["change"].items())
    effect = f": that loss moves {moved} (mean of {loss['frames']} frames, compressed once more)" if moved else ""
    return f"{loss['maps']} maps are {loss['coding']}, which is lossy{effect}; save maps as PNG"


def _lossy_maps(videos: Sequence[Video], files: Mapping[str, Mapping[str, MapRef]]) -> dict[str, list[Found]]:
    """Sort the maps that lie in lossy files by how these were compressed."""
    found: dict[str, list[Found]] = {}
    for video in videos:
        codings: dict[str, str | None] = {}
        for frame, ref in files.get(video.name, {}).items():
            name = ref.entry.name
            if name not in codings:
                codings[name] = _coding(ref)
            if coding := codings[name]:
                found.setdefault(coding, []).append((video, frame, ref))
    return found


def _coding(ref: MapRef) -> str | None:
    """Name the lossy compression of a file; None for others."""
    suffix = suffix_of(ref.entry.name)
    if suffix in _SUFFIXES:
        return _JPEG
    if ref.index is None or suffix not in VIDEO_SUFFIXES:
        return None
    codec = lossy_codec(_open_video(ref))
    return f"{codec} video" if codec else None


def _open_video(ref: MapRef) -> VideoFile:
    tree = MapReader().tree_of(ref)
    return VideoFile(file_source(tree, ref.entry.name), ref.where)


def _change(
    video: Video,
    frame: str,
    before: NDArray[Any],
    after: NDArray[Any],
    protocol: str | Protocol,
    metrics: Sequence[str],
) -> dict[str, float]:
    """Return the absolute change of each metric that is defined for the frame."""
    points = get_protocol(protocol).repeats
    truth: dict[str, Any] = {
        "density": video.density(frame),
        "fixations": video.fixation_points(frame) if points else video.stored_fixations(frame),
    }
    defined = [name for name in metrics if all(truth[need] is not None for need in metric_info(name).needs)]
    try:
        was, now = (score_frame(each, **truth, metrics=defined, protocol=protocol) for each in (before, after))
    except InputError:  # a map that the protocol refuses is told by name when it is scored
        return {}
    changes = {name: abs(now[name] - was[name]) for name in defined}
    return {name: change for name, change in changes.items() if np.isfinite(change)}


def _pictures_again(found: Iterable[Found], luma: str) -> Iterator[Pair]:
    """Code pictures of videos once more, as coarsely as a picture of the same video was."""
    for _, group in groupby(found, key=lambda item: item[2].entry.name):
        items = sorted(group, key=lambda item: item[2].index or 0)
        file = _open_video(items[0][2])
        try:
            yield from _of_one_video(file, [(video, frame, ref.index or 0) for video, frame, ref in items], luma)
        except VideosalError:  # a damaged file is told when it is scored
            continue
        finally:
            file.close()


def _of_one_video(file: VideoFile, items: Sequence[tuple[Video, str, int]], luma: str) -> Iterator[Pair]:
    """Code some pictures of a video, in their order, each as coarsely as the last key picture before it."""
    codec, keys = lossy_codec(file) or "", key_pictures(file)
    quantisers: dict[int, int | None] = {}  # rate control makes key pictures differ
    for video, frame, index in items if keys else ():
        key = max((place for place in keys if place <= index), default=min(keys))
        if key not in quantisers:
            levels, coding = read_levels(file.read(key), file.where)
            quantisers[key] = find_quantiser(levels, coding.bits, codec, keys[key])
        levels, coding = read_levels(file.read(index), file.where)
        quantiser = quantisers[key]
        again = None if quantiser is None else code_again(levels, coding.bits, codec, quantiser)
        if again is not None:
            yield video, frame, coding.numbers(levels, luma), coding.numbers(again, luma)


def _jpegs_again(found: Iterable[Found]) -> Iterator[Pair]:
    """Compress JPEG maps once more, with the tables of their files; files that are none are passed over."""
    reader = MapReader()
    for video, frame, ref in found:
        try:
            data = reader.tree_of(ref).read(ref.entry.name)
            saliency = decode_map(data, ref.where)
        except DamagedFileError:  # a damaged file is told when it is scored
            continue
        if tables := _quantisation(data):
            yield video, frame, saliency, _again(saliency, tables)


def _quantisation(data: bytes) -> dict[int, list[int]] | None:
    """Return the quantisation tables of a JPEG file; None for another one, whatever its name."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return getattr(image, "quantization", None)


def _again(saliency: NDArray[Any], tables: dict[int, list[int]]) -> NDArray[np.uint8]:
    """Compress a map with the tables of its file and the blocks elsewhere."""
    from PIL import Image

    padded = np.pad(saliency, ((_SHIFT, 0), (_SHIFT, 0)), mode="edge")
    buffer = io.BytesIO()
    Image.fromarray(padded).save(buffer, "JPEG", qtables=tables)
    decoded: NDArray[np.uint8] = np.asarray(Image.open(buffer))[_SHIFT:, _SHIFT:]
    return decoded
