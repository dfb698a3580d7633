"""``videosal table``: runs and published results side by side."""

from __future__ import annotations

from pathlib import Path

import click

FORMATS = ("markdown", "latex", "csv", "html", "json")


@click.command()
@click.argument("runs", nargs=-1)
@click.option("--published", multiple=True, metavar="NAME", help="Add published rows, such as stsanet-table1.")
@click.option("--layout", default="table1", show_default=True, help="Columns, after the tables of the STSANet paper.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="[default: by the ending of --out, else markdown]")
@click.option("--out", metavar="FILE", help="Write the table to a file.")
@click.option("--allow-incomplete", is_flag=True, help="Take runs with missing maps, and mark them.")
def command(
    runs: tuple[str, ...],
    published: tuple[str, ...],
    layout: str,
    form: str | None,
    out: str | None,
    allow_incomplete: bool,
) -> None:
    """Print the run directories RUNS, with published rows if asked, as one table."""
    from videosal.leaderboards import Leaderboard

    if not runs and not published:
        raise click.UsageError("nothing to print: give run directories, or --published stsanet-table1")
    board = Leaderboard.from_runs(
        list(runs), published=list(published), layout=layout, allow_incomplete=allow_incomplete
    )
    endings = {".tex": "latex", ".csv": "csv", ".html": "html", ".json": "json"}
    form = form or (endings.get(Path(out).suffix.lower(), "markdown") if out else "markdown")
    text = str(getattr(board, f"to_{form}")())
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"cannot write {out} ({error.strerror})") from error
    click.echo(f"wrote {out}", err=True)
