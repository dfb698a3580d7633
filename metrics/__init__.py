"""Numbers of one frame: how well a saliency map agrees with where people looked.

`score_frame` is the one call that the rest of the suite makes, `score_protocols` the same for several protocols at
once. `list_metrics` and `metric_info` say what they can compute, `list_protocols` and `get_protocol` under which
conventions, and `register_metric` and `register_protocol` add your own. `fit_calibration` fits a model's brightness and
centre bias on a training split. The formulas stand in :mod:`videosal.metrics.formulas`, one function per metric, and
:mod:`videosal.metrics.torch_metrics` computes them on batches of tensors, as losses too.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videosal.metrics.calibration import Calibration, fit_calibration
    from videosal.metrics.definitions import MetricInfo, list_metrics, metric_info, register_metric
    from videosal.metrics.frame.baseline import Baseline
    from videosal.metrics.frame.negative_points import rescale_points
    from videosal.metrics.frame.resize import imresize
    from videosal.metrics.protocols.record import Protocol
    from videosal.metrics.protocols.registry import get_protocol, list_protocols, register_protocol
    from videosal.metrics.protocols.signature import protocol_signature
    from videosal.metrics.score import nss_by_observer, score_frame, score_protocols, warm_up
    from videosal.metrics.torch import scores as torch_metrics  # noqa: F401

__all__ = [
    "Baseline",
    "Calibration",
    "MetricInfo",
    "Protocol",
    "fit_calibration",
    "get_protocol",
    "imresize",
    "list_metrics",
    "list_protocols",
    "metric_info",
    "nss_by_observer",
    "protocol_signature",
    "register_metric",
    "register_protocol",
    "rescale_points",
    "score_frame",
    "score_protocols",
    "warm_up",
]

_HOME = {
    "Baseline": "frame.baseline",
    "Calibration": "calibration",
    "MetricInfo": "definitions",
    "Protocol": "protocols.record",
    "fit_calibration": "calibration",
    "get_protocol": "protocols.registry",
    "imresize": "frame.resize",
    "list_metrics": "definitions",
    "list_protocols": "protocols.registry",
    "metric_info": "definitions",
    "nss_by_observer": "score",
    "protocol_signature": "protocols.signature",
    "register_metric": "definitions",
    "register_protocol": "protocols.registry",
    "rescale_points": "frame.negative_points",
    "score_frame": "score",
    "score_protocols": "score",
    "warm_up": "score",
}
# Not in __all__: `from videosal.metrics import *` need not load torch.
_MODULES = {"torch_metrics": "torch.scores"}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{_MODULES[name]}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
