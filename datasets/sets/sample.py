"""The built-in data set `sample`: small synthetic videos watched by simulated observers.

It is generated once into the user's cache, in DHF1K's official folder layout, and read by the same adapter. Its
figures say nothing about people; it is there so that everything can be tried and tested without a download.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

from videosal.datasets.sets.dhf1k import Dhf1k
from videosal.disk.user_cache import cache_folder
from videosal.errors import DatasetError

VERSION = 1  # of the generated files; raise it when they change
_MARKER = "videosal-sample.txt"


class Sample(Dhf1k):
    """Three training and five test videos."""

    name = "sample"
    title = "Sample"
    default_split: ClassVar[str | None] = "test"
    numbers: ClassVar[dict[str, range]] = {"train": range(1, 4), "test": range(4, 9)}

    def has_truth(self, split: str) -> bool:
        """Both splits have ground truth."""
        del split
        return True

    def known_videos(self, split: str) -> dict[str, int | None]:
        """The videos of a split with their numbers of frames."""
        from videosal.datasets.sets.sample_scenes import SCENES

        return {f"{number:04d}": SCENES[number - 1].n_frames for number in self.numbers[split]}

    def locate(self, root: Path | None) -> Path:
        """Return the folder of the generated files, after making them; raise `DatasetError` where they cannot be."""
        folder = root if root is not None else sample_folder()
        if not (folder / _MARKER).is_file():
            try:
                generate_sample(folder)
            except OSError as error:
                raise DatasetError(
                    f"the sample cannot be made in {folder} ({error.strerror or error}): "
                    "name another folder in the environment variable VIDEOSAL_CACHE"
                ) from error
        return folder


def sample_folder() -> Path:
    """Return where the sample is kept: ``$VIDEOSAL_CACHE``, or the user's cache folder."""
    return cache_folder() / f"sample-v{VERSION}"


def generate_sample(folder: Path) -> None:
    """Write the sample to `folder`, which must not exist or be empty.

    The files are written beside it and moved there at the end, so a broken attempt leaves nothing, and two processes
    may do it at once.
    """
    from videosal.datasets.sets.sample_scenes import SCENES, write_scene

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        made = Path(scratch) / "sample"
        for number, scene in enumerate(SCENES, 1):
            write_scene(made, number, scene)
        (made / _MARKER).write_text(f"videosal sample data, version {VERSION}: synthetic, generated\n")
        try:
            made.rename(folder)
        except OSError:
            if not (folder / _MARKER).is_file():  # another process was not first: there is something else
                raise
