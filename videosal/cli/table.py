"""``videosal table``: runs and published results side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from videosal.cli.options import loaded_plugins, parse_metric, parse_metrics, run_models_option
from videosal.disk.whole_file import write_whole_text

FORMATS = ("markdown", "latex", "csv", "html", "json", "bibtex")
ENDINGS = {".tex": "latex", ".csv": "csv", ".html": "html", ".json": "json", ".bib": "bibtex"}
# The options of how a table looks that each format has.
_LOOKS = {"markdown": ("caption",), "latex": ("marks", "caption", "label"), "html": ("marks", "caption", "label")}


@click.command()
@click.argument("runs", nargs=-1)
@click.option("--published", multiple=True, metavar="NAME", help="Add published rows, such as stsanet-table1.")
@click.option("--layout", default="table1", show_default=True, help="Columns, after the tables of the STSANet paper.")
@click.option(
    "--columns", callback=parse_metrics, metavar="A,B", help="Only these: metrics, or keys of the CSV format."
)
@click.option("--rows", multiple=True, metavar="NAME", help="Only the method of this name; may be repeated.")
@click.option("--sort", callback=parse_metric, metavar="COLUMN", help="Best first by this column; model sorts by name.")
@click.option("--digits", type=int, help="Decimals of the scores. [default: 3]")
@click.option("--significance", is_flag=True, help="Mark what is not distinguishable from the best run.")
@click.option("--seeds", is_flag=True, help="Runs of one name: mean and standard deviation.")
@click.option("--by", metavar="FILE", help="Columns per slice of the videos: a CSV or .xlsx of attributes.")
@click.option("--normalise", is_flag=True, help="Add each score's place between center (0) and human (1).")
@click.option("--change", is_flag=True, help="Add how much maps and truth change from frame to frame.")
@click.option("--profile", metavar="FILE", help="Add measured cost: what videosal profile MODEL... --json printed.")
@click.option("--bold", "marks", flag_value="bold", help="Best in bold, second best underlined.")
@click.option("--colour", "marks", flag_value="colour", help="Best in red, second best in blue.")
@click.option("--caption", help="Caption of the table.")
@click.option("--label", help="LaTeX label, or id in HTML.")
@click.option("--bibtex", is_flag=True, help="List the papers of the rows instead: --format bibtex.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="[default: by the ending of --out, else markdown]")
@click.option("--out", metavar="FILE", help="Write the table to a file.")
@click.option("--allow-incomplete", is_flag=True, help="Take runs with missing maps, and mark them.")
@run_models_option
@loaded_plugins
def command(
    runs: tuple[str, ...],
    published: tuple[str, ...],
    form: str | None,
    out: str | None,
    bibtex: bool,
    marks: str | None,
    caption: str | None,
    label: str | None,
    **options: Any,
) -> None:
    """Print the run directories RUNS, with published rows if asked, as one table.

    Without RUNS the layout's own published rows are printed.
    """
    from videosal.leaderboards import Leaderboard

    ending = ENDINGS.get(Path(out).suffix.lower(), "markdown") if out else "markdown"
    form = "bibtex" if bibtex else form or ending
    looks = {name: value for name, value in (("marks", marks), ("caption", caption), ("label", label)) if value}
    for name, value in looks.items():
        if name not in _LOOKS.get(form, ()):
            raise click.UsageError(f"--{value if name == 'marks' else name} does nothing in the format {form}")
    board = Leaderboard.from_runs(list(runs), published=list(published) or None, **options)
    write_text(str(getattr(board, f"to_{form}")(**looks)), out)


def write_text(text: str, out: str | None) -> None:
    """Print a text, or write it to a file and say so."""
    if out is None:
        click.echo(text, nl=False)
        return
    write_whole_text(Path(out), text)
    click.echo(f"wrote {out}", err=True)
