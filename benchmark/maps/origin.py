"""``maps.json``: what made the maps of a folder, so that scoring them later knows it, and nobody mixes in others."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.reader import MapReader, one_per_file
from videosal.benchmark.maps.trees import open_tree
from videosal.benchmark.runs.checks import REMOVE, check_origin
from videosal.benchmark.runs.identity import essence
from videosal.datasets.files.contents import FileStamp, digest
from videosal.datasets.files.guard.failures import parse_json
from videosal.datasets.files.images import MAP_SUFFIXES, suffix_of
from videosal.disk.folder_lock import hold
from videosal.disk.whole_file import make_folder, write_whole
from videosal.errors import PredictionError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from videosal.benchmark.maps.reader import MapRef

FILE = "maps.json"
_SCHEMA = 1
_LOCK = ".maps.lock"  # keeps shards that save into one folder from writing over each other
_WAIT = 60  # seconds


@dataclass(frozen=True, slots=True)
class Origin:
    """What made the maps of a folder.

    Attributes
    ----------
    name : str
        Of the row in tables.
    depth : str
        ``8bit`` or ``float``.
    made_by : dict
        Model, options, weights and code, as `videosal.benchmark.runs.identify.made_by` tells them.
    row : dict
        What ``run.json`` says of the model.
    videos : dict of str to list of str
        For each video whose maps are there, a digest of their names, sizes and times, and one of what they hold.
    """

    name: str
    depth: str
    made_by: dict[str, Any]
    row: dict[str, Any]
    videos: dict[str, list[str]] = field(default_factory=dict)


def read_origin(root: Path) -> Origin | None:
    """Read ``maps.json`` of a folder or archive; None where there is none.

    Raises
    ------
    FileError, PredictionError
        The file is damaged, or of a later version.
    """
    tree = open_tree(root)
    if not tree.holds(FILE):
        return None
    where = str(tree.locate(FILE))
    content = parse_json(tree.read(FILE), where)
    if not isinstance(content, dict) or "schema" not in content:
        raise PredictionError(f"{where} is damaged (it says no schema): {REMOVE}")
    if content["schema"] != _SCHEMA:
        raise PredictionError(f"{where} was written by a later version of videosal: {REMOVE}")
    try:
        checked = check_origin(content, where)
    except RunError as error:
        raise PredictionError(str(error)) from error
    return Origin(**{item.name: checked[item.name] for item in fields(Origin)})


def make_origin(name: str, depth: str, made_by: Mapping[str, Any], row: Mapping[str, Any]) -> Origin:
    """Say what makes maps, for a folder that may be handed on: files have their names, without the folders above.

    Parameters
    ----------
    name, depth
        As in `Origin`.
    made_by : mapping
        As `videosal.benchmark.runs.identify.made_by` tells it.
    row : mapping
        What ``run.json`` says of the model.
    """
    made = dict(made_by)
    if made["code"]:
        names = ", ".join(_last(part) for part in made["code"]["name"].split(", "))
        made["code"] = {**made["code"], "name": names}
    made["options"] = {key: _last(value) for key, value in made["options"].items()}
    shown = {key: row[key] for key in ("model", "untrained", "model_spec") if key in row}
    if spec := shown.get("model_spec"):
        options = {key: _last(str(value)) for key, value in spec["options"].items()}
        shown["model_spec"] = {
            **spec,
            "name": _last(spec["name"]),
            "weights": _last(spec["weights"]),
            "options": options,
        }
    return Origin(name, depth, made, shown)


def _last(value: Any) -> Any:
    """Return the name of a file or folder, where a value is its path in full."""
    full = isinstance(value, str) and (PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute())
    return re.split(r"[/\\]", value.rstrip("/\\"))[-1] if full else value


def claim_folder(folder: Path, origin: Origin, videos: Iterable[str], *, overwrite: bool) -> None:
    """Say in a folder what is about to save maps there.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    origin : Origin
        What makes the maps.
    videos : iterable of str
        Whose maps will be saved.
    overwrite : bool
        Whether maps of another model may be replaced, if all of them will be.

    Raises
    ------
    RunError
        The folder holds other maps.
    """
    make_folder(folder)
    with hold(folder, "saving maps into", name=_LOCK, wait=_WAIT):
        before = read_origin(folder)
        if before is None and (found := next(_maps_in(folder), None)):
            raise RunError(
                f"{folder} holds maps ({found}) and no {FILE} that says what made them: give another --save-maps"
            )
        if before is not None and _tell(before) == _tell(origin):
            return
        if before is not None and not (overwrite and before.videos.keys() <= set(videos)):
            raise RunError(f"{folder} holds the maps of {_describe(before, origin)}: give another --save-maps")
        _write(folder, origin)


def complete_folder(folder: Path, stamps: Mapping[str, Iterable[FileStamp]]) -> None:
    """Note down in ``maps.json`` what has been saved of each video."""
    with hold(folder, "saving maps into", name=_LOCK, wait=_WAIT):
        origin = read_origin(folder)
        if origin is not None:
            origin.videos.update({video: _digests(found) for video, found in stamps.items()})
            _write(folder, origin)


def altered_videos(origin: Origin, files: Mapping[str, Mapping[str, MapRef]]) -> list[str]:
    """Name the videos whose maps are not those that were saved."""
    reader = MapReader()
    altered = []
    for video, refs in files.items():
        saved = origin.videos.get(video)
        files_of_video = one_per_file(refs.values()).values()
        if saved is None or (
            _digests(ref.listed for ref in files_of_video)[0] != saved[0]
            and _digests(reader.stamp(ref, {}) for ref in files_of_video)[1] != saved[1]
        ):
            altered.append(video)
    return altered


def _digests(stamps: Iterable[FileStamp]) -> list[str]:
    """Digest names, sizes and times, and names and contents."""
    ordered = sorted(stamps, key=lambda stamp: stamp.name.rpartition("/")[2])
    names = [stamp.name.rpartition("/")[2] for stamp in ordered]
    looks = [f"{name} {stamp.size} {stamp.time}" for name, stamp in zip(names, ordered, strict=True)]
    contents = [f"{name} {stamp.content}" for name, stamp in zip(names, ordered, strict=True)]
    return [digest("\n".join(lines).encode(errors="surrogateescape")) for lines in (looks, contents)]


def _tell(origin: Origin) -> list[Any]:
    """What tells two origins apart."""
    return [origin.name, origin.depth, essence(origin.made_by)]


def _describe(before: Origin, now: Origin) -> str:
    if before.name != now.name or before.made_by["model"] != now.made_by["model"]:
        return f"another model ({before.name}: {before.made_by['model']})"
    parts = [key for key in ("options", "weights", "code") if before.made_by[key] != now.made_by[key]]
    return f"{before.name} with other {' and '.join(parts)}" if parts else f"{before.name} at another depth"


def _maps_in(folder: Path) -> Iterator[str]:
    for path in folder.glob("*"):
        if path.is_dir():
            yield from (f"{path.name}/{file.name}" for file in path.iterdir() if suffix_of(file.name) in MAP_SUFFIXES)
        elif suffix_of(path.name) in MAP_SUFFIXES:
            yield path.name


def _write(folder: Path, origin: Origin) -> None:
    text = json.dumps({"schema": _SCHEMA, **asdict(origin)}, indent=2) + "\n"
    write_whole(folder / FILE, lambda part: part.write_text(text))
