"""What maps look like, where that is not like saliency maps: told from a few of them, before anything is scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.reader import MapReader
from videosal.datasets.files.orientation import is_on_its_side
from videosal.datasets.spacing import evenly_spaced
from videosal.errors import VideosalError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from videosal.benchmark.maps.reader import MapRef
    from videosal.datasets import Video

_LOOKED_AT = 32  # maps, evenly spaced over all
_MOST = 0.5  # of them, for a note
_DARK = 3  # of 255: what is left of maps from 0 to 1 that were saved without a factor of 255

CONSTANT, LOGARITHMIC = "constant", "logarithmic"
_TEXTS = {
    CONSTANT: "hold one value and say nothing",
    "dark": f"hold nothing above {_DARK} of 255: were they saved without a factor of 255?",
    "two values": "hold two values, as fixation maps or thresholded maps do: save the map before it is thresholded",
    LOGARITHMIC: "hold no value above 0, as logarithms do: save their exponential",
    "on its side": "lie on their side beside the frames: were rows and columns swapped?",
}


def describe_looks(
    videos: Sequence[Video], files: Mapping[str, Mapping[str, MapRef]], *, but: Collection[str] = ()
) -> list[str]:
    """Say what maps look like that do not look like saliency maps.

    Parameters
    ----------
    videos : sequence of Video
        With ground truth.
    files : mapping
        For each video, the map of each frame, as `videosal.benchmark.maps.inventory` found them.
    but : collection of str
        Looks that are not spoken of: `CONSTANT` where maps of one value are counted one by one, `LOGARITHMIC` where the
        protocol takes logarithms.

    Returns
    -------
    list of str
        A sentence for each look that most of the maps have, with its count. Up to 32 maps are looked at, evenly spaced;
        those that cannot be read are passed over, for scoring tells of them.
    """
    refs = [(video, ref) for video in videos for ref in files.get(video.name, {}).values()]
    reader, looks = MapReader(), list[set[str]]()
    for video, ref in (refs[place] for place in evenly_spaced(len(refs), _LOOKED_AT)):
        try:
            looks.append(_looks(reader.read(ref), video.size))
        except VideosalError:  # a broken file is told when it is scored
            continue
    counts = {look: sum(look in found for found in looks) for look in _TEXTS}
    return [
        f"{count} of {len(looks)} maps that were looked at {_TEXTS[look]}"
        for look, count in counts.items()
        if count > _MOST * len(looks) and look not in but
    ]


def _looks(saliency: NDArray[Any], size: tuple[int, int]) -> set[str]:
    low, high = saliency.min(), saliency.max()
    found = set()
    if low == high:
        found.add(CONSTANT)
    elif saliency.dtype.kind in "ui" and low >= 0 and high <= _DARK:
        found.add("dark")
    elif high <= 0:
        found.add(LOGARITHMIC)
    elif ((saliency == low) | (saliency == high)).all():
        found.add("two values")
    if is_on_its_side(saliency.shape, size):
        found.add("on its side")
    return found
