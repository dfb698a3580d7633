"""`videosal.score` and `videosal.run`: one path from maps to a run directory."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from videosal.benchmark.calibrate import calibrate_on
from videosal.benchmark.evaluation import Progress, evaluate
from videosal.benchmark.executor import open_executor
from videosal.benchmark.maps.inventory import Inventory, describe_unread, list_some, take_inventory
from videosal.benchmark.maps.jpeg_loss import describe_jpeg_loss, measure_jpeg_loss
from videosal.benchmark.maps.looks import describe_looks
from videosal.benchmark.maps.origin import Origin, altered_videos, read_origin
from videosal.benchmark.plan import CENTER, MEAN_OTHERS, ModelSpec, Plan
from videosal.benchmark.runs.provenance import hash_file
from videosal.datasets import Dataset, load_dataset, parse_name
from videosal.datasets.files.images import read_map
from videosal.errors import DatasetError, InputError, PredictionError
from videosal.metrics import get_protocol, metric_info
from videosal.metrics.definitions import OURS
from videosal.registry import load_plugin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.benchmark.runs.results import Run
    from videosal.benchmark.runs.resume import Compare, Existing

_log = logging.getLogger(__name__)


class Options(TypedDict, total=False):
    """What `score` and `run` have in common, besides what their signatures name.

    Attributes
    ----------
    baseline : str
        For IG: ``mean-others`` (default), the mean density of the split's other videos (``center`` where there is no
        other); ``center``, a Gaussian; or an image or ``.npy`` file.
    seed : int
        Of the draw of the sAUC negatives; default 0.
    negatives : path
        A map file whose marked pixels are the sAUC negatives, in place of those of the protocol.
    sample : int
        Seed with which metrics that are random in the protocol's original are drawn as there; default: expectations.
    bug_compatible : bool
        Reproduce the known bugs of the protocol's original.
    calibrate : str
        Fit a monotone brightness map and a centre-prior weight on this split of the same copy, ``train``, and apply
        them to every map. Its videos may not be among those that are scored.
    dataset_options : dict
        For `videosal.load_dataset`: ``{"unit": "clip"}`` joins the shots of Hollywood-2.
    plugins : sequence of path
        Python files that register models, metrics or data sets.
    dask : str
        Address of a Dask scheduler whose workers score the videos; they must see the same files.
    shard : str
        ``I/N``: score one part of N of the videos, for job arrays; `videosal.merge_runs` puts the parts together.
    compare : {"stat", "content"}
        What tells that a file changed since a result was computed: its size and time (default), or its content.
    """

    baseline: str
    seed: int
    negatives: str | Path | None
    sample: int | None
    bug_compatible: bool
    calibrate: str | None
    dataset_options: dict[str, Any]
    plugins: Sequence[str | Path]
    dask: str | None
    shard: str | None
    compare: Compare


def score(
    predictions: str | Path,
    dataset: str,
    root: str | Path | None = None,
    *,
    name: str | None = None,
    protocol: str = "standard",
    metrics: Sequence[str] | None = None,
    workers: int = 1,
    out: str | Path | None = None,
    allow_missing: bool = False,
    first_frame: int | None = None,
    existing: Existing = "resume",
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Run:
    """Score a folder of saliency maps.

    Parameters
    ----------
    predictions : path
        A folder, or a zip or tar archive, which is not unpacked. It holds ``VIDEO/FRAME.png`` (or .jpg .jpeg .bmp .tif
        .tiff .npy), or one file per video (``.npy``, ``.h5``, ``.mat`` with an array, whose axis of time shows by the
        number and the shape of the frames, or a video of maps), or the maps of a single video directly. Names match
        those of the ground truth, with or without zero padding. Maps of any size are resized by the protocol's rule.
    dataset : str
        Data set and split, ``dhf1k:val``.
    root : path, optional
        Folder of the data set's copy, or a pack; see `videosal.load_dataset`.
    name : str, optional
        Name of the row in tables. Default: the folder's name.
    protocol : str
        See `videosal.metrics.list_protocols`.
    metrics : sequence of str, optional
        Default: those of the protocol.
    workers : int
        Number of processes. The scores do not depend on it. With more than one, a script must call this under
        ``if __name__ == "__main__"``.
    out : path, optional
        The run directory. Default: ``runs/NAME-DATASET-SPLIT``, with the protocol where it is not ``standard``.
    allow_missing : bool
        Score what is there although maps are missing or unreadable; the run is marked incomplete.
    first_frame : int, optional
        Number of the map of the first frame of every video, where the names of the maps count otherwise than those of
        the ground truth: 0, as `enumerate` counts. Default: maps are called like the frames, and maps that look as if
        they began at 0 are refused; 1 takes them as they are called.
    existing : {"resume", "overwrite", "error"}
        What to do if `out` is a run already: skip the videos whose result is still true, start again, or refuse.
    progress : callable, optional
        Called after each video.
    **options
        See `Options`.

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
    folder = Path(predictions).expanduser()
    plan, truth = _prepare(dataset, root, protocol, metrics, None, options)
    inventory = take_inventory(folder, truth.videos, _other_videos(dataset, options, truth), first_frame)
    _check_inventory(inventory, folder, truth, allow_missing)
    plan = replace(plan, allow_damaged=allow_missing)
    if split := options.get("calibrate"):
        plan = calibrate_on(plan, truth, split, folder, first_frame)
    where = str(folder.resolve())
    row: dict[str, Any] = {"name": name or folder.resolve().name, "kind": "predictions", "predictions": where}
    if first_frame is not None:
        row["first_frame"] = first_frame
    if name is None and (origin := read_origin(folder)) is not None:
        row |= _describe_origin(origin, folder, inventory)
    looks = describe_looks(truth.videos, inventory.files)
    for look in looks:
        _log.warning("%s: %s", folder, look)
    if notes := [*row.get("map_notes", []), *inventory.notes, *looks]:
        row["map_notes"] = notes
    if loss := measure_jpeg_loss(truth.videos, inventory.files, protocol, plan.metrics):
        _log.warning("%s: %s", folder, describe_jpeg_loss(loss))
        row["jpeg"] = loss
    with open_executor(workers, options.get("dask")) as executor:
        return evaluate(
            plan,
            truth,
            inventory.files,
            row,
            out=out,
            existing=existing,
            compare=options.get("compare", "stat"),
            executor=executor,
            shard=options.get("shard"),
            progress=progress,
        )


