"""The choices that a protocol makes, in three small records: how maps become comparable, and how each kind of metric is
computed. A value of None for an undefined case means NaN. The defaults are those of ``standard``."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from videosal.errors import InputError, did_you_mean

ONE_OF: dict[str, tuple[str, ...]] = {
    "scale": ("given", "unit", "sum", "minmax"),
    "luma": ("gray16", "png"),
    "resize": ("imresize", "bilinear", "zoom3", "letterbox", "none"),
    "grid": ("truth", "half", "256x456"),
    "empty_density": ("zero", "uniform"),
    "uninformative": ("uniform", "by-metric", "zero-undefined"),
    "negative": ("shifted", "undefined"),
    "sim_scale": ("minmax", "sum", "shift"),
    "kld_form": ("eps", "plain", "added"),
    "emd": ("clipped", "signed"),
    "judd": ("jitter", "unique", "walk", "distinct", "events"),
    "judd_jitter": ("uniform", "normal"),
    "auc_negatives": ("unfixated", "all"),
    "sauc_form": ("stepped", "exact"),
    "ig_scale": ("minmax", "sum", "added"),
    "ig_unit": ("bits", "nats"),
    "negatives": ("other-videos", "whole-set", "same-video", "none"),
    "aggregation": ("frame", "video"),
    "undefined": ("deleted", "zero"),
    "border": ("symmetric", "reflect"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """A Gaussian blur of the prediction.

    Attributes
    ----------
    size : int
        Side of the kernel in pixels, odd.
    sigma : float
        In pixels.
    border : str
        ``symmetric`` repeats the pixel at the edge, ``reflect`` does not.
    first : bool
        Whether it comes before the prediction is resized, and not after.
    """

    size: int
    sigma: float
    border: str
    first: bool

    def __post_init__(self) -> None:
        check_choices("smoothing", self)
        if self.size < 1 or self.size % 2 == 0 or not self.sigma > 0:
            raise InputError(f"smoothing has size {self.size} and sigma {self.sigma}: give an odd size, sigma above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A known bug of the original code, reproduced only with ``bug_compatible=True``.

    Attributes
    ----------
    key : str
        The name by which the code asks for it.
    metric : str
        What it falsifies.
    text : str
        What is wrong.
    in_negatives : bool
        Whether it lies in how the negatives of a set are gathered, and not in how a frame is scored.
    """

    key: str
    metric: str
    text: str
    in_negatives: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """How maps become comparable.

    Attributes
    ----------
    scale : str
        Of all maps: ``given``; ``unit`` (uint8 and uint16 divided by their largest value); ``sum`` (to sum 1); or
        ``minmax`` (to 0..1 before they are resized, with the float32 epsilon in the denominator).
    resize : str
        How a map of another size comes to the size of the ground truth: ``imresize`` (MATLAB's bicubic), ``bilinear``
        (OpenCV's), ``zoom3`` (SciPy's cubic spline), ``letterbox`` (all maps into 360 x 640, bilinear) or ``none`` (it
        is an error).
    smoothing : Smoothing or None
        Blur of the prediction.
    grid : str
        Size at which it scores: ``truth``, ``half`` (all maps halved), or ``256x456`` (that for what needs a density).
    empty_density : str
        What an all-zero density is: ``zero``, or ``uniform``.
    uninformative : str
        What a constant prediction or baseline is: ``uniform`` (the uniform distribution, whatever its value); or what
        the code of each metric makes of it, ``by-metric``; or ``zero-undefined``, as that, but an all-zero prediction
        has no score at all.
    negative : str
        What KLD, IG and EMD make of a prediction with negative values of its own: ``shifted`` to minimum 0, or
        ``undefined``, and for EMD zero. What a resize put below zero counts as zero.
    eps : float
        The small number inside the logarithms of KLD and IG.
    log_density : bool
        Whether predictions and baselines are natural logarithms of densities, as probabilistic models give them; minus
        infinity is a density of 0.
    """

    scale: str = "given"
    resize: str = "imresize"
    smoothing: Smoothing | None = None
    grid: str = "truth"
    empty_density: str = "zero"
    uninformative: str = "uniform"
    negative: str = "shifted"
    eps: float = 2.0**-52
    log_density: bool = False

    def __hash__(self) -> int:
        return hash((self.resize, self.scale, self.grid))  # which is quick, for each frame is looked up by it

    def __post_init__(self) -> None:
        check_choices("maps", self)
        if self.resize == "letterbox" and (self.grid != "truth" or self.smoothing is not None):
            raise InputError("maps has resize letterbox, which knows no other grid and no smoothing: drop one of them")
        if self.log_density and self.scale in ("unit", "minmax"):
            raise InputError(f"maps has log_density and scale {self.scale}, which is for other maps: drop one of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """How a prediction is held against a density.

    Attributes
    ----------
    cc_eps : float
        Added to the deviations and below the root of CC.
    cc_constant : float or None
        CC of a constant prediction.
    sim_scale : str
        ``minmax`` (then sum 1), ``sum`` (sum 1 alone), ``shift`` (negative minimum to 0, then sum 1; zeros become
        uniform).
    sim_eps : float
        Added to the sums of SIM.
    sim_zero, kld_empty : float or None
        SIM where a map is all zero, KLD of an all-zero density.
    kld_form : str
        ``eps`` (log(eps + D / (P + eps))), ``plain`` (log D - log P), ``added`` (as plain, 1e-20 added to both maps).
    kld_blank_kept : bool
        Whether an all-zero prediction stays one in KLD; if not, KLD is undefined.
    emd : str
        ``clipped`` or ``signed``: see :mod:`videosal.metrics.emd`.
    """

    cc_eps: float = 0.0
    cc_constant: float | None = None
    sim_scale: str = "minmax"
    sim_eps: float = 0.0
    sim_zero: float | None = None
    kld_form: str = "eps"
    kld_empty: float | None = None
    kld_blank_kept: bool = True
    emd: str = "clipped"

    def __post_init__(self) -> None:
        check_choices("pair", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaze:
    """How a prediction is held against fixations.

    Attributes
    ----------
    repeats : bool
        Whether a point that is given twice counts twice.
    nss_ddof : int
        Degrees of freedom taken off in the standard deviation of NSS.
    nss_eps : float
        Added to that deviation.
    nss_constant, auc_constant : float or None
        NSS, and stepped AUC, of a constant prediction.
    judd : str
        ``jitter`` (ties broken at random, reported as expectation), ``unique`` (thresholds once each, rates rounded to
        four digits), ``walk`` (thresholds with repeats, ties in the order of the list), ``distinct`` (as walk, and
        repeated points are no pixels), ``events`` (thresholds once each, of 16 bits; repeated points hit more than
        once, and are no pixels).
    judd_jitter : str
        Of the sampled kind: ``uniform`` or ``normal``, times 1e-7.
    auc_steps : int
        Number of threshold steps of AUC-Borji and sAUC between the smallest and the largest value.
    auc_top : bool
        Whether the largest value is a threshold.
    borji_least : int
        Fewest fixations for which AUC-Borji is defined.
    borji_draws : int or None
        Random pixels of the sampled kind; None for as many as fixations.
    single : bool
        Whether stepped AUCs scale the map in single precision, which moves values that lie on a threshold.
    splits : int
        Repetitions of the sampled kind of AUC-Borji and sAUC.
    auc_negatives : str
        Of the exact ``auc``: ``unfixated`` pixels or ``all`` pixels.
    sauc_form : str
        ``stepped``, or ``exact`` (Mann-Whitney).
    sauc_sampled : bool
        Whether the original draws from the other fixations, and does not take them all.
    sauc_drops_own : bool
        Whether pixels fixated in the frame itself are no negatives.
    ig_scale : str
        ``minmax`` (then sum 1), ``sum``, or ``added`` (1e-20 added, sum 1, no eps).
    ig_unit : str
        ``bits`` or ``nats``.
    """

    repeats: bool = False
    nss_ddof: int = 1
    nss_eps: float = 0.0
    nss_constant: float | None = None
    judd: str = "jitter"
    judd_jitter: str = "uniform"
    auc_steps: int = 10
    auc_top: bool = True
    auc_constant: float | None = None
    borji_least: int = 2
    borji_draws: int | None = None
    single: bool = False
    splits: int = 100
    auc_negatives: str = "unfixated"
    sauc_form: str = "stepped"
    sauc_sampled: bool = True
    sauc_drops_own: bool = False
    ig_scale: str = "minmax"
    ig_unit: str = "bits"

    def __post_init__(self) -> None:
        check_choices("gaze", self)


def or_nan(value: float | None) -> float:
    """Return what a protocol says of an undefined case."""
    return math.nan if value is None else value


_LEAST = {"nss_ddof": 0, "auc_steps": 1, "borji_least": 1, "borji_draws": 1, "splits": 1, "negative_frames": 0}


def check_choices(where: str, record: object) -> None:
    """Raise `InputError` where a field of a record has a value that cannot be."""
    for field in fields(record):  # type: ignore[arg-type]  # all records are dataclasses
        name, value = field.name, getattr(record, field.name)
        if name in ONE_OF and not (isinstance(value, str) and value in ONE_OF[name]):
            raise InputError(f"{where} has {name} {value!r}: {did_you_mean(str(value), ONE_OF[name])}")
        if name in _LEAST and value is not None and (type(value) is not int or value < _LEAST[name]):
            raise InputError(f"{where} has {name} {value!r}: give a whole number, {_LEAST[name]} or more")
        if name.endswith("eps") and not (_is_number(value) and value >= 0):
            raise InputError(f"{where} has {name} {value!r}: give a number, 0 or more")
        if not _fits(value, str(field.type)):
            kind, _, none = str(field.type).partition(" | ")
            raise InputError(f"{where} has {name} {value!r}: give {_WORDS.get(kind, kind)}{none and ', or None'}")


_WORDS = {
    "bool": "True or False",
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "tuple[str, ...]": "a tuple of texts",
    "tuple[Bug, ...]": "a tuple of Bug",
}


def _fits(value: Any, annotation: str) -> bool:
    """Whether a value is of the type that a field is annotated with."""
    kind, _, none = annotation.partition(" | ")
    if value is None and none:
        return True
    if kind.startswith("tuple["):
        wanted = kind.removeprefix("tuple[").partition(",")[0]
        return type(value) is tuple and all(type(item).__name__ == wanted for item in value)
    return _is_number(value) if kind == "float" else type(value).__name__ == kind


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and math.isfinite(value)
