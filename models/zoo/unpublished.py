"""Systems of Table I without public code or weights: cards and published figures only. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from videosal.errors import ModelError
from videosal.models.card import ModelCard

if TYPE_CHECKING:
    from pathlib import Path

    from videosal.models.contract import Model


@dataclass(frozen=True, slots=True)
class UnpublishedEntry:
    """A system that can be described and compared, but not run.

    Attributes
    ----------
    name : str
        The name that it is registered under.
    card : ModelCard
        Its description.
    """

    name: str
    card: ModelCard

    @property
    def refusal(self) -> str:
        """Why it cannot be run, and what to do, in a line."""
        return (
            f"model {self.name!r} cannot be run: its authors published neither code nor weights; score maps of theirs "
            "with videosal score MAPS instead (its published figures are in videosal table)"
        )

    def __call__(self, weights: str | Path | None = None, device: str = "auto") -> Model:
        """Refuse to make a model, whatever the weights.

        Raises
        ------
        ModelError
            Always.
        """
        raise ModelError(self.refusal)


tsfp_net = UnpublishedEntry(
    "tsfp-net",
    ModelCard(
        title="TSFP-Net",
        reference=(
            "Q. Chang and S. Zhu, Temporal-spatial feature pyramid for video saliency detection, arXiv:2105.04213, "
            "2021; Cognitive Computation 15(3), 856-868, 2023, DOI 10.1007/s12559-023-10114-x"
        ),
        year=2021,
        venue="arXiv",
        description="A 3D encoder, and a pyramid of features in time and space. No public code or weights: scores only",
        input="a clip of frames, 352x192; the map is one of them (the length is not known here)",
        output="one map for each clip",
        licence="no code published",
        input_size="352x192",
        weights="not published: score the authors' maps",
        model_size_mb=58.0,
        runtime_s=0.011,
    ),
)

salsac = UnpublishedEntry(
    "salsac",
    ModelCard(
        title="SalSAC",
        reference=(
            "X. Wu, Z. Wu, J. Zhang, L. Ju and S. Wang, SalSAC: a video saliency prediction model with shuffled "
            "attentions and correlation-based ConvLSTM, AAAI Conference on Artificial Intelligence, 2020"
        ),
        year=2020,
        venue="AAAI",
        description=(
            "Features of single frames, shuffled attention at several levels, and a ConvLSTM that is weighted by the "
            "correlation with the past. No public code or weights: scores only"
        ),
        input="frames one by one, 288x160",
        output="one map for each frame",
        licence="no code published",
        input_size="288x160",
        weights="not published: score the authors' maps",
        model_size_mb=94.0,
        runtime_s=0.020,
    ),
)
