from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.models.training.made_videos import FORM, SIZE, MadeVideo, made_dataset
from videosal.errors import DatasetError, InputError, ModelError, UnknownNameError
from videosal.metrics import score_frame
from videosal.models.training.losses import parse_loss
from videosal.models.training.validation import STRIDES, ValidationClips, validate

if TYPE_CHECKING:
    from videosal.models.training.clips import ClipSample

LOSS = parse_loss("kld - cc")
METRICS = ("cc", "nss", "sim", "kld", "auc_judd")


class Waves(nn.Module):
    """A map that depends on the mean of the clip."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm3d(3)
        self.seen = 0

    def forward(self, clips: Tensor) -> Tensor:
        self.seen += len(clips)
        assert not self.training
        level = self.norm(clips).mean(dim=(1, 2, 3, 4))[:, None, None]
        rows, columns = torch.arange(6)[:, None], torch.arange(10)
        return torch.sigmoid(torch.sin(rows + level) + torch.cos(2 * columns * level))


def windows(dataset: Any, stride: int) -> list[str]:
    clips = ValidationClips(dataset, FORM, stride=stride)
    return [f"{clips[index].video}{clips[index].frame}" for index in range(len(clips))]


def test_windows_are_whole_at_even_distances_and_need_ground_truth() -> None:
    dataset = made_dataset(MadeVideo("a", 12), MadeVideo("b", 3), MadeVideo("c", 11, first=6))
    assert windows(dataset, 4) == ["a0002", "a0006", "a0010", "c0006"]
    assert windows(dataset, 3) == ["a0002", "a0005", "a0008", "c0008"]
    assert len(windows(dataset, 1)) == 9 + 4


def figures(sample: ClipSample, saliency: Tensor) -> dict[str, float]:
    """What the suite's own scoring gives for the map as OpenCV resizes it."""
    maps = cv2.resize(saliency.numpy(), SIZE[::-1], interpolation=cv2.INTER_LINEAR)
    return score_frame(maps, sample.density.numpy(), sample.fixations.numpy(), metrics=METRICS)


@pytest.mark.parametrize("batch", [1, 3])
def test_figures_are_means_of_the_suites_metrics_at_the_size_of_the_ground_truth(batch: int) -> None:
    dataset = made_dataset(MadeVideo("a", 12), MadeVideo("b", 9, unfixated=frozenset({"0006"})))
    network = Waves()
    found = validate(network, dataset, FORM, loss=LOSS, stride=4, batch=batch)
    clips = ValidationClips(dataset, FORM, stride=4)
    samples = [clips[index] for index in range(len(clips))]
    usable = [sample for sample in samples if sample.usable]
    assert len(samples) == 5
    assert (found["frames"], found["skipped"]) == (4, 1)
    assert network.seen == 4
    network.eval()
    with torch.no_grad():
        each = [figures(sample, network(sample.clip[None])[0]) for sample in usable]
    for name in METRICS:
        assert found[name] == pytest.approx(np.mean([scores[name] for scores in each]), abs=2e-6), name
    assert found["loss"] == pytest.approx(np.mean([scores["kld"] - scores["cc"] for scores in each]), abs=2e-6)


def test_every_module_has_its_mode_again_also_after_an_error() -> None:
    network = nn.Sequential(Waves(), nn.Identity())
    network.train()[0].norm.eval()  # type: ignore[union-attr]  # as with frozen norms
    modes = [module.training for module in network.modules()]
    assert modes == [True, True, False, True]
    validate(network, made_dataset(MadeVideo("a", 4)), FORM, loss=LOSS)
    assert [module.training for module in network.modules()] == modes

    with pytest.raises(
        ModelError, match=r"maps of shape \(1, 3, 4, 6, 10\) for 1 clips, expected \(1, height, width\)"
    ):
        validate(nn.Identity(), made_dataset(MadeVideo("a", 4)), FORM, loss=LOSS)


def test_the_stride_is_the_authors_or_the_length() -> None:
    done: list[tuple[int, int]] = []
    for name in ("ucf", "made"):
        dataset = made_dataset(MadeVideo("a", 24), name=name)
        form = replace(FORM, length=8)
        validate(Waves(), dataset, form, loss=LOSS, progress=lambda n, total: done.append((n, total)))
    assert done == [*((n, 5) for n in range(1, 6)), (1, 3), (2, 3), (3, 3)]
    assert STRIDES == {"dhf1k": 32, "diem": 32, "ucf": 4, "hollywood2": 64}


def test_metrics_that_are_undefined_are_nan_and_a_broken_map_shows_in_the_loss() -> None:
    without = made_dataset(MadeVideo("a", 4, lacks="fixations"))
    found = validate(Waves(), without, FORM, loss=LOSS)
    assert math.isnan(found["nss"])
    assert not math.isnan(found["cc"])

    class Broken(Waves):
        def forward(self, clips: Tensor) -> Tensor:
            return super().forward(clips) * torch.nan

    assert math.isnan(validate(Broken(), without, FORM, loss=LOSS)["loss"])


def test_wrong_arguments_are_named() -> None:
    dataset = made_dataset(MadeVideo("a", 4))
    with pytest.raises(InputError, match="metric 'sauc' is none to validate with: choose from cc"):
        validate(Waves(), dataset, FORM, loss=LOSS, metrics=["cc", "sauc"])
    with pytest.raises(UnknownNameError, match="did you mean"):
        validate(Waves(), dataset, FORM, loss=LOSS, metrics=["ccc"])
    with pytest.raises(InputError, match="stride is 0"):
        validate(Waves(), dataset, FORM, loss=LOSS, stride=0)
    with pytest.raises(DatasetError, match="no window of 4 frames"):
        validate(Waves(), made_dataset(MadeVideo("a", 3)), FORM, loss=LOSS)
    with pytest.raises(DatasetError, match="no ground truth of 1 windows can be used"):
        validate(Waves(), made_dataset(MadeVideo("a", 4, lacks="density")), FORM, loss=LOSS)
