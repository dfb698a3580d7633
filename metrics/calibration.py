"""Domain adaptation of maps before they are scored, after the MSU video saliency benchmark.

A model that happens to be as bright as the ground truth, or as fond of the centre, gains by it. A calibration takes
that away: one monotone map of brightness and one weight of a centre prior, fitted on a training split with least
squared error to the densities, and then applied to every map. It must never be fitted on frames that it is scored on.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.errors import InputError
from videosal.metrics.frame.inputs import read_density, read_map
from videosal.metrics.frame.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    Map = NDArray[np.float64]

BINS = 256
SIGMA = 0.25  # of the centre prior, as a part of each side


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `fit_calibration` found.

    Attributes
    ----------
    brightness : tuple of float
        256 values, 0 or more, not descending: what each grey level becomes.
    center : float
        Weight of the centre prior, 0 or more.
    n_frames : int
        How many frames it was fitted on.

    Raises
    ------
    InputError
        The values are not as above.
    """

    brightness: tuple[float, ...]
    center: float
    n_frames: int

    def __post_init__(self) -> None:
        values = np.asarray(self.brightness, np.float64)
        sound = values.shape == (BINS,) and np.isfinite(values).all() and (np.diff(values) >= 0).all()
        if not sound or not values[0] >= 0 or not 0 <= self.center < np.inf:
            raise InputError("calibration is not one: give 256 ascending brightness values and a weight, all from 0 up")

    def apply(self, prediction: ArrayLike) -> Map:
        """Calibrate a map.

        Parameters
        ----------
        prediction : (h, w) array_like
            uint8 as it is; any other dtype is min-max scaled to 256 grey levels first, as `videosal run` saves maps.

        Returns
        -------
        (h, w) float64 array
            From 0 to 1. A map with NaN or infinity comes back as it is, for its frame cannot be scored.

        Raises
        ------
        InputError
            The map is not a non-empty 2-D array of real numbers.
        """
        array = read_map("prediction", prediction)
        if not np.isfinite(array).all():
            return array.astype(np.float64)
        lit = np.asarray(self.brightness)[_grey_levels(array)]
        return np.clip(lit + self.center * _center_prior(array.shape[0], array.shape[1]), 0, 1)

    def to_json(self) -> str:
        """Return it as text that `from_json` reads back to the same bits."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            The text is no calibration.
        """
        try:
            stored = json.loads(text)
            brightness = tuple(float(value) for value in stored["brightness"])
            return cls(brightness, float(stored["center"]), int(stored["n_frames"]))
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"calibration cannot be read ({error!r}): fit it again") from error


def fit_calibration(pairs: Iterable[tuple[ArrayLike, ArrayLike]]) -> Calibration:
    """Fit brightness and centre weight to frames of a training split.

    The squared error of clip-free maps ``brightness[level] + center * prior`` to the densities (each divided by its
    maximum) is minimised over all frames, exactly: increments of brightness and the weight are the unknowns of a
    least-squares problem with non-negative unknowns. Memory does not grow with the number of frames.

    Parameters
    ----------
    pairs : iterable of (prediction, density)
        Maps (h, w) and densities (H, W); a prediction of another size is resized as MATLAB does. Frames with an
        all-zero density, and maps with NaN or infinity, are passed over.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        No usable pair is given, or a map or density is not what `videosal.metrics.score_frame` takes.

    References
    ----------
    The MSU benchmark (msu-video-group/video-saliency-prediction-benchmark) solves the same problem as a quadratic
    programme.
    """
    sums = _Sums()
    for prediction, density in pairs:
        p, d = read_map("prediction", prediction), read_density(density).astype(np.float64)
        if not d.any() or not np.isfinite(p).all():
            continue
        if p.shape != d.shape:
            p = _like(p, imresize(p, (d.shape[0], d.shape[1])))
        sums.add(_grey_levels(p), d / d.max(), _center_prior(d.shape[0], d.shape[1]))
    if sums.n_frames == 0:
        raise InputError("pairs holds no frame with a finite map and a density that is not all zero: give some")
    return sums.solve()


class _Sums:
    """All that least squares needs, per grey level: pixels, and sums of density and prior."""

    def __init__(self) -> None:
        self.n_frames = 0
        self.pixels, self.density, self.prior = (np.zeros(BINS) for _ in range(3))
        self.prior_squared = self.prior_density = 0.0

    def add(self, levels: NDArray[np.uint8], density: Map, prior: Map) -> None:
        flat = levels.ravel()
        self.n_frames += 1
        self.pixels += np.bincount(flat, minlength=BINS)
        self.density += np.bincount(flat, weights=density.ravel(), minlength=BINS)
        self.prior += np.bincount(flat, weights=prior.ravel(), minlength=BINS)
        self.prior_squared += float((prior * prior).sum())
        self.prior_density += float((prior * density).sum())

    def solve(self) -> Calibration:
        from scipy.optimize import nnls

        used = np.flatnonzero(self.pixels)
        n = self.pixels[used]
        density, prior = self.density[used] / n, self.prior[used] / n
        # Rows: the mean of each level, and the slope of density on prior within the levels.
        within = max(0.0, self.prior_squared - float((n * prior * prior).sum()))
        slope = self.prior_density - float((n * prior * density).sum())
        rows = np.zeros((used.size + 1, used.size + 1))
        rows[:-1, :-1] = np.tril(np.ones((used.size, used.size)))
        rows[:-1, -1] = prior
        rows[:-1] *= np.sqrt(n)[:, None]
        wanted = np.append(density * np.sqrt(n), 0.0)
        if within > 1e-12 * self.prior_squared:
            rows[-1, -1], wanted[-1] = np.sqrt(within), slope / np.sqrt(within)
        unknowns, _ = nnls(rows, wanted)
        brightness = np.interp(np.arange(BINS), used, np.cumsum(unknowns[:-1]))
        return Calibration(tuple(brightness.tolist()), float(unknowns[-1]), self.n_frames)


def _like(given: NDArray[Any], resized: Map) -> NDArray[Any]:
    """Keep 8-bit maps 8 bits, so that their grey levels mean the same."""
    if given.dtype != np.uint8:
        return resized
    return np.rint(np.clip(resized, 0, 255)).astype(np.uint8)


def _grey_levels(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array.view(np.uint8)
    values = array.astype(np.float64)
    low, high = values.min(), values.max()
    if low == high:
        return np.full(values.shape, 0 if high == 0 else 128, np.uint8)
    levels: NDArray[np.uint8] = np.rint((values - low) * (255 / (high - low))).astype(np.uint8)
    return levels


@lru_cache(maxsize=8)
def _center_prior(height: int, width: int) -> Map:
    """A Gaussian about the centre, 1 there, as wide in proportion as the frame."""
    rows = np.exp(-(((np.arange(height) + 0.5) / height - 0.5) ** 2) / (2 * SIGMA**2))
    columns = np.exp(-(((np.arange(width) + 0.5) / width - 0.5) ** 2) / (2 * SIGMA**2))
    prior = np.outer(rows, columns)
    prior.setflags(write=False)
    return prior
