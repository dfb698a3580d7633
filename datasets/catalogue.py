"""The data sets by name: registry, splits, and where their copies lie."""

from __future__ import annotations

import os
import tomllib
from abc import ABC, abstractmethod
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from videosal.datasets.pack.packed import is_pack, open_pack
from videosal.datasets.records import Dataset, Split, Video
from videosal.errors import DatasetError, InputError, UnknownNameError, VideosalError, did_you_mean
from videosal.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONFIG_FILE = "videosal.toml"
ROOT_VARIABLE = "VIDEOSAL_DATA"


class DatasetAdapter(ABC):
    """Knows the splits of a data set and finds their videos in a folder.

    Attributes
    ----------
    name, title : str
        As in ``dhf1k:val``, and as printed.
    default_split : str, optional
        The split that the bare name means; None where a split must be given.

    A subclass that is a dataclass has its fields as options, which `load_dataset` passes on (``unit`` of Hollywood-2).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    default_split: ClassVar[str | None] = None

    @abstractmethod
    def splits(self) -> tuple[Split, ...]:
        """Describe the splits."""

    @abstractmethod
    def videos(self, split: str, root: Path) -> Sequence[Video]:
        """Find the videos of `split` in the copy at `root`, in order; raise `DatasetError` if `root` is no copy."""

    def known_videos(self, split: str) -> dict[str, int | None]:
        """Name the videos of a full copy of `split`, with their numbers of frames where these are known."""
        del split
        return {}

    def locate(self, root: Path | None) -> Path:
        """Return the folder of the copy: `root`, else the one that the user's settings name."""
        return _check_folder(self.name, root if root is not None else _configured_root(self.name))


_registry: Registry[type[DatasetAdapter]] = Registry(
    "dataset",
    "videosal.datasets",
    {
        "avimos": "videosal.datasets.sets.avimos:Avimos",
        "dhf1k": "videosal.datasets.sets.dhf1k:Dhf1k",
        "diem": "videosal.datasets.sets.diem:Diem",
        "hollywood2": "videosal.datasets.sets.hollywood2:Hollywood2",
        "sample": "videosal.datasets.sets.sample:Sample",
        "ucf": "videosal.datasets.sets.ucf:Ucf",
    },
)


def register_dataset(name: str) -> Callable[[type[DatasetAdapter]], type[DatasetAdapter]]:
    """Return a decorator that adds a `DatasetAdapter` class under `name`."""
    return _registry.register(name)


def list_datasets() -> list[str]:
    """Return the names of all data sets, sorted."""
    return _registry.names()


def dataset_adapter(name: str, **options: Any) -> DatasetAdapter:
    """Return the adapter of the data set called `name`.

    Raises
    ------
    UnknownNameError
        There is no such data set.
    InputError
        The data set has no such option, or the option no such value.
    """
    adapter = _registry.get(name)
    known: list[str] = [field.name for field in fields(adapter)] if is_dataclass(adapter) else []
    for option in options:
        if option not in known:
            hint = did_you_mean(option, known) if known else "it takes none"
            raise InputError(f"{name} has no option {option!r}: {hint}")
    return adapter(**options)


def parse_name(text: str, **options: Any) -> tuple[DatasetAdapter, Split]:
    """Resolve ``name:split``.

    Raises
    ------
    UnknownNameError
        The data set or the split does not exist; the text offers the nearest names.
    DatasetError
        The split is not given and the data set has no default one.
    """
    name, _, split_name = text.partition(":")
    adapter = dataset_adapter(name, **options)
    splits = {split.name: split for split in adapter.splits()}
    split_name = split_name or adapter.default_split or ""
    if not split_name:
        raise DatasetError(f"{name} needs a split: {' or '.join(f'{name}:{known}' for known in splits)}")
    if split_name not in splits:
        raise UnknownNameError.of(f"split of {name}", split_name, splits)
    return adapter, splits[split_name]


def load_dataset(name: str, root: str | Path | None = None, *, check_pack: bool = True, **options: Any) -> Dataset:
    """Open one split of a copy of a data set.

    Parameters
    ----------
    name : str
        ``dhf1k:val`` and so on; see `list_datasets`.
    root : path, optional
        Folder of the copy, or a file that ``videosal pack`` made. Default: the folder called like the data set in
        ``$VIDEOSAL_DATA``, or the one that ``videosal.toml`` in the working directory gives (``[roots]``,
        ``dhf1k = "..."``). `sample` needs none.
    check_pack : bool
        Compare a pack with the copy that it was made from, where that is still there.
    **options
        Of some data sets: ``unit="clip"`` joins the shots of Hollywood-2; ``sigma`` (pixels) and ``outside``
        (``"drop"``, ``"clamp"``) say how raw DIEM becomes ground truth.

    Returns
    -------
    Dataset
        The videos of the split that the copy holds.

    Raises
    ------
    UnknownNameError
        There is no such data set or split.
    DatasetError
        The root is not there, is no copy of the data set, or holds no video of the split.
    InputError
        The data set has no such option.
    """
    adapter, split = parse_name(name, **options)
    root = None if root is None else Path(root).expanduser()
    if root is not None and is_pack(Path(root)):
        source = partial(load_dataset, name, **options) if check_pack else None
        return open_pack(Path(root), adapter.name, adapter.title, split, source)
    folder = adapter.locate(Path(root) if root is not None else None)
    videos = adapter.videos(split.name, folder)
    if not videos:
        others = {other.name: len(adapter.videos(other.name, folder)) for other in adapter.splits()}
        held = ", ".join(f"{count} of {adapter.name}:{other}" for other, count in others.items() if count)
        raise DatasetError(f"{folder} holds no video of {adapter.name}:{split.name} (it holds {held or 'none at all'})")
    return Dataset(
        adapter.name,
        adapter.title,
        split,
        folder,
        videos,
        lambda sibling: load_dataset(f"{adapter.name}:{sibling}", folder, **options),
    )


def _configured_root(name: str) -> Path:
    config = Path(CONFIG_FILE)
    if config.is_file():
        try:
            roots = tomllib.loads(config.read_text(encoding="utf-8-sig")).get("roots", {})
        except OSError as error:
            raise VideosalError(f"{config}: cannot be read ({error.strerror or error})") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise VideosalError(f"{config}: not a valid TOML file ({error})") from error
        if not isinstance(roots, dict):
            raise VideosalError(f"{config}: roots is {roots!r}, expected a table, [roots]")
        if name in roots:
            if not isinstance(roots[name], str) or "\0" in roots[name]:
                raise VideosalError(f"{config}: {name} is {roots[name]!r}, expected text, the folder of the copy")
            return Path(roots[name]).expanduser()
    if base := os.environ.get(ROOT_VARIABLE):
        return Path(base).expanduser() / name
    raise DatasetError(
        f"no root for {name}: give --root DIR, set {ROOT_VARIABLE} to a folder that holds {name}/, "
        f"or write {name} under [roots] in {CONFIG_FILE}"
    )


def _check_folder(name: str, folder: Path) -> Path:
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise DatasetError(f"the root of {name}, {folder}, {what}")
    return folder
