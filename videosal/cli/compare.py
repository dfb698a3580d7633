"""``videosal compare``: which differences between runs are more than chance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from videosal.cli.options import loaded_plugins, parse_metrics

if TYPE_CHECKING:
    from videosal.leaderboards import Comparison


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--metrics", callback=parse_metrics, help="Comma-separated; default: all that the runs share.")
@click.option("--test", type=click.Choice(["permutation", "wilcoxon"]), default="permutation", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap and the permutations.")
@click.option("--by", metavar="FILE", help="Compare on slices of the videos: a CSV or .xlsx of attributes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--allow-incomplete", is_flag=True, help="Take runs with missing maps, and compare what both have.")
@loaded_plugins
def command(runs: tuple[str, ...], by: str | None, as_json: bool, **options: Any) -> None:
    """Compare two or more run directories RUNS on one split, video by video."""
    from videosal.leaderboards import compare_runs, read_slices
    from videosal.leaderboards.board.ranking import split_of
    from videosal.leaderboards.board.runs import load_runs
    from videosal.leaderboards.statistics.slices import slice_runs

    loaded = load_runs(runs)
    compared: dict[str, list[Comparison]] = {}
    if by is None:
        compared[""] = compare_runs(loaded, **options)
    else:
        for part in slice_runs(loaded, read_slices(by)):
            compared[part[0].title] = compare_runs(part, **options)
    if as_json:
        lines = [
            {**({"slice": title} if title else {}), **comparison.as_dict()}
            for title, found in compared.items()
            for comparison in found
        ]
        click.echo(json.dumps(lines, indent=2, ensure_ascii=False))
        return
    for title, found in compared.items():
        click.echo(f"## {title}\n" if title else f"on {split_of(loaded[0])}\n")
        _print_pairs(found)
    _print_notes(options["test"], options["seed"])


def _print_pairs(comparisons: list[Comparison]) -> None:
    from tabulate import tabulate

    from videosal.leaderboards.board.table import SIGNS
    from videosal.metrics import metric_info

    headers = [
        "metric",
        "first",
        "second",
        "difference",
        "95 % interval",
        "p",
        "p (Holm)",
        "won/tied/lost",
        "effect",
    ]
    for pair in dict.fromkeys((found.first, found.second) for found in comparisons):
        rows = []
        for found in (found for found in comparisons if (found.first, found.second) == pair):
            info, result = metric_info(found.metric), found.result
            sign = SIGNS["undefined"] if any(found.lost) else ""
            interval = "-" if result.low != result.low else f"[{result.low:+.4f}, {result.high:+.4f}]"
            rows.append(
                [
                    f"{info.label} {'↑' if info.higher_is_better else '↓'}",
                    _number(result.first),
                    _number(result.second),
                    _number(result.difference, "+.4f") + sign,
                    interval,
                    _number(result.p),
                    _number(found.p_holm),
                    "-" if sign else f"{result.wins}/{result.ties}/{result.losses}",
                    _number(result.effect, "+.2f"),
                ]
            )
        n_videos = max(found.result.n_videos for found in comparisons if (found.first, found.second) == pair)
        click.echo(f"{pair[0]} (first) against {pair[1]} (second), {n_videos} videos\n")
        aligned = ("left", *["right"] * (len(headers) - 1))
        click.echo(tabulate(rows, headers, tablefmt="github", disable_numparse=True, colalign=aligned) + "\n")
    _print_lost(comparisons)


def _print_lost(comparisons: list[Comparison]) -> None:
    """Say which runs leave frames without a value that could have one."""
    from videosal.leaderboards.board.table import SIGNS
    from videosal.metrics import metric_info

    lost: dict[tuple[str, int], list[str]] = {}
    for found in comparisons:
        for name, count in zip((found.first, found.second), found.lost, strict=True):
            labels = lost.setdefault((name, count), [])
            if count and metric_info(found.metric).label not in labels:
                labels.append(metric_info(found.metric).label)
    cases = [f"{', '.join(labels)} in {n} frames of {name}" for (name, n), labels in lost.items() if labels]
    if cases:
        click.echo(
            f"{SIGNS['undefined']} no verdict, because maps leave frames without a value for which the ground truth "
            f"allows one: {'; '.join(cases)}\n"
        )


def _print_notes(test: str, seed: int) -> None:
    from videosal.leaderboards.statistics.paired import RESAMPLES

    name = "paired permutation (sign flips)" if test == "permutation" else "Wilcoxon signed-rank"
    click.echo(f"unit: the video; interval: BCa bootstrap of the difference, {RESAMPLES} resamples, seed {seed}")
    click.echo(f"test: {name}, two-sided; Holm: corrected for all metrics and pairs of runs")
    click.echo("effect: mean difference over videos by its standard deviation; won: videos where the first is better")


def _number(value: float, form: str = ".4f") -> str:
    return "-" if value != value else format(value, form)
