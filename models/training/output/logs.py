"""The loss curve on disk: a row for each step and for each epoch, and TensorBoard where it is asked for."""

from __future__ import annotations

import csv
import io
import logging
import math
import os
from typing import TYPE_CHECKING, Any

from videosal.disk.whole_file import write_whole
from videosal.errors import InputError, RunError
from videosal.models.training.output.checkpoints import BOARD, EPOCHS, STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

_log = logging.getLogger(__name__)

STEP_COLUMNS = ("step", "epoch", "lr", "loss", "gradient_norm", "clips", "skipped", "seconds")


class StepLog:
    """``steps.csv``: each row is handed to the system at once, so that a kill loses none.

    Parameters
    ----------
    folder : Path
        Of the training.
    step : int
        Rows after this step are dropped: they are of an epoch that is done again.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._file = folder / STEPS
        kept = _rows_up_to(self._file, step)
        write_whole(self._file, lambda part: part.write_text(_csv([STEP_COLUMNS, *kept]), encoding="utf-8"))
        self._handle = self._file.open("ab", buffering=0)

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a step, counted from 1; NaN is written as nothing."""
        try:
            self._handle.write(_csv([[row[name] for name in STEP_COLUMNS]]).encode())
        except OSError as error:
            raise RunError(f"cannot write {self._file} ({error.strerror or error})") from error

    def flush(self) -> None:
        """Make sure that a power cut loses no row either."""
        os.fsync(self._handle.fileno())

    def __enter__(self) -> StepLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.close()


class Board:
    """TensorBoard's event files in ``OUT/tensorboard``.

    Raises
    ------
    InputError
        The package is not installed.
    """

    def __init__(self, folder: Path, step: int) -> None:
        check_board()
        from torch.utils.tensorboard import SummaryWriter

        # What was written after the step is of an epoch that is done again: TensorBoard then leaves it out.
        self._writer = SummaryWriter(folder / BOARD, purge_step=step + 1)

    def write(self, group: str, row: Mapping[str, Any], step: int) -> None:
        """Add the numbers of a row, as ``GROUP/NAME``."""
        for name, value in row.items():
            if isinstance(value, (int, float)) and name not in ("step", "epoch"):
                self._writer.add_scalar(f"{group}/{name}", value, step)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def check_board() -> None:
    """Raise `InputError` unless TensorBoard is installed."""
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError as error:
        raise InputError("--tensorboard needs a package that is not there: pip install tensorboard") from error


def write_epochs(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write ``epochs.csv`` anew; its columns are those of the rows, in the order in which they first come."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, *([row.get(name, "") for name in columns] for row in rows)]
    write_whole(folder / EPOCHS, lambda part: part.write_text(_csv(lines), encoding="utf-8"))


def _rows_up_to(file: Path, step: int) -> list[list[str]]:
    if not step:
        return []
    file.touch()
    with file.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in list(csv.reader(handle))[1:] if len(row) == len(STEP_COLUMNS) and int(row[0]) <= step]
    if len(rows) != step:
        _log.warning("%s holds %d of the %d steps so far: the others are lost, training goes on", file, len(rows), step)
    return rows


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return "" if isinstance(value, float) and math.isnan(value) else value
