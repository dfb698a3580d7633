"""What a model is shown of a video: its frames, or, where it looks at none, as many blank ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from videosal.datasets.files.frames import FrameSequence
from videosal.models.registry import needs_frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from videosal.datasets import Video


def frames_for(model: str, video: Video) -> tuple[Sequence[NDArray[np.uint8]], list[int]]:
    """Choose the frames that a model predicts from.

    Parameters
    ----------
    model : str
        Name, as for `create_model`. One that `needs_frames` says needs none is given blank frames of the size of the
        ground truth, one for each frame that has some, whether the copy has frames or not.
    video : Video

    Returns
    -------
    frames : sequence of ndarray, shape (H, W, 3), dtype uint8
    positions : list of int
        For each ground-truth frame, the index of its image in `frames`.

    Raises
    ------
    DatasetError
        The copy has no frames, or not those that have ground truth, and the model needs them.
    """
    if needs_frames(model):
        return video.frames, video.frame_positions()
    count = len(video.frame_names)
    return BlankFrames(count, video.size), list(range(count))


class BlankFrames(FrameSequence):
    """Black frames.

    Parameters
    ----------
    count : int
    size : (int, int)
        Height and width.
    """

    def __init__(self, count: int, size: tuple[int, int]) -> None:
        self._count, self._size = count, size

    def __len__(self) -> int:
        return self._count

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return a black frame."""
        del index
        return np.zeros((*self._size, 3), np.uint8)
