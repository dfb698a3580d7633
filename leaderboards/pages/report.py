"""A page about runs: one HTML file that holds all it shows and opens without a network."""

from __future__ import annotations

import base64
import hashlib
import logging
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.run_maps import open_data, open_maps
from videosal.disk.whole_file import write_whole_text
from videosal.errors import InputError, VideosalError
from videosal.leaderboards.board.runs import load_runs
from videosal.leaderboards.board.table import one_line
from videosal.leaderboards.leaderboard import Leaderboard
from videosal.leaderboards.pages.facts import facts, without_paths
from videosal.leaderboards.pages.svg_plots import legend, line_plot, strip_plot
from videosal.leaderboards.pictures.frame_picking import main_metric, pick_frames
from videosal.leaderboards.pictures.overlays import blend_overlay
from videosal.metrics import metric_info

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from videosal.benchmark import Run

_log = logging.getLogger(__name__)

_PICTURE_WIDTH = 360
_VIDEOS_OVER_TIME = 2  # worst and best each


@dataclass(slots=True)
class _HardFrame:
    """A frame on which a run does badly: ground truth and map over it, as data URLs."""

    title: str
    score: str
    truth: str
    prediction: str


@dataclass(slots=True)
class _Section:
    """What is shown of one run."""

    name: str
    hard: list[_HardFrame] = field(default_factory=list)
    absent: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)


def write_report(
    runs: Sequence[Run | str | Path],
    out: str | Path,
    *,
    root: str | Path | None = None,
    maps: Mapping[str, str | Path] | None = None,
    metric: str | None = None,
    n_frames: int = 4,
    published: Sequence[str] = (),
    run_models: bool = False,
) -> Path:
    """Write a page with the leaderboard, scores by video and over time, the hardest frames, and provenance.

    Parameters
    ----------
    runs : sequence of Run or path
        On one split; incomplete ones are marked.
    out : path
        The file.
    root : path, optional
        The data set's copy, if it is no longer where the runs were scored.
    maps : dict of str to path, optional
        For names of runs the folder of their maps, see `videosal.benchmark.maps.run_maps.RunMaps`.
    metric : str, optional
        Orders videos and frames. Default: NSS, else the first that all runs have.
    n_frames : int
        Hardest frames per run; 0 shows none and reads neither data set nor maps.
    published : sequence of str
        Published tables for the leaderboard.
    run_models : bool
        Make maps that were not saved again with the model that a run directory names; else the page says why the
        frames of that run are not shown.

    Returns
    -------
    Path
        `out`. Frames that cannot be shown are replaced by the reason.

    Raises
    ------
    InputError
        There is no run, or the runs are on different splits.
    TableError
        Two runs have one name and signature, or no metric in common.
    RunError
        The file cannot be written.
    """
    loaded: list[Any] = list(load_runs(runs))
    splits = list(dict.fromkeys(f"{run.dataset}:{run.split}" for run in loaded))
    if len(splits) != 1:
        raise InputError(f"a report is about one split, not {', '.join(splits) or 'none'}: give runs of one")
    chosen = main_metric(loaded, metric)
    board = Leaderboard.from_runs(loaded, published=published, allow_incomplete=True)
    sources = open_maps(loaded, maps, run_models=run_models)
    sections = []
    for run, source in zip(loaded, sources, strict=True):
        section = _Section(one_line(run.name), facts=facts(run))
        if n_frames:
            try:
                section.hard = _hard_frames(run, source, root, chosen, n_frames)
            except VideosalError as error:
                section.absent = one_line(without_paths(str(error), run, (root, (maps or {}).get(run.name))))
                _log.warning("%s: its hardest frames are not shown: %s", run.name, error)
        sections.append(section)
    text = _render(
        title=f"{loaded[0].title}: {len(loaded)} {'run' if len(loaded) == 1 else 'runs'}",
        board=board.to_html(marks="colour"),
        strips=[(metric_info(name).label, _strip(loaded, name)) for name in _common_metrics(loaded)],
        metric=metric_info(chosen).label,
        over_time=_over_time(loaded, chosen),
        legend=legend([run.name for run in loaded]),
        sections=sections,
        shows_frames=n_frames > 0,
        videos=_video_table(loaded),
    )
    out = Path(out).expanduser()
    write_whole_text(out, text)
    return out


