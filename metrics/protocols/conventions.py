"""The choices that a protocol makes: what its fields mean."""

from __future__ import annotations

from dataclasses import dataclass

EIGHT = ("cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc", "ig")


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """A Gaussian blur of the prediction.

    Attributes
    ----------
    size : int
        Side of the kernel in pixels.
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
class Conventions:
    """Conventions under which a frame is scored and frames are averaged.

    A value of None for an undefined case means NaN.

    Attributes
    ----------
    name, summary : str
        The name by which it is asked for, and whose code it follows.
    metrics, default_metrics : tuple of str
        What it defines, and what is scored where nothing is asked for by name.
    luma : str
        How the levels of a map that lies in a video become numbers: ``gray16``, or ``png`` (what FFmpeg writes into a
        PNG); see :mod:`videosal.datasets.files.luma`.
    scale : str
        Of all maps: ``given``; ``unit`` (integers divided by the largest of their dtype); ``sum`` (to sum 1); or
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
    repeats : bool
        Whether a point that is given twice counts twice.
    cc_eps : float
        Added to the deviations and below the root of CC.
    cc_constant, nss_constant, auc_constant : float or None
        CC, NSS, and stepped AUC, of a constant prediction.
    nss_ddof : int
        Degrees of freedom taken off in the standard deviation of NSS.
    nss_eps : float
        Added to that deviation.
    sim_scale : str
        ``minmax`` (then sum 1), ``sum`` (sum 1 alone), ``shift`` (negative minimum to 0, then sum 1; zeros become
        uniform).
    sim_eps : float
        Added to the sums of SIM.
    sim_zero, kld_empty : float or None
        SIM where a map is all zero, KLD of an all-zero density.
    kld_blank_kept : bool
        Whether an all-zero prediction stays one in KLD; if not, KLD is undefined.
    kld_form : str
        ``eps`` (log(eps + D / (P + eps))), ``plain`` (log D - log P), ``added`` (as plain, 1e-20 added to both maps).
    eps : float
        The small number inside the logarithms of KLD and IG.
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
    emd : str
        ``clipped`` or ``signed``: see :mod:`videosal.metrics.emd`.
    negatives : str
        Whose fixations sAUC takes: ``other-videos`` (frames of other videos), ``whole-set`` (frames of the whole set,
        the scored video among it), ``same-video`` (all frames of the video), or ``none``.
    negative_frames : int
        How many frames are drawn for that; 0 for all.
    aggregation : str
        How frames become one figure: ``frame`` is the mean over all frames of all videos, ``video`` the mean of the
        means of videos.
    undefined : str
        What an undefined value is in a mean: ``deleted`` or ``zero``.
    frames : str
        Which frames the original scores, in words; the harness scores all.
    bugs : tuple of Bug
        Known bugs of the original.
    version : int
        Raised whenever a change of ours moves a number.
    """

    name: str
    summary: str = ""
    metrics: tuple[str, ...] = (*EIGHT, "emd", "auc", "sauc_exact")
    default_metrics: tuple[str, ...] = EIGHT
    luma: str = "gray16"
    scale: str = "given"
    resize: str = "imresize"
    smoothing: Smoothing | None = None
    grid: str = "truth"
    empty_density: str = "zero"
    repeats: bool = False
    cc_eps: float = 0.0
    cc_constant: float | None = None
    nss_ddof: int = 1
    nss_eps: float = 0.0
    nss_constant: float | None = None
    sim_scale: str = "minmax"
    sim_eps: float = 0.0
    sim_zero: float | None = None
    kld_form: str = "eps"
    kld_empty: float | None = None
    kld_blank_kept: bool = True
    eps: float = 2.0**-52
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
    emd: str = "clipped"
    negatives: str = "other-videos"
    negative_frames: int = 10
    aggregation: str = "frame"
    undefined: str = "deleted"
    frames: str = "all"
    bugs: tuple[Bug, ...] = ()
    version: int = 1
