"""What a model is, and the check that it keeps to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from videosal.errors import ModelError, VideosalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from videosal.datasets import Dataset


class Model(Protocol):
    """Anything with a method `predict`.

    A model may also have ``prepare(dataset) -> None``, which is called once, before the first `predict`, with
    the `videosal.datasets.Dataset` whose videos are to be predicted. One that keeps something for each video, such as
    optical flow on disk, may have ``predict_video(frames, name)``, see `VideoModel`.
    """

    def predict(self, frames: Sequence[NDArray[np.uint8]], /) -> Iterable[NDArray[Any]]:
        """Give one saliency map per frame, in the order of the frames.

        Parameters
        ----------
        frames : sequence of ndarray, shape (H, W, 3), dtype uint8
            RGB frames of one video. ``frames[i]`` decodes frame i, and going backwards is expensive: read
            each frame once, in order, and keep no more of them than the model needs.

        Returns
        -------
        iterable of ndarray, shape (h, w), real dtype
            Higher is more salient. Size and range are free: the protocol resizes and scales the maps.
        """
        ...


@runtime_checkable
class PreparedModel(Protocol):
    """A model that wants to see the data set before it predicts."""

    def prepare(self, dataset: Dataset, /) -> None:
        """Take what is needed from `dataset`; its own ground truth is not to be learned from."""
        ...


@runtime_checkable
class VideoModel(Protocol):
    """A model that wants to know which video it predicts."""

    def predict_video(self, frames: Sequence[NDArray[np.uint8]], name: str, /) -> Iterable[NDArray[Any]]:
        """Do what `Model.predict` does, in its place; `name` is that of the video in its data set.

        Where a video has no name (``videosal predict``), `Model.predict` is called.
        """
        ...


def prepare_model(model: Model, dataset: Dataset) -> None:
    """Call the `prepare` of a model that has one.

    Parameters
    ----------
    model : Model
        Any model.
    dataset : Dataset
        The data set whose videos are to be predicted.

    Raises
    ------
    ModelError
        The model fails. A `VideosalError` is passed on as it is.
    """
    if not isinstance(model, PreparedModel):
        return
    try:
        model.prepare(dataset)
    except VideosalError:
        raise
    except Exception as error:
        raise ModelError(f"{type(model).__name__}.prepare failed: {error!r}") from error


def iterate_predictions(
    model: Model, frames: Sequence[NDArray[np.uint8]], *, video: str | None = None
) -> Iterator[NDArray[Any]]:
    """Give the maps of `model` one by one, checked against the contract of `Model.predict`.

    Parameters
    ----------
    model : Model
        The model to run.
    frames : sequence of ndarray, shape (H, W, 3), dtype uint8
        RGB frames of one video.
    video : str, optional
        Its name in its data set, for a `VideoModel`.

    Yields
    ------
    ndarray, shape (h, w)
        Map of each frame as the model gave it. NaN is let through: a metric counts such a frame as undefined.

    Raises
    ------
    ModelError
        A map is no two-dimensional real array or is empty, there are more or fewer maps than frames, or the
        model fails; the text names the frame, counted from 0. A `VideosalError` of the model or of a frame
        that cannot be read is passed on as it is.
    """
    who, total = type(model).__name__, len(frames)
    count = 0
    for saliency in _run(model, frames, video):
        if count == total:
            raise ModelError(f"{who}.predict gives more maps than the {total} frames of the video")
        if problem := _find_problem(saliency):
            raise ModelError(f"{who}.predict, frame {count}: {problem}, expected a 2-D array of real numbers")
        yield saliency
        count += 1
    if count < total:
        raise ModelError(f"{who}.predict ended after {count} maps, but the video has {total} frames")


def _run(model: Model, frames: Sequence[NDArray[np.uint8]], video: str | None) -> Iterator[Any]:
    who, index = type(model).__name__, 0
    try:
        maps: object
        if video is not None and isinstance(model, VideoModel):
            maps = model.predict_video(frames, video)
        else:
            maps = model.predict(frames)
        if not isinstance(maps, Iterable):
            raise ModelError(f"{who}.predict returned {_type_name(maps)}, expected an iterator of maps")
        for saliency in maps:
            yield saliency
            index += 1
    except VideosalError:
        raise
    except Exception as error:
        raise ModelError(f"{who}.predict failed at frame {index}: {error!r}") from error


def _find_problem(saliency: object) -> str | None:
    if not isinstance(saliency, np.ndarray):
        return f"a {_type_name(saliency)} came"
    if saliency.ndim != 2 or saliency.size == 0:
        return f"an array of shape {saliency.shape} came"
    if saliency.dtype.kind not in "buif":
        return f"an array of {saliency.dtype} came"
    return None


def _type_name(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
