"""``videosal explain``: why two runs differ."""

from __future__ import annotations

import json

import click

from videosal.cli.options import loaded_plugins


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@loaded_plugins
def command(first: str, second: str, as_json: bool) -> None:
    """Name what differs between the run directories FIRST and SECOND, and how far each metric moves."""
    from dataclasses import asdict

    from tabulate import tabulate

    from videosal.leaderboards import explain_runs
    from videosal.metrics import metric_info

    differences, moves = explain_runs(first, second)
    if as_json:
        shown = [{k: None if v != v else v for k, v in asdict(move).items()} for move in moves]
        content = {"differences": [asdict(found) for found in differences], "metrics": shown}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    if differences:
        rows = [[d.group, d.field, d.first or "-", d.second or "-"] for d in differences]
        click.echo(tabulate(rows, ["", "field", "first", "second"], tablefmt="github", disable_numparse=True))
    else:
        click.echo("protocol, data set, frames, predictions and versions are the same")
    rows = [
        [
            metric_info(move.metric).label,
            _number(move.first),
            _number(move.second),
            _number(move.common, "+.6f"),
            f"{move.n_changed} of {move.n_common}",
            move.largest or "-",
        ]
        for move in moves
    ]
    headers = ["metric", "first", "second", "move on common frames", "frames that move", "largest at"]
    click.echo("\n" + tabulate(rows, headers, tablefmt="github", disable_numparse=True))


def _number(value: float, form: str = ".6f") -> str:
    return "-" if value != value else format(value, form)
