"""Which columns the layouts of the papers' tables have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from videosal.errors import UnknownNameError
from videosal.leaderboards.board.table import Column

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of a table.

    Attributes
    ----------
    attributes : tuple of Column
        What describes a model, left of the scores.
    metrics : tuple of str
        Metrics of every group of columns, in order.
    digits : int
        Decimals of the scores.
    published : str
        Published table that is printed where none is named and there are no runs.
    above_runs : bool
        Whether it stands above runs too.
    """

    attributes: tuple[Column, ...]
    metrics: tuple[str, ...]
    published: str
    above_runs: bool = False
    digits: int = 3


# Decimals as the paper prints them: 193.3 GFLOPs, 643 MB, 0.035 s.
_ATTRIBUTES = (
    Column("input_size", "", "Input size", digits=None),
    Column("gflops", "", "FLOPs (G)", digits=1),
    Column("model_size_mb", "", "Model size (MB)", digits=0),
    Column("runtime_s", "", "Runtime (s)", digits=3),
)

_ABLATION_METRICS = ("cc", "nss", "sim", "auc_judd", "kld")

_LAYOUTS = {
    "table1": Layout(_ATTRIBUTES, ("cc", "nss", "sim", "auc_judd", "sauc"), "stsanet-table1"),
    "table2": Layout((), ("cc", "nss", "sim", "auc_judd"), "stsanet-table2"),
    # The ablations of STSANet mean little without the paper's own rows.
    **{
        f"table{number}": Layout((), _ABLATION_METRICS, f"stsanet-table{number}", above_runs=True)
        for number in (3, 4, 5, 6)
    },
}


def list_layouts() -> list[str]:
    """Names of the layouts, sorted; ``table1`` is that of Table I of the STSANet paper."""
    return sorted(_LAYOUTS)


def get_layout(name: str) -> Layout:
    """Return a layout by name.

    Raises
    ------
    UnknownNameError
        No layout has that name.
    """
    if name not in _LAYOUTS:
        raise UnknownNameError.of("table layout", name, _LAYOUTS)
    return _LAYOUTS[name]


def attribute_value(name: str, described: Mapping[str, object]) -> float | str | None:
    """Take an attribute out of a model's description.

    The input size may be text or (height, width), and is returned as text, width first as the paper prints it
    (``384x224``); the other attributes are numbers.
    """
    value = described.get(name)
    if isinstance(value, (list, tuple)):
        return "x".join(str(side) for side in reversed(value))
    if value is None or isinstance(value, (str, float)):
        return value
    return float(str(value))
