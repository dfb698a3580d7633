"""Small trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from videosal.models.training.config import make_config
from videosal.models.training.recipe import Recipe, prepare_recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import TreeMaker

TRAIN, VAL = (1, 2, 3, 4, 5), (601, 602)


@pytest.fixture
def root(dhf1k_tree: TreeMaker) -> Path:
    """A copy of DHF1K: five training videos, of the fourth nobody looks at a frame, and two of the validation."""
    root = dhf1k_tree((*TRAIN, *VAL), n_frames=7)
    for file in (root / "annotation" / "0004" / "fixation").iterdir():
        cv2.imwrite(str(file), np.zeros((18, 32), np.uint8))
    return root


@pytest.fixture
def recipe_of(root: Path, tmp_path: Path) -> Callable[..., Recipe]:
    """Prepare the training of an entry on `root`: ``recipe_of(entry, epochs=2)``."""

    def make(entry: Any, **settings: Any) -> Recipe:
        values = {"model": entry.name, "dataset": "dhf1k", "root": root, "out": tmp_path / "out", "device": "cpu"}
        return prepare_recipe(make_config(values | settings), entry)

    return make
