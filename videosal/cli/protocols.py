"""``videosal protocols``: under which conventions maps can be scored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from videosal.metrics import Protocol


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(name: str | None, as_json: bool) -> None:
    """List the protocols, or show all conventions of the one called NAME."""
    from tabulate import tabulate

    from videosal.metrics import get_protocol, list_protocols

    if name is not None:
        facts = _facts(get_protocol(name))
        click.echo(json.dumps(facts, indent=2) if as_json else tabulate(_rows(facts), tablefmt="plain"))
        return
    protocols = [get_protocol(known) for known in list_protocols()]
    if as_json:
        click.echo(json.dumps([_facts(protocol) for protocol in protocols], indent=2))
        return
    rows = [[p.name, p.aggregation, " ".join(p.default_metrics), p.summary] for p in protocols]
    click.echo(tabulate(rows, ["protocol", "mean over", "scored by default", "follows"], tablefmt="github"))


def _facts(protocol: Protocol) -> dict[str, Any]:
    from dataclasses import asdict

    facts = asdict(protocol)
    choices = facts.pop("maps") | facts.pop("pair") | facts.pop("gaze")
    first = {name: facts.pop(name) for name in ("summary", "metrics", "default_metrics")}
    name = {"name": facts.pop("name"), "signature": protocol.signature}
    return {**name, **first, **choices, **facts, "sampled": protocol.sampled}


def _rows(facts: dict[str, Any]) -> list[list[str]]:
    """One line per convention of its metrics; bugs come as ``key (metric): what is wrong``."""
    rows = []
    for key, value in facts.items():
        if _METRIC_OF.get(key.split("_")[0], facts["metrics"][0]) not in facts["metrics"]:
            continue
        label = key.replace("_", " ")
        if key == "bugs":
            rows += [["known bug", f"{bug['key']} ({bug['metric']}): {bug['text']}"] for bug in value]
        elif isinstance(value, dict):
            rows.append([label, ", ".join(f"{part} {setting}" for part, setting in value.items())])
        elif isinstance(value, (tuple, list)):
            rows.append([label, " ".join(value) or "none"])
        else:
            rows.append([label, _NONE.get(key, "undefined") if value is None else str(value)])
    return rows


# By the first word of a convention's name.
_METRIC_OF = {
    "cc": "cc",
    "nss": "nss",
    "sim": "sim",
    "kld": "kld",
    "judd": "auc_judd",
    "borji": "auc_borji",
    "sauc": "sauc",
    "ig": "ig",
    "emd": "emd",
}
_NONE = {"smoothing": "none", "borji_draws": "as many as fixations"}
