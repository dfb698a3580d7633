"""What a result is a result of: one record, compared by one function.

`Identity` says what was scored and how. Two of them are compared with one of three strengths: ``result`` (a resumed
run may keep what it has), ``row`` (parts of one run may be merged) and ``column`` (two runs may be compared, and rank
in one column of a table). The files of predictions and of the ground truth are told apart video by video, by the
stamps that every video's result carries; see :mod:`videosal.benchmark.runs.resume`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from videosal.datasets.files.contents import digest

Strength = Literal["result", "row", "column"]

_COLUMN: tuple[Strength, ...] = ("result", "row", "column")
_ROW: tuple[Strength, ...] = ("result", "row")

# For each field its words in a sentence, and the strengths at which it counts.
_FIELDS: dict[str, tuple[str, tuple[Strength, ...]]] = {
    "name": ("the name", _ROW),
    "dataset": ("the data set", _COLUMN),
    "dataset_options": ("the options of the data set", _COLUMN),
    "truth": ("the files of the ground truth", _COLUMN),
    "videos": ("the videos", _COLUMN),
    "contents": ("the content of the ground truth", ("column",)),
    "protocol": ("the protocol", _COLUMN),
    "signature": ("the signature", _COLUMN),
    "human": ("the density of the human bound", _COLUMN),
    "metric_code": ("the code of a metric", _COLUMN),
    "calibration": ("the calibration", _COLUMN),
    "baseline": ("the baseline of IG", _COLUMN),
    "negatives": ("the negatives of sAUC", _COLUMN),
    "seed": ("the seed", _COLUMN),
    "sample": ("the sample seed", _COLUMN),
    "depth": ("the depth of the maps", _ROW),
    "kind": ("the kind", _ROW),
    "folder": ("the folder of the maps", ("row",)),
    "reading": ("how the maps are numbered and their axes lie", _ROW),
    "model": ("the model", _ROW),
    "options": ("the options of the model", _ROW),
    "weights": ("the weights", _ROW),
    "code": ("the code of the model", _ROW),
    "frames": ("the frames of the videos", _ROW),
    "plugins": ("a plug-in", _ROW),
    "version": ("the version of videosal", _ROW),
    "suite": ("the code of videosal", _ROW),
}
# Where a field differs, others differ because of it and need no words.
_FOLLOWERS: dict[str, tuple[str, ...]] = {
    "dataset": ("truth", "videos", "contents"),
    "videos": ("truth", "contents"),
    "truth": ("contents",),
    **dict.fromkeys(("protocol", "baseline", "negatives", "seed", "sample", "calibration"), ("signature",)),
    "kind": ("depth", "folder", "reading", "model", "options", "weights", "code", "frames"),
    "model": ("options", "weights", "code"),
    "options": ("human",),
    "version": ("suite",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a run is a run of.

    Attributes
    ----------
    name : str
        Of the row.
    dataset : str
        ``name:split``.
    dataset_options : dict
        As given to `videosal.load_dataset`.
    truth, videos : str
        Digest of the names and sizes of all ground-truth files; number and digest of the names of the videos.
    contents : str or None
        Digest of what the ground-truth files hold; None while not all videos are scored.
    protocol, signature : str
        Name of the protocol, and the line that says how scores are computed, without the depth of the maps.
    human : str
        The density of a human bound, which is not that of the signature; empty for all other runs.
    metric_code : dict of str to dict
        Code of the metrics of third parties that are scored.
    calibration : str or None
        As JSON.
    baseline, negatives : str
        The IG baseline and the sAUC negatives; for a file its name and a digest of what it holds.
    seed : int
        Of the draw of the negatives.
    sample : int or None
        Seed with which random metrics are drawn; None for expectations.
    depth : str
        ``8bit``: the maps of a model are scored as what is saved of them; ``float``; or ``files``.
    kind : str
        ``model`` or ``predictions``.
    folder : str or None
        Of the predictions. A resumed run looks at their contents instead.
    reading : str
        Number of the first map, where it was given, and the orders of axes, where maps are arrays.
    model, options, weights, code
        Name of the model, its options (for a file, with a digest), SHA-256 of its weights, and the code behind it, as
        `videosal.code_identity` tells it. Of predictions: what `maps.json` says made them.
    frames : str or None
        Digest of the names and sizes of the frames that a model saw; None of predictions.
    plugins : dict of str to dict
        Code of each plug-in file.
    version, suite : str
        Version of videosal, and a digest of its code.
    """

    name: str
    dataset: str
    dataset_options: dict[str, Any]
    truth: str
    videos: str
    contents: str | None = None
    protocol: str
    signature: str
    metric_code: dict[str, Any]
    calibration: str | None
    baseline: str
    negatives: str
    seed: int
    sample: int | None
    depth: str
    kind: str
    folder: str | None
    model: str | None
    options: dict[str, Any]
    weights: str | None
    code: dict[str, Any] | None
    frames: str | None
    plugins: dict[str, Any]
    version: str
    suite: str
    reading: str = ""
    human: str = ""

    @property
    def result(self) -> str:
        """Digest of all that a stored result depends on, but for the files of its video; the name does not count."""
        return self._digest("result", but=("name",))

    @property
    def column(self) -> str:
        """Digest that is equal for runs that may be compared, and rank in one column."""
        return self._digest("column", but=("metric_code",))

    def to_json(self) -> dict[str, Any]:
        """Return it as ``run.json`` holds it."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Identity:
        """Read what `to_json` gave; what a later version added is left out."""
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in content.items() if key in known})

    def _digest(self, strength: Strength, but: tuple[str, ...]) -> str:
        counted = [
            [name, essence(getattr(self, name))]
            for name, (_, strengths) in _FIELDS.items()
            if strength in strengths and name not in but
        ]
        return digest(json.dumps(counted, sort_keys=True).encode())


@dataclass(frozen=True, slots=True)
class IdentityDifference:
    """One thing in which two identities differ.

    Attributes
    ----------
    field, words : str
        Name in the record, and in a sentence.
    before, now : str
        What each has; empty where it has nothing.
    """

    field: str
    words: str
    before: str
    now: str

    def __str__(self) -> str:
        if self.field in ("code", "metric_code", "plugins", "suite"):
            return f"{self.words} ({self.now or self.before})"
        return f"{self.words} ({self.before or 'none'}, now {self.now or 'none'})"


def differences(before: Identity, now: Identity, same: Strength) -> list[IdentityDifference]:
    """Name what keeps two identities from being the same result, row or column.

    Code of a model that cannot be read is never the same: such a result cannot be kept. The content of the ground
    truth counts where both know it.
    """
    found = []
    for name, (words, strengths) in _FIELDS.items():
        a, b = getattr(before, name), getattr(now, name)
        if same not in strengths or (name == "contents" and None in (a, b)):
            continue
        if name == "metric_code" and same == "column":  # of the metrics that both have
            shared = a.keys() & b.keys()
            a, b = ({key: part[key] for key in shared} for part in (a, b))
        unknown = name == "code" and same == "result" and b is not None and b["digest"] is None
        if unknown or essence(a) != essence(b):
            found.append(_describe(name, words, a, b))
    fields_found = {item.field for item in found}
    repeated = {follower for field, followers in _FOLLOWERS.items() if field in fields_found for follower in followers}
    return [item for item in found if item.field not in repeated]


def _describe(name: str, words: str, before: Any, now: Any) -> IdentityDifference:
    if name == "code":
        return IdentityDifference(name, words, "", _edited(before, now))
    if name in ("metric_code", "plugins"):
        changed = [key for key in {**before, **now} if essence(before.get(key)) != essence(now.get(key))]
        texts = [f"{key}: {_edited(before.get(key), now.get(key))}" for key in changed]
        return IdentityDifference(name, words, "", "; ".join(texts))
    if name == "signature":
        a, b = (set(str(text).split("|")) for text in (before, now))
        return IdentityDifference(name, words, "|".join(sorted(a - b)), "|".join(sorted(b - a)))
    if name == "suite":
        return IdentityDifference(name, words, "", "its files were edited")
    return IdentityDifference(name, words, _text(before), _text(now))


def _edited(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    """Say which files of some code changed."""
    if not before or not now:
        return "there is none now" if before else "there was none before"
    if now["digest"] is None:
        return f"the source of {now['name']} cannot be read, so nothing tells whether it changed"
    if before["name"] != now["name"] or before["kind"] != now["kind"]:
        return f"{before['name']}, now {now['name']}"
    old, new = before.get("files") or {}, now.get("files") or {}
    edited = [file for file in new if old.get(file, new[file]) != new[file]]
    gone, added = [file for file in old if file not in new], [file for file in new if file not in old]
    texts = [
        f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''} {was} {verb}"
        for names, verb in ((edited, "edited"), (added, "added"), (gone, "removed"))
        if names
        for was in ["was" if len(names) == 1 else "were"]
    ]
    return ", ".join(texts) or f"{now['name']} {before.get('version')}, now {now.get('version')}"


def essence(value: Any) -> Any:
    """Reduce what a record says of code and files to what tells them apart: where they lie does not count."""
    if not isinstance(value, Mapping):
        return value
    if "sha256" in value:
        return value["sha256"]
    if "digest" in value:
        return [value.get("kind"), value.get("version"), value["digest"]]
    return {key: essence(value[key]) for key in sorted(value)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping) and "sha256" in value:
        return f"{value.get('name')} {str(value['sha256'])[:8]}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_text(value[key])}" for key in sorted(value))
    return str(value)
