"""Make the identity of a run from its plan, its data and its row."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.maps.axes import describe
from videosal.benchmark.runs.identity import Identity
from videosal.benchmark.runs.provenance import hash_file
from videosal.code_identity import identify_file, identify_object, suite_digest, suite_version
from videosal.datasets.files.contents import digest
from videosal.metrics import list_metrics
from videosal.metrics.definitions import OURS, custom_metric
from videosal.models.registry import find_factory, needs_frames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from videosal.benchmark.plan import ModelSpec, Plan
    from videosal.datasets import Dataset


def make_identity(plan: Plan, truth: Dataset, row: Mapping[str, Any]) -> Identity:
    """Say what a run is a run of.

    Parameters
    ----------
    plan, truth
        What is scored, and the open split.
    row : mapping
        What ``run.json`` says of the model or folder: ``name``, ``kind``, ``predictions``, ``first_frame``, ``axes``,
        ``made_by``, ``model_spec``.
    """
    names = [video.name for video in truth]
    code = {name: identify_object(custom_metric(name).compute).to_json() for name in _custom(plan)}
    return Identity(
        name=row["name"],
        dataset=plan.dataset,
        dataset_options=plan.dataset_options,
        truth=truth.fingerprint(),
        videos=f"{len(names)} {digest(chr(10).join(names).encode())[:8]}",
        protocol=plan.protocol.name,
        signature=plan.signature(),
        metric_code=code,
        calibration=plan.calibration,
        baseline=plan.baseline_text,
        negatives=plan.negatives_text,
        seed=plan.seed,
        sample=plan.sample,
        depth="files" if _is_of_files(plan) else "float" if plan.float_maps else "8bit",
        human="" if plan.human is None else plan.human.density,
        kind=row["kind"],
        folder=row.get("predictions"),
        reading=_reading(row),
        frames=_frames(truth) if plan.model is not None and needs_frames(plan.model.name) else None,
        plugins={plugin.name: identify_file(plugin).to_json() for plugin in plan.plugins},
        version=suite_version(),
        suite=suite_digest(),
        **(
            made_by(plan.model, row["model_spec"]["weights_sha256"])
            if plan.model is not None
            else row.get("made_by") or NOBODY
        ),
    )


NOBODY: dict[str, Any] = {"model": None, "options": {}, "weights": None, "code": None}


def made_by(spec: ModelSpec, weights_sha256: str | None) -> dict[str, Any]:
    """Say what makes the maps: the model's name, options, weights and code."""
    file, _, attribute = spec.name.rpartition(":")
    return {
        "model": f"{Path(file).name}:{attribute}" if file.endswith(".py") else spec.name,
        "options": {key: _option(value) for key, value in sorted(spec.options.items())},
        "weights": {"name": Path(spec.weights).name, "sha256": weights_sha256} if spec.weights else None,
        "code": (identify_file(file) if file.endswith(".py") else identify_object(find_factory(spec.name))).to_json(),
    }


def made_by_of(identity: Identity) -> dict[str, Any]:
    """Return the part of an identity that says what made the maps."""
    return {key: getattr(identity, key) for key in NOBODY}


def _is_of_files(plan: Plan) -> bool:
    return plan.model is None and plan.human is None


def _reading(row: Mapping[str, Any]) -> str:
    orders = sorted(set(map(tuple, row.get("axes", {}).values())))
    parts = [f"first map {row['first_frame']}"] if "first_frame" in row else []
    return ", ".join([*parts, *(f"axes {describe(order)}" for order in orders)])


def _frames(truth: Dataset) -> str:
    files = ((video.name, stamp.name, stamp.size) for video in truth for stamp in video.frame_files())
    return digest("\n".join(f"{video} {name} {size}" for video, name, size in files).encode(errors="surrogateescape"))


def _option(value: Any) -> Any:
    """Return an option as text; of a file also what it holds, of a folder the names and sizes of its files."""
    text = str(value)
    if not text or not Path(text).exists():
        return text
    if Path(text).is_file():
        return _file(Path(text))
    files = sorted(file for file in Path(text).rglob("*") if file.is_file())
    listed = "\n".join(f"{file.relative_to(text)} {file.stat().st_size}" for file in files)
    digest_of = hashlib.sha256(listed.encode(errors="backslashreplace")).hexdigest()
    return {"name": Path(text).name, "sha256": digest_of}


def _file(path: Path) -> Any:
    return {"name": path.name, "sha256": hash_file(path)} if path.is_file() else str(path)


def _custom(plan: Plan) -> list[str]:
    known = set(list_metrics())
    return [name for name in plan.metrics if name not in OURS and name in known]
