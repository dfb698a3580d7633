"""``videosal compare``: which differences between runs are more than chance."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from videosal.cli.options import loaded_plugins, parse_metrics

if TYPE_CHECKING:
    from videosal.leaderboards import Comparison, RunLike


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option(
    "--metrics", "--metric", callback=parse_metrics, help="Comma-separated; default: all shared (with the gate: nss)."
)
@click.option("--test", type=click.Choice(["permutation", "wilcoxon"]), default="permutation", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap and the permutations.")
@click.option("--by", metavar="FILE", help="Compare on slices of the videos: a CSV or .xlsx of attributes.")
@click.option("--seeds", is_flag=True, help="Take runs of one name that were scored alike as one model.")
@click.option(
    "--fail-if-worse",
    "gate",
    is_flag=True,
    help="A gate for CI: exit 1 if the second of two runs is worse beyond chance.",
)
@click.option("--margin", type=float, help="Of the gate: loss to tolerate, in the unit of the metric. [default: 0]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--allow-incomplete", is_flag=True, help="Take runs with missing maps, and compare what both have.")
@loaded_plugins
@click.pass_context
def command(
    ctx: click.Context,
    /,
    runs: tuple[str, ...],
    by: str | None,
    as_json: bool,
    seeds: bool,
    gate: bool,
    margin: float | None,
    **options: Any,
) -> None:
    """Compare two or more run directories RUNS on one split, video by video.

    With --fail-if-worse, RUNS are BASE and NEW: the exit code is 1 where NEW is worse in --metric (nss) by more
    than --margin, in a one-sided test at 0.05, and 2 where that cannot be told.
    """
    from videosal.leaderboards import compare_runs, read_slices
    from videosal.leaderboards.board.ranking import split_of
    from videosal.leaderboards.board.runs import load_runs
    from videosal.leaderboards.statistics.seeds import join_seeds
    from videosal.leaderboards.statistics.slices import slice_runs

    loaded = load_runs(runs)
    if seeds:
        loaded = join_seeds(loaded)
    if gate:
        if by is not None or options["allow_incomplete"] or options["test"] != "permutation":
            raise click.UsageError("--fail-if-worse takes no --by, --test or --allow-incomplete")
        ctx.exit(_judge(loaded, options["metrics"], margin or 0.0, options["seed"], as_json=as_json))
    if margin is not None:
        raise click.UsageError("--margin is of --fail-if-worse")
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
    _print_notes(options["test"], options["seed"], [one for found in compared.values() for one in found])


def _judge(runs: list[RunLike], metrics: list[str] | None, margin: float, seed: int, *, as_json: bool) -> int:
    """Print whether the second run is worse than the first, a line per metric; return the exit code."""
    from videosal.leaderboards.statistics.gate import METRICS, judge_run
    from videosal.metrics import metric_info

    if len(runs) != 2:
        raise click.UsageError(
            f"--fail-if-worse takes two runs, BASE and NEW, not {len(runs)} (--seeds joins those of one name)"
        )
    verdicts = judge_run(*runs, metrics=metrics or METRICS, margin=margin, seed=seed)
    if as_json:
        click.echo(json.dumps([asdict(verdict) for verdict in verdicts], indent=2))
    for found in () if as_json else verdicts:
        label, names = metric_info(found.metric).label, [run.name for run in runs]
        moved = f"worse by {found.loss:.4f}" if found.loss > 0 else f"better by {-found.loss:.4f}"
        beyond = f" beyond the margin of {margin:g}" if margin else ""
        told = "is worse" if found.worse else "is not worse"
        click.echo(
            f"{names[1]} {told} than {names[0]} in {label}{beyond}: {found.new:.4f} after {found.base:.4f}, {moved} "
            f"(p {found.p:.2g}, {found.n_videos} videos)"
        )
    return int(any(found.worse for found in verdicts))


def _print_pairs(comparisons: list[Comparison]) -> None:
    from tabulate import tabulate

    headers = ["metric", "first", "second", "difference", "95 % interval", "p", "p (Holm)", "won/tied/lost", "effect"]
    for pair in dict.fromkeys((found.first, found.second) for found in comparisons):
        rows = [_row(found) for found in comparisons if (found.first, found.second) == pair]
        click.echo(f"{pair[0]} (first) against {pair[1]} (second), {_count_videos(comparisons, pair)}\n")
        aligned = ("left", *["right"] * (len(headers) - 1))
        click.echo(tabulate(rows, headers, tablefmt="github", disable_numparse=True, colalign=aligned) + "\n")
    _print_lost(comparisons)


def _row(found: Comparison) -> list[str]:
    from videosal.leaderboards.board.table import SIGNS
    from videosal.leaderboards.statistics.precision import format_interval, format_p
    from videosal.metrics import metric_info

    info, result = metric_info(found.metric), found.result
    sign = SIGNS["undefined"] if any(found.lost) else ""
    factor = found.p_holm / result.p if result.p else 1.0
    return [
        f"{info.label} {'↑' if info.higher_is_better else '↓'}",
        _number(result.first),
        _number(result.second),
        _number(result.difference, "+.4f") + sign,
        format_interval(result.low, result.high, "+"),
        format_p(result.p, result.n_videos, found.n_flips),
        format_p(found.p_holm, result.n_videos, found.n_flips, factor),
        "-" if sign else f"{result.wins}/{result.ties}/{result.losses}",
        _number(result.effect, "+.2f"),
    ]


def _count_videos(comparisons: list[Comparison], pair: tuple[str, str]) -> str:
    """How many videos both have a value of; by metric where they differ."""
    from videosal.metrics import metric_info

    counts: dict[int, list[str]] = {}
    for found in comparisons:
        if (found.first, found.second) == pair:
            counts.setdefault(found.result.n_videos, []).append(metric_info(found.metric).label)
    most = max(counts)
    less = "".join(f", {n} in {', '.join(labels)}" for n, labels in counts.items() if n != most)
    return f"{most} video{'' if most == 1 else 's'}{less}"


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


def _print_notes(test: str, seed: int, comparisons: list[Comparison]) -> None:
    from videosal.leaderboards.statistics.precision import warn_of_few_videos
    from videosal.leaderboards.statistics.resampling import RESAMPLES, is_exact

    n_tests, n_flips = comparisons[0].n_tests, comparisons[0].n_flips
    exact = all(is_exact(one.result.n_videos, n_flips) for one in comparisons)
    flips = "" if exact else f", {n_flips} random flips"
    name = f"paired permutation (sign flips{flips})" if test == "permutation" else "Wilcoxon signed-rank"
    click.echo(f"unit: the video; interval: BCa bootstrap of the difference, {RESAMPLES} resamples, seed {seed}")
    click.echo(f"test: {name}, two-sided; Holm: corrected for all {n_tests} comparisons of metrics and pairs of runs")
    click.echo("effect: mean difference over videos by its standard deviation; won: videos where the first is better")
    fewest = min((one.result.n_videos for one in comparisons if one.result.n_videos), default=0)
    for line in warn_of_few_videos(fewest, n_tests):
        click.echo(f"note: {line}")


def _number(value: float, form: str = ".4f") -> str:
    return "-" if value != value else format(value, form)
