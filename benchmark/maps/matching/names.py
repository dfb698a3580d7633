"""Names of files and folders, and how they are compared and listed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from videosal.datasets.files.images import frame_number

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMED = 10  # how many names a message lists


def list_some(names: Iterable[object], limit: int = _NAMED) -> str:
    """Join the first names and count the rest."""
    texts = [str(name) for name in names]
    rest = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + rest


@lru_cache(maxsize=1 << 14)  # the frames of all videos are called alike in most data sets
def unpadded(name: str) -> str:
    """Strip image extensions and the zeros in front of numbers, so that ``0001.png.jpg`` and ``1`` are equal."""
    stem = re.sub(r"(\.(png|jpe?g|bmp|tiff?|npy))+$", "", name, flags=re.IGNORECASE)
    return re.sub(r"\d+", lambda match: str(int(match[0])), stem)


def last_number(name: str) -> str:
    return str(frame_number(unpadded(name)))


def only_number(name: str) -> str:
    numbers = re.findall(r"\d+", unpadded(name))
    return numbers[0] if len(numbers) == 1 else ""
