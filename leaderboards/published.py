"""Figures that papers report, as data.

Each table is a CSV file in the folder ``published``; its ``index.toml`` says where the figures come from and
which split each of them was measured on.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from videosal.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

#: Columns of the CSV files that describe a model and are no score.
ATTRIBUTES = ("input_size", "gflops", "model_size_mb", "runtime_s")


@dataclass(frozen=True, slots=True)
class PublishedSplit:
    """A data set split of a published table.

    Attributes
    ----------
    spec : str
        ``dataset:split``, as in the name of a data set.
    title : str
        Heading of its columns.
    about : str
        What the split is, for the note under the table.
    """

    spec: str
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One method of a published table.

    Attributes
    ----------
    name : str
        The method, as the paper prints it.
    reference : str or None
        Its number in the paper's own list of references; None for the paper's own method.
    attributes : dict
        Of ``input_size`` (text, width x height), ``gflops``, ``model_size_mb`` and ``runtime_s``, those that
        the paper gives.
    scores : dict of str to dict
        Per ``dataset:split`` the scores by metric.
    kind : str
        Always ``"as reported"``: the figures are the paper's, not ours.
    """

    name: str
    reference: str | None
    attributes: Mapping[str, str | float]
    scores: Mapping[str, Mapping[str, float]]
    kind: str = field(default="as reported", init=False)


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table of a paper.

    Attributes
    ----------
    name : str
        The name by which :func:`load_published` knows it.
    number, title : str
        ``"Table I"`` and what it compares.
    citation, doi : str
        The paper.
    remark : str
        What a reader must know about the copy of the figures; mostly empty.
    splits : tuple of PublishedSplit
        In the order of the paper.
    rows : tuple of PublishedRow
        In the order of the paper.
    """

    name: str
    number: str
    title: str
    citation: str
    doi: str
    remark: str
    splits: tuple[PublishedSplit, ...]
    rows: tuple[PublishedRow, ...]

    @property
    def note(self) -> str:
        """The sentences that stand under a table with rows of this one."""
        source = f"as reported by {self.citation}, doi:{self.doi}, {self.number}."
        splits = "; ".join(split.about for split in self.splits) + "."
        return " ".join(part for part in (source, splits, self.remark) if part)


def list_published() -> list[str]:
    """Names of the published tables, sorted."""
    return sorted(_index()["tables"])


def load_published(name: str) -> PublishedTable:
    """Read a published table.

    Parameters
    ----------
    name : str
        One of :func:`list_published`, such as ``"stsanet-table1"``.

    Returns
    -------
    PublishedTable
        Figures of one method on several splits are one row.

    Raises
    ------
    UnknownNameError
        No table has that name.
    """
    index = _index()
    if name not in index["tables"]:
        raise UnknownNameError.of("published table", name, index["tables"])
    entry = index["tables"][name]
    source = index["sources"][entry["source"]]
    text = _folder().joinpath(entry["file"]).read_text(encoding="utf-8")
    return PublishedTable(
        name=name,
        number=entry["number"],
        title=entry["title"],
        citation=source["citation"],
        doi=source["doi"],
        remark=entry.get("remark", ""),
        splits=tuple(PublishedSplit(part["spec"], part["title"], part["about"]) for part in entry["splits"]),
        rows=_rows(entry, list(csv.DictReader(text.splitlines()))),
    )


def _folder() -> Traversable:
    return resources.files("videosal.leaderboards").joinpath("published")


def _index() -> dict[str, Any]:
    return tomllib.loads(_folder().joinpath("index.toml").read_text(encoding="utf-8"))


def _rows(entry: Mapping[str, Any], lines: list[dict[str, str]]) -> tuple[PublishedRow, ...]:
    """Gather the lines of a file by method: a method may have one line per split."""
    labels: Mapping[str, str] = entry.get("labels", {})
    found: dict[tuple[str, str | None], PublishedRow] = {}
    for line in lines:
        name = line[entry["name_column"]]
        key = (labels.get(name, name), line.get("ref") or None)
        before = found.get(key)
        found[key] = PublishedRow(
            *key,
            attributes=_attributes(line),
            scores={**(before.scores if before else {}), **_scores(entry, line)},
        )
    return tuple(found.values())


def _attributes(line: Mapping[str, str]) -> dict[str, str | float]:
    given = {name: line[name] for name in ATTRIBUTES if line.get(name)}
    return {name: text if name == "input_size" else float(text) for name, text in given.items()}


def _scores(entry: Mapping[str, Any], line: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Scores of one line by split and metric."""
    descriptive = {entry["name_column"], entry.get("split_column"), "ref", *ATTRIBUTES}
    scores: dict[str, dict[str, float]] = {}
    for split in entry["splits"]:
        if "rows" in split and line[entry["split_column"]] != split["rows"]:
            continue
        prefix = split.get("columns", "")
        scores[split["spec"]] = {
            column.removeprefix(prefix): float(text)
            for column, text in line.items()
            if column not in descriptive and column.startswith(prefix) and text
        }
    return scores
