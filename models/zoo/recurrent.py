"""Systems that read a video once from its start and carry a state along. Reads without torch."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from videosal.models.zoo.system import PreparedFrame, SystemModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


class RecurrentSystem(SystemModel):
    """A network that sees the frames in order, a block at a time, and remembers those before.

    A subclass says how a frame is prepared (`prepare_frame`) and how a block is predicted (`predict_block`). How long a
    block is changes the memory that is used, never the maps.
    """

    @property
    def block(self) -> int:
        """Frames in a block."""
        return self.entry.frames

    @property
    def maps_at_once(self) -> int:
        """Maps that become ready together."""
        return self.block

    def predict(self, frames: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[Any]]:
        """Give the map of each frame of a video, in order.

        Parameters
        ----------
        frames : sequence of ndarray, shape (H, W, 3), dtype uint8
            RGB frames; each is read once, in order. At most two blocks of prepared frames are held.

        Yields
        ------
        ndarray, shape (h, w)
            What `predict_block` gives.

        Raises
        ------
        ModelError
            The device has too little memory.
        """
        return self.predict_prepared(
            frames, lambda frame: PreparedFrame(self.prepare_frame(frame), (frame.shape[0], frame.shape[1]))
        )

    def predict_prepared(
        self, frames: Sequence[NDArray[np.uint8]], prepare: Callable[[NDArray[np.uint8]], PreparedFrame]
    ) -> Iterator[NDArray[Any]]:
        """Do the work of `predict`; `prepare` gets the frames in order, in the thread that reads them."""
        from videosal.models.video.prefetch import PrefetchedFrames

        total, state = len(frames), None
        with PrefetchedFrames(frames, prepare, ahead=self.block) as prepared:
            for start in range(0, total, self.block):
                block = [prepared[index] for index in range(start, min(start + self.block, total))]
                maps, state = self.predict_block(block, state)
                yield from maps

    @abstractmethod
    def prepare_frame(self, frame: NDArray[np.uint8]) -> Tensor:
        """Turn an (H, W, 3) uint8 RGB frame into what the network takes: (C, h, w) float32."""

    @abstractmethod
    def predict_block(self, frames: list[PreparedFrame], state: Any) -> tuple[Iterable[NDArray[Any]], Any]:
        """Give the maps of a block and the state after it; `state` is that of the block before, None at the start."""
