"""``videosal bench``: many models on many data sets from one file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from videosal.cli.progress import show_progress
from videosal.cli.table import ENDINGS, write_text
from videosal.disk.whole_file import make_folder

if TYPE_CHECKING:
    from videosal.benchmark import Run
    from videosal.benchmark.evaluation import Progress


@click.command()
@click.argument("file")
@click.pass_context
def command(ctx: click.Context, /, file: str) -> None:
    """Run every combination that FILE (bench.toml) names, then write its tables. The same command again goes on."""
    from videosal.benchmark.bench_file import read_bench_file, run_bench
    from videosal.benchmark.runs.results import Run
    from videosal.leaderboards import Leaderboard

    bench = read_bench_file(file)
    base = Path(file).resolve().parent
    runs: list[Run] = []
    failed = 0
    with ExitStack() as bars:

        def progress(label: str) -> Progress:
            bars.close()  # one bar at a time
            return bars.enter_context(show_progress(label))

        for result in run_bench(bench, base, progress):
            if isinstance(result, Run):
                runs.append(result)
            else:
                failed += 1
    for run in runs:
        state = "complete" if run.complete else "incomplete"
        click.echo(
            f"{run.name} on {run.title}, {run.protocol}: {run.coverage.frames_scored} frames, {state}, {run.path}"
        )
    for table in bench.table if runs else []:
        board = Leaderboard.from_runs(
            runs, published=table.published, layout=table.layout, allow_incomplete=table.allow_incomplete
        )
        make_folder((base / table.out).parent)
        form = ENDINGS.get(Path(table.out).suffix.lower(), "markdown")
        write_text(getattr(board, f"to_{form}")(), str(base / table.out))
    ctx.exit(2 if failed else 0 if all(run.complete for run in runs) else 1)
