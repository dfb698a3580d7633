"""Measured cost beside the published one: what ``videosal profile`` found, in the rows of a table."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.errors import FileError
from videosal.leaderboards.board.rows import Entry
from videosal.leaderboards.board.table import Column, make_cell, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from videosal.leaderboards.board.run_like import RunLike

_GROUP = "Measured here"

COLUMNS = (
    Column("measured_frames_in", _GROUP, "Frames in", digits=0),
    Column("measured_maps_out", _GROUP, "Maps out", digits=0),
    Column("measured_gmacs", _GROUP, "GMACs per call", digits=1),
    Column("measured_gmacs_per_map", _GROUP, "GMACs per map", digits=1),
    Column("measured_parameters", _GROUP, "Parameters (M)", digits=2),
    Column("measured_float32_mb", _GROUP, "Weights (MB)", digits=1),
    Column("measured_seconds_per_map", _GROUP, "Runtime (s per map)", digits=3),
)

_NUMBERS = ("frames_in", "maps_out", "gmacs", "parameters", "float32_mb", "seconds_per_map")
_TEXTS = ("name", "device")
_LARGEST = 1 << 53  # for whole numbers, which JSON does not bound

_PUBLISHED = {"flops": "FLOPs are", "size": "model size is"}


def read_profiles(path: str | Path) -> list[dict[str, Any]]:
    """Read what ``videosal profile MODEL... --json`` printed.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    list of dict
        The fields of `videosal.models.ModelProfile`, per model.

    Raises
    ------
    FileError
        The file is not there, or is something else.
    """
    path = Path(path).expanduser()
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: is no JSON ({error}): write it with videosal profile MODEL... --json") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) and "name" in each for each in found):
        raise FileError(f"{path}: holds no profiles: write it with videosal profile MODEL... --json")
    for profile in found:
        _check_profile(profile, path)
    return found


def _check_profile(profile: dict[str, Any], path: Path) -> None:
    """Raise `FileError` where a value that the table shows is of another type."""
    for key, value in profile.items():
        if key in _NUMBERS and not _is_number(value):
            raise FileError(f"{path}: {key} is {value!r}, which is no number: write it again with videosal profile")
        if key in _TEXTS and not isinstance(value, (str, type(None) if key != "name" else str)):
            raise FileError(f"{path}: {key} is {value!r}, which is no text: write it again with videosal profile")


def _is_number(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST
    return value is None or isinstance(value, float) or whole


def add_costs(
    entries: list[Entry], columns: Mapping[str, Column], profiles: Sequence[Mapping[str, Any]]
) -> dict[str, Column]:
    """Put the cost of each profiled model into the rows of its figures, or into a row of its own.

    Parameters
    ----------
    entries : list of Entry
        Changed in place.
    columns : mapping
        Columns of the table by key.
    profiles : sequence of mapping
        As `read_profiles` gives them.

    Returns
    -------
    dict
        The columns with those of the cost behind the ones that describe a model.
    """
    for profile in profiles:
        cells = {column.key: make_cell(value, column) for column, value in zip(COLUMNS, _values(profile), strict=True)}
        rows = [entry for entry in entries if _is_of(entry, profile["name"])]
        if not rows:
            rows = [Entry(one_line(profile["name"]), "profiled", sources=["videosal profile"])]
            entries.extend(rows)
        for entry in rows:
            entry.cells |= cells
            entry.notes.append(_note(profile, published=entry.kind == "as reported"))
    described = {key: column for key, column in columns.items() if not column.group}
    return described | {column.key: column for column in COLUMNS} | dict(columns)


def _values(profile: Mapping[str, Any]) -> Iterable[float | None]:
    gmacs, maps = profile.get("gmacs"), profile.get("maps_out")
    parameters = profile.get("parameters")
    return (
        profile.get("frames_in"),
        maps,
        gmacs,
        None if gmacs is None or not maps else gmacs / maps,
        None if parameters is None else parameters / 1e6,
        profile.get("float32_mb"),
        profile.get("seconds_per_map"),
    )


def _is_of(entry: Entry, model: str) -> bool:
    """Whether a row is that of a model: the paper's row of it, or one of its runs."""
    if entry.kind == "as reported":
        return entry.label == _conventions().get(model, {}).get("row")
    return any(_model_of(run) == model for run in entry.runs.values())


def _model_of(run: RunLike) -> str | None:
    spec = getattr(run, "info", {}).get("model_spec")
    return None if spec is None else str(spec["name"])


def _note(profile: Mapping[str, Any], *, published: bool) -> str:
    """Say where a measurement comes from and, beside published figures, what those are."""
    where = f" on {profile['device']}" if profile.get("device") else ""
    text = f"measured by videosal profile {profile['name']}{where}"
    known = _conventions().get(profile["name"], {}) if published else {}
    said = [f"its published {name} {known[key]}" for key, name in _PUBLISHED.items() if key in known]
    return one_line("; ".join([text, *said]))


@cache
def _conventions() -> dict[str, dict[str, str]]:
    text = (files("videosal.leaderboards.published") / "costs.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
