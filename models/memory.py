"""How much memory a piece of work needs at most."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_PROCESS = Path("/proc/self")


class PeakMemory:
    """Measure the peak memory of what runs inside a ``with``.

    Parameters
    ----------
    device : str
        Name of a PyTorch device. On a GPU it is what PyTorch held there; elsewhere the resident memory of the whole
        process, as Linux counts it.

    Attributes
    ----------
    peak : int or None
        Bytes; None before the end, and where it cannot be measured.
    """

    def __init__(self, device: str) -> None:
        self.peak: int | None = None
        self._device = device
        self._on_gpu = device.startswith("cuda")
        self._can_reset = False

    def __enter__(self) -> PeakMemory:
        if self._on_gpu:
            import torch

            torch.cuda.reset_peak_memory_stats(self._device)
            return self
        try:
            (_PROCESS / "clear_refs").write_text("5")  # forgets the peak of what ran before
            self._can_reset = True
        except OSError:
            self._can_reset = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._on_gpu:
            import torch

            self.peak = torch.cuda.max_memory_allocated(self._device)
        elif self._can_reset:
            self.peak = _resident_peak((_PROCESS / "status").read_text())


def _resident_peak(status: str) -> int | None:
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(lines["VmHWM"].split()[0]) * 1024 if "VmHWM" in lines else None
