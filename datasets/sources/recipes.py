"""How density maps are made from fixations, as each data set documents it.

Both recipes are sums of separable kernels, so a map is one product of two thin matrices: the kernel's weights along the
rows and along the columns, one column per fixation.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Recipe(ABC):
    """Turns the fixations of one frame into a density map.

    Attributes
    ----------
    repeats : bool
        Whether a pixel that is fixated twice counts twice; releases that start from binary maps count it once.
    """

    __slots__ = ()

    repeats: bool

    @property
    @abstractmethod
    def text(self) -> str:
        """The recipe in a few words, as it is stored with a result."""

    @abstractmethod
    def weights(self, positions: NDArray[np.int64], length: int) -> NDArray[np.float64]:
        """Weights of each fixation along one axis; shape (length, n)."""

    def make(self, points: NDArray[np.int64], size: tuple[int, int]) -> NDArray[np.uint8]:
        """Make the density map of one frame.

        Parameters
        ----------
        points : ndarray, shape (n, 2), dtype int64
            (row, col) inside the frame.
        size : (int, int)
            Height and width.

        Returns
        -------
        ndarray, shape (H, W), dtype uint8
            The maximum is 255, halves are rounded up as MATLAB does; zeros where there are no points.
        """
        if not len(points):
            return np.zeros(size, np.uint8)
        if not self.repeats:
            points = np.unique(points, axis=0)
        density = self.weights(points[:, 0], size[0]) @ self.weights(points[:, 1], size[1]).T
        scaled: NDArray[np.uint8] = np.floor(density / density.max() * 255 + 0.5).astype(np.uint8)
        return scaled


@dataclass(frozen=True, slots=True)
class SumOfGaussians(Recipe):
    """A Gaussian at every fixation, not cut off.

    Attributes
    ----------
    sigma : float
        In pixels.
    shift : int
        Pixels by which the centre lies right of and below the fixation.
    """

    sigma: float
    shift: int = 0
    repeats: bool = False

    @property
    def text(self) -> str:
        """The recipe in a few words."""
        moved = f" centred at +{self.shift},+{self.shift}" if self.shift else ""
        return f"sum of Gaussians sigma {self.sigma:.6g} px{moved}{', repeats counted' if self.repeats else ''}"

    def weights(self, positions: NDArray[np.int64], length: int) -> NDArray[np.float64]:
        """Gaussian of the distance to each fixation."""
        distances = np.arange(length)[:, None] - (positions[None] + self.shift)
        weights: NDArray[np.float64] = np.exp(-(distances**2) / (2 * self.sigma**2))
        return weights


@dataclass(frozen=True, slots=True)
class FilteredReplicate(Recipe):
    """A square Gaussian kernel with an even side over a map whose border is repeated outwards.

    This is MATLAB's ``imfilter(fixations, fspecial('gaussian', side, sigma), 'replicate')``: the centre of an even
    kernel lies half a pixel left of and above the fixation, and a fixation at the border counts for all the pixels
    outside that repeat it.
    """

    side: int
    sigma: float
    repeats: bool = False

    @property
    def text(self) -> str:
        """The recipe in a few words."""
        return f"Gaussian filter {self.side}x{self.side} sigma {self.sigma:.6g} px, replicate"

    def weights(self, positions: NDArray[np.int64], length: int) -> NDArray[np.float64]:
        """Kernel weight with which each fixation enters each pixel."""
        first = 1 - self.side // 2
        kernel = np.exp(-((np.arange(first, first + self.side) - 0.5) ** 2) / (2 * self.sigma**2))
        kernel /= kernel.sum()
        taps = positions[None] - np.arange(length)[:, None] - first
        weights = np.where((taps >= 0) & (taps < self.side), kernel[np.clip(taps, 0, self.side - 1)], 0.0)
        sums = np.concatenate([[0.0], np.cumsum(kernel)])
        before = sums[np.clip(1 - np.arange(length) - first, 0, self.side)]
        beyond = 1 - sums[np.clip(np.arange(length)[::-1] - first, 0, self.side)]
        edges = [(positions == 0, before), (positions == length - 1, beyond)] if length > 1 else []
        for there, weight in edges:
            weights[:, there] = weight[:, None]
        return weights


# make_gauss_masks of the DHF1K release: full width at half maximum 30 px; its indexing moves the centre by (2, 2).
DHF1K = SumOfGaussians(30 / (2 * math.sqrt(2 * math.log(2))), shift=2)
# README of the DHF1K repository, for its versions of Hollywood-2 and UCF Sports.
HOLLYWOOD2_UCF = FilteredReplicate(150, 20)
