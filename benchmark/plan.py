"""What is scored and how: small records that travel to worker processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from videosal.datasets.files.contents import digest_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from videosal.benchmark.maps.reader import MapRef
    from videosal.metrics import Protocol

MEAN_OTHERS = "mean-others"  # IG baseline: mean density of the split's other videos
CENTER = "center"  # IG baseline: a Gaussian

Folds = Literal["halves", "each"]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """How to make the model again in any process."""

    name: str
    weights: str | None = None
    device: str = "auto"
    options: dict[str, Any] = field(default_factory=dict)
    save_maps: Path | None = None


@dataclass(frozen=True, slots=True)
class HumanBound:
    """How people are predicted from people, in place of maps.

    Attributes
    ----------
    folds : {"halves", "each"}
        Half of the observers from the other half, both ways, or each observer from all others.
    smoothing : float
        Standard deviation in pixels of the Gaussian at each fixation, of those that are known and of those that are to
        be predicted.
    """

    folds: Folds
    smoothing: float

    @property
    def left_out(self) -> str:
        """Whose fixations are predicted, in words."""
        return "half of the observers" if self.folds == "halves" else "each observer"

    @property
    def density(self) -> str:
        """The density that the maps are held against, as a part of the signature."""
        return f"density={self.left_out}, sum of Gaussians sigma {self.smoothing:.4g} px"

    def signature(self, of_models: str) -> str:
        """Write this density into the signature of models that are scored beside it, in place of theirs."""
        parts = [part for part in of_models.split("|") if not part.startswith("density=")]
        return "|".join([*parts, self.density])


@dataclass(frozen=True, slots=True)
class Plan:
    """One evaluation.

    Attributes
    ----------
    dataset : str
        ``name:split``.
    root : Path
        The copy.
    protocol : Protocol
        The record itself: a worker need not know it by name.
    metrics : tuple of str
        As `videosal.metrics` knows them.
    baseline : str
        IG baseline: ``mean-others``, ``center`` or a file.
    seed : int
        Of the draw of sAUC negatives.
    float_maps : bool
        Score a live model's maps as they are instead of as 8-bit.
    model : ModelSpec or None
        None where predictions are read from files, or people are predicted.
    human : HumanBound or None
        How people are predicted from people, where they are.
    plugins : tuple of Path
        Files to import before anything is looked up by name.
    dataset_options : dict
        For `videosal.load_dataset`.
    negatives : str or None
        File with a map of the sAUC negatives; None for those of the protocol.
    sample : int or None
        Seed with which the protocol's random metrics are drawn as the original draws them; None for expectations.
    bug_compatible : bool
        Reproduce the known bugs of the protocol's original.
    calibration : str or None
        A `videosal.metrics.calibration.Calibration` as JSON, applied to every map.
    calibrated_on : str
        The split that it was fitted on.
    recipe : str
        How the data set's ground truth was made, where it is not as released; part of the signature.
    allow_damaged : bool
        Count a damaged map as unreadable and go on, instead of stopping there.
    """

    dataset: str
    root: Path
    protocol: Protocol
    metrics: tuple[str, ...]
    baseline: str = MEAN_OTHERS
    seed: int = 0
    float_maps: bool = False
    model: ModelSpec | None = None
    human: HumanBound | None = None
    plugins: tuple[Path, ...] = ()
    dataset_options: dict[str, Any] = field(default_factory=dict)
    negatives: str | None = None
    sample: int | None = None
    bug_compatible: bool = False
    calibration: str | None = None
    calibrated_on: str = ""
    recipe: str = ""
    allow_damaged: bool = False

    def signature(self) -> str:
        """Say in one line how the scores are computed; a run adds the depth of the maps, known when they are read."""
        from videosal.metrics.protocols.signature import protocol_signature

        rules = self.protocol
        parts = [protocol_signature(rules, seed=self.sample, bug_compatible=self.bug_compatible), self._others(rules)]
        if "ig" in rules.metrics:
            parts.append(f"baseline={self.baseline_text}")
        parts += [f"calibrated={self.calibrated_on}" if self.calibration else "", self.recipe]
        return "|".join(part for part in parts if part)

    @property
    def baseline_text(self) -> str:
        """The IG baseline; a file with eight digits of the digest of what it holds."""
        return self.baseline if self.baseline in (MEAN_OTHERS, CENTER) else _file_text(self.baseline)

    @property
    def negatives_text(self) -> str:
        """The file of the negatives, with eight digits of the digest of what it holds; empty for the protocol's."""
        return "" if self.negatives is None else _file_text(self.negatives)

    def _others(self, rules: Protocol) -> str:
        """Say where the sAUC negatives come from."""
        if self.negatives is not None:
            return f"others={self.negatives_text}"
        drawn = {"other-videos": "other videos", "whole-set": "whole set"}
        if rules.negatives in drawn:
            if rules.negative_frames == 0:
                return f"others=all {drawn[rules.negatives]}"
            return f"others={rules.negative_frames}x {drawn[rules.negatives]}, seed {self.seed}"
        return "others=same video" if rules.negatives == "same-video" else ""


@dataclass(frozen=True, slots=True)
class Job:
    """One video to score.

    Attributes
    ----------
    video : str
        Its name.
    metrics : tuple of str
        What to compute.
    identity : str
        Digest of the run's identity: what all of its results depend on.
    files : dict of str to MapRef, or None
        The map of each frame that has one; None for a live model.
    others : ndarray, shape (90, 160), or None
        Sum of the mean densities of the other videos, where that is the baseline of IG.
    plan : int
        The place of its plan among those that are carried out together.
    """

    video: str
    metrics: tuple[str, ...]
    identity: str
    files: dict[str, MapRef] | None
    others: NDArray[np.float64] | None = field(default=None, compare=False)
    plan: int = 0


@dataclass(frozen=True, slots=True)
class SharedJob:
    """One video to score under one or more plans, which differ in their protocol: its files are read once.

    Attributes
    ----------
    video : str
        Its name.
    jobs : tuple of Job
        What each of the plans wants of it, with the same `files` and `others`.
    """

    video: str
    jobs: tuple[Job, ...]


def _file_text(file: str) -> str:
    return f"{Path(file).name} {digest_file(file)[:8]}"
