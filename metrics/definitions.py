"""What each metric is called, what it needs, and which way is better; metrics of third parties join here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from videosal.errors import InputError, PluginError, UnknownNameError
from videosal.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

ARGUMENTS = ("density", "fixations", "other_fixations", "baseline")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """Facts about one metric.

    Attributes
    ----------
    name : str
        The key in results: ``auc_judd``.
    label : str
        The heading in tables: ``AUC-J``.
    higher_is_better : bool
        False where a smaller value is the better one.
    needs : tuple of str
        Arguments of `score_frame` that it needs besides the prediction.
    reference : str
        The paper, or the code, that defines it.
    """

    name: str
    label: str
    higher_is_better: bool
    needs: tuple[str, ...]
    reference: str


class MetricFunction(Protocol):
    """What `register_metric` decorates: arrays of one size (H, W) in, one number out.

    The maps are float64 and already resized; fixations are boolean masks; what the caller did not give is None.
    """

    def __call__(
        self,
        prediction: NDArray[np.float64],
        density: NDArray[np.float64] | None,
        fixations: NDArray[np.bool_] | None,
        other_fixations: NDArray[np.bool_] | None,
        baseline: NDArray[np.float64] | None,
    ) -> float: ...


@dataclass(frozen=True, slots=True)
class CustomMetric:
    """A third party's metric: its facts and the function that computes it."""

    info: MetricInfo
    compute: MetricFunction


def list_metrics() -> list[str]:
    """Return the names of all metrics.

    Returns
    -------
    list of str
        Ours in the order of tables, then those that third parties registered, sorted.
    """
    return [*OURS, *(name for name in _custom.names() if name not in OURS)]


def metric_info(name: str) -> MetricInfo:
    """Return the facts about the metric called `name`.

    Parameters
    ----------
    name : str
        From `list_metrics`.

    Returns
    -------
    MetricInfo

    Raises
    ------
    UnknownNameError
        No metric has that name.
    PluginError
        It is another package's metric, and that package fails to load.
    """
    return OURS[name] if name in OURS else custom_metric(name).info


def register_metric(
    name: str, *, label: str, higher_is_better: bool, needs: tuple[str, ...], reference: str
) -> Callable[[MetricFunction], CustomMetric]:
    """Return a decorator that adds a metric of your own under `name`.

    It is listed after ours and computed only when it is asked for by name. A package makes its metric known with an
    entry point in the group ``videosal.metrics`` that names the decorated function.

    Parameters
    ----------
    name : str
        Key in results, not yet taken.
    label : str
        Heading in tables.
    higher_is_better : bool
        False where a smaller value is the better one.
    needs : tuple of str
        Which of ``density``, ``fixations``, ``other_fixations`` and ``baseline`` the function cannot do without.
    reference : str
        Where the metric is defined.

    Raises
    ------
    InputError
        `needs` holds something else.
    PluginError
        The name is taken.

    Examples
    --------
    >>> @register_metric("mae", label="MAE", higher_is_better=False, needs=("density",), reference="ours")
    ... def mae(prediction, density, fixations, other_fixations, baseline):
    ...     return abs(prediction - density).mean()
    """
    wrong = [argument for argument in needs if argument not in ARGUMENTS]
    if wrong:
        raise InputError(f"metric {name!r} needs {wrong[0]!r}: choose from {', '.join(ARGUMENTS)}")
    if name in OURS:
        raise PluginError(f"a metric named {name!r} is registered already: choose another name")
    info = MetricInfo(
        name=name, label=label, higher_is_better=higher_is_better, needs=tuple(needs), reference=reference
    )

    def add(function: MetricFunction) -> CustomMetric:
        return _custom.register(name)(CustomMetric(info, function))

    return add


def custom_metric(name: str) -> CustomMetric:
    """Return the third-party metric called `name`; the error lists our names too."""
    if name not in _custom.names():
        raise UnknownNameError.of("metric", name, list_metrics())
    metric = _custom.get(name)
    if not isinstance(metric, CustomMetric):
        raise PluginError(f"the metric {name!r} is no metric: its entry point must name what register_metric returns")
    return metric


_custom: Registry[CustomMetric] = Registry("metric", "videosal.metrics")

_MIT = "code of the MIT saliency benchmark (cvzoya/saliency), as used for DHF1K (wenguanwang/DHF1K)"

CANONICAL: dict[str, MetricInfo] = {
    info.name: info
    for info in (
        MetricInfo(
            name="cc",
            label="CC",
            higher_is_better=True,
            needs=("density",),
            reference=f"Bylinskii et al., TPAMI 2019, eq. 4; {_MIT}: CC.m",
        ),
        MetricInfo(
            name="nss",
            label="NSS",
            higher_is_better=True,
            needs=("fixations",),
            reference=f"Peters et al., Vision Research 2005; {_MIT}: NSS.m",
        ),
        MetricInfo(
            name="sim",
            label="SIM",
            higher_is_better=True,
            needs=("density",),
            reference=f"Judd et al., MIT-CSAIL-TR-2012-001; {_MIT}: similarity.m",
        ),
        MetricInfo(
            name="kld",
            label="KLD",
            higher_is_better=False,
            needs=("density",),
            reference=f"Bylinskii et al., TPAMI 2019, eq. 5; {_MIT}: KLdiv.m",
        ),
        MetricInfo(
            name="auc_judd",
            label="AUC-J",
            higher_is_better=True,
            needs=("fixations",),
            reference=f"Judd et al., ICCV 2009; {_MIT}: AUC_Judd.m, its expectation over the jitter",
        ),
        MetricInfo(
            name="auc_borji",
            label="AUC-B",
            higher_is_better=True,
            needs=("fixations",),
            reference=f"Borji et al., TIP 2013; {_MIT}: AUC_Borji.m, its expectation over the draws",
        ),
        MetricInfo(
            name="sauc",
            label="s-AUC",
            higher_is_better=True,
            needs=("fixations", "other_fixations"),
            reference=f"Zhang et al., JOV 2008; {_MIT}: AUC_shuffled.m, its expectation over the draws",
        ),
        MetricInfo(
            name="ig",
            label="IG",
            higher_is_better=True,
            needs=("fixations", "baseline"),
            reference=f"Kuemmerer et al., PNAS 2015; {_MIT}: InfoGain.m",
        ),
    )
}

ON_REQUEST: dict[str, MetricInfo] = {
    info.name: info
    for info in (
        MetricInfo(
            name="emd",
            label="EMD",
            higher_is_better=False,
            needs=("density",),
            reference="Rubner et al., IJCV 2000; Bylinskii et al., TPAMI 2019, eq. 6",
        ),
        MetricInfo(
            name="auc",
            label="AUC",
            higher_is_better=True,
            needs=("fixations",),
            reference="Mann and Whitney, Ann. Math. Stat. 1947: fixated against other pixels, ties counted half",
        ),
        MetricInfo(
            name="sauc_exact",
            label="s-AUC (exact)",
            higher_is_better=True,
            needs=("fixations", "other_fixations"),
            reference="as auc, against all fixations of other frames; Kuemmerer et al., ECCV 2018",
        ),
        MetricInfo(
            name="jsd",
            label="JSD",
            higher_is_better=False,
            needs=("density",),
            reference="Lin, IEEE Trans. Inf. Theory 1991: divergence of both maps from their mean, in nats",
        ),
    )
}

OURS = CANONICAL | ON_REQUEST
