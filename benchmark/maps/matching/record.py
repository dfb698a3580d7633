"""What was found: the inventory of a folder or archive of predictions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from videosal.benchmark.maps.reader import MapRef


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a folder or archive of predictions holds, measured against the ground truth.

    Attributes
    ----------
    files : dict of str to dict of str to MapRef
        For each video, the map of each frame that has one.
    missing : list of str
        ``video/frame`` of each ground-truth frame without a map.
    damaged : dict of str to str
        Files that cannot be read, and why.
    extra : list of str
        Files and folders that belong to no frame and no video.
    expected : int
        Number of ground-truth frames.
    starts : dict of str to int
        Videos whose maps look as if their numbers began elsewhere than those of the frames, and where: at 0 or 1.
    unread : dict of str to int
        Endings of files that may be maps and are not read, and how many there are.
    notes : list of str
        What a reader of the scores should know of how the maps were found.
    """

    files: dict[str, dict[str, MapRef]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    expected: int = 0
    starts: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
