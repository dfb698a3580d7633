"""``videosal verify``: what a copy of a data set holds, lacks, and where it is broken."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import click

from videosal.cli.options import first_frame_option, loaded_plugins
from videosal.cli.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.datasets.doctor.findings import Finding
    from videosal.datasets.doctor.inspect_copy import Inspection

_NAMED = 5  # names that a line lists
_LINES = 12  # lines per kind of finding; JSON has all


@click.command()
@click.argument("dataset")
@click.option("--root", help="Folder of the data set's copy; else from VIDEOSAL_DATA or videosal.toml.")
@click.option("--predictions", metavar="DIR", help="Saliency maps to match with the copy as well.")
@first_frame_option
@click.option("--deep", is_flag=True, help="Decode every file; else headers and ends are read.")
@click.option("--unit", type=click.Choice(["shot", "clip"]), help="Of hollywood2: what a video is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every video and every name.")
@loaded_plugins
@click.pass_context
def command(
    ctx: click.Context,
    /,
    dataset: str,
    root: str | None,
    predictions: str | None,
    first_frame: int | None,
    deep: bool,
    unit: str | None,
    as_json: bool,
) -> None:
    """Look through a copy of DATASET (NAME or NAME:SPLIT).

    The exit code is 0 where all is well, 1 where there are problems, 2 where the folder is no copy of the data set.
    """
    from videosal.datasets.doctor.inspect_copy import inspect_copy

    options = {"unit": unit} if unit else {}
    with show_progress("checking") as progress:
        inspection = inspect_copy(dataset, root, deep=deep, progress=progress, **options)
    maps, findings = _match_predictions(inspection, predictions, first_frame, options)
    findings = [*inspection.findings, *findings]
    if as_json:
        click.echo(json.dumps(_as_json(inspection, findings, maps), indent=2))
    else:
        click.echo(_as_text(inspection, findings, maps))
    ctx.exit(1 if any(finding.severity == "problem" for finding in findings) else 0)


def _match_predictions(
    inspection: Inspection, predictions: str | None, first_frame: int | None, options: dict[str, Any]
) -> tuple[dict[str, int], list[Finding]]:
    """Count the maps of each video, and say which are missing, damaged or of no frame, and what `score` would note."""
    if predictions is None:
        return {}, []
    from pathlib import Path

    from videosal.benchmark.maps.inventory import survey
    from videosal.benchmark.maps.matching.messages import describe_unread
    from videosal.datasets.doctor.findings import Finding
    from videosal.datasets.doctor.inspect_copy import videos_to_predict

    videos = videos_to_predict(inspection, **options)
    folder = Path(predictions).expanduser()
    inventory = survey(folder, videos, inspection.dataset, first_frame, dataset_options=options)
    counts = {video: len(files) for video, files in inventory.files.items()}
    kinds = (
        ("predictions", "problem", "frames have no map", list(inventory.missing)),
        ("damage", "problem", "maps cannot be read", [f"{k} ({v})" for k, v in inventory.damaged.items()]),
        ("predictions", "note", "files or folders belong to no frame", [str(name) for name in inventory.extra]),
    )
    found = [
        Finding(kind, severity, predictions, f"{len(names)} {text}", tuple(names))  # type: ignore[arg-type]
        for kind, severity, text, names in kinds
        if names
    ]
    said = [text for text in (describe_unread(inventory.unread), *inventory.notes) if text]
    found += [Finding("predictions", "note", predictions, text) for text in said]
    return counts, found


def _as_json(inspection: Inspection, findings: list[Finding], maps: dict[str, int]) -> dict[str, Any]:
    from dataclasses import asdict

    videos = [asdict(video) for video in inspection.videos]
    for video in videos:
        del video["findings"]
        if maps:
            video["predictions"] = maps.get(video["name"], 0)
    return {
        "dataset": inspection.dataset,
        "root": str(inspection.root),
        "layout": inspection.layout,
        "places": inspection.places,
        "splits": [asdict(split) for split in inspection.splits],
        "videos": videos,
        "problems": [asdict(finding) for finding in findings if finding.severity == "problem"],
        "notes": [asdict(finding) for finding in findings if finding.severity == "note"],
    }


def _as_text(inspection: Inspection, findings: list[Finding], maps: dict[str, int]) -> str:
    from tabulate import tabulate

    lines = [f"{inspection.dataset} at {inspection.root}", f"layout: {inspection.layout}"]
    lines += [f"  {kind}: {', '.join(found) if found else 'none'}" for kind, found in inspection.places.items()]
    rows = []
    for split in inspection.splits:
        videos = [video for video in inspection.videos if video.split == split.name]
        counted = [
            _total(getattr(video, kind) for video in videos) for kind in ("frames", "densities", "fixations", "mats")
        ]
        predicted = [sum(maps.get(video.name, 0) for video in videos)] if maps else []
        rows.append([split.name, split.found, split.expected, *counted, *predicted])
    heads = [
        "split",
        "videos",
        "expected",
        "frames",
        "densities",
        "fixations",
        "mats",
        *(["predictions"] if maps else []),
    ]
    lines += ["", tabulate(rows, heads, tablefmt="github", missingval="?"), ""]
    for severity in ("problem", "note"):
        lines += _list_findings(severity, [finding for finding in findings if finding.severity == severity])
    return "\n".join(lines).rstrip()


def _total(counts: Any) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _list_findings(severity: str, findings: list[Finding]) -> list[str]:
    lines = [f"{len(findings)} {severity}{'' if len(findings) == 1 else 's'}{':' if findings else ''}"]
    alike: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        alike[finding.kind, finding.text].append(finding)
    shown: Counter[str] = Counter()
    for (kind, text), group in alike.items():
        shown[kind] += 1
        if shown[kind] > _LINES:
            continue
        if len(group) == 1:
            names = f": {_list_names(group[0].names)}" if group[0].names else ""
            lines.append(f"  {group[0].where}: {text}{names}")
        else:
            lines.append(f"  {len(group)} times {text}: {_list_names([finding.where for finding in group])}")
    lines += [
        f"  {count - _LINES} more of the kind {kind!r}: --json lists all"
        for kind, count in shown.items()
        if count > _LINES
    ]
    return [*lines, ""]


def _list_names(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest
