"""The maps behind a run: read from where they were scored, or made again by its model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.benchmark.maps.axes import UNCERTAIN
from videosal.benchmark.runs.store import INFO
from videosal.errors import InputError, PredictionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from videosal.benchmark.runs.results import Run
    from videosal.datasets import Dataset, Video


_log = logging.getLogger(__name__)


class RunMaps:
    """Reads the maps of a run.

    Parameters
    ----------
    run : Run
    folder : path, optional
        Where its maps lie. Default: the folder that was scored, or where ``--save-maps`` put them.
    run_models : bool
        Make the maps again, where they were not saved, by running the model that the run directory names. That is code
        of whoever wrote it, so nothing is run unless asked for, no model of ours either.
    """

    def __init__(self, run: Run, folder: str | Path | None = None, *, run_models: bool = False) -> None:
        self.run = run
        self.run_models = run_models
        self.folder = Path(folder).expanduser() if folder is not None else _scored_folder(run)
        self._as_scored = folder is None
        self._told = False

    def read(self, video: Video, frames: Collection[str]) -> dict[str, NDArray[Any]]:
        """Return the maps of some frames of a video; a frame without a map is left out. Raises as `stream` does."""
        return dict(self.stream(video, frames))

    def stream(self, video: Video, frames: Collection[str]) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield frames of a video, in its order, with their maps; a frame without a map is left out.

        Raises
        ------
        PredictionError
            The folder holds no map of any video of the run, or a map that cannot be read; or no folder has the maps of
            the model, and it may not be run.
        ModelError, UnknownNameError, DatasetError
            The maps must be made again, and the model or the frames are not there.
        """
        wanted = [frame for frame in video.frame_names if frame in frames]
        if self.folder is None:
            yield from self._make_again(video, wanted)
            return
        from videosal.benchmark.maps.inventory import maps_of_video, other_videos
        from videosal.benchmark.maps.reader import MapReader

        reader = MapReader()
        info = self.run.info
        axes = info.get("axes", {}).get(video.name) if self._as_scored else None
        notes = [] if axes is None else list(info.get("map_notes", []))
        known = None if axes is None else (axes[0], axes[1], axes[2])
        others = other_videos(self.run.dataset, info["videos"], info.get("dataset_options"))
        files = maps_of_video(self.folder, video, info["videos"], others, info.get("first_frame"), known, notes)
        self._tell(note for note in notes if note.startswith(UNCERTAIN))
        for frame in wanted:
            if frame in files:
                yield frame, reader.read(files[frame])

    def _tell(self, notes: Iterable[str]) -> None:
        """Say that the axes of arrays are uncertain, once for all videos."""
        for note in notes:
            if not self._told:
                _log.warning("%s: %s", self.folder, note)
            self._told = True

    def _make_again(self, video: Video, wanted: Sequence[str]) -> Iterator[tuple[str, NDArray[Any]]]:
        from videosal.benchmark.maps.saved_maps import quantise
        from videosal.models import create_model, frames_for, iterate_predictions, prepare_model

        spec = self.run.info.get("model_spec") or {"name": "human"}
        if spec["name"] == "human":
            raise PredictionError(f"the run {self.run.name!r} has no maps to show: leave it out")
        if not self.run_models:
            raise PredictionError(
                f"the maps of {self.run.name!r} were not saved: give their folder, or --run-models to run the model "
                f"that its {INFO} names, {spec['name']}"
            )
        model = create_model(spec["name"], spec["weights"], spec["device"], **spec["options"])
        prepare_model(model, open_data(self.run))
        names: dict[int, list[str]] = {}
        shown, positions = frames_for(spec["name"], video)
        for position, frame in zip(positions, video.frame_names, strict=True):
            if frame in wanted:
                names.setdefault(position, []).append(frame)
        last = max(names, default=-1)
        for index, saliency in enumerate(iterate_predictions(model, shown)):
            for frame in names.get(index, ()):
                yield frame, quantise(saliency)
            if index >= last:
                return


def open_data(run: Run, root: str | Path | None = None) -> Dataset:
    """Open the data that a run was scored on, where it lay then or at `root`; raise `DatasetError` where it is gone."""
    from videosal.datasets import load_dataset

    return load_dataset(f"{run.dataset}:{run.split}", root if root is not None else run.info.get("root"))


def open_maps(
    runs: Sequence[Run], folders: Mapping[str, str | Path] | None = None, *, run_models: bool = False
) -> list[RunMaps]:
    """Prepare to read the maps of each run; `folders` says for the names of runs where their maps lie.

    `run_models` is that of `RunMaps`.

    Raises
    ------
    InputError
        `folders` names no run.
    """
    given = dict(folders or {})
    unknown = [name for name in given if name not in {run.name for run in runs}]
    if unknown:
        names = ", ".join(run.name for run in runs)
        raise InputError(f"maps are given for {unknown[0]!r}, which is no run here: the runs are {names}")
    return [RunMaps(run, given.get(run.name), run_models=run_models) for run in runs]


def to_unit(saliency: NDArray[Any]) -> NDArray[np.float64]:
    """Scale a map to 0..1 by its own minimum and maximum; a constant map becomes zeros."""
    values = np.asarray(saliency, np.float64)
    low, high = float(values.min()), float(values.max())
    scaled: NDArray[np.float64] = (values - low) / (high - low) if high > low else np.zeros_like(values)
    return scaled


def _scored_folder(run: Run) -> Path | None:
    folder = run.info.get("predictions") or run.info.get("save_maps")
    return Path(folder) if folder else None
