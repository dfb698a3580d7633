"""What the codec of a video did to its pictures: whether it loses anything, and doing the same once more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from videosal.datasets.files.video.video_files import VideoFile

_SHIFT = 4  # pixels: half a block of most codecs, so that coding again makes an error of its own
_LOSSLESS_TEXT = re.compile(rb"mbtree=0 qp=0(?!\d)| lossless ")  # in what x264 and x265 leave of their options
_LOSSLESS_PROFILE = "High 4:4:4 Predictive"  # of H.264; for 4:2:0 it is of no other use
_NAMES = {"libdav1d": "av1"}  # of codecs whose decoder is called otherwise
_START_CODE = re.compile(rb"\x00\x00\x01")
_PICTURE_STARTS = {"mpeg4": b"\x00\x00\x01\xb6", "mpeg1video": b"\x00\x00\x01\x00", "mpeg2video": b"\x00\x00\x01\x00"}


@dataclass(frozen=True, slots=True)
class _Coder:
    """An encoder, the range of its quantiser, and the options that are called as the quantiser is."""

    name: str
    coarsest: int
    settings: tuple[str, ...] = ("qmin", "qmax")
    others: dict[str, str] = field(default_factory=dict)


_VPX = {"cpu-used": "5", "deadline": "realtime"}
_CODERS = {
    "h264": _Coder("libx264", 51, ("qp",), {"preset": "veryfast"}),
    "hevc": _Coder(
        "libx265", 51, ("qp",), {"preset": "veryfast", "x265-params": "log-level=none:pools=none:frame-threads=1"}
    ),
    "vp8": _Coder("libvpx", 63, ("qmin", "qmax", "crf"), _VPX),
    "vp9": _Coder("libvpx-vp9", 63, ("qmin", "qmax", "crf"), _VPX),
    "h263": _Coder("h263p", 31),
    **{
        name: _Coder(name, 31)
        for name in ("mpeg4", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "flv", "mpeg1video", "mpeg2video", "mjpeg")
    },
    "msmpeg4": _Coder("msmpeg4", 31),
}


def lossy_codec(file: VideoFile) -> str | None:
    """Name the codec of a video that loses something; None where it loses nothing, as far as that can be told."""
    with file.opened() as (container, stream):
        context = stream.codec_context
        if not context.codec.lossy:
            return None
        if context.codec.lossless:  # it can be either
            if context.profile == _LOSSLESS_PROFILE and "444" not in str(context.pix_fmt):
                return None
            first = next((bytes(packet) for packet in container.demux(stream) if packet.size), b"")
            if _LOSSLESS_TEXT.search((context.extradata or b"") + first):
                return None
        return _NAMES.get(context.name, str(context.name))


def key_pictures(file: VideoFile) -> dict[int, int]:
    """Say which pictures were coded on their own, by their place in the video, and how many bytes each took."""
    sizes: dict[int, int] = {}
    with file.opened() as (container, stream):
        codec, times = stream.codec_context.name, []
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard and packet.pts is not None:
                times.append(packet.pts)
                if packet.is_keyframe:
                    sizes[packet.pts] = _picture_bytes(codec, bytes(packet))
    shown = sorted(times)[-len(file) :]  # the first ones may refer to what the file does not hold
    places = {time: place for place, time in enumerate(shown)}
    return {places[time]: size for time, size in sizes.items() if time in places}


def find_quantiser(levels: NDArray[Any], bits: int, codec: str, size: int) -> int | None:
    """Find how coarsely a picture was coded, by coding it until it needs no more bytes than before.

    Parameters
    ----------
    levels : (H, W) array of uint8 or uint16
        The luma of a picture of `key_pictures` as it was decoded.
    bits : int
        Of the luma.
    codec : str
        As `lossy_codec` names it.
    size : int
        Bytes that the picture took.

    Returns
    -------
    int or None
        For `code_again`. None where there is no encoder for such a picture.
    """
    coder, padded = _CODERS.get(codec), _padded(levels)
    if coder is None or bits not in (8, 10):
        return None
    fine, coarse = 1, coder.coarsest
    while fine < coarse:
        middle = (fine + coarse) // 2
        if (coded := _encode(codec, padded, bits, middle)) is None:
            return None
        if _picture_bytes(codec, coded[0]) > size:
            fine = middle + 1
        else:
            coarse = middle
    return fine


def code_again(levels: NDArray[Any], bits: int, codec: str, quantiser: int) -> NDArray[Any] | None:
    """Code the luma of a picture once more, on its own, the blocks of the codec lying elsewhere than before.

    Returns
    -------
    (H, W) array of uint8 or uint16, or None
        The luma after that; None where nothing comes back.
    """
    height, width = levels.shape
    padded = _padded(levels)
    coded = _encode(codec, padded, bits, quantiser)
    decoded = None if coded is None else _decode(codec, *coded, like=padded)
    return None if decoded is None else decoded[_SHIFT : _SHIFT + height, _SHIFT : _SHIFT + width]


def _padded(levels: NDArray[Any]) -> NDArray[Any]:
    """Move a picture by half a block; codecs ask for even sides."""
    height, width = levels.shape
    return np.pad(levels, ((_SHIFT, height % 2), (_SHIFT, width % 2)), mode="edge")


def _encode(codec: str, levels: NDArray[Any], bits: int, quantiser: int) -> tuple[bytes, Any] | None:
    """Return the bytes of one picture and the encoder's context; None where there is no such encoder."""
    import av

    coder = _CODERS[codec]
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p" if bits == 8 else "yuv420p10le"
    try:
        context: Any = av.CodecContext.create(coder.name, "w")
        context.height, context.width = levels.shape
        context.pix_fmt, context.time_base, context.framerate = pixels, Fraction(1, 25), Fraction(25)
        context.bit_rate = 10_000_000 if "qmin" in coder.settings and coder.name != "libvpx-vp9" else 0  # no limit
        context.thread_count = 1  # for one picture
        context.options = {**coder.others, **dict.fromkeys(coder.settings, str(quantiser))}
        packets = [*context.encode(_grey_frame(levels, pixels)), *context.encode(None)]
    except (av.error.FFmpegError, ValueError):  # this build of FFmpeg has no such encoder, or none for this format
        return None
    return b"".join(map(bytes, packets)), context


