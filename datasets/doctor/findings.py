"""What the doctor notes down: findings, and the counts of a video."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Kinds = dict[str, dict[int, Path]]  # per kind of file, the file of each frame; for a file of all frames, it each time


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (``problem``) or worth knowing (``note``).

    Attributes
    ----------
    kind : str
        ``videos``, ``names``, ``count``, ``gap``, ``size``, ``damage``, ``longer``, ``zero``, ``values``, ``disagree``,
        ``short``, ``stray``; of predictions ``predictions``.
    severity : {"problem", "note"}
        Problems should be mended.
    where : str
        Split, video or file.
    text : str
        What is the matter.
    names : tuple of str
        Of the files, frames or videos concerned.
    """

    kind: str
    severity: Literal["problem", "note"]
    where: str
    text: str
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class VideoCheck:
    """Counts of one video; None where they take decoding, or where there are no such files.

    Attributes
    ----------
    name, split : str
        The video.
    frames, densities, fixations, mats : int or None
        Frames, density maps, fixation maps as images (or in whatever form the copy has), as MATLAB files.
    first, last : int or None
        Numbers of the first and last frame with ground truth.
    size : (int, int) or None
        Height and width of most of its maps.
    findings : list of Finding
        What was found.
    """

    name: str
    split: str
    frames: int | None = None
    densities: int | None = None
    fixations: int | None = None
    mats: int | None = None
    first: int | None = None
    last: int | None = None
    size: tuple[int, int] | None = None
    findings: list[Finding] = field(default_factory=list)

    def problem(self, kind: str, text: str, names: Iterable[str] = ()) -> None:
        """Add something that should be mended."""
        self.findings.append(Finding(kind, "problem", self.name, text, tuple(names)))

    def note(self, kind: str, text: str, names: Iterable[str] = ()) -> None:
        """Add something worth knowing."""
        self.findings.append(Finding(kind, "note", self.name, text, tuple(names)))
