"""The 3D fully convolutional backbone of Section III: S3D, from which four levels are taken."""

from __future__ import annotations

from torch import Tensor, nn

from videosal.models.s3d import POOLS, STAGES, s3d_layers


class Backbone(nn.Module):
    """S3D without its classifier; gives the features of Conv_Block_1 to Conv_Block_4.

    Each level is taken before the max-pool that leads to the next one.
    """

    def __init__(self) -> None:
        super().__init__()
        layers = s3d_layers()
        self.conv_blocks = nn.ModuleList(nn.Sequential(*(layers[i] for i in stage)) for stage in STAGES)
        self.pools = nn.ModuleList([nn.Identity(), *(layers[i] for i in POOLS)])

    def forward(self, clips: Tensor) -> list[Tensor]:
        """Map clips to four levels of features.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, 32, H, W)

        Returns
        -------
        list of Tensor
            Shapes (B, 192, 16, H/4, W/4), (B, 480, 16, H/8, W/8), (B, 832, 8, H/16, W/16), (B, 1024, 4, H/32, W/32).
        """
        levels: list[Tensor] = []
        x = clips
        for pool, conv_block in zip(self.pools, self.conv_blocks, strict=True):
            x = conv_block(pool(x))
            levels.append(x)
        return levels