def _render(**content: Any) -> str:
    import jinja2

    folder = resources.files("videosal.leaderboards.pages").joinpath("templates")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    script = folder.joinpath("report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = environment.from_string(folder.joinpath("report.html.j2").read_text(encoding="utf-8"))
    # The policy lets nothing load from elsewhere and no script run but ours, whatever a name may hold.
    return template.render(script=script, script_hash=f"sha256-{digest}", **content)


def _common_metrics(runs: Sequence[Run]) -> list[str]:
    return [name for name in runs[0].metrics if all(name in run.metrics for run in runs)]


def _strip(runs: Sequence[Run], metric: str) -> str:
    info = metric_info(metric)
    better = "higher" if info.higher_is_better else "lower"
    groups = {f"{run.name}{' ' * at}": run.videos[metric].tolist() for at, run in enumerate(runs)}
    return strip_plot(f"{info.label} of each video, {better} is better", groups)


def _over_time(runs: Sequence[Run], metric: str) -> list[tuple[str, str]]:
    """Score over time of the worst and the best videos, judged by the mean over the runs."""
    import pandas as pd

    means = pd.concat([run.videos.set_index("video")[metric] for run in runs], axis=1).mean(axis=1).dropna()
    ordered = list(means.sort_values(ascending=metric_info(metric).higher_is_better, kind="stable").index)
    count = min(_VIDEOS_OVER_TIME, max(1, len(ordered) // 2))
    shown = [("worst", name) for name in ordered[:count]]
    shown += [("best", name) for name in ordered[-count:] if name not in ordered[:count]]
    plots = []
    for what, video in shown:
        lines = {}
        for at, run in enumerate(runs):
            frames = run.frames
            lines[f"{run.name}{' ' * at}"] = frames[frames["video"] == video][metric].tolist()
        title = f"{what}: video {one_line(str(video))}"
        plots.append((title, line_plot(f"{metric_info(metric).label} over time, {title}", lines, "frame")))
    return plots


def _video_table(runs: Sequence[Run]) -> dict[str, Any]:
    """Heads and rows of the table of videos, a column per run and metric."""
    names = _common_metrics(runs)
    columns = [(run, name) for name in names for run in runs]
    by_run = [run.videos.set_index("video") for run in runs]
    counts = {video: int(n) for found in by_run for video, n in found["n_frames"].items()}
    values = [by_run[runs.index(run)][name] for run, name in columns]
    several = len(runs) > 1
    heads = [f"{metric_info(name).label}{f' {one_line(run.name)}' if several else ''}" for run, name in columns]
    rows = [
        (str(video), n, [None if (x := found.get(video)) is None or x != x else float(x) for found in values])
        for video, n in counts.items()
    ]
    return {"heads": heads, "rows": rows}


def _hard_frames(run: Run, source: Any, root: str | Path | None, metric: str, count: int) -> list[_HardFrame]:
    data = open_data(run, root)
    hard = []
    for name, frame in pick_frames([run], "worst", count, metric=metric):
        video = next((video for video in data if video.name == name), None)
        if video is None or frame not in video.frame_names:
            raise InputError(f"{data.full_name} at {data.root} has no {name}/{frame}: give the copy that was scored")
        saliency = source.read(video, [frame]).get(frame)
        if saliency is None:
            raise InputError(f"the map of {name}/{frame} is no longer there: say where the maps lie (--maps)")
        picture = video.frames[video.frame_positions()[video.frame_names.index(frame)]]
        density = video.density(frame)
        frames = run.frames
        row = frames[(frames["video"] == name) & (frames["frame"] == frame)].iloc[0]
        hard.append(
            _HardFrame(
                one_line(f"{name}/{frame}"),
                f"{metric_info(metric).label} {row[metric]:.3f}",
                _data_url(picture if density is None else blend_overlay(picture, density)),
                _data_url(blend_overlay(picture, saliency)),
            )
        )
    return hard


def _data_url(picture: NDArray[Any]) -> str:
    import cv2

    height = max(1, round(picture.shape[0] * _PICTURE_WIDTH / picture.shape[1]))
    small = cv2.resize(picture, (_PICTURE_WIDTH, height), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode()}"
