from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from videosal.datasets import load_dataset, mean_density
from videosal.datasets.density_grid import GRID, add_up
from videosal.errors import DatasetError

if TYPE_CHECKING:
    from tests.conftest import TreeMaker
    from videosal.datasets import Dataset


def test_a_mean_is_a_distribution_and_the_videos_weigh_the_same(sample: Dataset) -> None:
    means = [video.mean_density() for video in sample]
    for mean in means:
        assert mean.shape == GRID
        assert mean.min() >= 0
        assert mean.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(mean_density(sample), np.mean(means, axis=0), atol=1e-12)
    np.testing.assert_allclose(add_up(means), np.sum(means, axis=0), atol=1e-12)


def test_maps_without_gaze_do_not_count(dhf1k_tree: TreeMaker) -> None:
    import cv2

    root = dhf1k_tree((601,), n_frames=2)
    dataset = load_dataset("dhf1k:val", root)
    cv2.imwrite(str(root / "annotation/0601/maps/0001.png"), np.zeros((18, 32), np.uint8))
    density = dataset[0].density("0002")
    assert density is not None
    expected = cv2.resize(density.astype(float), GRID[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(mean_density(dataset), expected / expected.sum(), atol=1e-12)
    cv2.imwrite(str(root / "annotation/0601/maps/0002.png"), np.zeros((18, 32), np.uint8))
    with pytest.raises(DatasetError, match="no density maps"):
        mean_density(load_dataset("dhf1k:val", root))
