"""What the files of a run directory must hold: who reads a damaged or hand-edited one is told the file and the key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

from videosal.benchmark.runs.identity import Identity
from videosal.benchmark.scoring.video_scores import UNSCORED, WITH_MAP
from videosal.disk.sealed import is_sealed
from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_TEXT, _TEXTS, _OBJECT, _OBJECTS, _COUNT = "text", "a list of texts", "an object", "a list of objects", "a count"
_NUMBER, _SIZE = "a number", 'a size such as "384x224"'
_COUNTS, _NUMBERS = "an object of counts", "an object of numbers and nulls"
_STAMPS = "a list of files (name, size, time, content)"
_AXES = "an object of lists of three axes"
_OR_NULL = " or null"
_LARGEST = 1 << 53  # of a whole number that a float holds as well

_INFO = {
    **dict.fromkeys(("name", "kind", "dataset", "split", "title", "protocol", "signature", "aggregation"), _TEXT),
    **dict.fromkeys(("metrics", "videos", "notes"), _TEXTS),
    "coverage": _OBJECT,
    "sessions": _OBJECTS,
}
_INFO_OPTIONAL = {
    **dict.fromkeys(("root", "predictions", "save_maps", "shard", "baseline", "undefined_as"), _TEXT + _OR_NULL),
    **dict.fromkeys(("fingerprint", "finished"), _TEXT + _OR_NULL),
    **dict.fromkeys(("model", "model_spec", "dataset_options", "calibration", "conventions"), _OBJECT + _OR_NULL),
    **dict.fromkeys(("dataset_notes", "merged_from", "map_notes"), _TEXTS),
    "lossy": _OBJECTS,
    "axes": _AXES,
    "first_frame": _COUNT,
}
_COVERAGE = {
    **dict.fromkeys(("videos_found", "frames_found"), _COUNT),
    **dict.fromkeys(("videos_expected", "frames_expected"), _COUNT + _OR_NULL),
}
_SESSION = {
    "versions": _OBJECT + _OR_NULL,
    **dict.fromkeys(("command", "host", "started", "commit", "videosal_commit"), _TEXT + _OR_NULL),
}
_MODEL = {
    **dict.fromkeys(("title", "reference"), _TEXT + _OR_NULL),
    **dict.fromkeys(("gflops", "model_size_mb", "runtime_s", "parameters"), _NUMBER + _OR_NULL),
    "input_size": _SIZE + _OR_NULL,
}
_SPEC = {"name": _TEXT, "weights": _TEXT + _OR_NULL, "device": _TEXT, "options": _OBJECT}
_IDENTITY = {
    **dict.fromkeys(("name", "dataset", "truth", "videos", "protocol", "signature", "baseline", "negatives"), _TEXT),
    **dict.fromkeys(("depth", "kind", "version", "suite"), _TEXT),
    **dict.fromkeys(("contents", "calibration", "folder", "model", "frames"), _TEXT + _OR_NULL),
    **dict.fromkeys(("dataset_options", "metric_code", "options", "plugins"), _OBJECT),
    **dict.fromkeys(("weights", "code"), _OBJECT + _OR_NULL),
    "seed": _NUMBER,
    "sample": _NUMBER + _OR_NULL,
}
_ORIGIN = {**dict.fromkeys(("name", "depth"), _TEXT), **dict.fromkeys(("made_by", "row", "videos"), _OBJECT)}
_MADE_BY = {"model": _TEXT + _OR_NULL, "options": _OBJECT, **dict.fromkeys(("weights", "code"), _OBJECT + _OR_NULL)}
_CODE = {
    **dict.fromkeys(("kind", "name"), _TEXT),
    **dict.fromkeys(("version", "digest"), _TEXT + _OR_NULL),
    "files": _OBJECT,
}
_VIDEO = {"video": _TEXT, "frames": _TEXTS, "status": _TEXTS, "scores": _OBJECT}
_VIDEO_OPTIONAL = {
    **dict.fromkeys(("identity", "suite"), _TEXT),
    "inputs": _OBJECT,
    "possible": _COUNTS,
    **dict.fromkeys(("depths", "constant"), _TEXTS),
    "truth": _STAMPS,
    "maps": _STAMPS,
    "negatives": "a list of pairs of texts",
}

_SUMMARY = {**dict.fromkeys(("status", "n", "possible"), _COUNTS), "means": _NUMBERS}

_IS: dict[str, Callable[[Any], bool]] = {
    _TEXT: lambda value: isinstance(value, str),
    _TEXTS: lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    _OBJECT: lambda value: isinstance(value, dict),
    _COUNT: lambda value: _is_count(value),
    _NUMBER: lambda value: value is not None and _is_score(value),
    _SIZE: lambda value: isinstance(value, str) or (isinstance(value, list) and all(map(_is_count, value))),
    _COUNTS: lambda value: isinstance(value, dict) and all(item is None or _is_count(item) for item in value.values()),
    _NUMBERS: lambda value: isinstance(value, dict) and all(map(_is_score, value.values())),
    _OBJECTS: lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
    _STAMPS: lambda value: isinstance(value, list) and all(map(_is_stamp, value)),
    "a list of pairs of texts": lambda value: (
        isinstance(value, list) and all(_IS[_TEXTS](pair) and len(pair) == 2 for pair in value)
    ),
    _AXES: lambda value: isinstance(value, dict) and all(map(_is_axes, value.values())),
    "a list of numbers and nulls": lambda value: isinstance(value, list) and all(map(_is_score, value)),
}

OVERWRITE = "score again with --existing overwrite"
DELETE = "delete it and run the same command again"
SPARE = "delete it, it is read to save time"
REMOVE = "remove it"


def read_object(file: Path, advice: str) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Parameters
    ----------
    file : Path
    advice : str
        What to do where it is damaged.

    Raises
    ------
    RunError
        It cannot be read, is cut, holds something else, or its digest is wrong.
    """
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text)
    except OSError as error:
        raise RunError(f"cannot read {file} ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{file} is damaged ({error}): {advice}") from error
    if not isinstance(content, dict):
        _complain(file, f"expected {_OBJECT}, found {_shown(content)}", advice)
    if not is_sealed(text, content):
        _complain(file, "its digest is wrong: something in it was changed", advice)
    return content