def run(
    model: str,
    dataset: str,
    root: str | Path | None = None,
    *,
    weights: str | None = None,
    device: str = "auto",
    model_options: dict[str, Any] | None = None,
    save_maps: str | Path | None = None,
    float_maps: bool = False,
    name: str | None = None,
    protocol: str = "standard",
    metrics: Sequence[str] | None = None,
    workers: int = 1,
    out: str | Path | None = None,
    existing: Existing = "resume",
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Run:
    """Run a registered model and score its maps as `score` would score them.

    The maps are scored as 8-bit images, scaled by their own minimum and maximum, as the field publishes them: scoring
    the folder that `save_maps` names gives the same values bit for bit.

    Parameters
    ----------
    model : str
        A registered name, or ``file.py:Name``.
    weights, device, model_options
        For `videosal.create_model`.
    save_maps : path, optional
        Folder to keep the maps in.
    float_maps : bool
        Score the maps as the model gives them; the signature says so.
    dataset, root, name, protocol, metrics, workers, out, existing, progress, **options
        As in `score`; the default name is the model's.

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
    folder = Path(save_maps) if save_maps is not None else None
    spec = ModelSpec(model, weights, device, model_options or {}, folder)
    plan, truth = _prepare(dataset, root, protocol, metrics, spec, options)
    plan = replace(plan, float_maps=float_maps)
    row = _describe_model(spec) | ({"name": name} if name else {})
    if split := options.get("calibrate"):
        plan = calibrate_on(plan, truth, split, None)
    with open_executor(workers, options.get("dask"), gpu=device.startswith("cuda")) as executor:
        return evaluate(
            plan,
            truth,
            None,
            row,
            out=out,
            existing=existing,
            compare=options.get("compare", "stat"),
            executor=executor,
            shard=options.get("shard"),
            progress=progress,
        )


def _other_videos(dataset: str, options: Options, truth: Dataset) -> set[str]:
    """Name the videos of the data set that are not scored."""
    adapter, _ = parse_name(dataset, **options.get("dataset_options", {}))
    names = {video for split in adapter.splits() for video in adapter.known_videos(split.name)}
    return names - {video.name for video in truth}


def _describe_origin(origin: Origin, folder: Path, inventory: Inventory) -> dict[str, Any]:
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


def _describe_model(spec: ModelSpec) -> dict[str, Any]:
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


def _prepare(
    dataset: str,
    root: str | Path | None,
    protocol: str,
    metrics: Sequence[str] | None,
    model: ModelSpec | None,
    options: Options,
) -> tuple[Plan, Dataset]:
    """Check all names before any file is read."""
    plugins = tuple(Path(plugin).resolve() for plugin in options.get("plugins", ()))
    for plugin in plugins:
        load_plugin(plugin)
    dataset_options = options.get("dataset_options", {})
    _check_scorable(dataset, dataset_options)
    names = _choose_metrics(protocol, metrics)
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
        protocol=protocol,
        metrics=names,
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
    return plan, truth


def _check_scorable(dataset: str, dataset_options: dict[str, Any]) -> None:
    adapter, split = parse_name(dataset, **dataset_options)
    if not split.ground_truth:
        scorable = " or ".join(f"{adapter.name}:{s.name}" for s in adapter.splits() if s.ground_truth)
        raise DatasetError(
            f"{adapter.name}:{split.name} has no public ground truth, so it cannot be scored here: score {scorable}, "
            "or submit the maps to the authors of the data set"
        )


def _choose_metrics(protocol: str, metrics: Sequence[str] | None) -> tuple[str, ...]:
    rules = get_protocol(protocol)
    if metrics is None:
        return rules.default_metrics
    if not metrics:
        raise InputError("no metrics are given: leave them out to score all")
    for metric in metrics:
        metric_info(metric)
        if metric in OURS and metric not in rules.metrics:
            defined = ", ".join(rules.metrics)
            raise InputError(f"protocol {protocol!r} does not define metric {metric!r}: choose from {defined}")
    return tuple(dict.fromkeys(metrics))


def _check_inventory(inventory: Inventory, folder: Path, truth: Dataset, allow_missing: bool) -> None:
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
    problems = []
    if inventory.missing:
        problems.append(
            f"{len(inventory.missing)} of {inventory.expected} maps are missing ({list_some(inventory.missing)})"
            + describe_unread(inventory.unread)
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