def _decode(codec: str, data: bytes, encoder: Any, *, like: NDArray[Any]) -> NDArray[Any] | None:
    """Decode one picture of the shape and type of `like`."""
    import av

    context: Any = av.CodecContext.create(codec, "r")
    context.height, context.width = like.shape
    if encoder.extradata:
        context.extradata = encoder.extradata
    frames = [*context.decode(av.Packet(data)), *context.decode(None)]
    if not frames:
        return None
    plane = frames[0].planes[0]
    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return np.ascontiguousarray(lines[:, : like.shape[1] * like.itemsize]).view(like.dtype)[: like.shape[0]]


def _grey_frame(levels: NDArray[Any], pixels: str) -> Any:
    """Make a frame of planar YUV with the chroma of grey."""
    import av

    height, width = levels.shape
    frame = av.VideoFrame(width, height, pixels)
    middle = np.full((height // 2, width // 2), 128 if levels.itemsize == 1 else 512, levels.dtype)
    for plane, content in zip(frame.planes, (levels, middle, middle), strict=True):
        lines = np.zeros((plane.height, plane.line_size), np.uint8)
        stored = np.ascontiguousarray(content).view(np.uint8)
        lines[:, : stored.shape[1]] = stored
        plane.update(lines.tobytes())
    return frame


def _picture_bytes(codec: str, packet: bytes) -> int:
    """Count the bytes of a picture alone, without what is said beside it of the stream and the encoder."""
    if start := _PICTURE_STARTS.get(codec):
        return len(packet) - max(packet.find(start), 0)
    if codec in ("h264", "hevc"):
        return sum(len(unit) for unit in _units(packet) if unit and _is_slice(codec, unit[0]))
    return len(packet)


def _is_slice(codec: str, head: int) -> bool:
    return 1 <= head & 31 <= 5 if codec == "h264" else head >> 1 & 63 < 32


def _units(packet: bytes) -> list[bytes]:
    """Split a packet of H.264 or HEVC at its start codes, or by the lengths in front of its units."""
    if packet.startswith((b"\x00\x00\x01", b"\x00\x00\x00\x01")):
        return _START_CODE.split(packet)
    units, place = [], 0
    while place + 4 <= len(packet):
        length = int.from_bytes(packet[place : place + 4], "big")
        units.append(packet[place + 4 : place + 4 + length])
        place += 4 + length
    return units
