"""Figures that papers report, as data.

Each table is a CSV file in the folder ``published``; its ``index.toml`` says where the figures come from and
which split each of them was measured on, and ``references.bib`` holds the papers.
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
class PublishedSource:
    """The document that figures were read from.

    Attributes
    ----------
    citation : str
        What it is.
    link : str
        DOI, arXiv number or address; empty where none is known.
    reference : str
        Its key in ``references.bib``; empty where it has none.
    """

    citation: str
    link: str
    reference: str


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
        The method, as the source prints it.
    number : str or None
        Its number in the source's own list of references; None for the source's own method.
    attributes : dict
        Of ``input_size`` (text, width x height), ``gflops``, ``model_size_mb`` and ``runtime_s``, those that
        the source gives.
    scores : dict of str to dict
        Per ``dataset:split`` the scores by metric.
    source : PublishedSource
        Where all figures of the row were read.
    first_hand : bool
        True where the source is by the authors of the method; False where it prints the figures of somebody
        else's method.
    doubts : dict of str to str
        Per ``dataset:split`` what is wrong with its scores; mostly empty.
    reference : str
        Key of the method's paper in ``references.bib``; empty where it is not known.
    kind : str
        Always ``"as reported"``: the figures are the source's, not ours.
    """

    name: str
    number: str | None
    attributes: Mapping[str, str | float]
    scores: Mapping[str, Mapping[str, float]]
    source: PublishedSource
    first_hand: bool
    doubts: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""
    kind: str = field(default="as reported", init=False)


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table of a paper, or figures gathered from several sources.

    Attributes
    ----------
    name : str
        The name by which :func:`load_published` knows it.
    number, title : str
        ``"Table I"`` (empty where the rows have several sources) and what it compares.
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
    remark: str
    splits: tuple[PublishedSplit, ...]
    rows: tuple[PublishedRow, ...]

    def note(self, row: PublishedRow) -> str:
        """The sentences that stand under a table with this `row`; rows of one origin share them."""
        source = ", ".join(part for part in (row.source.citation, row.source.link, self.number) if part)
        fellows = [other for other in self.rows if other.source == row.source] if self.number else [row]
        specs = {spec for fellow in fellows for spec in fellow.scores}
        splits = "; ".join(split.about for split in self.splits if split.spec in specs) + "."
        return " ".join(part for part in (f"as reported by {source}.", splits, _origin(fellows), self.remark) if part)


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
    text = _folder().joinpath(entry["file"]).read_text(encoding="utf-8")
    return PublishedTable(
        name=name,
        number=entry["number"],
        title=entry["title"],
        remark=entry.get("remark", ""),
        splits=tuple(PublishedSplit(part["spec"], part["title"], part["about"]) for part in entry["splits"]),
        rows=_rows(index, entry, list(csv.DictReader(text.splitlines()))),
    )


def read_references() -> dict[str, str]:
    """The entries of ``references.bib`` by key, each as BibTeX text."""
    text = _folder().joinpath("references.bib").read_text(encoding="utf-8")
    entries = ["@" + entry.strip() for entry in text.split("\n@")]
    return {entry[entry.index("{") + 1 : entry.index(",")]: entry.replace("@@", "@", 1) for entry in entries}


def _origin(rows: list[PublishedRow]) -> str:
    own = [row.name for row in rows if row.first_hand]
    if not own:
        return "Copied there: the figures are not those of its authors' own method."
    if len(own) == len(rows):
        return "First-hand: the figures are those of its authors' own method."
    return f"First-hand are the figures of {', '.join(own)}, those of the other methods are copied there."


def _folder() -> Traversable:
    return resources.files("videosal.leaderboards.published")


def _index() -> dict[str, Any]:
    return tomllib.loads(_folder().joinpath("index.toml").read_text(encoding="utf-8"))


def _rows(index: Mapping[str, Any], entry: Mapping[str, Any], lines: list[dict[str, str]]) -> tuple[PublishedRow, ...]:
    """Gather the lines of a file by method and source: a method may have one line per split."""
    labels: Mapping[str, str] = entry.get("labels", {})
    found: dict[tuple[str, str], PublishedRow] = {}
    for line in lines:
        name = labels.get(line[entry["name_column"]], line[entry["name_column"]])
        key = line.get("source") or entry["source"]
        before = found.get((name, key))
        scores = _scores(entry, line)
        doubts = dict.fromkeys(scores, line["doubt"]) if line.get("doubt") else {}
        source = index["sources"][key]
        first_hand = name in source["own"] if "source" in line else not line.get("ref")
        paper = index["references"].get(name, source.get("reference", "") if first_hand else "")
        found[name, key] = PublishedRow(
            name,
            line.get("ref") or None,
            attributes=_attributes(line),
            scores={**(before.scores if before else {}), **scores},
            source=PublishedSource(source["citation"], source["link"], source.get("reference", "")),
            first_hand=first_hand,
            doubts={**(before.doubts if before else {}), **doubts},
            reference=paper,
        )
    return tuple(found.values())


def _attributes(line: Mapping[str, str]) -> dict[str, str | float]:
    given = {name: line[name] for name in ATTRIBUTES if line.get(name)}
    return {name: text if name == "input_size" else float(text) for name, text in given.items()}


def _scores(entry: Mapping[str, Any], line: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Scores of one line by split and metric."""
    descriptive = {entry["name_column"], entry.get("split_column"), "ref", "source", "doubt", *ATTRIBUTES}
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
