"""`videosal.score` and `videosal.run`: one path from maps to a run directory."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

from videosal.benchmark.calibrate import calibrate_on
from videosal.benchmark.evaluation import Progress, evaluate
from videosal.benchmark.executor import open_executor
from videosal.benchmark.frame_sides import describe_sides
from videosal.benchmark.maps.inventory import survey
from videosal.benchmark.maps.lossy import describe_loss, measure_losses
from videosal.benchmark.maps.notes.looks import CONSTANT, LOGARITHMIC
from videosal.benchmark.maps.origin import read_origin
from videosal.benchmark.plan import ModelSpec
from videosal.benchmark.preparation import (
    check_inventory,
    describe_model,
    describe_origin,
    prepare_plans,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.benchmark.maps.reader import MapRef
    from videosal.benchmark.plan import Plan
    from videosal.benchmark.runs.results import Run
    from videosal.benchmark.runs.resume import Compare, Existing
    from videosal.datasets import Dataset
    from videosal.metrics import Protocol

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


class Choices(Options, total=False):
    """What `score_each` and `run_each` have in common besides; each is as in `score`."""

    name: str | None
    metrics: Sequence[str] | None
    workers: int
    existing: Existing
    progress: Progress | None


def score(
    predictions: str | Path,
    dataset: str,
    root: str | Path | None = None,
    *,
    name: str | None = None,
    protocol: str | Protocol = "standard",
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
    protocol : str or Protocol
        A name from `videosal.metrics.list_protocols`, or a protocol of your own, which no process need know by name.
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
    choices: Choices = {"name": name, "metrics": metrics, "workers": workers, "existing": existing}
    asked = _Asked(dataset, root, [protocol], out, {**options, **choices, "progress": progress})
    return _score(Path(predictions).expanduser(), asked, allow_missing=allow_missing, first_frame=first_frame)[0]


def score_each(
    predictions: str | Path,
    dataset: str,
    root: str | Path | None = None,
    *,
    protocols: Sequence[str | Protocol],
    out: str | Path | None = None,
    allow_missing: bool = False,
    first_frame: int | None = None,
    **choices: Unpack[Choices],
) -> list[Run]:
    """Score a folder of saliency maps under several protocols at once.

    Each gets the run that `score` would give; but every map is read and decoded once, and its statistics are shared.

    Parameters
    ----------
    predictions, dataset, root, allow_missing, first_frame
        As in `score`.
    protocols : sequence of str or Protocol
        Names, or protocols of your own; no two of one name.
    out : path, optional
        The run directories are this with ``-PROTOCOL`` added. Default: as in `score`.
    **choices
        See `Choices` and `Options`.

    Returns
    -------
    list of Run
        In the order of the protocols.

    Raises
    ------
    PredictionError, DatasetError, RunError
        As in `score`.
    InputError
        Two protocols have one name.
    """
    asked = _Asked(dataset, root, protocols, out, choices, each=True)
    return _score(Path(predictions).expanduser(), asked, allow_missing=allow_missing, first_frame=first_frame)


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
    protocol: str | Protocol = "standard",
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
        The copy is not there, has no frames though the model needs them, or the split has no public ground truth.
    RunError
        `out` cannot be written, or holds another run.
    """
    spec = _spec(model, weights, device, model_options, save_maps)
    choices: Choices = {"name": name, "metrics": metrics, "workers": workers, "existing": existing}
    asked = _Asked(dataset, root, [protocol], out, {**options, **choices, "progress": progress})
    return _run(spec, asked, float_maps=float_maps)[0]


def run_each(
    model: str,
    dataset: str,
    root: str | Path | None = None,
    *,
    protocols: Sequence[str | Protocol],
    weights: str | None = None,
    device: str = "auto",
    model_options: dict[str, Any] | None = None,
    save_maps: str | Path | None = None,
    float_maps: bool = False,
    out: str | Path | None = None,
    **choices: Unpack[Choices],
) -> list[Run]:
    """Run a registered model once and score its maps under several protocols, as `run` would under each.

    Parameters
    ----------
    model, dataset, root, weights, device, model_options, save_maps, float_maps
        As in `run`.
    protocols, out, **choices
        As in `score_each`.

    Returns
    -------
    list of Run
        In the order of the protocols.

    Raises
    ------
    UnknownNameError, ModelError, DatasetError, RunError
        As in `run`.
    InputError
        Two protocols have one name.
    """
    spec = _spec(model, weights, device, model_options, save_maps)
    return _run(spec, _Asked(dataset, root, protocols, out, choices, each=True), float_maps=float_maps)


