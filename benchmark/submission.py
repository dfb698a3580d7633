"""Pack saliency maps for the server of DHF1K, whose test ground truth is withheld."""

from __future__ import annotations

import logging
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from videosal.errors import InputError, PredictionError, VideosalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from videosal.benchmark.maps.matching.record import Inventory
    from videosal.benchmark.maps.reader import MapReader, MapRef
    from videosal.datasets import Video

_log = logging.getLogger(__name__)

DATASET = "dhf1k"
SPLITS = ("test", "val")
#: What is to be done with the archive, for people.
INSTRUCTIONS = (
    "send a link to the archive to DHF1Kdataset@gmail.com with the name of the method and a short description; "
    "one submission a week is taken"
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A packed archive.

    Attributes
    ----------
    archive : Path
        ``NAME.zip`` with ``NAME/0701/0001.png`` and so on, 8-bit greyscale.
    videos, frames : int
        How many it holds.
    converted : int
        Maps that were no 8-bit PNG and were scaled to one.
    """

    archive: Path
    videos: int
    frames: int
    converted: int


@dataclass(frozen=True, slots=True)
class _ListedVideo:
    """A video as the facts list it, without a copy of the data."""

    name: str
    frame_names: tuple[str, ...]
    size: tuple[int, int] = (360, 640)  # of every video of DHF1K


def pack_submission(
    predictions: str | Path,
    out: str | Path,
    *,
    split: str = "test",
    name: str | None = None,
    first_frame: int | None = None,
) -> Submission:
    """Check that there is a map for every frame of the split, and nothing else, and pack the maps.

    Parameters
    ----------
    predictions : path
        As for `videosal.score`.
    out : path
        Folder for the archive.
    split : {"test", "val"}
        ``val`` packs the same way, so that the archive can be scored here.
    name : str, optional
        Name of the method, letters, digits, dots, hyphens and underscores. Default: the folder's.
    first_frame : int, optional
        As for `videosal.score`.

    Raises
    ------
    InputError
        The split or the name is wrong.
    PredictionError
        Maps are missing, superfluous, damaged or not finite.
    VideosalError
        The archive cannot be written.
    """
    from videosal.benchmark.maps.inventory import survey
    from videosal.benchmark.maps.reader import MapReader

    if split not in SPLITS:
        raise InputError(f"{DATASET}:{split} is not submitted: give {DATASET}:test, or {DATASET}:val for a dry run")
    folder = Path(predictions).expanduser()
    called = name or folder.resolve().stem
    if not re.fullmatch(r"\w[\w.-]*", called, re.ASCII):
        raise InputError(f"{called!r} is no name for an archive: give --name with letters, digits, dots and hyphens")
    videos = _listed_videos(split)
    inventory = survey(folder, cast("Sequence[Video]", videos), DATASET, first_frame)
    _check(folder, split, inventory, videos)
    for note in inventory.notes:
        _log.warning("%s: %s", folder, note)
    archive, converted, reader = Path(out).expanduser() / f"{called}.zip", 0, MapReader()
    part = archive.with_name(f".{archive.name}.part")
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        # The maps are compressed as PNG; a fixed date makes equal maps an equal archive.
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as packed:
            for video in videos:
                for frame in video.frame_names:
                    data, as_it_was = _encode(inventory.files[video.name][frame], reader)
                    converted += not as_it_was
                    packed.writestr(zipfile.ZipInfo(f"{called}/{video.name}/{frame}.png"), data)
        part.replace(archive)
    except OSError as error:
        raise VideosalError(f"cannot write {archive} ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)
    return Submission(archive, len(videos), inventory.expected, converted)


def _listed_videos(split: str) -> list[_ListedVideo]:
    from videosal.datasets.sets.dhf1k import Dhf1k

    counts = Dhf1k().known_videos(split)
    return [
        _ListedVideo(video, tuple(f"{number:04d}" for number in range(1, (count or 0) + 1)))
        for video, count in counts.items()
    ]


def _check(folder: Path, split: str, inventory: Inventory, videos: Sequence[_ListedVideo]) -> None:
    from videosal.benchmark.maps.matching.messages import describe_unread
    from videosal.benchmark.maps.matching.names import list_some

    without = [video.name for video in videos if not inventory.files[video.name]]
    missing = [name for name in inventory.missing if name.partition("/")[0] not in without]
    problems = []
    if without:
        problems.append(f"{len(without)} of {len(videos)} videos have no map ({list_some(without)})")
    if missing:
        problems.append(f"{len(missing)} frames have no map ({list_some(missing)})")
    if (without or missing) and (unread := describe_unread(inventory.unread)):
        problems.append(unread)
    if inventory.extra:
        problems.append(f"{len(inventory.extra)} files or folders are no frame of it ({list_some(inventory.extra)})")
    if inventory.damaged:
        damaged = (f"{file} {reason}" for file, reason in inventory.damaged.items())
        problems.append(f"{len(inventory.damaged)} cannot be read ({list_some(damaged)})")
    if problems:
        raise PredictionError(
            f"{folder} is not ready for {DATASET}:{split}: {'; '.join(problems)}: "
            "a map per frame is needed, called like the frame, such as 0701/0001.png"
        )


def _encode(ref: MapRef, reader: MapReader) -> tuple[bytes, bool]:
    """Return a map as 8-bit PNG, and whether it was one before."""
    import cv2

    from videosal.benchmark.maps.saved_maps import quantise

    saliency = reader.read(ref)
    if not np.isfinite(saliency).all():
        raise PredictionError(f"{ref.where} holds NaN or infinity: mend the map")
    plain = saliency.dtype == np.uint8
    done, encoded = cv2.imencode(".png", saliency if plain else quantise(saliency))
    if not done:
        raise PredictionError(f"{ref.where} cannot be written as PNG")
    return encoded.tobytes(), plain
