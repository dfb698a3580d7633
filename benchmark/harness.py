"""`videosal.score` and `videosal.run`: one path from maps to a run directory."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.evaluation import Existing, Progress, evaluate
from videosal.benchmark.executor import open_executor
from videosal.benchmark.inventory import Inventory, list_some, take_inventory
from videosal.benchmark.plan import CENTER, MEAN_OTHERS, Compare, ModelSpec, Plan
from videosal.benchmark.provenance import hash_file
from videosal.datasets import Dataset, load_dataset, parse_name
from videosal.datasets.images import read_map
from videosal.errors import DatasetError, InputError, PredictionError
from videosal.metrics import get_protocol, metric_info
from videosal.metrics.definitions import CANONICAL
from videosal.registry import load_plugin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.benchmark.results import Run

_log = logging.getLogger(__name__)


def score(
    predictions: str | Path,
    dataset: str,
    root: str | Path | None = None,
    *,
    name: str | None = None,
    protocol: str = "standard",
    metrics: Sequence[str] | None = None,
    workers: int = 1,
    dask: str | None = None,
    shard: str | None = None,
    out: str | Path | None = None,
    allow_missing: bool = False,
    existing: Existing = "resume",
    compare: Compare = "stat",
    baseline: str = MEAN_OTHERS,
    seed: int = 0,
    dataset_options: dict[str, Any] | None = None,
    plugins: Sequence[str | Path] = (),
    progress: Progress | None = None,
) -> Run:
    """Score a folder of saliency maps.

    Parameters
    ----------
    predictions : path
        A folder, or a zip or tar archive, which is not unpacked. It holds ``VIDEO/FRAME.png`` (or .jpg .jpeg .bmp .tif
        .tiff .npy), or one file per video (``.npy``, ``.h5``, ``.mat`` with an array (T, H, W), or a video of maps), or
        the maps of a single video directly. Names match those of the ground truth, with or without zero padding. Maps
        of any size are resized by the protocol's rule.
    dataset : str
        Data set and split, ``dhf1k:val``.
    root : path, optional
        Folder of the data set's copy; see `videosal.load_dataset`.
    name : str, optional
        Name of the row in tables. Default: the folder's name.
    protocol : str
        See `videosal.metrics.list_protocols`.
    metrics : sequence of str, optional
        Default: all of the protocol.
    workers : int
        Number of processes. The scores do not depend on it. With more than one, a script must call this under
        ``if __name__ == "__main__"``.
    dask : str, optional
        Address of a Dask scheduler whose workers score the videos instead; they must see the same files.
    shard : str, optional
        ``I/N``: score one part of N of the videos, for job arrays; `videosal.merge_runs` puts the parts together.
    out : path, optional
        The run directory. Default: ``runs/NAME-DATASET-SPLIT``.
    allow_missing : bool
        Score what is there although maps are missing or unreadable; the run is marked incomplete.
    existing : {"resume", "overwrite", "error"}
        What to do if `out` is a run already: skip the videos whose result is still true, start again, or refuse.
    compare : {"stat", "content"}
        What tells that a file changed since a result was computed: its size and time, or its content, read in full.
    baseline : str
        For IG: ``mean-others``, the mean density of the split's other videos (``center`` where there is no other);
        ``center``, a Gaussian; or an image or ``.npy`` file.
    seed : int
        Of the draw of the sAUC negatives.
    dataset_options : dict, optional
        For `videosal.load_dataset`: ``{"unit": "clip"}`` joins the shots of Hollywood-2.
    plugins : sequence of path
        Python files that register metrics or data sets.
    progress : callable, optional
        Called after each video.

    Returns
    -------
    Run

    Raises
    ------
    PredictionError
        Maps are missing or unreadable (see `allow_missing`), ambiguous, or no single-channel images.
    DatasetError
        The copy is not there, or the split has no public ground truth.
    RunError
        `out` cannot be written, or holds another run.
    """
    folder = Path(predictions)
    plan, truth = _prepare(dataset, root, protocol, metrics, baseline, seed, dataset_options or {}, plugins, model=None)
    inventory = take_inventory(folder, truth.videos)
    _check_inventory(inventory, folder, truth, allow_missing)
    row = {
        "name": name or folder.resolve().name,
        "kind": "predictions",
        "predictions": str(folder.resolve()),
    }
    with open_executor(workers, dask) as executor:
        return evaluate(
            plan,
            truth,
            inventory.files,
            row,
            out=out,
            existing=existing,
            compare=compare,
            executor=executor,
            shard=shard,
            progress=progress,
        )


def run(
    model: str,
    dataset: str,
    root: str | Path | None = None,
    *,
    weights: str | None = None,
    device: str = "auto",
    options: dict[str, Any] | None = None,
    save_maps: str | Path | None = None,
    float_maps: bool = False,
    name: str | None = None,
    protocol: str = "standard",
    metrics: Sequence[str] | None = None,
    workers: int = 1,
    dask: str | None = None,
    shard: str | None = None,
    out: str | Path | None = None,
    existing: Existing = "resume",
    compare: Compare = "stat",
    baseline: str = MEAN_OTHERS,
    seed: int = 0,
    dataset_options: dict[str, Any] | None = None,
    plugins: Sequence[str | Path] = (),
    progress: Progress | None = None,
) -> Run:
    """Run a registered model and score its maps as `score` would score them.

    The maps are scored as 8-bit images, scaled by their own minimum and maximum, as the field publishes them: scoring
    the folder that `save_maps` names gives the same values bit for bit.

    Parameters
    ----------
    model : str
        A registered name, or ``file.py:Name``.
    weights, device, options
        For `videosal.create_model`.
    save_maps : path, optional
        Folder to keep the maps in.
    float_maps : bool
        Score the maps as the model gives them; the signature says so.
    dataset, root, name, protocol, metrics, workers, dask, shard, out, existing, compare, baseline, seed,
    dataset_options
        As in `score`; the default name is the model's.
    plugins, progress
        As in `score`.

    Returns
    -------
    Run

    Raises
    ------
    UnknownNameError, ModelError
        There is no such model, or it breaks the contract of ``predict``.
    DatasetError
        The copy is not there, has no frames, or the split has no public ground truth.
    RunError
        `out` cannot be written, or holds another run.
    """
    from videosal.models import create_model, model_card

    folder = Path(save_maps) if save_maps is not None else None
    spec = ModelSpec(model, weights, device, options or {}, folder)
    plan, truth = _prepare(
        dataset, root, protocol, metrics, baseline, seed, dataset_options or {}, plugins, spec, float_maps=float_maps
    )
    made = create_model(model, weights, device, **spec.options)  # what is wrong is told before anything starts
    untrained = bool(getattr(made, "untrained", False))
    del made  # every executor makes its own: do not hold two
    card = model_card(model)
    shown = ("title", "reference", "year", "input_size", "gflops", "model_size_mb", "runtime_s", "parameters")
    row = {
        "name": name or (model.rpartition(":")[2] if ".py:" in model else model),
        "kind": "model",
        "model": {field: getattr(card, field) for field in shown},
        "untrained": untrained,
        "model_spec": {
            "name": model,
            "weights": weights,
            "weights_sha256": hash_file(Path(weights)) if weights else None,
            "device": device,
            "options": spec.options,
        },
        "save_maps": str(folder.resolve()) if folder else None,
    }
    with open_executor(workers, dask, gpu=device.startswith("cuda")) as executor:
        return evaluate(
            plan,
            truth,
            None,
            row,
            out=out,
            existing=existing,
            compare=compare,
            executor=executor,
            shard=shard,
            progress=progress,
        )


def _prepare(
    dataset: str,
    root: str | Path | None,
    protocol: str,
    metrics: Sequence[str] | None,
    baseline: str,
    seed: int,
    dataset_options: dict[str, Any],
    plugins: Sequence[str | Path],
    model: ModelSpec | None,
    float_maps: bool = False,
) -> tuple[Plan, Dataset]:
    """Check all names before any file is read."""
    for plugin in plugins:
        load_plugin(plugin)
    adapter, split = parse_name(dataset, **dataset_options)
    if not split.ground_truth:
        scorable = " or ".join(f"{adapter.name}:{s.name}" for s in adapter.splits() if s.ground_truth)
        raise DatasetError(
            f"{adapter.name}:{split.name} has no public ground truth, so it cannot be scored here: score {scorable}, "
            "or submit the maps to the authors of the data set"
        )
    get_protocol(protocol)
    if metrics is not None and not metrics:
        raise InputError("no metrics are given: leave them out to score all")
    names = tuple(dict.fromkeys(metrics)) if metrics is not None else tuple(CANONICAL)
    for metric in names:
        metric_info(metric)
    if baseline not in (MEAN_OTHERS, CENTER):
        read_map(Path(baseline))
    truth = load_dataset(dataset, root, **dataset_options)
    if baseline == MEAN_OTHERS and len(truth) < 2:
        baseline = CENTER  # there is no other video to average; the signature and a note say so
    plan = Plan(
        truth.full_name,
        truth.root,
        protocol,
        names,
        baseline,
        seed,
        float_maps,
        model,
        tuple(Path(plugin).resolve() for plugin in plugins),
        dataset_options,
        truth.recipe,
    )
    return plan, truth


def _check_inventory(inventory: Inventory, folder: Path, truth: Dataset, allow_missing: bool) -> None:
    if inventory.extra:
        _log.warning(
            "%d files or folders of %s match no frame of %s and are left out: %s",
            len(inventory.extra),
            folder,
            truth.full_name,
            list_some(inventory.extra),
        )
    problems = []
    if inventory.missing:
        problems.append(
            f"{len(inventory.missing)} of {inventory.expected} maps are missing ({list_some(inventory.missing)})"
        )
    if inventory.damaged:
        described = (f"{file} {reason}" for file, reason in inventory.damaged.items())
        problems.append(f"{len(inventory.damaged)} cannot be read ({list_some(described)})")
    if problems and not allow_missing:
        raise PredictionError(
            f"{folder} for {truth.full_name}: {'; '.join(problems)}: complete the folder, "
            "or give --allow-missing to score the rest and mark the run incomplete"
        )
    for problem in problems:
        _log.warning("%s for %s: %s", folder, truth.full_name, problem)
