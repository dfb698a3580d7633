"""Work that travels to other machines: paths that mean the same there, and the check that they do."""

from __future__ import annotations

import socket
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.plan import CENTER, MEAN_OTHERS
from videosal.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from videosal.benchmark.plan import ModelSpec, Plan, SharedJob


def make_absolute(plan: Plan) -> Plan:
    """Write the paths of a plan in full: a worker elsewhere has another working directory."""
    return replace(
        plan,
        root=plan.root.absolute(),
        baseline=plan.baseline if plan.baseline in (MEAN_OTHERS, CENTER) else _full(plan.baseline),
        negatives=None if plan.negatives is None else _full(plan.negatives),
        plugins=tuple(plugin.absolute() for plugin in plan.plugins),
        model=None if plan.model is None else _make_spec_absolute(plan.model),
    )


def make_job_absolute(shared: SharedJob) -> SharedJob:
    """Write the folder or archive of a job's maps in full."""
    found = shared.jobs[0].files
    if found is None:
        return shared
    full = cache(Path.absolute)
    files = {frame: replace(ref, root=full(ref.root)) for frame, ref in found.items()}
    return replace(shared, jobs=tuple(replace(job, files=files) for job in shared.jobs))


def needed_paths(plan: Plan, jobs: Iterable[SharedJob]) -> tuple[Path, ...]:
    """Return the files and folders that every worker must see, those of `make_absolute` and `make_job_absolute`.

    The folder for saved maps is made, so that none is made on a worker's own disk.
    """
    files = [text for text in (plan.baseline, plan.negatives) if text is not None and text not in (MEAN_OTHERS, CENTER)]
    paths = [plan.root, *map(Path, files), *plan.plugins]
    if (spec := plan.model) is not None:
        paths += [Path(spec.weights)] if spec.weights is not None and Path(spec.weights).exists() else []
        paths += [Path(spec.name.rpartition(":")[0])] if ".py:" in spec.name else []
        if spec.save_maps is not None:
            spec.save_maps.mkdir(parents=True, exist_ok=True)
            paths.append(spec.save_maps)
    paths += {ref.root for shared in jobs for ref in (shared.jobs[0].files or {}).values()}
    return tuple(dict.fromkeys(paths))


def check_paths(paths: Sequence[Path]) -> None:
    """Raise `RunError` with the name of this machine where it does not see one of them."""
    for path in paths:
        if not _is_seen(path):
            raise RunError(
                f"the worker on {socket.gethostname()} does not see {path}: every worker must see the data, the maps "
                "and the model under the same paths"
            )


def _is_seen(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no right to look
        return False


def _make_spec_absolute(spec: ModelSpec) -> ModelSpec:
    options: dict[str, Any] = {
        key: value.absolute() if isinstance(value, Path) else value for key, value in _typed(spec).items()
    }
    return replace(
        spec,
        name=_full(spec.name) if ".py:" in spec.name else spec.name,
        weights=_full(spec.weights) if spec.weights is not None and Path(spec.weights).exists() else spec.weights,
        options=options,
        save_maps=None if spec.save_maps is None else spec.save_maps.absolute(),
    )


def _typed(spec: ModelSpec) -> dict[str, Any]:
    """Return a model's options, with paths for texts that the model takes as such."""
    from videosal.models import model_options

    known = model_options(spec.name)
    return {
        key: Path(value) if isinstance(value, str) and "Path" in known[key].types else value
        for key, value in spec.options.items()
    }


def _full(path: str) -> str:
    return str(Path(path).absolute())
