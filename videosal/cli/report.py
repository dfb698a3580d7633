"""``videosal report``: one self-contained page about runs."""

from __future__ import annotations

import click

from videosal.cli.figure import parse_maps
from videosal.cli.options import loaded_plugins, parse_metric, run_models_option


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--out", metavar="FILE", default="report.html", show_default=True, help="The page.")
@click.option("--published", multiple=True, metavar="NAME", help="Add published rows, such as stsanet-table1.")
@click.option("--metric", callback=parse_metric, help="Orders videos and frames. [default: nss]")
@click.option("--frames", "n_frames", type=click.IntRange(0, 50), default=4, show_default=True, help="Hardest per run.")
@click.option("--root", help="Folder of the data set's copy. [default: where the runs were scored]")
@click.option("--maps", multiple=True, metavar="NAME=DIR", help="Where the maps of a run lie; may be repeated.")
@run_models_option
@loaded_plugins
def command(
    runs: tuple[str, ...],
    out: str,
    published: tuple[str, ...],
    metric: str | None,
    n_frames: int,
    root: str | None,
    maps: tuple[str, ...],
    run_models: bool,
) -> None:
    """Write a page about the run directories RUNS: leaderboard, videos, hardest frames, provenance."""
    from videosal.leaderboards import write_report

    path = write_report(
        runs,
        out,
        root=root,
        maps=parse_maps(maps),
        metric=metric,
        n_frames=n_frames,
        published=published,
        run_models=run_models,
    )
    click.echo(f"wrote {path}", err=True)
