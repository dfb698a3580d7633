"""TASED-Net: S3D, and a decoder that puts values back where the encoder's max-pools took them from. Imports torch.

K. Min and J. J. Corso, TASED-Net: temporally-aggregating spatial encoder-decoder network for video saliency detection,
ICCV 2019, arXiv:1908.05786. This is the network of the published weights, which the authors call TASED_v2.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from videosal.models.layers.s3d import S3DBackbone, block_name
from videosal.models.zoo.clips import check_clips

CLIP_LENGTH = 32


class TASEDNet(nn.Module):
    """The network for clips of 32 frames."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = S3DBackbone()
        self.convtsp1 = nn.Sequential(*_conv(1024, 1024, 1), *_deconv(1024, 832, 3))
        self.convtsp2 = nn.Sequential(*_deconv(832, 480, 3))
        self.convtsp3 = nn.Sequential(*_deconv(480, 192, 3))
        self.convtsp4 = nn.Sequential(
            *_deconv(192, 64, 4, stride=2),
            *_conv(64, 64, 2),
            *_deconv(64, 4, 1),
            *_conv(4, 4, 2),
            nn.ConvTranspose3d(4, 4, (1, 4, 4), stride=(1, 2, 2), padding=(0, 1, 1), bias=False),
            nn.Conv3d(4, 1, 1),
            nn.Sigmoid(),
        )
        # The decoder has four time steps: the maximum of so many steps of a level stands for one of them (auxiliary
        # pooling). Where the pool in space then finds its maxima is where the decoder's values go.
        self.coarse_pools = AuxiliaryPooling(2, kernel=2)
        self.fine_pools = AuxiliaryPooling(4, kernel=3)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips to the maps of their last frames.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, 32, H, W)
            RGB in -1 to 1. H and W are multiples of 32.

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
        finest, fine, coarse, coarsest = self.backbone(clips)
        x = unpool(self.convtsp1(coarsest), *self.coarse_pools(coarse))
        x = unpool(self.convtsp2(x), *self.fine_pools(fine))
        x = unpool(self.convtsp3(x), *self.fine_pools(finest))
        maps: Tensor = self.convtsp4(x)
        return maps[:, 0, 0]

    @staticmethod
    def official_name(name: str) -> str:
        """Return the authors' name for a key of the state dict."""
        return block_name(name).removeprefix("backbone.")


class AuxiliaryPooling(nn.Module):
    """Max-pool in time, then in space by two: gives where the maxima were.

    Parameters
    ----------
    steps : int
        Time steps that become one.
    kernel : int
        Height and width of the windows in space; those of 3 overlap.
    """

    def __init__(self, steps: int, *, kernel: int) -> None:
        super().__init__()
        self.time = nn.MaxPool3d((steps, 1, 1))
        pad = (0, kernel - 2, kernel - 2)
        self.space = nn.MaxPool3d((1, kernel, kernel), stride=(1, 2, 2), padding=pad, return_indices=True)

    def forward(self, level: Tensor) -> tuple[Tensor, tuple[int, int, int]]:
        """Map a level (B, C, T, H, W) to places (B, C, 4, H/2, W/2) in a flattened (4, H, W) feature, and that size."""
        merged = self.time(level)
        _, places = self.space(merged)
        return places, (merged.shape[2], merged.shape[3], merged.shape[4])


def unpool(x: Tensor, places: Tensor, size: tuple[int, int, int]) -> Tensor:
    """Put values where they were taken from, and zeros elsewhere.

    Where two windows share their maximum, the value of the window that is later in row-major order counts, as in
    PyTorch's max-unpool on one thread of a CPU. That of a GPU takes any of them.

    Parameters
    ----------
    x, places : Tensor, shape (B, C, T, H, W)
        Values, and their places in a flattened feature of (T, 2H, 2W).
    size : tuple of int
        T, 2H and 2W.

    Returns
    -------
    Tensor, shape (B, C, T, 2H, 2W)
    """
    values = x.masked_fill(_is_taken_later(places), 0).flatten(2)
    # A sum in which all but one are zero has the same bits in any order.
    out = values.new_zeros(*x.shape[:2], size[0] * size[1] * size[2])
    return out.scatter_add_(2, places.flatten(2), values).view(*x.shape[:2], *size)


def _is_taken_later(places: Tensor) -> Tensor:
    """Find the windows whose place is also that of a later neighbour: right, or in the row below."""
    height, width = places.shape[3:]
    around = functional.pad(places, (1, 1, 0, 1), value=-1)
    later = around[..., :height, 2:] == places
    for shift in range(3):
        later |= around[..., 1:, shift : shift + width] == places
    return later


def _conv(channels_in: int, channels_out: int, steps: int) -> list[nn.Module]:
    """Make a convolution that joins so many time steps to one, with norm and ReLU."""
    conv = nn.Conv3d(channels_in, channels_out, (steps, 1, 1), stride=(steps, 1, 1), bias=False)
    return [conv, _norm(channels_out), nn.ReLU(inplace=True)]


def _deconv(channels_in: int, channels_out: int, kernel: int, *, stride: int = 1) -> list[nn.Module]:
    """Make a transposed convolution in space, with norm and ReLU."""
    pad = 0 if kernel == 1 else 1
    conv = nn.ConvTranspose3d(
        channels_in, channels_out, (1, kernel, kernel), stride=(1, stride, stride), padding=(0, pad, pad), bias=False
    )
    return [conv, _norm(channels_out), nn.ReLU(inplace=True)]


def _norm(channels: int) -> nn.BatchNorm3d:
    return nn.BatchNorm3d(channels, eps=1e-3, momentum=1e-3)
