"""``videosal figure``: frames, ground truth and maps side by side."""

from __future__ import annotations

import click

from videosal.cli.options import loaded_plugins, parse_list, parse_metric, run_models_option


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--frames", callback=parse_list, metavar="V/F,V/F", help="These frames, as VIDEO/FRAME.")
@click.option(
    "--pick",
    type=click.Choice(["best", "median", "worst", "disagreement"]),
    default="median",
    show_default=True,
    help="Choose the frames by their scores.",
)
@click.option("--count", type=click.IntRange(1, 20), default=4, show_default=True, help="How many to choose.")
@click.option("--metric", callback=parse_metric, help="Chosen by and printed. [default: nss]")
@click.option("--root", help="Folder of the data set's copy. [default: where the runs were scored]")
@click.option("--maps", multiple=True, metavar="NAME=DIR", help="Where the maps of a run lie; may be repeated.")
@click.option("--out", metavar="FILE", default="figure.pdf", show_default=True, help=".pdf, .png or .svg.")
@run_models_option
@loaded_plugins
def command(
    runs: tuple[str, ...],
    frames: list[str] | None,
    pick: str,
    count: int,
    metric: str | None,
    root: str | None,
    maps: tuple[str, ...],
    out: str,
    run_models: bool,
) -> None:
    """Draw frames, their ground truth and the maps of the run directories RUNS: a row per run, a column per frame."""
    from videosal.benchmark import load_run
    from videosal.leaderboards import draw_comparison, pick_frames

    loaded = [load_run(run) for run in runs]
    if frames:
        wrong = [frame for frame in frames if "/" not in frame]
        if wrong:
            raise click.UsageError(f"--frames {wrong[0]}: expected VIDEO/FRAME, such as 0601/0012")
        chosen = [(video, frame) for video, _, frame in (text.rpartition("/") for text in frames)]
    else:
        chosen = pick_frames(loaded, pick, count, metric=metric)  # type: ignore[arg-type]
    path = draw_comparison(loaded, chosen, out, root=root, maps=parse_maps(maps), metric=metric, run_models=run_models)
    click.echo(f"wrote {path}: {', '.join(f'{video}/{frame}' for video, frame in chosen)}", err=True)


def parse_maps(pairs: tuple[str, ...]) -> dict[str, str]:
    """Turn ``NAME=DIR`` texts into a dict; a name may hold an equals sign, a folder not."""
    for pair in pairs:
        if "=" not in pair:
            raise click.UsageError(f"--maps {pair}: expected NAME=DIR")
    return {name: folder for name, _, folder in (pair.rpartition("=") for pair in pairs)}
