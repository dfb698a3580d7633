"""``videosal rank``: methods across metrics and data sets."""

from __future__ import annotations

from pathlib import Path

import click

from videosal.cli.options import loaded_plugins, parse_metrics
from videosal.cli.table import write_text

FORMATS = ("text", "markdown", "latex", "csv", "json")
ENDINGS = {".md": "markdown", ".tex": "latex", ".csv": "csv", ".json": "json"}


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--metrics", callback=parse_metrics, help="Comma-separated; default: all that the runs share.")
@click.option("--seeds", is_flag=True, help="Take runs of one name that were scored alike as one.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="[default: by the ending of --out, else text]")
@click.option("--out", metavar="FILE", help="Write the ranking to a file.")
@click.option("--figure", metavar="FILE", help="Draw the critical-difference diagram: .pdf, .png or .svg.")
@loaded_plugins
def command(
    runs: tuple[str, ...],
    metrics: list[str] | None,
    seeds: bool,
    seed: int,
    form: str | None,
    out: str | None,
    figure: str | None,
) -> None:
    """Rank the methods of the run directories RUNS over metrics and data sets.

    Each method, known by the name of its runs, needs one run on every split.
    """
    from videosal.leaderboards import draw_ranking, rank_runs
    from videosal.leaderboards.ranks.texts import STYLES, to_csv, to_json, to_text

    ranking = rank_runs(runs, metrics=metrics, seeds=seeds, seed=seed)
    if figure is not None:
        click.echo(f"wrote {draw_ranking(ranking, figure)}", err=True)
    form = form or (ENDINGS.get(Path(out).suffix.lower(), "text") if out else "text")
    if form in STYLES:
        write_text(to_text(ranking, form), out)
    else:
        write_text(to_csv(ranking) if form == "csv" else to_json(ranking), out)
