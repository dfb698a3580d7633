"""The protocols, one record each. What a choice means stands in :mod:`videosal.metrics.protocols.choices`."""

from __future__ import annotations

from dataclasses import replace

from videosal.metrics.protocols.choices import Bug, Gaze, Maps, Pair, Smoothing
from videosal.metrics.protocols.record import EIGHT, Protocol

_FIVE = ("cc", "nss", "sim", "kld", "auc_judd")
_OFF_BY_ONE = Bug(
    key="judd-off-by-one",
    metric="auc_judd",
    text="every false positive rate is one pixel too high, which lowers the area by up to one pixel's share",
)
_ORIGINAL = Maps(uninformative="by-metric", negative="undefined")  # what an original makes of odd maps, not we
_VINET_BLUR = Smoothing(size=11, sigma=2.0, border="reflect", first=False)

STANDARD = Protocol(
    name="standard",
    summary="ours: MIT's definitions, expectations for what is random, and a value wherever the ground truth has one",
    version=2,
)

DHF1K = Protocol(
    name="dhf1k",
    summary="evaluationFunc.m, the official evaluation of DHF1K, Hollywood-2 and UCF Sports (wenguanwang/DHF1K)",
    metrics=(*EIGHT, "emd"),
    default_metrics=("cc", "nss", "sim", "auc_judd", "sauc"),
    maps=_ORIGINAL,
    pair=Pair(sim_zero=0.0, kld_empty=0.0, emd="signed"),
    negatives="whole-set",
    frames="all; the original takes a random 50000 if there are more",
    bugs=(
        Bug(
            key="swapped-axes",
            metric="sauc",
            text="points of other frames are scaled with the row factor for columns and the column factor for rows, "
            "and those that fall outside are dropped (see videosal.metrics.rescale_points)",
            in_negatives=True,
        ),
    ),
)

MIT = Protocol(
    name="mit",
    summary="code_forMetrics of the MIT saliency benchmark (cvzoya/saliency)",
    metrics=(*EIGHT, "emd"),
    maps=_ORIGINAL,
    pair=Pair(sim_zero=0.0, kld_empty=0.0, emd="signed"),
    frames="all (images)",
)

STAVIS_DIEM = Protocol(
    name="stavis-diem",
    summary="the evaluation of STAViS on DIEM, AVAD, Coutrot, ETMD and SumMe (atsiami/STAViS)",
    metrics=("cc", "nss", "sim", "auc_judd", "sauc"),
    default_metrics=("cc", "nss", "sim", "auc_judd", "sauc"),
    maps=replace(
        _ORIGINAL,
        scale="unit",
        smoothing=Smoothing(size=13, sigma=2.0, border="symmetric", first=True),
        uninformative="zero-undefined",
    ),
    pair=Pair(sim_zero=0.0),
    gaze=Gaze(sauc_drops_own=True),
    negatives="same-video",
    negative_frames=0,
    aggregation="video",
    frames="those with a prediction; the mean of three splits is taken",
    version=2,
)

VINET = Protocol(
    name="vinet",
    summary="the validation in ViNet's training script (samyak0210/ViNet)",
    metrics=_FIVE,
    default_metrics=_FIVE,
    maps=replace(_ORIGINAL, scale="unit", resize="bilinear", smoothing=_VINET_BLUR, eps=2.2204e-16),
    pair=Pair(kld_blank_kept=False),
    gaze=Gaze(nss_eps=2.2204e-16, nss_constant=0.0),
    negatives="none",
    negative_frames=0,
    frames="the last frame of each 32-frame clip, a clip every 128 frames",
    bugs=(_OFF_BY_ONE,),
    version=2,
)

VINET_V2 = Protocol(
    name="vinet-v2",
    summary="the inference metrics of ViNet-v2 (ViNet-Saliency/vinet_v2)",
    metrics=_FIVE,
    default_metrics=_FIVE,
    maps=replace(_ORIGINAL, scale="unit", resize="bilinear", smoothing=_VINET_BLUR, grid="256x456", eps=2.2204e-16),
    pair=Pair(kld_blank_kept=False),
    gaze=Gaze(nss_eps=2.2204e-16, nss_constant=0.0),
    negatives="none",
    negative_frames=0,
    undefined="zero",
    frames="all",
    bugs=(_OFF_BY_ONE,),
    version=2,
)

STSANET = Protocol(
    name="stsanet",
    summary="metrics.py and the validation in the training script of STSANet (WZq975/STSANet)",
    metrics=(*_FIVE, "sauc", "ig"),
    default_metrics=_FIVE,
    maps=replace(_ORIGINAL, scale="unit", resize="bilinear", eps=2.2204e-16),
    pair=Pair(kld_blank_kept=False),
    gaze=Gaze(nss_eps=2.2204e-16, nss_constant=0.0, single=True, ig_scale="sum", ig_unit="nats"),
    frames="the middle frame of each clip; frames without fixations are skipped",
    bugs=(
        _OFF_BY_ONE,
        Bug(
            key="sauc-index",
            metric="sauc",
            text="indices of other fixations are written by rows and read by columns, so that other pixels are looked "
            "up, and their number is taken to be that of the fixations",
        ),
    ),
    version=2,
)

UNISAL = Protocol(
    name="unisal",
    summary="salience_metrics.py and the trainer of UNISAL (rdroste/unisal)",
    metrics=(*_FIVE, "sauc"),
    default_metrics=(*_FIVE, "sauc"),
    maps=replace(_ORIGINAL, scale="sum", resize="bilinear", empty_density="uniform"),
    pair=Pair(sim_scale="sum", kld_form="plain"),
    gaze=Gaze(judd="unique", auc_top=False, single=True),
    negatives="whole-set",
    frames="all; AUC-Judd and sAUC on a random half of them",
    bugs=(Bug(key="nss-one", metric="nss", text="a frame without fixations scores 1"),),
)

