"""The readout of Section III: from the fused features to the saliency map of one frame."""

from __future__ import annotations

from torch import Tensor, nn

from videosal.models.stsanet.fusion import up_sampling


class Readout(nn.Module):
    """Up-samples once more, merges the four time steps and gives the map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.readout_1 = nn.Sequential(
            nn.Conv3d(channels, 64, (1, 3, 3), padding=(0, 1, 1)),
            nn.ReLU(inplace=True),
            up_sampling(),
        )
        self.readout_2 = nn.Sequential(
            nn.Conv3d(64, 32, (2, 3, 3), stride=(2, 1, 1), padding=(0, 1, 1)),
            nn.ReLU(inplace=True),
            nn.Conv3d(32, 32, (2, 1, 1), stride=(2, 1, 1), bias=False),
            nn.ReLU(inplace=True),
            nn.Conv3d(32, 1, (1, 3, 3), padding=(0, 1, 1)),
            nn.Sigmoid(),
        )

    def forward(self, feature: Tensor) -> Tensor:
        """Map (B, C, 4, H/2, W/2) to maps (B, H, W) with values in (0, 1)."""
        maps: Tensor = self.readout_2(self.readout_1(feature))
        return maps[:, 0, 0]
