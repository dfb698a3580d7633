from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.errors import InputError, VideosalError
from videosal.leaderboards import blend_overlay, write_overlay_video

if TYPE_CHECKING:
    from pathlib import Path

FRAME = np.random.default_rng(0).integers(0, 256, (9, 17, 3), np.uint8)


def test_nothing_salient_leaves_the_frame_as_it_is() -> None:
    assert (blend_overlay(FRAME, np.zeros((3, 4))) == FRAME).all()
    assert (blend_overlay(FRAME, np.full((9, 17), 7.0)) == FRAME).all()
    assert (blend_overlay(FRAME, np.random.default_rng(0).random((9, 17)), opacity=0) == FRAME).all()


def test_the_most_salient_point_is_covered() -> None:
    saliency = np.zeros((9, 17))
    saliency[4, 8] = 3
    black = np.zeros_like(FRAME)
    painted = blend_overlay(black, saliency, opacity=1)
    assert painted[4, 8].min() > 100  # the light end of the colours
    assert (np.delete(painted.reshape(-1, 3), 4 * 17 + 8, axis=0) == 0).all()


@pytest.mark.parametrize(
    ("frame", "saliency", "opacity"),
    [
        (FRAME[..., 0], np.zeros((9, 17)), 0.5),
        (FRAME, np.zeros((9, 17, 3)), 0.5),
        (FRAME, np.full((9, 17), np.nan), 0.5),
        (FRAME, np.zeros((9, 17)), 1.5),
    ],
)
def test_wrong_input(frame: np.ndarray, saliency: np.ndarray, opacity: float) -> None:
    with pytest.raises(InputError):
        blend_overlay(frame, saliency, opacity=opacity)


def test_a_video_has_every_frame_and_its_rate(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed: the extra video")
    frames = [np.full((33, 47, 3), level, np.uint8) for level in (40, 120, 200)]
    file = tmp_path / "overlay.mp4"
    assert write_overlay_video(file, ((frame, np.zeros((4, 4))) for frame in frames), fps=30) == 3
    with av.open(str(file)) as container:
        assert float(container.streams.video[0].average_rate) == 30
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [picture.shape for picture in decoded] == [(32, 46, 3)] * 3
    assert [picture.mean() for picture in decoded] == pytest.approx([40, 120, 200], abs=4)


def test_a_video_that_fails_leaves_no_file(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed: the extra video")
    file = tmp_path / "overlay.mp4"
    with pytest.raises(InputError, match="no frame"):
        write_overlay_video(file, [])
    pairs = [(np.zeros((16, 16, 3), np.uint8), np.zeros((4, 4))), (np.zeros((16, 18, 3), np.uint8), np.zeros((4, 4)))]
    with pytest.raises(InputError, match="one size is needed"):
        write_overlay_video(file, pairs)
    assert not list(tmp_path.iterdir())
    file.write_bytes(b"before")
    with pytest.raises(InputError, match="one size is needed"):
        write_overlay_video(file, pairs)
    assert file.read_bytes() == b"before"
    for gone in ("gone/overlay.mp4", "overlay.mp4/overlay.mp4"):
        with pytest.raises(VideosalError, match=f"cannot write .*{gone}"):
            write_overlay_video(tmp_path / gone, pairs[:1])
    with pytest.raises(VideosalError, match="cannot write"):
        write_overlay_video(tmp_path / "gone" / "overlay.mp4", pairs[:1])
