"""The spatio-temporal self-attention (STSA) module of Section III."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from videosal.models.layers.attention import Attention
from videosal.models.stsanet.structure import STEPS, Branch, Relations, Structure

if TYPE_CHECKING:
    from collections.abc import Sequence


class STSA(nn.Module):
    """STSA module of one branch: layer I between single time steps, layer II between pairs of them.

    Parameters
    ----------
    index : int
        Number of the branch, from 0; the paper's STSA_1 is branch 0.
    branch : Branch
        Its widths.
    size : tuple of int
        Height and width of its features.
    structure : Structure
        Says which layers there are, and between which positions they attend.
    """

    def __init__(self, index: int, branch: Branch, size: tuple[int, int], structure: Structure) -> None:
        super().__init__()

        def layer(there: bool, channels: int, embedding: int, parts: int) -> nn.Module:
            if not there:
                return nn.Identity()
            attention = _ATTENTIONS[structure.relations](channels, embedding, parts)
            return STSALayer(attention, (channels, STEPS, *size), bottleneck=branch.bottleneck)

        self.layer_1 = layer(index in structure.layer_1, branch.channels, branch.embedding, STEPS)
        self.reduction = nn.Sequential(
            nn.Conv3d(branch.channels, branch.reduced, (1, 3, 3), padding=(0, 1, 1)), nn.ReLU(inplace=True)
        )
        self.layer_2 = layer(index in structure.layer_2, branch.reduced, branch.reduced_embedding, STEPS // 2)

    def forward(self, feature: Tensor) -> Tensor:
        """Map (B, C, 4, H, W) to (B, C', 4, H, W)."""
        out: Tensor = self.layer_2(self.reduction(self.layer_1(feature)))
        return out


class STSALayer(nn.Module):
    """One STSA layer: F + LayerNorm(self-attention of F), Eq. 5 and Eq. 8.

    The norm is over channels, time and space together, which ties trained weights to one size of the input.

    With the spatial bottleneck, attention works on the maximum of every 2x2 cell; its results go back to where the
    maxima were, and zeros elsewhere.
    """

    def __init__(self, attention: nn.Module, shape: tuple[int, int, int, int], *, bottleneck: bool) -> None:
        super().__init__()
        self.attention = attention
        self.norm = nn.LayerNorm(shape)
        self.bottleneck = bottleneck

    def forward(self, feature: Tensor) -> Tensor:
        """Map (B, C, 4, H, W) to the same shape."""
        if self.bottleneck:
            pooled, places = nn.functional.max_pool3d(feature, (1, 2, 2), return_indices=True)
            related = nn.functional.max_unpool3d(self.attention(pooled), places, (1, 2, 2))
        else:
            related = self.attention(feature)
        out: Tensor = feature + self.norm(related)
        return out


class Embedded(NamedTuple):
    """Query and key (B, E, t, H, W), value (B, C, t, H, W) of one sub-feature."""

    query: Tensor
    key: Tensor
    value: Tensor


class Embedding(nn.Module):
    """The embeddings q, k and v of one sub-feature; no two sub-features share them."""

    def __init__(self, channels: int, embedding: int) -> None:
        super().__init__()
        self.query = _embed(channels, embedding, (1, 1, 1), (1, 3, 3))
        self.key = _embed(channels, embedding, (1, 1, 1), (1, 3, 3))
        self.value = _embed(channels, channels, (1, 3, 1), (1, 1, 3))

    def forward(self, part: Tensor) -> Embedded:
        """Map (B, C, t, H, W) to its query, key and value."""
        return Embedded(self.query(part), self.key(part), self.value(part))


class TemporalAttention(nn.Module):
    """Attention across time: each sub-feature is asked by the other one of its pair.

    The feature is split in time into `parts` sub-features; the first and the second are a pair, the third and the
    fourth another.
    """

    def __init__(self, channels: int, embedding: int, parts: int) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(Embedding(channels, embedding) for _ in range(parts))
        self.attend = Attention()

    def forward(self, feature: Tensor) -> Tensor:
        """Map (B, C, 4, H, W) to the same shape."""
        parts = feature.chunk(len(self.embeddings), dim=2)
        embedded = [embed(part) for embed, part in zip(self.embeddings, parts, strict=True)]
        return torch.cat(self.relate(embedded), dim=2)

    def relate(self, parts: Sequence[Embedded]) -> list[Tensor]:
        """Give for each part its values, gathered by the queries of its partner."""
        partners = (parts[index ^ 1] for index in range(len(parts)))
        return [self.attend(partner.query, own.key, own.value) for own, partner in zip(parts, partners, strict=True)]


class WithinStepAttention(TemporalAttention):
    """Fig. 6(a): the same embeddings, but every single time step attends to itself."""

    def relate(self, parts: Sequence[Embedded]) -> list[Tensor]:
        """Give for each part its values, gathered within each of its time steps."""
        return [
            torch.cat(
                [self.attend(*step) for step in zip(*(torch.split(tensor, 1, dim=2) for tensor in part), strict=True)],
                2,
            )
            for part in parts
        ]


class WholeAttention(TemporalAttention):
    """Fig. 6(b): one embedding and one similarity matrix for all time steps."""

    def __init__(self, channels: int, embedding: int, parts: int) -> None:
        super().__init__(channels, embedding, parts=1)

    def relate(self, parts: Sequence[Embedded]) -> list[Tensor]:
        """Give the values of the one part, gathered over all its positions."""
        return [self.attend(*part) for part in parts]


_ATTENTIONS = {
    Relations.TEMPORAL: TemporalAttention,
    Relations.NONE: WithinStepAttention,
    Relations.SINGLE_MATRIX: WholeAttention,
}


def _embed(
    channels_in: int, channels_out: int, first: tuple[int, int, int], second: tuple[int, int, int]
) -> nn.Sequential:
    """Two convolutions that keep the size; both are followed by ReLU."""
    return nn.Sequential(
        nn.Conv3d(channels_in, channels_out, first, padding=_same(first)),
        nn.ReLU(inplace=True),
        nn.Conv3d(channels_out, channels_out, second, padding=_same(second)),
        nn.ReLU(inplace=True),
    )


def _same(kernel: tuple[int, int, int]) -> tuple[int, int, int]:
    """Padding that keeps the size."""
    t, h, w = kernel
    return t // 2, h // 2, w // 2
