from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.errors import InputError, PluginError, UnknownNameError
from videosal.metrics import definitions, list_metrics, metric_info, register_metric, score_frame
from videosal.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.metrics.conftest import GazeMaker

OURS = ["cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc", "ig", "emd", "auc", "sauc_exact", "jsd"]


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry[Any]]:
    """Give each test an empty registry, and forget what score_frame remembers of names."""
    from videosal.metrics import score as frame

    empty: Registry[Any] = Registry("metric", "videosal.metrics.of_tests")
    monkeypatch.setattr(definitions, "_custom", empty)
    frame._plan.cache_clear()
    yield empty
    frame._plan.cache_clear()


def register(name: str = "mae", **changed: Any) -> Any:
    facts: dict[str, Any] = {
        "label": "MAE",
        "higher_is_better": False,
        "needs": ("density",),
        "reference": "here",
    }
    return register_metric(name, **(facts | changed))


def test_our_metrics_come_first_and_in_canonical_order() -> None:
    assert list_metrics() == OURS
    register("zeta")(lambda **_: 0)
    register("alpha")(lambda **_: 0)
    assert list_metrics() == [*OURS, "alpha", "zeta"]


def test_facts_about_our_metrics() -> None:
    labels = [metric_info(name).label for name in OURS]
    assert labels == ["CC", "NSS", "SIM", "KLD", "AUC-J", "AUC-B", "s-AUC", "IG", "EMD", "AUC", "s-AUC (exact)", "JSD"]
    assert [name for name in OURS if not metric_info(name).higher_is_better] == ["kld", "emd", "jsd"]
    assert metric_info("sauc").needs == ("fixations", "other_fixations")
    assert all(metric_info(name).reference for name in OURS)
    with pytest.raises(UnknownNameError, match="unknown metric 'auc_jud': did you mean auc_judd"):
        metric_info("auc_jud")


def test_a_registered_metric_is_scored_only_when_asked_for(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    seen: dict[str, Any] = {}

    @register(needs=("density", "fixations"))
    def mae(prediction: Any, density: Any, fixations: Any, other_fixations: Any, baseline: Any) -> Any:
        seen.update(locals())
        return np.abs(prediction - density)[fixations].mean()

    assert "mae" not in score_frame(gaze.prediction, gaze.density, gaze.fixations)
    scores = score_frame(
        gaze.prediction[:18], gaze.density, np.argwhere(gaze.fixations), metrics=["mae", "cc"], baseline=gaze.baseline
    )
    assert list(scores) == ["mae", "cc"]
    assert type(scores["mae"]) is float
    assert seen["prediction"].shape == seen["density"].shape == seen["baseline"].shape == (36, 64)
    assert {seen[name].dtype for name in ("prediction", "density", "baseline")} == {np.dtype(np.float64)}
    assert np.array_equal(seen["fixations"], gaze.fixations > 0)
    assert seen["other_fixations"] is None
    assert np.array_equal(seen["baseline"], gaze.baseline)
    with pytest.raises(InputError, match=r"^density is missing, which metric 'mae' needs"):
        score_frame(gaze.prediction, fixations=gaze.fixations, metrics=["mae"])
    broken = np.full((36, 64), np.nan)
    assert np.isnan(score_frame(broken, gaze.density, gaze.fixations, metrics=["mae"])["mae"])


def test_a_metric_that_fails_is_named(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()

    @register("odd", needs=())
    def odd(prediction: Any, density: Any, fixations: Any, other_fixations: Any, baseline: Any) -> float:
        return float(1 / 0)

    with pytest.raises(PluginError, match="'odd' fails on a frame: ZeroDivisionError"):
        score_frame(gaze.prediction, metrics=["odd"])


def test_names_and_needs_are_checked() -> None:
    with pytest.raises(PluginError, match="'cc' is registered already"):
        register("cc")
    register()(lambda **_: 0)
    with pytest.raises(PluginError, match="'mae' is registered already"):
        register()(lambda **_: 1)
    with pytest.raises(InputError, match="'gaze': choose from density, fixations, other_fixations, baseline"):
        register("other", needs=("gaze",))


def test_an_entry_that_is_no_metric_is_named(registry: Registry[Any]) -> None:
    registry.register("plain")(len)
    with pytest.raises(PluginError, match="'plain' is no metric"):
        metric_info("plain")
