"""What is scored and how: small records that travel to worker processes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videosal.datasets import Video

MEAN_OTHERS = "mean-others"  # IG baseline: mean density of the split's other videos
CENTER = "center"  # IG baseline: a Gaussian
NEGATIVE_FRAMES = 10  # frames of other videos whose fixations are the sAUC negatives of a video


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """How to make the model again in any process."""

    name: str
    weights: str | None = None
    device: str = "auto"
    options: dict[str, Any] = field(default_factory=dict)
    save_maps: Path | None = None

    def identity(self) -> list[Any]:
        """Return what the maps depend on."""
        options = {key: str(value) for key, value in self.options.items()}
        files = [Path(text) for text in (self.weights or "", *options.values()) if text and Path(text).is_file()]
        stamps = [[file.stat().st_size, file.stat().st_mtime_ns] for file in files]
        return [self.name, self.weights, options, stamps]


@dataclass(frozen=True, slots=True)
class Plan:
    """One evaluation.

    Attributes
    ----------
    dataset : str
        ``name:split``.
    root : Path
        The copy.
    protocol, metrics
        As `videosal.metrics` knows them.
    baseline : str
        IG baseline: ``mean-others``, ``center`` or a file.
    seed : int
        Of the draw of sAUC negatives.
    float_maps : bool
        Score a live model's maps as they are instead of as 8-bit.
    model : ModelSpec or None
        None where predictions are read from files.
    plugins : tuple of Path
        Files to import before anything is looked up by name.
    """

    dataset: str
    root: Path
    protocol: str
    metrics: tuple[str, ...]
    baseline: str = MEAN_OTHERS
    seed: int = 0
    float_maps: bool = False
    model: ModelSpec | None = None
    plugins: tuple[Path, ...] = ()

    def signature(self) -> str:
        """Say in one line how the scores are computed; a run adds the depth of the maps, known when they are read."""
        from videosal.metrics import get_protocol

        baseline = self.baseline if self.baseline in (MEAN_OTHERS, CENTER) else Path(self.baseline).name
        return f"{get_protocol(self.protocol).signature}|others={NEGATIVE_FRAMES}x seed {self.seed}|baseline={baseline}"


@dataclass(frozen=True, slots=True)
class Job:
    """One video to score.

    Attributes
    ----------
    video : str
        Its name.
    key : str
        Changes when anything changes that the video's scores depend on.
    files : dict of str to Path, or None
        The map of each frame that has one; None for a live model.
    """

    video: str
    key: str
    files: dict[str, Path] | None


def make_job(plan: Plan, split_fingerprint: str, video: Video, files: dict[str, Path] | None) -> Job:
    """Describe the scoring of one video of a split with the given fingerprint."""
    maps: Any = plan.model.identity() if plan.model else None
    if files is not None:
        stats = {frame: (file, file.stat()) for frame, file in files.items()}
        maps = [[frame, str(file), s.st_size, s.st_mtime_ns] for frame, (file, s) in stats.items()]
    content = [plan.signature(), plan.float_maps, plan.metrics, split_fingerprint, video.fingerprint(), maps]
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
    return Job(video.name, key, files)
