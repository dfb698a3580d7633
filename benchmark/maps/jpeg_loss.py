"""What JPEG costs: maps that were saved as JPEG are scored as they are, with the size of its error beside them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.maps.reader import MapReader
from videosal.datasets.files.images import decode_map
from videosal.datasets.spacing import evenly_spaced
from videosal.errors import DamagedFileError
from videosal.metrics import get_protocol, metric_info, score_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from videosal.benchmark.maps.reader import MapRef
    from videosal.datasets import Video

_FRAMES = 8  # to measure on, evenly spaced over all
_SUFFIXES = (".jpg", ".jpeg")
_SHIFT = 4  # pixels: half a block, so that compressing again makes an error of its own
_NEEDS = {"density", "fixations"}  # metrics that need other videos are left out


def measure_jpeg_loss(
    videos: Sequence[Video], files: Mapping[str, Mapping[str, MapRef]], protocol: str, metrics: Sequence[str]
) -> dict[str, Any] | None:
    """Estimate how far JPEG has moved the scores of a folder of maps.

    What a map was before it was compressed is not known. So a few maps are compressed once more, with the file's own
    quantisation tables and the grid of blocks moved by half a block, and the change of each metric is taken: JPEG's
    error at that quality, on that content.

    Parameters
    ----------
    videos : sequence of Video
        With ground truth.
    files : mapping
        For each video, the map of each frame, as `videosal.benchmark.maps.inventory` found them.
    protocol : str
        As scored; its random metrics take their expectation.
    metrics : sequence of str
        Those that are scored; metrics that need more than density and fixations of the frame are left out.

    Returns
    -------
    dict or None
        ``maps``: number of JPEG maps; ``frames``: number of them that were measured; ``change``: mean absolute change
        per metric. None where there is no JPEG that can be read.
    """
    lossy = [
        (video, frame, ref)
        for video in videos
        for frame, ref in files.get(video.name, {}).items()
        if ref.entry.name.lower().endswith(_SUFFIXES)
    ]
    if not lossy:
        return None
    measurable = [name for name in metrics if set(metric_info(name).needs) <= _NEEDS]
    chosen = [lossy[place] for place in evenly_spaced(len(lossy), _FRAMES)]
    reader = MapReader()
    measured = [
        _measure(video, frame, reader.tree_of(ref).read(ref.entry.name), ref.where, protocol, measurable)
        for video, frame, ref in chosen
        if not _is_damaged(reader, ref)
    ]
    changes = [change for change in measured if change is not None]
    if not changes:
        return None
    means = {
        name: float(np.mean(values))
        for name in measurable
        if (values := [change[name] for change in changes if name in change])
    }
    return {"maps": len(lossy), "frames": len(changes), "change": means}


def describe_jpeg_loss(loss: Mapping[str, Any]) -> str:
    """Say it in one line, for a warning and for the notes of a run."""
    moved = ", ".join(f"{metric_info(name).label} by {change:.2g}" for name, change in loss["change"].items())
    effect = f": that loss moves {moved} (mean of {loss['frames']} frames, compressed once more)" if moved else ""
    return f"{loss['maps']} maps are JPEG, which is lossy{effect}; save maps as PNG"


def _measure(
    video: Video, frame: str, data: bytes, where: str, protocol: str, metrics: Sequence[str]
) -> dict[str, float] | None:
    """Return the absolute change of each metric that is defined for the frame; None if the file is no JPEG."""
    if not (tables := _quantisation(data)):
        return None
    points = get_protocol(protocol).repeats
    truth: dict[str, Any] = {
        "density": video.density(frame),
        "fixations": video.fixation_points(frame) if points else video.stored_fixations(frame),
    }
    defined = [name for name in metrics if all(truth[need] is not None for need in metric_info(name).needs)]
    saliency = decode_map(data, where)
    before, after = (
        score_frame(each, **truth, metrics=defined, protocol=protocol) for each in (saliency, _again(saliency, tables))
    )
    changes = {name: abs(after[name] - before[name]) for name in defined}
    return {name: change for name, change in changes.items() if np.isfinite(change)}


def _is_damaged(reader: MapReader, ref: MapRef) -> bool:
    """Whether a map cannot be decoded, which scoring tells of."""
    try:
        reader.read(ref)
    except DamagedFileError:
        return True
    return False


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
