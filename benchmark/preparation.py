"""Before anything is scored: all names are checked, the split is opened, and what is scored is described."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.matching.messages import list_problems
from videosal.benchmark.maps.matching.names import list_some
from videosal.benchmark.maps.origin import Origin, altered_videos
from videosal.benchmark.plan import CENTER, MEAN_OTHERS, ModelSpec, Plan
from videosal.benchmark.runs.provenance import hash_file
from videosal.datasets import Dataset, load_dataset, parse_name
from videosal.datasets.files.images import read_map
from videosal.errors import DatasetError, InputError, PredictionError
from videosal.metrics import metric_info
from videosal.metrics.definitions import OURS
from videosal.metrics.protocols.registry import protocol_of_results
from videosal.registry import load_plugin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videosal.benchmark.maps.matching.record import Inventory
    from videosal.metrics import Protocol

_log = logging.getLogger(__name__)


def describe_origin(origin: Origin, folder: Path, inventory: Inventory) -> dict[str, Any]:
    """Say what ``run.json`` holds of maps whose maker is known; those that were altered since are nobody's."""
    altered = altered_videos(origin, inventory.files)
    if not altered:
        return {**origin.row, "name": origin.name, "maps_of": origin.name, "made_by": origin.made_by}
    note = (
        f"maps of {len(altered)} of {len(inventory.files)} videos are not as {origin.name} saved them "
        f"({list_some(altered, 3)}): nothing is known of what made them"
    )
    _log.warning("%s: %s", folder, note)
    return {"name": origin.name, "maps_of": origin.name, "map_notes": [note]}


def describe_model(spec: ModelSpec) -> dict[str, Any]:
    """Say what ``run.json`` holds of a model; what is wrong with it is told here, before anything starts."""
    from videosal.models import create_model, model_card

    made = create_model(spec.name, spec.weights, spec.device, **spec.options)
    untrained = bool(getattr(made, "untrained", False))
    del made  # every process makes its own: do not hold two
    card = model_card(spec.name)
    shown = ("title", "reference", "year", "input_size", "gflops", "model_size_mb", "runtime_s", "parameters")
    return {
        "name": spec.name.rpartition(":")[2] if ".py:" in spec.name else spec.name,
        "kind": "model",
        "model": {field: getattr(card, field) for field in shown},
        "untrained": untrained,
        "model_spec": {
            "name": spec.name,
            "weights": spec.weights,
            "weights_sha256": hash_file(Path(spec.weights)) if spec.weights else None,
            "device": spec.device,
            "options": spec.options,
        },
        "save_maps": str(spec.save_maps.resolve()) if spec.save_maps else None,
    }


def prepare_plans(
    dataset: str,
    root: str | Path | None,
    protocols: Sequence[str | Protocol],
    metrics: Sequence[str] | None,
    model: ModelSpec | None,
    options: Mapping[str, Any],
) -> tuple[list[Plan], Dataset]:
    """Check all names before any file is read; return a plan for each protocol, and the open split.

    Parameters
    ----------
    dataset, root, metrics
        As in `videosal.score`.
    protocols : sequence of str or Protocol
        No two of one name.
    model : ModelSpec or None
        None where predictions are read.
    options : mapping
        As `videosal.benchmark.harness.Options`.
    """
    plugins = tuple(Path(plugin).expanduser().resolve() for plugin in options.get("plugins", ()))
    for plugin in plugins:
        load_plugin(plugin)
    dataset_options = options.get("dataset_options", {})
    _check_scorable(dataset, dataset_options)
    if not protocols:
        raise InputError("no protocols are given: name at least one")
    rules = [protocol_of_results(protocol) for protocol in protocols]
    if len({one.name for one in rules}) < len(rules):
        raise InputError(f"two of the protocols {', '.join(one.name for one in rules)} have one name: leave one out")
    names = [_choose_metrics(one, metrics) for one in rules]
    baseline = options.get("baseline", MEAN_OTHERS)
    for file in (baseline if baseline not in (MEAN_OTHERS, CENTER) else None, options.get("negatives")):
        if file is not None and Path(file).suffix.lower() != ".mat":
            read_map(Path(file))
    truth = load_dataset(dataset, root, **dataset_options)
    if baseline == MEAN_OTHERS and len(truth) < 2:
        baseline = CENTER  # there is no other video to average; the signature and a note say so
    negatives = options.get("negatives")
    plan = Plan(
        dataset=truth.full_name,
        root=truth.root,
        protocol=rules[0],
        metrics=names[0],
        baseline=baseline,
        seed=options.get("seed", 0),
        model=model,
        plugins=plugins,
        dataset_options=dataset_options,
        negatives=str(negatives) if negatives is not None else None,
        sample=options.get("sample"),
        bug_compatible=options.get("bug_compatible", False),
        recipe=truth.recipe,
    )
    return [replace(plan, protocol=one, metrics=own) for one, own in zip(rules, names, strict=True)], truth


def _check_scorable(dataset: str, dataset_options: dict[str, Any]) -> None:
    adapter, split = parse_name(dataset, **dataset_options)
    if not split.ground_truth:
        scorable = " or ".join(f"{adapter.name}:{s.name}" for s in adapter.splits() if s.ground_truth)
        raise DatasetError(
            f"{adapter.name}:{split.name} has no public ground truth, so it cannot be scored here: score {scorable}, "
            "or submit the maps to the authors of the data set"
        )


def _choose_metrics(rules: Protocol, metrics: Sequence[str] | None) -> tuple[str, ...]:
    if metrics is None:
        return rules.default_metrics
    if not metrics:
        raise InputError("no metrics are given: leave them out to score all")
    for metric in metrics:
        metric_info(metric)
        if metric in OURS and metric not in rules.metrics:
            defined = ", ".join(rules.metrics)
            raise InputError(f"protocol {rules.name!r} does not define metric {metric!r}: choose from {defined}")
    return tuple(dict.fromkeys(metrics))


def check_inventory(inventory: Inventory, folder: Path, truth: Dataset, allow_missing: bool) -> None:
    if inventory.extra:
        _log.warning(
            "%d files or folders of %s match no frame of %s and are left out: %s",
            len(inventory.extra),
            folder,
            truth.full_name,
            list_some(inventory.extra),
        )
    for note in inventory.notes:
        _log.warning("%s: %s", folder, note)
    problems = list_problems(inventory)
    if problems and not allow_missing:
        raise PredictionError(
            f"{folder} for {truth.full_name}: {'; '.join(problems)}: complete the folder, "
            "or give --allow-missing to score the rest and mark the run incomplete"
        )
    for problem in problems:
        _log.warning("%s for %s: %s", folder, truth.full_name, problem)
