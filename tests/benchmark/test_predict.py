from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from videosal.benchmark.maps.saved_maps import quantise
from videosal.benchmark.predict import predict
from videosal.datasets.files.images import read_map
from videosal.errors import DatasetError, UnknownNameError
from videosal.models import create_model

if TYPE_CHECKING:
    from pathlib import Path

    from videosal.datasets import Dataset


def test_one_map_per_frame_of_its_size_and_name(sample: Dataset, tmp_path: Path) -> None:
    source = sample.root / "video" / "0005"
    pairs = list(predict("motion", source, tmp_path / "maps"))
    files = sorted((tmp_path / "maps").iterdir())
    assert [file.stem for file in files] == [file.stem for file in sorted(source.iterdir())]
    maps = list(create_model("motion").predict(sample.video("0005").frames))
    for file, (frame, saliency), raw in zip(files, pairs, maps, strict=True):
        assert frame.shape[:2] == saliency.shape
        np.testing.assert_array_equal(read_map(file), saliency)
        small = cv2.resize(raw.astype(np.float32), saliency.shape[::-1], interpolation=cv2.INTER_LINEAR)
        np.testing.assert_array_equal(saliency, quantise(small))


def test_a_video_file_and_its_overlay(sample: Dataset, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    from videosal.datasets.files.frames import VideoFileFrames
    from videosal.leaderboards import write_overlay_video

    clip = tmp_path / "clip.avi"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.height, stream.width, stream.pix_fmt = *sample[1].size, "bgr0"
        for index in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(sample[1].frames[index], format="rgb24")))
        container.mux(stream.encode(None))
    overlay = tmp_path / "overlay.mp4"
    assert write_overlay_video(overlay, predict("center", clip, tmp_path / "maps"), fps=30) == 5
    assert [file.name for file in sorted((tmp_path / "maps").iterdir())] == [f"000{i}.png" for i in range(1, 6)]
    assert len(VideoFileFrames(overlay)) == 5


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="gone does not exist"):
        next(predict("center", tmp_path / "gone", tmp_path / "out"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="empty holds no images"):
        next(predict("center", tmp_path / "empty", tmp_path / "out"))
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DatasetError, match=r"notes\.txt is neither"):
        next(predict("center", tmp_path / "notes.txt", tmp_path / "out"))
    cv2.imwrite(str(tmp_path / "empty" / "0001.png"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(UnknownNameError, match="did you mean center"):
        next(predict("centre", tmp_path / "empty", tmp_path / "out"))
