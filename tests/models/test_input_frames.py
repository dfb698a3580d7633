from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import videosal
from videosal.errors import DatasetError
from videosal.models import frames_for
from videosal.models.registry import needs_frames

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import TreeMaker

FILE = """
import numpy as np

class Blank:
    needs_frames = False

    def predict(self, frames):
        return (np.ones(frame.shape[:2]) + np.arange(frame.shape[1]) for frame in frames)

class Looks(Blank):
    needs_frames = True
"""


def test_which_models_look_at_frames() -> None:
    assert {name for name in videosal.list_models() if not needs_frames(name)} == {"uniform", "center", "mean-map"}


def test_a_model_that_looks_is_given_the_frames(dhf1k_tree: TreeMaker) -> None:
    video = videosal.load_dataset("dhf1k:val", dhf1k_tree())[0]
    frames, positions = frames_for("motion", video)
    assert frames is video.frames
    assert positions == [0, 1, 2]


def test_one_that_does_not_is_given_as_many_of_the_size_of_the_truth(dhf1k_tree: TreeMaker) -> None:
    video = videosal.load_dataset("dhf1k:val", dhf1k_tree(size=(20, 30), frames=None))[0]
    frames, positions = frames_for("center", video)
    assert [frame.shape for frame in frames] == [(20, 30, 3)] * 3
    assert not any(frame.any() for frame in frames)
    assert positions == [0, 1, 2]
    with pytest.raises(DatasetError, match="has no frames"):
        frames_for("motion", video)


def test_a_model_in_a_file_may_say_so(dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    root = dhf1k_tree(frames=None)
    file = tmp_path / "blank.py"
    file.write_text(FILE)
    how: dict[str, Any] = {"metrics": ["nss"], "save_maps": tmp_path / "maps"}
    run = videosal.run(f"{file}:Blank", "dhf1k:val", root, out=tmp_path / "run", **how)
    assert np.isfinite(run.frames["nss"]).all()
    assert run.identity.frames is None
    with pytest.raises(DatasetError, match="has no frames"):
        videosal.run(f"{file}:Looks", "dhf1k:val", root, out=tmp_path / "other", metrics=["nss"])
