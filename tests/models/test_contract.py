from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from videosal.errors import FileError, ModelError
from videosal.models import iterate_predictions, prepare_model

Video = Callable[..., Any]


class Given:
    """A model that gives what it was made with."""

    def __init__(self, maps: Any) -> None:
        self.maps = maps

    def predict(self, frames: Any) -> Any:
        return self.maps


def run(maps: Any, count: int) -> list[Any]:
    return list(iterate_predictions(Given(maps), [np.zeros((4, 6, 3), np.uint8)] * count))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "int32", "bool"])
def test_good_maps_pass_as_they_are(dtype: str) -> None:
    maps = [np.ones((2, 3), dtype), np.ones((1, 1), dtype)]
    found = run(iter(maps), 2)
    assert [a is b for a, b in zip(found, maps, strict=True)] == [True, True]


def test_a_list_and_a_stack_of_maps_pass_too() -> None:
    assert len(run([np.ones((2, 3))] * 3, 3)) == 3
    assert len(run(np.ones((3, 4, 6)), 3)) == 3


def test_nan_passes() -> None:
    assert np.isnan(run([np.full((2, 3), np.nan)], 1)[0]).all()


def test_an_empty_video_has_no_maps() -> None:
    assert run(iter(()), 0) == []
    with pytest.raises(ModelError, match="more maps than the 0 frames"):
        run(iter([np.ones((2, 2))]), 0)


@pytest.mark.parametrize(
    ("saliency", "what"),
    [
        (np.ones((2, 3, 1)), r"an array of shape \(2, 3, 1\)"),
        (np.ones(6), r"an array of shape \(6,\)"),
        (np.ones((0, 3)), r"an array of shape \(0, 3\)"),
        (np.ones((2, 3), complex), "an array of complex128"),
        (np.full((2, 3), "a"), "an array of <U1"),
        (np.full((2, 3), None), "an array of object"),
        ([[1.0, 2.0]], "a list"),
        (None, "a NoneType"),
        (SimpleNamespace(), "a types.SimpleNamespace"),
    ],
)
def test_what_is_no_map_is_named_with_its_frame(saliency: Any, what: str) -> None:
    maps = [np.ones((2, 3)), saliency, np.ones((2, 3))]
    with pytest.raises(ModelError, match=rf"Given\.predict, frame 1: {what} came"):
        run(iter(maps), 3)


@pytest.mark.parametrize("given", [0, 2])
def test_too_few_maps(given: int) -> None:
    with pytest.raises(ModelError, match=f"ended after {given} maps, but the video has 3 frames"):
        run(iter([np.ones((2, 3))] * given), 3)


def test_too_many_maps() -> None:
    def forever() -> Iterator[Any]:
        while True:
            yield np.ones((2, 3))

    with pytest.raises(ModelError, match="more maps than the 3 frames"):
        run(forever(), 3)


@pytest.mark.parametrize("result", [None, 3.0])
def test_predict_must_give_an_iterator(result: Any) -> None:
    with pytest.raises(ModelError, match=f"returned {type(result).__name__}, expected an iterator"):
        run(result, 2)


def test_a_failure_names_the_frame_and_keeps_its_cause() -> None:
    def failing() -> Iterator[Any]:
        yield np.ones((2, 3))
        raise RuntimeError("out of memory")

    with pytest.raises(ModelError, match=r"failed at frame 1: RuntimeError.*out of memory") as caught:
        run(failing(), 3)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_error_of_ours_is_passed_on() -> None:
    def failing() -> Iterator[Any]:
        raise FileError("0001.png: is truncated")
        yield

    with pytest.raises(FileError, match=r"0001\.png"):
        run(failing(), 3)


def test_maps_are_given_as_they_are_made(video: Video) -> None:
    class Reader:
        def predict(self, frames: Any) -> Iterator[Any]:
            for index in range(len(frames)):
                yield frames[index][..., 0]

    frames = video(5)
    for n, _ in enumerate(iterate_predictions(Reader(), frames)):
        assert frames.reads == list(range(n + 1))


def test_stopping_early_closes_the_model() -> None:
    closed = []

    def maps() -> Iterator[Any]:
        try:
            while True:
                yield np.ones((2, 3))
        finally:
            closed.append(True)

    predictions = iterate_predictions(Given(maps()), [np.zeros((2, 3, 3), np.uint8)] * 9)
    next(predictions)
    del predictions
    assert closed == [True]


def test_prepare_is_called_where_there_is_one() -> None:
    seen = []

    class Prepared(Given):
        def prepare(self, dataset: Any) -> None:
            seen.append(dataset)

    dataset: Any = object()
    prepare_model(Given(()), dataset)
    assert seen == []
    prepare_model(Prepared(()), dataset)
    assert seen == [dataset]


def test_a_failing_prepare_is_a_model_error() -> None:
    class Broken(Given):
        def __init__(self, error: Exception) -> None:
            self.error = error

        def prepare(self, dataset: Any) -> None:
            raise self.error

    dataset: Any = object()
    with pytest.raises(ModelError, match=r"Broken\.prepare failed: KeyError\('x'\)"):
        prepare_model(Broken(KeyError("x")), dataset)
    with pytest.raises(FileError, match="as it is"):
        prepare_model(Broken(FileError("as it is")), dataset)


def test_a_model_that_asks_is_told_the_name_of_the_video() -> None:
    class Named(Given):
        def predict_video(self, frames: Any, name: str) -> Any:
            return [np.full((1, 1), len(name))] * len(frames)

    frames = [np.zeros((2, 3, 3), np.uint8)]
    model = Named([np.zeros((1, 1))])
    assert next(iterate_predictions(model, frames, video="0601")).item() == 4
    assert next(iterate_predictions(model, frames)).item() == 0
    assert next(iterate_predictions(Given([np.zeros((1, 1))]), frames, video="0601")).item() == 0
