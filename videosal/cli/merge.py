"""``videosal merge``: put the parts of a sharded run together."""

from __future__ import annotations

import click

from videosal.cli.run_summary import print_run


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--out", required=True, metavar="RUN", help="Run directory to make.")
@click.pass_context
def command(ctx: click.Context, /, runs: tuple[str, ...], out: str) -> None:
    """Merge the run directories RUNS that score or run wrote with --shard."""
    from videosal.benchmark import merge_runs

    ctx.exit(print_run(merge_runs(runs, out)))