class _Asked(NamedTuple):
    """What `score` and `run` are asked for; of `each` protocol, the name is added to the run directory."""

    dataset: str
    root: str | Path | None
    protocols: Sequence[str | Protocol]
    out: str | Path | None
    choices: Choices
    each: bool = False

    def directory(self, plan: Plan) -> str | Path | None:
        return f"{self.out}-{plan.protocol.name}" if self.each and self.out is not None else self.out


def _spec(
    model: str, weights: str | None, device: str, options: dict[str, Any] | None, save_maps: str | Path | None
) -> ModelSpec:
    folder = Path(save_maps).expanduser() if save_maps is not None else None
    weights = str(Path(weights).expanduser()) if weights is not None else None
    return ModelSpec(model, weights, device, options or {}, folder)


def _score(folder: Path, asked: _Asked, *, allow_missing: bool, first_frame: int | None) -> list[Run]:
    """Score a folder of maps under each protocol."""
    choices = asked.choices
    plans, truth = prepare_plans(*asked[:3], choices.get("metrics"), None, choices)
    # Maps of log densities look logarithmic because they are.
    but = {CONSTANT, LOGARITHMIC} if all(plan.protocol.maps.log_density for plan in plans) else {CONSTANT}
    dataset_options = choices.get("dataset_options")
    inventory = survey(folder, truth.videos, asked.dataset, first_frame, dataset_options=dataset_options, but=but)
    check_inventory(inventory, folder, truth, allow_missing)
    plans = [replace(plan, allow_damaged=allow_missing) for plan in plans]
    if split := choices.get("calibrate"):
        plans = calibrate_on(plans, truth, split, folder, first_frame)
    name = choices.get("name")
    where = str(folder.resolve())
    row: dict[str, Any] = {"name": name or folder.resolve().name, "kind": "predictions", "predictions": where}
    if first_frame is not None:
        row["first_frame"] = first_frame
    if axes := {video: ref.axes for video, refs in inventory.files.items() for ref in refs.values() if ref.axes}:
        row["axes"] = axes
    if name is None and (origin := read_origin(folder)) is not None:
        row |= describe_origin(origin, folder, inventory)
    if notes := [*row.get("map_notes", []), *inventory.notes]:
        row["map_notes"] = notes
    runs = []
    for plan in plans:
        losses = measure_losses(truth.videos, inventory.files, plan.protocol, plan.metrics)
        for loss in losses:
            _log.warning("%s: %s", folder, describe_loss(loss))
        runs.append((plan, row | ({"lossy": losses} if losses else {}), asked.directory(plan)))
    return carry_out(runs, truth, inventory.files, choices)


def _run(spec: ModelSpec, asked: _Asked, *, float_maps: bool) -> list[Run]:
    """Run a model and score its maps under each protocol."""
    from videosal.models.registry import needs_frames

    choices = asked.choices
    plans, truth = prepare_plans(*asked[:3], choices.get("metrics"), spec, choices)
    plans = [replace(plan, float_maps=float_maps) for plan in plans]
    name = choices.get("name")
    row = describe_model(spec) | ({"name": name} if name else {})
    if split := choices.get("calibrate"):
        plans = calibrate_on(plans, truth, split, None)
    if needs_frames(spec.name) and (note := describe_sides(truth.videos)):
        _log.warning("%s: %s", truth.root, note)
        row["map_notes"] = [note]
    runs = [(plan, row, asked.directory(plan)) for plan in plans]
    return carry_out(runs, truth, None, choices, gpu=spec.device.startswith("cuda"))


def carry_out(
    runs: Sequence[tuple[Plan, dict[str, Any], str | Path | None]],
    truth: Dataset,
    files: dict[str, dict[str, MapRef]] | None,
    choices: Choices,
    *,
    gpu: bool = False,
) -> list[Run]:
    """Evaluate plans, with what ``run.json`` says of each and its directory, as was chosen."""
    with open_executor(choices.get("workers", 1), choices.get("dask"), gpu=gpu) as executor:
        return evaluate(
            runs,
            truth,
            files,
            existing=choices.get("existing", "resume"),
            compare=choices.get("compare", "stat"),
            executor=executor,
            shard=choices.get("shard"),
            progress=choices.get("progress"),
        )
