"""Many models on many data sets from one file: ``bench.toml``."""

from __future__ import annotations

import logging
import re
import tomllib
from collections import Counter
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from videosal.benchmark.harness import run_each, score_each
from videosal.disk.safe_name import safe_name
from videosal.errors import InputError, VideosalError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from videosal.benchmark.evaluation import Progress
    from videosal.benchmark.runs.results import Run

_log = logging.getLogger(__name__)

T = TypeVar("T")
_LARGEST = 1 << 53  # for whole numbers, which TOML does not bound


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """``[[dataset]]``: a split and the folder of its copy."""

    name: str
    root: str | None = None


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """``[[model]]``: as the options of ``videosal run``; `save_maps` may hold ``{dataset}`` and ``{split}``."""

    model: str
    name: str | None = None
    weights: str | None = None
    device: str = "auto"
    options: dict[str, Any] = field(default_factory=dict)
    save_maps: str | None = None
    float_maps: bool = False


@dataclass(frozen=True, slots=True)
class PredictionsEntry:
    """``[[predictions]]``: as the options of ``videosal score``; `path` may hold ``{dataset}`` and ``{split}``."""

    path: str
    name: str
    allow_missing: bool = False
    first_frame: int | None = None


@dataclass(frozen=True, slots=True)
class TableEntry:
    """``[[table]]``: a table to write at the end; the ending of `out` chooses the format."""

    out: str
    published: list[str] = field(default_factory=list)
    layout: str = "table1"
    allow_incomplete: bool = False


@dataclass(frozen=True, slots=True)
class BenchFile:
    """A whole file. Paths are relative to the folder it lies in."""

    dataset: list[DatasetEntry]
    model: list[ModelEntry] = field(default_factory=list)
    predictions: list[PredictionsEntry] = field(default_factory=list)
    table: list[TableEntry] = field(default_factory=list)
    protocols: list[str] = field(default_factory=lambda: ["standard"])
    metrics: list[str] | None = None
    baseline: str = "mean-others"
    seed: int = 0
    workers: int = 1
    dask: str | None = None
    plugins: list[str] = field(default_factory=list)
    out: str = "runs"


_SECTIONS = {"dataset": DatasetEntry, "model": ModelEntry, "predictions": PredictionsEntry, "table": TableEntry}


def read_bench_file(path: str | Path) -> BenchFile:
    """Read and check ``bench.toml``.

    Raises
    ------
    InputError
        The file is not there or no TOML; a key is unknown (the nearest is offered), missing, or of the wrong type; a
        path holds another placeholder; or two entries have one name.
    """
    file = Path(path).expanduser()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{file}: not a valid TOML file ({error})") from error
    for name, kind in _SECTIONS.items():
        entries = content.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise InputError(f"{file}: {name} is not a list of tables, write [[{name}]]")
        if name in content:
            content[name] = [_build(kind, entry, f"{file}: [[{name}]]") for entry in entries]
    bench = _build(BenchFile, content, str(file))
    if not bench.model and not bench.predictions:
        raise InputError(f"{file}: names no [[model]] and no [[predictions]]")
    for entry in bench.model:
        _check_place(entry.save_maps or "", f"{file}: [[model]]: save_maps")
    for prediction in bench.predictions:
        _check_place(prediction.path, f"{file}: [[predictions]]: path")
    labels = Counter(safe_name(label) for label in [*map(_label, bench.model), *map(_label, bench.predictions)])
    for label, count in labels.items():
        if count > 1:
            raise InputError(
                f"{file}: {count} entries are called {label!r} and would share a run directory: give each a name of "
                'its own (name = "...")'
            )
    return bench


def run_bench(bench: BenchFile, base: Path, progress: Callable[[str], Progress]) -> Iterator[Run | VideosalError]:
    """Carry out every combination of models or predictions, data sets and protocols.

    Protocols share what is read of the maps. Finished work is kept, so the same file again goes on where it stopped.
    What fails is yielded as the error, and the other combinations are tried.

    Parameters
    ----------
    bench : BenchFile
        What to do.
    base : Path
        Folder that relative paths start from.
    progress : callable
        Called with a label for each combination; returns what `videosal.score` takes as `progress`.
    """
    entries: list[ModelEntry | PredictionsEntry] = [*bench.model, *bench.predictions]
    for entry in entries:
        for dataset in bench.dataset:
            yield from _try_all(bench, base, entry, dataset, bench.protocols, progress)


