"""The attentional multi-scale fusion (AMSF) module, Section III-D."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from videosal.models.stsanet.structure import STEPS, Fusion, Structure, Weighting


class AMSF(nn.Module):
    """Joins a high level and the next lower one: attentional weighting (AW), multi-scale structure (STMS), up-sampling.

    Parameters
    ----------
    fusion : Fusion
        Widths.
    structure : Structure
        Says what stands in for AW and STMS in the ablations.
    """

    def __init__(self, fusion: Fusion, structure: Structure) -> None:
        super().__init__()
        self.weighting = _WEIGHTINGS[structure.weighting](fusion.channels)
        channels = fusion.channels * (2 if structure.weighting is Weighting.CONCATENATION else 1)
        self.multi_scale = (STMS if structure.multi_scale else single_scale)(channels, fusion.fused)
        self.up = up_sampling()

    def forward(self, high: Tensor, low: Tensor) -> Tensor:
        """Map two features (B, C, 4, H, W) to one (B, D, 4, 2H, 2W)."""
        out: Tensor = self.up(self.multi_scale(self.weighting(high, low)))
        return out


class AttentionalWeighting(nn.Module):
    """AW: spatial attention, channel attention (Eq. 10), weighted sum (Eq. 11)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        both, hidden = 2 * channels, channels // 2
        self.spatial_attention = nn.Sequential(nn.Conv3d(both, 1, 1), nn.Sigmoid())
        self.channel_attention = nn.Sequential(
            nn.AdaptiveAvgPool3d((STEPS, 1, 1)),
            nn.Conv3d(both, hidden, 1),
            nn.LayerNorm((hidden, STEPS, 1, 1)),
            nn.ReLU(inplace=True),
            nn.Conv3d(hidden, both, 1),
            nn.Sigmoid(),
        )

    def forward(self, high: Tensor, low: Tensor) -> Tensor:
        """Map two features (B, C, 4, H, W) to their weighted sum."""
        weighted_high, weighted_low = self.weight(high, low)
        return weighted_high + weighted_low

    def weight(self, high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
        """Give both features times their channel attention, which is found where spatial attention looks."""
        both = torch.cat((high, low), dim=1)
        masked = both * self.spatial_attention(both)
        weight_high, weight_low = self.channel_attention(masked).chunk(2, dim=1)
        return high * weight_high, low * weight_low


class ConcatenatedWeighting(AttentionalWeighting):
    """The concat-based fusion of Fig. 7."""

    def forward(self, high: Tensor, low: Tensor) -> Tensor:
        """Map two features (B, C, 4, H, W) to (B, 2C, 4, H, W)."""
        return torch.cat(self.weight(high, low), dim=1)


class Addition(nn.Module):
    """Table V, w/o AW: the sum of the levels; the width is of no matter."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, high: Tensor, low: Tensor) -> Tensor:
        """Add two features (B, C, 4, H, W)."""
        return high + low


class STMS(nn.Module):
    """Spatio-temporal multi-scale structure, Fig. 4: the sum of four paths, then ReLU."""

    def __init__(self, channels: int, fused: int) -> None:
        super().__init__()
        self.paths = nn.ModuleList(
            [
                nn.Sequential(nn.Conv3d(channels, fused, 1)),
                _space_time_path(channels, fused, kernel=3),
                _space_time_path(channels, fused, kernel=5),
                nn.Sequential(nn.MaxPool3d(3, stride=1, padding=1), nn.Conv3d(channels, fused, 1)),
            ]
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, feature: Tensor) -> Tensor:
        """Map (B, C, 4, H, W) to (B, D, 4, H, W)."""
        pointwise, small, large, pooled = (path(feature) for path in self.paths)
        out: Tensor = self.relu(pointwise + small + large + pooled)
        return out


def single_scale(channels: int, fused: int) -> nn.Sequential:
    """Make what the ablations have instead of STMS: one spatial convolution and ReLU."""
    return nn.Sequential(nn.Conv3d(channels, fused, (1, 3, 3), padding=(0, 1, 1)), nn.ReLU(inplace=True))


def up_sampling() -> nn.Upsample:
    """Make the layer that doubles height and width, with linear interpolation inside each time step."""
    return nn.Upsample(scale_factor=(1, 2, 2), mode="trilinear", align_corners=False)


def _space_time_path(channels: int, fused: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(channels, fused, (3, 1, 1), padding=(1, 0, 0)),
        nn.ReLU(inplace=True),
        nn.Conv3d(fused, fused, (1, kernel, kernel), padding=(0, kernel // 2, kernel // 2)),
    )


_WEIGHTINGS: dict[Weighting, type[nn.Module]] = {
    Weighting.ATTENTIONAL: AttentionalWeighting,
    Weighting.CONCATENATION: ConcatenatedWeighting,
    Weighting.ADDITION: Addition,
}
