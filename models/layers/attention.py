"""Attention over all positions of a feature, plain and without the whole similarity matrix in memory. Imports torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_QUERIES = 512  # at a time: fills the cores, and makes at most 512 rows of the similarity matrix


class Attention(nn.Module):
    """softmax(Q K^T) V over all positions: one head, not scaled by the width.

    This is the plain form, which makes the similarity matrix; `ChunkedAttention` gives the same values.
    """

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Let every position of `query` gather the values of the positions that it resembles.

        Parameters
        ----------
        query : Tensor, shape (B, E, T', H', W')
        key : Tensor, shape (B, E, T, H, W)
        value : Tensor, shape (B, C, T, H, W)

        Returns
        -------
        Tensor, shape (B, C, T', H', W')
            Each position is that of the query.
        """
        gathered = self.gather(to_rows(query), to_rows(key), to_rows(value))
        return gathered.reshape(query.shape[0], *query.shape[2:], -1).permute(0, 4, 1, 2, 3)

    def gather(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Do it for rows: (B, N', E), (B, N, E) and (B, N, C) give (B, N', C)."""
        similarity = query @ key.transpose(1, 2)
        return similarity.softmax(dim=2) @ value


class ChunkedAttention(Attention):
    """The same for a number of queries at a time: memory grows with the number of positions, not with its square.

    PyTorch's own fused attention wants queries, keys and values of one width, and makes the matrix where they differ.
    """

    def gather(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Do it for rows, see `Attention.gather`."""
        chunks = torch.split(query, _QUERIES, dim=1)
        return torch.cat([super(ChunkedAttention, self).gather(chunk, key, value) for chunk in chunks], dim=1)


def to_rows(feature: Tensor) -> Tensor:
    """Make one row per position: (B, C, T, H, W) to (B, T*H*W, C)."""
    return feature.permute(0, 2, 3, 4, 1).flatten(1, 3)