def _try_all(
    bench: BenchFile,
    base: Path,
    entry: ModelEntry | PredictionsEntry,
    dataset: DatasetEntry,
    protocols: list[str],
    progress: Callable[[str], Progress],
) -> Iterator[Run | VideosalError]:
    """Evaluate under all protocols at once; if that fails under each alone, which tells what the error is of."""
    try:
        yield from _evaluate(bench, base, entry, dataset, protocols, progress)
    except VideosalError as error:
        if len(protocols) > 1:
            for protocol in protocols:
                yield from _try_all(bench, base, entry, dataset, [protocol], progress)
            return
        _log.error("%s on %s, %s: %s", _label(entry), dataset.name, ", ".join(protocols), error)
        yield error


def _evaluate(
    bench: BenchFile,
    base: Path,
    entry: ModelEntry | PredictionsEntry,
    dataset: DatasetEntry,
    protocols: list[str],
    progress: Callable[[str], Progress],
) -> list[Run]:
    label = _label(entry)
    data, _, split = dataset.name.partition(":")
    common: dict[str, Any] = {
        "name": label,
        "protocols": protocols,
        "metrics": bench.metrics,
        "workers": bench.workers,
        "dask": bench.dask,
        "baseline": bench.baseline,
        "seed": bench.seed,
        "plugins": [base / plugin for plugin in bench.plugins],
        "out": base / bench.out / safe_name(f"{label}-{data}-{split or 'default'}"),
        "progress": progress(f"{label} on {dataset.name}"),
    }
    root = base / dataset.root if dataset.root else None
    if isinstance(entry, PredictionsEntry):
        maps = base / _place(entry.path, data, split)
        return score_each(
            maps, dataset.name, root, allow_missing=entry.allow_missing, first_frame=entry.first_frame, **common
        )
    return run_each(
        str(base / entry.model) if ".py:" in entry.model else entry.model,
        dataset.name,
        root,
        weights=str(base / entry.weights) if entry.weights else None,
        device=entry.device,
        model_options=entry.options,
        save_maps=base / _place(entry.save_maps, data, split) if entry.save_maps else None,
        float_maps=entry.float_maps,
        **common,
    )


def _check_place(text: str, where: str) -> None:
    if (wrong := re.search(r"[{}]", _place(text, "", ""))) is not None:
        raise InputError(f"{where} is {text!r}, and may hold {{dataset}} and {{split}} only, not another {wrong[0]!r}")


def _place(text: str, dataset: str, split: str) -> str:
    """Put data set and split into a path; `str.format` would look into objects as well."""
    return text.replace("{dataset}", dataset).replace("{split}", split)


def _label(entry: ModelEntry | PredictionsEntry) -> str:
    if isinstance(entry, PredictionsEntry):
        return entry.name
    return entry.name or entry.model.rpartition(":" if ".py:" in entry.model else "/")[2]


_WORDS = {
    "str": "text",
    "str | None": "text",
    "bool": "true or false",
    "int": "a whole number",
    "list[str]": "a list of texts",
    "list[str] | None": "a list of texts",
    "dict[str, Any]": "a table",
}


def _is(value: Any, kind: str) -> bool:
    """Whether a value of TOML is of a type, as annotations write it; text holds no NUL, which no path can."""
    if kind == "str":
        return isinstance(value, str) and "\0" not in value
    if kind == "list[str]":
        return isinstance(value, list) and all(_is(item, "str") for item in value)
    if kind.startswith("list["):  # of records, which are made already
        return isinstance(value, list)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST
    return isinstance(value, {"bool": bool, "dict[str, Any]": dict}.get(kind, ()))


def _build(kind: type[T], content: dict[str, Any], where: str) -> T:
    """Make a record of `kind`, checking its keys and the types of its values."""
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for key, value in content.items():
        if key not in known:
            raise InputError(f"{where}: unknown key {key!r}: {did_you_mean(key, known)}")
        wanted = str(known[key].type)
        if not any(_is(value, part) for part in wanted.split(" | ")):
            raise InputError(f"{where}: {key} is {value!r}, expected {_WORDS.get(wanted, wanted)}")
    required = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    missing = [key for key in required if key not in content]
    if missing:
        raise InputError(f"{where}: {missing[0]} is missing")
    return kind(**content)
