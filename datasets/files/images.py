"""Image files to arrays: one way to read ground truth, predictions and frames, with errors that name the file."""

from __future__ import annotations

import io
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from videosal.datasets.files.contents import note_content
from videosal.datasets.files.guard.failures import reading
from videosal.datasets.files.guard.limits import check_file_size, check_pixels, most_pixels
from videosal.datasets.files.guard.npy import decode_npy, map_npy
from videosal.datasets.files.guard.pictures import check_picture
from videosal.datasets.files.guard.png import plain_png
from videosal.datasets.files.png import decode_grey_png
from videosal.errors import DamagedFileError, FileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"})
MAP_SUFFIXES = IMAGE_SUFFIXES | {".npy"}

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_TIFF = (b"II*\x00", b"MM\x00*")
_SIDES = (256, 257)  # tags of width and height in a TIFF file
_SHORT = 3  # kind of numbers of two bytes there; others have four
_TAIL = 1024  # some writers leave bytes behind the end marker


def read_map(path: str | Path) -> NDArray[Any]:
    """Read a single-channel map.

    Parameters
    ----------
    path : path
        PNG, JPEG, BMP or TIFF of any depth, told by content, or ``.npy``.

    Returns
    -------
    ndarray, shape (H, W)
        In the file's own dtype. Colour files whose channels are equal count as grey.

    Raises
    ------
    FileError
        The file is missing, damaged, or no single-channel map.
    """
    return decode_map(read_bytes(path), str(path))


def read_bytes(path: str | Path) -> bytes:
    """Read a whole file; raise `FileError` where that cannot be done."""
    try:
        with io.FileIO(path) as file:
            check_file_size(os.fstat(file.fileno()).st_size, path)
            data = file.readall()
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error})") from error
    note_content(path, data)
    return data


def decode_map(data: bytes, where: str) -> NDArray[Any]:
    """Turn the content of a map file into an array, as `read_map` does.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        Its name, for messages; one that ends in ``.npy`` is a NumPy array, anything else an image.
    """
    if where.lower().endswith(".npy"):
        image = decode_npy(data, where)
    else:
        image = _one_channel(_decode(data, where, unchanged=True), where)
        if data.startswith(_TIFF) and (count := _count_pictures(data)) > 1:
            raise FileError(
                f"{where}: holds {count} pictures of one size, and a map is one: save a file per frame, or all maps of "
                "a video as .npy, .h5, .mat or video"
            )
    if image.ndim != 2 or image.size == 0:
        raise FileError(f"{where}: an array of shape {image.shape}, expected (height, width)")
    if image.dtype.kind not in "buif":
        raise FileError(f"{where}: values of type {image.dtype}, expected real numbers")
    check_pixels(image.shape, where)
    return image


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """Read a video frame as an (H, W, 3) uint8 RGB array; raise `FileError` where it is damaged."""
    import cv2

    return cast(
        "NDArray[np.uint8]", cv2.cvtColor(_decode(read_bytes(path), str(path), unchanged=False), cv2.COLOR_BGR2RGB)
    )


def decoded_size(path: Path) -> tuple[int, int]:
    """Return height and width of an image whose header does not tell them; raise `FileError` where it is damaged."""
    height, width = _decode(read_bytes(path), str(path), unchanged=True).shape[:2]
    return height, width


def find_damage(path: str | Path) -> str | None:
    """Say what is wrong with an image or ``.npy`` file, judged by its first and last bytes; None if nothing is.

    This takes microseconds where decoding takes milliseconds: a file cut short is found, a flipped bit is not.
    """
    return examine_ends(path)[0]


def examine_ends(path: str | Path) -> tuple[str | None, bool]:
    """Return what `find_damage` says, and whether the file is whole and has more than 1 KB behind its end."""
    try:
        with io.FileIO(path) as file:
            head = file.read(32)
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
        if suffix_of(str(path)) != ".npy":
            damage = describe_damage(head, tail)
            longer = bool(damage) and size > _TAIL and ends_early(read_bytes(path))
            return None if longer else damage, longer
    except OSError as error:
        return f"cannot be read ({error.strerror or error})", False
    try:
        map_npy(Path(path))
    except FileError as error:
        return str(error).removeprefix(f"{path}: "), False
    return None, False


def describe_damage(head: bytes, tail: bytes) -> str | None:
    """Say what is wrong with an image file, given its first 32 and last 1,024 bytes; None if nothing is."""
    if not head:
        return "is empty (0 bytes)"
    if head.startswith(_PNG):
        return None if b"IEND" in tail else "is truncated (a PNG without its end)"
    if head.startswith(_JPEG):
        return None if b"\xff\xd9" in tail else "is truncated (a JPEG without its end)"
    if head.startswith((b"BM", *_TIFF)):
        return None
    return "is not an image (PNG, JPEG, BMP or TIFF)"


