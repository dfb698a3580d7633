"""Files that were cut short, by the lengths of their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.datasets.conftest import write_video
from videosal.datasets.files.video.truncation import find_video_damage

if TYPE_CHECKING:
    from pathlib import Path

av: Any = pytest.importorskip("av")


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("avi", "ffv1"), ("mp4", "libx264"), ("mkv", "libx264"), ("webm", "libvpx"), ("wmv", "wmv2")],
)
def test_a_file_cut_short_is_found_by_its_length(tmp_path: Path, suffix: str, codec: str) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    pictures = np.random.default_rng(0).integers(0, 255, (12, 32, 64), np.uint8)
    write_video(whole, pictures, codec, "yuv420p", "gray")
    assert find_video_damage(whole) is None
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "truncated" in str(find_video_damage(cut))
    cut.write_bytes(b"")
    assert "empty" in str(find_video_damage(cut))


def test_what_states_no_length_is_not_judged(tmp_path: Path) -> None:
    live = tmp_path / "live.mkv"
    live.write_bytes(b"\x1a\x45\xdf\xa3\x84abcd\x18\x53\x80\x67\x01" + b"\xff" * 7 + bytes(40))
    assert find_video_damage(live) is None
    other = tmp_path / "other.avi"
    other.write_bytes(b"something else altogether")
    assert find_video_damage(other) is None
    assert "cannot be read" in str(find_video_damage(tmp_path / "gone.avi"))
