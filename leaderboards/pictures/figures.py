"""Qualitative comparison as a figure: rows are frame, ground truth and models, columns are frames.

This is the arrangement of Fig. 5 of the STSANet paper (Wang et al., IEEE Transactions on Multimedia 25, 2023).
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.run_maps import open_data, open_maps, to_unit
from videosal.errors import DatasetError, InputError
from videosal.leaderboards.board.table import one_line
from videosal.leaderboards.pictures.frame_picking import main_metric
from videosal.leaderboards.pictures.paper_figure import check_ending, paper_figure
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from videosal.benchmark import Run

#: Even steps of brightness, made for people with and without colour-blindness.
COLOURS = "cividis"
_WIDTH = 2.2  # inches of a column; text of 8 points stays readable when it is printed at this size
_LABEL_WIDTH = 1.1
_LABEL_LETTERS = 16  # in a line of a row's label


def draw_comparison(
    runs: Sequence[Run],
    frames: Sequence[tuple[str, str]],
    out: str | Path,
    *,
    root: str | Path | None = None,
    maps: Mapping[str, str | Path] | None = None,
    metric: str | None = None,
    run_models: bool = False,
) -> Path:
    """Draw frames, their ground truth and the maps of the runs, with the score of each map below it.

    Parameters
    ----------
    runs : sequence of Run
        On one split, in the order of the rows.
    frames : sequence of (str, str)
        Video and frame of each column, see :func:`videosal.leaderboards.pick_frames`.
    out : path
        ``.pdf``, ``.png`` or ``.svg``.
    root : path, optional
        The data set's copy, if it is no longer where the runs were scored.
    maps : dict of str to path, optional
        For names of runs the folder of their maps, see `videosal.benchmark.maps.run_maps.RunMaps`.
    metric : str, optional
        Whose value is printed. Default: NSS, else the first that all runs have.
    run_models : bool
        Make maps that were not saved again with the model that a run directory names.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    InputError
        There is no run or frame, `out` has another ending, or the runs are on different splits.
    DatasetError
        The copy or a frame is not there.
    PredictionError
        The maps of a run are not there, or were not saved and its model may not be run.
    RunError
        The file cannot be written.
    """
    path = _check(runs, frames, Path(out).expanduser())
    data, chosen = open_data(runs[0], root), main_metric(runs, metric)
    videos = {video.name: video for video in data}
    for name, frame in frames:
        if name not in videos or frame not in videos[name].frame_names:
            raise DatasetError(
                f"{data.full_name} has no frame {frame} in a video {name}: give VIDEO/FRAME as in the scores"
            )
    rows: list[list[NDArray[Any] | None]] = [[_picture(videos[name], frame) for name, frame in frames]]
    rows.append([videos[name].density(frame) for name, frame in frames])
    for source in open_maps(runs, maps, run_models=run_models):
        wanted = {name: [frame for video, frame in frames if video == name] for name, _ in frames}
        found = {name: source.read(videos[name], part) for name, part in wanted.items()}
        rows.append([found[name].get(frame) for name, frame in frames])
    captions = [[_score(run, key, chosen) for key in frames] for run in runs]
    labels = ["Frame", "Ground truth", *(one_line(run.name) for run in runs)]
    _draw(path, rows, labels, [f"{video}/{frame}" for video, frame in frames], [[], [], *captions])
    return path


def _check(runs: Sequence[Run], frames: Sequence[tuple[str, str]], path: Path) -> Path:
    if not runs or not frames:
        raise InputError("a figure needs a run and a frame")
    check_ending(path)
    splits = list(dict.fromkeys(f"{run.dataset}:{run.split}" for run in runs))
    if len(splits) > 1:
        raise InputError(f"the runs are on different splits ({', '.join(splits)}): a figure has one")
    return path


def _picture(video: Any, frame: str) -> NDArray[Any] | None:
    """The video frame; None where the copy has no frames, only gaze."""
    try:
        picture: NDArray[Any] = video.frames[video.frame_positions()[video.frame_names.index(frame)]]
    except DatasetError:
        return None
    return picture


def _score(run: Run, key: tuple[str, str], metric: str) -> str:
    frames = run.frames
    found = frames[(frames["video"] == key[0]) & (frames["frame"] == key[1])]
    value = float(found[metric].iloc[0]) if len(found) else float("nan")
    return f"{metric_info(metric).label} {value:.2f}" if value == value else ""


def _draw(
    path: Path,
    rows: Sequence[Sequence[NDArray[Any] | None]],
    labels: Sequence[str],
    titles: Sequence[str],
    captions: Sequence[Sequence[str]],
) -> None:
    shapes = [picture.shape for row in rows for picture in row if picture is not None]
    if not shapes:
        raise InputError("none of the frames has a picture, ground truth or map")
    height = _WIDTH * max(shape[0] / shape[1] for shape in shapes) + 0.2
    size = (_LABEL_WIDTH + _WIDTH * len(titles), 0.3 + height * len(rows))
    with paper_figure(size, path) as figure:
        grid = figure.subplots(len(rows), len(titles), squeeze=False)
        for row, label, line, texts in zip(grid, labels, rows, captions, strict=True):
            row[0].set_ylabel(
                textwrap.fill(label, _LABEL_LETTERS), rotation=0, ha="right", va="center", parse_math=False
            )
            for at, (axes, picture) in enumerate(zip(row, line, strict=True)):
                _show(axes, picture, texts[at] if texts else "")
        for axes, title in zip(grid[0], titles, strict=True):
            axes.set_title(title, fontsize=8, parse_math=False)


def _show(axes: Axes, picture: NDArray[Any] | None, caption: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    if picture is None:
        axes.text(0.5, 0.5, "none", ha="center", va="center", transform=axes.transAxes)
    elif picture.ndim == 3:
        axes.imshow(picture)
    else:
        axes.imshow(to_unit(picture), cmap=COLOURS, vmin=0, vmax=1)
    if caption:
        axes.set_xlabel(caption, fontsize=8, labelpad=2)