def goes_on(data: bytes) -> bool:
    """Whether a PNG or JPEG is whole and has more than 1 KB behind its end."""
    return len(data) > _TAIL and describe_damage(data[:32], data[-_TAIL:]) is not None and ends_early(data)


def ends_early(data: bytes) -> bool:
    """Whether a PNG or JPEG is whole and has more than a few bytes behind its end, as some tools leave them."""
    if data.startswith(_PNG):
        place = len(_PNG)
        while place + 12 <= len(data):
            kind = data[place + 4 : place + 8]
            place += 12 + int.from_bytes(data[place : place + 4], "big")
            if kind == b"IEND":
                return place <= len(data)
        return False
    place = 2
    while data.startswith(_JPEG) and data[place : place + 1] == b"\xff":  # a preview in the head has an end of its own
        if data[place + 1 : place + 2] == b"\xda":
            return data.find(b"\xff\xd9", place) > 0
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return False


def image_files(folder: Path, suffixes: frozenset[str] = IMAGE_SUFFIXES) -> list[Path]:
    """List the files of `folder` with one of the `suffixes`, hidden ones left out, in the order of their numbers."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if suffix_of(entry.name) in suffixes and is_plain_file(entry)]
    return [folder / name for name in sorted(names, key=natural_key)]


def is_plain_file(entry: os.DirEntry[str]) -> bool:
    """Whether a directory entry is a file that is not hidden; a link that leads nowhere or in a circle is none."""
    try:
        return not entry.name.startswith(".") and entry.is_file()
    except OSError:
        return False


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key by which 2 comes before 10, and names that differ in padding alone stay apart."""
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part)


def frame_number(stem: str) -> int | None:
    """Return the number at the end of a frame's name (``img_00012`` -> 12), or None if it ends otherwise."""
    match = re.search(r"(\d+)$", stem)
    return int(match[1]) if match else None


def write_png(file: Path, image: NDArray[Any]) -> None:
    """Write an image, grey or BGR, as PNG; raises `OSError` where it cannot, which OpenCV does not tell."""
    import cv2

    _, encoded = cv2.imencode(".png", image)
    file.write_bytes(encoded.tobytes())


def suffix_of(name: str) -> str:
    """Return the ending of a file's name in lower case, with its dot."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # a Path for each of a million names takes seconds


def _one_channel(image: NDArray[Any], where: str) -> NDArray[Any]:
    if image.ndim == 2:
        return image
    colour = image[..., :3]  # a fourth channel is opacity
    if (colour != colour[..., :1]).any():
        raise FileError(f"{where}: a colour image, and a saliency map has one channel: save it as grey")
    return np.ascontiguousarray(colour[..., 0])


def _decode(data: bytes, where: str, *, unchanged: bool) -> NDArray[Any]:
    if unchanged and (picture := decode_grey_png(data, most_pixels())) is not None:
        return picture

    import cv2

    if (damage := describe_damage(data[:32], data[-_TAIL:])) and not ends_early(data):
        raise DamagedFileError(f"{where}: the file {damage}")
    check_picture(data, where)
    flags = cv2.IMREAD_UNCHANGED if unchanged else cv2.IMREAD_COLOR
    plain = plain_png(data) if data.startswith(_PNG) else data
    _silence_opencv()
    with reading(where, "picture"):
        image = cv2.imdecode(np.frombuffer(plain, np.uint8), flags)
    if image is None:
        raise DamagedFileError(f"{where}: the file is damaged and cannot be decoded")
    return cast("NDArray[Any]", image)


def _count_pictures(data: bytes) -> int:
    """Count the pictures of a TIFF file that are as large as its first; a thumbnail is none of them."""
    order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"

    def number(place: int, count: int) -> int:
        return int.from_bytes(data[place : place + count], order)

    sizes: list[dict[int, int]] = []
    seen, place = set(), number(4, 4)
    while place and place not in seen and place + 2 <= len(data):
        seen.add(place)
        entries = [place + 2 + 12 * at for at in range(number(place, 2))]
        kinds = {number(at, 2): at for at in entries}
        sizes.append(
            {tag: number(at + 8, 2 if number(at + 2, 2) == _SHORT else 4) for tag, at in kinds.items() if tag in _SIDES}
        )
        place = number(place + 2 + 12 * len(entries), 4)
    return sum(size == sizes[0] for size in sizes)


@cache
def _silence_opencv() -> None:
    """Keep from the terminal what OpenCV says there of a damaged file: it names none."""
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