def check_info(info: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return what ``run.json`` holds, if it has all keys that readers rely on, each of its type.

    Raises
    ------
    RunError
        A key is missing or has a wrong value; the text names file and key.
    """
    _check(info, _INFO, file, OVERWRITE, optional=_INFO_OPTIONAL)
    _check(info["coverage"], _COVERAGE, file, OVERWRITE, within="coverage")
    if unknown := info["coverage"].keys() - _COVERAGE.keys():
        _complain(file, f"'coverage' has an unknown key {min(unknown)!r}", OVERWRITE)
    _check_model(info, file, OVERWRITE)
    if info.get("conventions"):
        _check(info["conventions"], {"negatives": _TEXT}, file, OVERWRITE, within="conventions")
    if "identity" in info:
        _check(info, {"identity": _OBJECT}, file, OVERWRITE)
        try:
            Identity.from_json(info["identity"])
        except TypeError:
            _complain(file, "'identity' is of no version that this one reads", OVERWRITE)
        _check_identity(info["identity"], file)
    if not info["sessions"]:
        _complain(file, "'sessions' is empty", OVERWRITE)
    for session in info["sessions"]:
        _check(session, {}, file, OVERWRITE, optional=_SESSION, within="session")
    if not info["metrics"]:
        _complain(file, "'metrics' is empty", OVERWRITE)
    if info["aggregation"] not in ("frame", "video"):
        _complain(file, f"'aggregation' is {info['aggregation']!r}, expected 'frame' or 'video'", OVERWRITE)
    for key, names in {key: info[key] for key in ("dataset", "split", "protocol", "metrics")}.items():
        if not all(map(str.isprintable, names)):
            _complain(file, f"{key!r} holds a character that cannot be printed", OVERWRITE)
    for key in ("metrics", "videos"):
        if len(set(info[key])) < len(info[key]):
            _complain(file, f"{key!r} names one twice", OVERWRITE)
    return info


def check_origin(content: dict[str, Any], file: str) -> dict[str, Any]:
    """Return what ``maps.json`` holds, if it says who made which maps.

    Raises
    ------
    RunError
        As `check_info`.
    """
    _check(content, _ORIGIN, file, REMOVE)
    if content["depth"] not in ("8bit", "float"):
        _complain(file, f"'depth' is {content['depth']!r}, expected '8bit' or 'float'", REMOVE)
    _check(content["made_by"], _MADE_BY, file, REMOVE, within="made_by")
    if unknown := content["made_by"].keys() - _MADE_BY.keys():
        _complain(file, f"'made_by' has an unknown key {min(unknown)!r}", REMOVE)
    if content["made_by"]["code"]:
        _check(content["made_by"]["code"], _CODE, file, REMOVE, within="made_by.code")
    if unknown := content["row"].keys() - {"model", "untrained", "model_spec"}:
        _complain(file, f"'row' has an unknown key {min(unknown)!r}", REMOVE)
    _check(content["row"], {}, file, REMOVE, optional=_INFO_OPTIONAL, within="row")
    _check_model(content["row"], file, REMOVE)
    for video, digests in content["videos"].items():
        if not (_IS[_TEXTS](digests) and len(digests) == 2):
            _complain(file, f"'videos.{video}' is {_shown(digests)}, expected two texts", REMOVE)
    return content


def _check_identity(identity: Mapping[str, Any], file: Path) -> None:
    _check(identity, {}, file, OVERWRITE, optional=_IDENTITY, within="identity")
    codes = {"code": identity["code"]} if identity["code"] else {}
    for holder in ("metric_code", "plugins"):
        codes |= {f"{holder}.{name}": code for name, code in identity[holder].items()}
    for name, code in codes.items():
        _check({name: code}, {name: _OBJECT}, file, OVERWRITE, within="identity")
        _check(code, _CODE, file, OVERWRITE, within=f"identity.{name}")


def _check_model(holder: Mapping[str, Any], file: Path | str, advice: str) -> None:
    if holder.get("model"):
        _check(holder["model"], {}, file, advice, optional=_MODEL, within="model")
    if holder.get("model_spec"):
        _check(holder["model_spec"], _SPEC, file, advice, within="model_spec")


def check_video(content: dict[str, Any], file: Path, video: str) -> dict[str, Any]:
    """Return what the result file of a video holds, if it is of that video and its lists fit together.

    Raises
    ------
    RunError
        As `check_info`.
    """
    _check(content, _VIDEO, file, DELETE, optional=_VIDEO_OPTIONAL)
    if content["video"] != video:
        _complain(file, f"it is the result of video {content['video']!r}", DELETE)
    numbers = dict.fromkeys(content["scores"], "a list of numbers and nulls")
    _check(content["scores"], numbers, file, DELETE, within="scores")
    count = len(content["frames"])
    lists = {"status": content["status"], **{f"scores.{name}": values for name, values in content["scores"].items()}}
    for name, values in lists.items():
        if len(values) != count:
            _complain(file, f"{name!r} has {len(values)} entries for {count} frames", DELETE)
    if unknown := set(content["status"]) - {*WITH_MAP, *UNSCORED}:
        _complain(file, f"'status' has {_shown(min(unknown))}, expected {', '.join((*WITH_MAP, *UNSCORED))}", DELETE)
    if any(not name.isascii() and not _is_unicode(name) for name in content["frames"]):
        _complain(file, "'frames' holds a name that is no text", DELETE)
    if len(set(content["frames"])) < count:
        _complain(file, "'frames' names one twice", DELETE)
    return content


def check_summary(content: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return what ``summary.json`` holds, if it has counts and means for each video.

    Raises
    ------
    RunError
        As `check_info`.
    """
    _check(content, {"videos": _OBJECT}, file, SPARE)
    for video, parts in content["videos"].items():
        if not isinstance(parts, dict):
            _complain(file, f"'videos.{video}' is {_shown(parts)}, expected {_OBJECT}", SPARE)
        _check(parts, _SUMMARY, file, SPARE, within=f"videos.{video}")
    return content


def _check(
    holder: Mapping[str, Any],
    kinds: Mapping[str, str],
    file: Path | str,
    advice: str,
    *,
    optional: Mapping[str, str] | None = None,
    within: str = "",
) -> None:
    """Complain about the first key that is missing or whose value is of another kind."""
    for key, kind in {**kinds, **(optional or {})}.items():
        name = f"{within}.{key}" if within else key
        if key not in holder:
            if key in kinds:
                _complain(file, f"{name!r} is missing", advice)
        elif not (_IS[kind.removesuffix(_OR_NULL)](holder[key]) or (holder[key] is None and kind.endswith(_OR_NULL))):
            _complain(file, f"{name!r} is {_shown(holder[key])}, expected {kind}", advice)


def _complain(file: Path | str, what: str, advice: str) -> NoReturn:
    raise RunError(f"{file} is damaged ({what}): {advice}")


def _is_stamp(value: object) -> bool:
    kinds = (str, int, int, str)
    return isinstance(value, list) and len(value) == 4 and all(map(isinstance, value, kinds))


def _is_axes(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(_IS[_COUNT], value))


def _is_unicode(text: str) -> bool:
    """Whether a text holds whole characters only."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _is_score(value: object) -> bool:
    return value is None or isinstance(value, float) or (_is_whole(value) and abs(value) <= _LARGEST)


def _is_count(value: object) -> TypeGuard[int]:
    return _is_whole(value) and 0 <= value <= _LARGEST


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
