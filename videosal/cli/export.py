"""``videosal export``: the scores of every frame, for other programs."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from videosal.cli.options import loaded_plugins
from videosal.disk.whole_file import write_whole, write_whole_text
from videosal.errors import RunError


@click.command()
@click.argument("run")
@click.option(
    "--format", "form", type=click.Choice(["csv", "parquet"]), help="[default: by the ending of --out, else csv]"
)
@click.option("--out", metavar="FILE", help="Write to a file; parquet needs one. [default: print]")
@loaded_plugins
def command(run: str, form: str | None, out: str | None) -> None:
    """Export the run directory RUN: a line per frame, empty where a metric is undefined."""
    from videosal.benchmark import load_run
    from videosal.leaderboards.formats.csv_json import harmless

    form = form or ("parquet" if out and Path(out).suffix.lower() in (".parquet", ".pq") else "csv")
    loaded = load_run(run)
    frames = loaded.frames.assign(run=loaded.name, dataset=loaded.dataset, split=loaded.split)
    if form == "csv":
        for column in ("video", "frame", "run", "dataset", "split"):
            plain = {text: harmless(str(text)) for text in frames[column].unique()}
            frames[column] = frames[column].map(plain)
    if form == "csv" and out is None:
        click.echo(frames.to_csv(index=False), nl=False)
        return
    if out is None:
        raise click.UsageError("parquet is binary: give --out FILE.parquet")
    if form == "csv":
        write_whole_text(Path(out), frames.to_csv(index=False))
    else:
        try:
            write_whole(Path(out), partial(frames.to_parquet, index=False))
        except ImportError as error:
            raise RunError("parquet needs pyarrow: pip install pyarrow, or give --format csv") from error
    click.echo(f"wrote {out}: {len(frames)} frames", err=True)
