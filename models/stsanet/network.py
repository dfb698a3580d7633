"""The whole network of Section III, and the single stream that Table III compares it with."""

from __future__ import annotations

from torch import Tensor, nn

from videosal.errors import InputError
from videosal.models.layers.s3d import S3DBackbone
from videosal.models.stsanet.fusion import AMSF, single_scale, up_sampling
from videosal.models.stsanet.official import official_name
from videosal.models.stsanet.readout import Readout
from videosal.models.stsanet.self_attention import STSA
from videosal.models.stsanet.structure import (
    BRANCHES,
    CLIP_LENGTH,
    FUSIONS,
    Branch,
    Structure,
    check_input_size,
)


class _ClipNetwork(nn.Module):
    """What both networks have: the check of their input and the authors' names."""

    def __init__(self, input_size: tuple[int, int]) -> None:
        super().__init__()
        self.input_size = check_input_size(input_size)

    def check(self, clips: Tensor) -> None:
        """Raise `InputError` unless the clips have the shape that the network was built for."""
        expected = (3, CLIP_LENGTH, *self.input_size)
        if clips.dim() != 5 or tuple(clips.shape[1:]) != expected:
            raise InputError(f"clips of shape {tuple(clips.shape)}, expected (B, {', '.join(map(str, expected))})")

    @staticmethod
    def official_name(name: str) -> str:
        """Return the authors' name for a key of the state dict."""
        return official_name(name)


class STSANet(_ClipNetwork):
    """Spatio-temporal self-attention network.

    Parameters
    ----------
    input_size : tuple of int
        Height and width of the frames, multiples of 32. The norms of the STSA layers are as large as their features,
        so trained weights fit one size only.
    structure : Structure, optional
        Which row of Tables III to VI to build; the default is the network of the paper.

    Raises
    ------
    InputError
        The network cannot be built for the size.
    """

    def __init__(self, input_size: tuple[int, int] = (224, 384), structure: Structure | None = None) -> None:
        super().__init__(input_size)
        structure = structure or Structure()
        height, width = self.input_size
        self.backbone = S3DBackbone()
        self.compression = nn.ModuleList(temporal_compression(branch) for branch in BRANCHES)
        self.stsa = nn.ModuleList(
            STSA(index, branch, (height // branch.scale, width // branch.scale), structure)
            for index, branch in enumerate(BRANCHES)
        )
        self.alignment = alignment()
        self.amsf = nn.ModuleList(AMSF(fusion, structure) for fusion in FUSIONS)
        self.readout = Readout(FUSIONS[-1].fused)

    def forward(self, clips: Tensor) -> Tensor:
        """Predict the saliency of one frame of each clip.

        Parameters
        ----------
        clips : Tensor, shape (B, 3, 32, H, W)
            RGB frames, normalised with the mean and standard deviation of ImageNet.

        Returns
        -------
        Tensor, shape (B, H, W)
            Values in (0, 1).
        """
        self.check(clips)
        levels = self.backbone(clips)
        compressed = [compress(level) for compress, level in zip(self.compression, levels, strict=True)]
        attended = [stsa(feature) for stsa, feature in zip(self.stsa, compressed, strict=True)]
        fused = self.alignment(attended[3])
        for amsf, low in zip(self.amsf, attended[2::-1], strict=True):
            fused = amsf(fused, low)
        maps: Tensor = self.readout(fused)
        return maps


class SingleStream(_ClipNetwork):
    """Table III, single-stream: backbone, convolutions with up-sampling, readout; one level, no attention.

    The paper gives no layers. Ours take the widths of the branches and the AMSF modules that they stand for.
    """

    def __init__(self, input_size: tuple[int, int] = (224, 384)) -> None:
        super().__init__(input_size)
        self.backbone = S3DBackbone()
        self.reduction = single_scale(BRANCHES[-1].channels, BRANCHES[-1].reduced)
        self.alignment = alignment()
        self.decoder = nn.Sequential()
        for fusion in FUSIONS:
            self.decoder.extend([single_scale(fusion.channels, fusion.fused), up_sampling()])
        self.readout = Readout(FUSIONS[-1].fused)

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (B, 3, 32, H, W) to maps (B, H, W), as `STSANet` does."""
        self.check(clips)
        coarsest = self.backbone(clips)[-1]
        maps: Tensor = self.readout(self.decoder(self.alignment(self.reduction(coarsest))))
        return maps


def temporal_compression(branch: Branch) -> nn.Module:
    """Make the layer that takes a level of the backbone to four time steps; the coarsest has four already."""
    steps = branch.compression
    if steps == 1:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv3d(branch.channels, branch.channels, (steps, 1, 1), stride=(steps, 1, 1)), nn.ReLU(inplace=True)
    )


def alignment() -> nn.Sequential:
    """Make the layer that brings the coarsest branch to the width and the size of the next one."""
    return nn.Sequential(*single_scale(BRANCHES[-1].reduced, FUSIONS[0].channels), up_sampling())


def build(input_size: tuple[int, int], structure: Structure) -> nn.Module:
    """Build the network of a row of Tables III to VI."""
    return STSANet(input_size, structure) if structure.multi_level else SingleStream(input_size)
