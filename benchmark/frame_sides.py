"""Whether the frames of a copy lie the same way up as its ground truth, before a model sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.benchmark.maps.matching.names import list_some
from videosal.datasets.files.orientation import is_on_its_side
from videosal.errors import VideosalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.datasets import Video


def describe_sides(videos: Sequence[Video]) -> str | None:
    """Say which videos have frames that lie on their side beside the ground truth.

    Parameters
    ----------
    videos : sequence of Video
        With ground truth. The first frame of each is looked at; one that cannot be read is told when it is run.

    Returns
    -------
    str or None
        A sentence with the count and the shapes; None where all frames lie as the ground truth does.
    """
    turned = []
    for video in videos:
        try:
            frame, truth = video.frame_size(), video.size
        except VideosalError:  # the model meets the same file, and says so
            continue
        if is_on_its_side(frame, truth):
            turned.append(f"{video.name}: frames of {frame[1]}x{frame[0]}, ground truth of {truth[1]}x{truth[0]}")
    if not turned:
        return None
    return (
        f"the frames of {len(turned)} of {len(videos)} videos lie on their side beside the ground truth "
        f"({list_some(turned, 3)}): turn one of them, or the scores mean nothing"
    )
