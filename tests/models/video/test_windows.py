from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.errors import InputError, ModelError
from videosal.models import WindowedModel, iterate_predictions, sliding_windows

Video = Callable[..., Any]


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, int]:
    length = draw(st.integers(1, 12))
    return draw(st.integers(0, 30)), length, draw(st.integers(0, length - 1))


@given(cases())
def test_windows_hold_the_clamped_indices(case: tuple[int, int, int]) -> None:
    total, length, target = case
    expected = [[min(max(n - target + place, 0), total - 1) for place in range(length)] for n in range(total)]
    assert list(sliding_windows(range(total), length=length, target=target)) == expected


def test_window_of_stsanet() -> None:
    clips = list(sliding_windows(range(100), length=32, target=15))
    assert clips[0] == [0] * 15 + list(range(17))
    assert clips[50] == list(range(35, 67))
    assert clips[99] == list(range(84, 100)) + [99] * 16


@pytest.mark.parametrize(("count", "length", "target"), [(40, 32, 15), (5, 32, 15), (9, 4, 3), (9, 4, 0), (1, 3, 1)])
def test_each_frame_is_read_once_in_order(video: Video, count: int, length: int, target: int) -> None:
    frames = video(count)
    assert len(list(sliding_windows(frames, length=length, target=target))) == count
    assert frames.reads == list(range(count))


def test_a_causal_window_reads_no_later_frame(video: Video) -> None:
    frames = video(10)
    for n, _ in enumerate(sliding_windows(frames, length=4, target=3)):
        assert frames.reads == list(range(n + 1))


class _Token:
    pass


class _Tokens(Sequence[_Token]):
    def __init__(self, count: int) -> None:
        self.total = count
        self.alive: weakref.WeakSet[_Token] = weakref.WeakSet()

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, index: Any) -> Any:
        token = _Token()
        self.alive.add(token)
        return token


def test_only_one_window_is_held() -> None:
    frames = _Tokens(50)
    held = []
    for clip in sliding_windows(frames, length=6, target=2):
        del clip
        held.append(len(frames.alive))
    assert max(held) == 6


@pytest.mark.parametrize(("length", "target"), [(0, 0), (-1, 0), (4, 4), (4, -1)])
def test_a_window_that_cannot_be_is_refused_at_once(length: int, target: int) -> None:
    with pytest.raises(InputError, match=r"length is|target is"):
        sliding_windows([1, 2, 3], length=length, target=target)
    with pytest.raises(InputError, match=r"length is|target is"):
        WindowedModel(_mean_of_clips, length=length, target=target)


def test_a_batch_of_none_is_refused() -> None:
    with pytest.raises(InputError, match="batch is 0"):
        WindowedModel(_mean_of_clips, length=2, target=0, batch=0)


@pytest.mark.parametrize("batch", [2, 3, 7, 50])
def test_maps_are_the_same_for_any_batch_size(video: Video, batch: int) -> None:
    single = WindowedModel(_mean_of_clips, length=5, target=2)
    several = WindowedModel(_mean_of_clips, length=5, target=2, batch=batch)
    expected = list(single.predict(video(7)))
    found = list(several.predict(video(7)))
    assert len(found) == 7
    np.testing.assert_array_equal(found, expected)
    assert not np.array_equal(expected[0], expected[1])


def test_no_call_gets_more_windows_than_the_batch(video: Video) -> None:
    sizes = []

    def predict_clips(clips: list[list[Any]]) -> list[Any]:
        sizes.append([len(clips), *{len(clip) for clip in clips}])
        return _mean_of_clips(clips)

    list(WindowedModel(predict_clips, length=5, target=2, batch=3).predict(video(7)))
    assert sizes == [[3, 5], [3, 5], [1, 5]]


def test_the_transform_sees_each_frame_once(video: Video) -> None:
    seen = []

    def halve(frame: Any) -> Any:
        seen.append(frame)
        return frame / 2

    frames = video(6)
    model = WindowedModel(_mean_of_clips, length=4, target=1, batch=2, transform=halve)
    halved = list(model.predict(frames))
    whole = list(WindowedModel(_mean_of_clips, length=4, target=1).predict(video(6)))
    assert frames.reads == list(range(6))
    assert len(seen) == 6
    np.testing.assert_allclose(halved, np.array(whole) / 2, rtol=1e-12)


def test_an_array_of_maps_is_given_map_by_map(video: Video) -> None:
    model = WindowedModel(lambda clips: np.array(_mean_of_clips(clips)), length=3, target=1, batch=4)
    assert [saliency.shape for saliency in iterate_predictions(model, video(6))] == [(36, 64)] * 6


def test_an_empty_video_gives_no_map_and_no_call() -> None:
    def predict_clips(clips: list[list[Any]]) -> Any:
        raise AssertionError(clips)

    assert list(WindowedModel(predict_clips, length=3, target=1).predict([])) == []


@pytest.mark.parametrize("change", [-1, 1])
def test_a_wrong_number_of_maps_is_an_error(video: Video, change: int) -> None:
    model = WindowedModel(lambda clips: np.ones((len(clips) + change, 2, 2)), length=3, target=1, batch=2)
    with pytest.raises(ModelError, match=f"{2 + change} maps for 2 windows"):
        list(model.predict(video(6)))


def _mean_of_clips(clips: list[list[Any]]) -> list[Any]:
    return [np.mean([frame[..., 0] for frame in clip], axis=0) for clip in clips]