SALEMA = Protocol(
    name="salema",
    summary="the evaluation of SalEMA, with the NumPy port of MIT's code (Linardos/SalEMA)",
    metrics=("cc", "nss", "sim", "auc_judd", "auc_borji", "sauc"),
    default_metrics=("cc", "nss", "sim", "auc_judd", "auc_borji", "sauc"),
    maps=replace(_ORIGINAL, resize="bilinear", grid="half"),
    gaze=Gaze(nss_ddof=0, auc_top=False, borji_least=1),
    negative_frames=40,
    aggregation="video",
    frames="all",
    bugs=(
        Bug(
            key="float32-jitter",
            metric="auc_judd",
            text="jitter of 1e-7 is added in single precision, where most values swallow it, so that ties stay and "
            "are walked through in the order of the list",
        ),
        Bug(
            key="sauc-divisor",
            metric="sauc",
            text="false positives are divided by the number of fixations even where fewer others are drawn",
        ),
    ),
)

PYSALIENCY = Protocol(
    name="pysaliency",
    summary="pysaliency and the MIT/Tuebingen benchmark (matthias-k/pysaliency)",
    metrics=(*_FIVE, "sauc", "ig", "auc"),
    default_metrics=(*_FIVE, "sauc", "ig", "auc"),
    maps=replace(_ORIGINAL, scale="unit", resize="bilinear"),
    pair=Pair(cc_constant=0.0, sim_scale="shift", kld_form="added"),
    gaze=Gaze(
        repeats=True,
        nss_ddof=0,
        nss_constant=0.0,
        judd_jitter="normal",
        auc_negatives="all",
        sauc_form="exact",
        ig_scale="added",
    ),
    negative_frames=0,
    frames="images with fixations; the mean over the fixations of each",
    version=2,
)

SALICON = Protocol(
    name="salicon",
    summary="salicon-evaluation, the code of the SALICON server (NUS-VIP/salicon-evaluation); its AUC is auc_borji",
    metrics=("cc", "nss", "auc_borji", "sauc"),
    default_metrics=("cc", "nss", "auc_borji", "sauc"),
    maps=replace(_ORIGINAL, resize="zoom3"),
    gaze=Gaze(
        repeats=True,
        nss_ddof=0,
        nss_constant=0.0,
        auc_steps=100,
        auc_top=False,
        auc_constant=0.5,
        borji_least=1,
        borji_draws=100_000,
        splits=1,
        sauc_sampled=False,
        sauc_drops_own=True,
    ),
    negative_frames=0,
    frames="all (images); by default only points that occur at least twice are kept",
    version=2,
)

AIM2024 = Protocol(
    name="aim2024",
    summary="the AIM 2024 challenge on AViMoS (msu-video-group/ECCVW24_Saliency_Prediction)",
    metrics=_FIVE,
    default_metrics=("cc", "nss", "sim", "auc_judd"),
    luma="png",
    maps=replace(_ORIGINAL, scale="minmax", resize="bilinear", eps=2.2204e-16),
    pair=Pair(cc_eps=1e-7, sim_scale="sum", sim_eps=1e-7, sim_zero=0.0, kld_blank_kept=False),
    gaze=Gaze(repeats=True, nss_ddof=0, nss_eps=1e-7, nss_constant=0.0, judd="distinct"),
    negatives="none",
    negative_frames=0,
    aggregation="video",
    frames="all; prediction and ground truth must have the same",
    bugs=(
        Bug(
            key="columns-counted",
            metric="auc_judd",
            text="distinct columns of the list of points (one or two) are counted in place of distinct points",
        ),
    ),
)

CROWDSAL = Protocol(
    name="crowdsal",
    summary="bench.py of CrowdSAL since its commit ef83c03 (msu-video-group/CrowdSAL); before, it was that of aim2024",
    metrics=("cc", "nss", "sim", "auc_judd"),
    default_metrics=("cc", "nss", "sim", "auc_judd"),
    maps=replace(_ORIGINAL, scale="minmax", resize="none"),
    pair=Pair(cc_eps=2.0**-23, sim_scale="sum", sim_eps=2.0**-23, sim_zero=0.0),
    gaze=Gaze(repeats=True, nss_ddof=0, nss_eps=2.0**-23, nss_constant=0.0, judd="events"),
    negatives="none",
    negative_frames=0,
    frames="all, and each must have a point; prediction and ground truth must have the same",
)

MSU = Protocol(
    name="msu",
    summary="the MSU video saliency benchmark (msu-video-group/video-saliency-prediction-benchmark), uncalibrated",
    metrics=_FIVE,
    default_metrics=("cc", "nss", "sim", "auc_judd"),
    maps=replace(_ORIGINAL, scale="unit", resize="letterbox", eps=2.2204e-16),
    pair=Pair(cc_eps=1e-7, sim_scale="sum", sim_eps=1e-7, sim_zero=0.0, kld_blank_kept=False),
    gaze=Gaze(nss_ddof=0, nss_eps=1e-7, nss_constant=0.0, judd="walk"),
    negatives="none",
    negative_frames=0,
    aggregation="video",
    frames="all",
    version=2,
)

PROTOCOLS = (
    STANDARD,
    DHF1K,
    MIT,
    STAVIS_DIEM,
    VINET,
    VINET_V2,
    STSANET,
    UNISAL,
    SALEMA,
    PYSALIENCY,
    SALICON,
    AIM2024,
    CROWDSAL,
    MSU,
)
