"""STSANet itself, small, learns four clips by heart.

80 steps take the loss from 2.85 to -0.94, where -1 is the best there is; the test looks at the first 15 of them.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from videosal.datasets import load_dataset
from videosal.models.stsanet.entries import stsanet
from videosal.models.training.clips import ClipFormat, TrainingClips, collate
from videosal.models.training.hardware.distributed import Processes
from videosal.models.training.losses import parse_loss
from videosal.models.training.steps.step import Stepper

STEPS = 15


@pytest.mark.slow
def test_stsanet_overfits_four_clips() -> None:
    entry = replace(stsanet, input_size=(64, 96))
    form, loss = ClipFormat.of(entry), parse_loss("kld - cc")
    clips = TrainingClips(load_dataset("sample:train"), form, seed=0, clips_per_video=2)
    batch = collate(clips[index] for index in range(4))
    assert len(batch) == 4
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = entry.build(entry.input_size).train()
    stepper = Stepper(network, loss, form, Processes(0, 1, "cpu"))
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-4)
    losses = [stepper.step(batch, optimizer).loss for _ in range(STEPS)]
    assert losses[-1] < losses[0] - 0.6
