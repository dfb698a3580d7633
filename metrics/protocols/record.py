"""Named sets of metric conventions.

Two papers that print "SIM" may have resized, scaled or smoothed differently. A protocol writes such choices down as a
record; the functions that score a frame read them from it, and its signature goes with every result. What a field
means stands in :mod:`videosal.metrics.protocols.conventions`, the records in :mod:`videosal.metrics.protocols.records`,
the reasons in ``docs/protocols.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from videosal.metrics.protocols.conventions import Conventions
from videosal.metrics.protocols.signature import protocol_signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol(Conventions):
    """Conventions under which a frame is scored and frames are averaged.

    Its fields are those of `videosal.metrics.protocols.conventions.Conventions`, and two that follow from them.

    Attributes
    ----------
    kernel_metrics : frozenset of str
        Metrics whose conventions the compiled kernels know, once the maps are prepared; derived.
    compiled : bool
        Whether the kernels know all of its conventions, and take maps as they come; derived.
    """

    kernel_metrics: frozenset[str] = field(init=False, repr=False, compare=False)
    compiled: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = frozenset(name for name in self.metrics if self._has(_OF_KERNELS[name]))
        object.__setattr__(self, "kernel_metrics", known)
        object.__setattr__(self, "compiled", self._has(_PLAIN_MAPS) and known.issuperset(self.metrics))

    @property
    def needs_baseline(self) -> bool:
        """Whether it defines IG, which needs a baseline map."""
        return "ig" in self.metrics

    @property
    def sampled(self) -> tuple[str, ...]:
        """Metrics that are random in the original, which a seed samples; without one they are expectations."""
        random = {
            "auc_judd": self.judd == "jitter",
            "auc_borji": True,
            "sauc": self.sauc_form == "stepped" and self.sauc_sampled,
        }
        return tuple(name for name in self.metrics if random.get(name, False))

    @property
    def signature(self) -> str:
        """One line, in the manner of sacreBLEU, that says how every number was computed."""
        return protocol_signature(self)

    def _has(self, wanted: dict[str, object]) -> bool:
        return all(getattr(self, name) == value for name, value in wanted.items())


# What the kernels take for granted, of maps and per metric; what else a protocol asks for is left to
# `videosal.metrics.protocol_formulas`.
_PLAIN_MAPS: dict[str, object] = {
    "scale": "given",
    "resize": "imresize",
    "smoothing": None,
    "grid": "truth",
    "empty_density": "zero",
    "repeats": False,
    "sauc_drops_own": False,
}
_STEPPED: dict[str, object] = {"auc_top": True, "auc_constant": None, "single": False}
_OF_KERNELS: dict[str, dict[str, object]] = {
    "cc": {"cc_eps": 0.0, "cc_constant": None},
    "nss": {},
    "sim": {"sim_scale": "minmax", "sim_eps": 0.0},
    "kld": {"kld_form": "eps"},
    "auc_judd": {"judd": "jitter"},
    "auc_borji": {"borji_least": 2, **_STEPPED},
    "sauc": {"sauc_form": "stepped", **_STEPPED},
    "ig": {"ig_scale": "minmax", "ig_unit": "bits"},
    "emd": {},
    "auc": {"auc_negatives": "unfixated"},
    "sauc_exact": {},
}
