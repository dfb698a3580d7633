"""ViNet and ViNet-S: S3D, and a decoder that takes in one level of features after another. Imports torch.

S. Jain, P. Yarlagadda, S. Jyoti, S. Karthik, R. Subramanian and V. Gandhi, ViNet: pushing the limits of visual
modality for audio-visual saliency prediction, IROS 2021, arXiv:2012.06170. ViNet-S (R. Girmaji, S. Jain, B. Beri,
S. Bansal and V. Gandhi, ICASSP 2025, arXiv:2502.00397) has the same layers with grouped convolutions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from videosal.models.layers.s3d import S3DBackbone, block_name
from videosal.models.zoo.clips import check_clips

CLIP_LENGTH = 32

DENSE = (1, 1, 1, 1, 1)
GROUPED = (32, 16, 8, 4, 2)


class ViNet(nn.Module):
    """The visual network for clips of 32 frames, with three skip connections.

    Parameters
    ----------
    groups : tuple of int
        Groups of the five spatial convolutions of the decoder: `DENSE` for ViNet, `GROUPED` for ViNet-S.
    """

    def __init__(self, groups: tuple[int, int, int, int, int] = DENSE) -> None:
        super().__init__()
        self.backbone = S3DBackbone()
        self.decoder = Decoder(groups)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips to the maps of their last frames.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, 32, H, W)
            RGB, normalised by the mean and the deviation of ImageNet. H and W are multiples of 32.

        Returns
        -------
        Tensor, shape (B, H, W)
            In 0 to 1.

        Raises
        ------
        InputError
            The clips have another shape.
        """
        check_clips(clips, CLIP_LENGTH)
        maps: Tensor = self.decoder(self.backbone(clips))
        return maps

    @staticmethod
    def official_name(name: str) -> str:
        """Return the authors' name for a key of the state dict."""
        return block_name(name)


class Decoder(nn.Module):
    """From the four levels of S3D to maps.

    Each stage joins a level to what came before it, one behind the other in time, and brings them back to four time
    steps: the stride in time is as long as the kernel. It then doubles height and width.
    """

    def __init__(self, groups: tuple[int, int, int, int, int]) -> None:
        super().__init__()
        self.convtsp1 = nn.Sequential(*_stage(1024, 832, (1, 3, 3), groups[0]))
        self.convtsp2 = nn.Sequential(*_stage(832, 480, (3, 3, 3), groups[1]))
        self.convtsp3 = nn.Sequential(*_stage(480, 192, (5, 3, 3), groups[2]))
        self.convtsp4 = nn.Sequential(
            *_stage(192, 64, (5, 3, 3), groups[3]),
            *_stage(64, 32, (2, 3, 3), groups[4]),
            nn.Conv3d(32, 32, (2, 1, 1), stride=(2, 1, 1), bias=False),
            nn.ReLU(inplace=True),
            nn.Conv3d(32, 1, 1),
            nn.Sigmoid(),
        )

    def forward(self, levels: list[Tensor]) -> Tensor:
        """Map the levels of `S3DBackbone`, finest first, to (B, H, W)."""
        finest, fine, coarse, coarsest = levels
        x = self.convtsp1(coarsest)
        x = self.convtsp2(torch.cat((x, coarse), dim=2))
        x = self.convtsp3(torch.cat((x, fine), dim=2))
        maps: Tensor = self.convtsp4(torch.cat((x, finest), dim=2))
        return maps[:, 0, 0]


def _stage(channels_in: int, channels_out: int, kernel: tuple[int, int, int], groups: int) -> list[nn.Module]:
    """Make a convolution, ReLU and up-sampling by two in space."""
    return [
        nn.Conv3d(
            channels_in, channels_out, kernel, stride=(kernel[0], 1, 1), padding=(0, 1, 1), groups=groups, bias=False
        ),
        nn.ReLU(inplace=True),
        nn.Upsample(scale_factor=(1, 2, 2), mode="trilinear", align_corners=False),
    ]
