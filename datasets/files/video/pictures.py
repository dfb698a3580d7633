"""Which pictures a video file holds, told from its packets: what its header says of their number is a promise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_ATTACHED_PICTURE = 0x400  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC
_HIDES_PICTURES = frozenset({"vp8"})  # codecs with packets that no picture comes of, and nothing outside tells which
_NOT_CODED = 8  # bytes: a picture of MPEG-4 that says no more than that it is not coded


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a video file.

    Attributes
    ----------
    count : int
        How many decoding gives.
    shown : tuple of int
        The picture that is seen in each frame where an AVI file has null frames, which repeat the picture before them;
        empty where there are none.
    cut : bool
        Whether the file ends within a picture, which is not counted.
    """

    count: int
    shown: tuple[int, ...] = ()
    cut: bool = False

    def for_frames(self, wanted: int) -> Sequence[int]:
        """Say which picture each frame is, for a video that should have `wanted` frames.

        Null frames count where there are too few pictures without them, and only there: many programs drop them, and
        ground truth that was made with such a program has none for them.
        """
        return self.shown if self.count < wanted <= len(self.shown) else range(self.count)


def choose_stream(container: Any, reopened: Any) -> Any:
    """Return the first stream of an opened file that is a video, and no cover; None if there is none.

    Parameters
    ----------
    container : InputContainer
        As PyAV opened it.
    reopened : callable
        Opens the file once more; asked for where several streams may be the video.
    """
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    if len(streams) < 2:
        return streams[0] if streams else None
    counts = dict.fromkeys((stream.index for stream in streams), 0)  # a cover that is not marked has one packet
    with reopened() as again:
        for packet in again.demux([again.streams[index] for index in counts]):
            counts[packet.stream_index] += bool(packet.size)
            if counts[streams[0].index] > 1:
                return streams[0]
    return next((stream for stream in streams if counts[stream.index] > 1), streams[0])


def _is_cover(stream: Any) -> bool:
    disposition = getattr(stream, "disposition", 0)
    return bool(int(getattr(disposition, "value", disposition)) & _ATTACHED_PICTURE)


def list_pictures(container: Any, stream: Any, first: Any) -> Pictures | None:
    """Find the pictures of a stream without decoding it.

    Parameters
    ----------
    container, stream
        Freshly opened.
    first : VideoFrame
        The first picture that decoding gives: what should be shown before it refers to what the file does not hold.

    Returns
    -------
    Pictures or None
        None where packets do not tell: fields of interlaced video, pictures that are coded and never shown.
    """
    if stream.codec_context.name in _HIDES_PICTURES or first.interlaced_frame:
        return None
    mpeg4 = stream.codec_context.name == "mpeg4"
    times: list[Any] = []
    cut = False
    for packet in container.demux(stream):
        if packet.size and not packet.is_discard:
            if packet.pts is None or (mpeg4 and packet.size < _NOT_CODED):
                return None
            times.append(packet.pts)
            cut = bool(packet.is_corrupt)
    if first.pts is None or len(set(times)) < len(times):
        return None
    times = sorted(time for time in (times[:-1] if cut else times) if time >= first.pts)
    return Pictures(len(times), _shown(times) if container.format.name == "avi" else (), cut)


def _shown(times: Sequence[int]) -> tuple[int, ...]:
    """Say which picture each frame of an AVI file shows, from the times of the pictures.

    Behind the last picture there is nothing to repeat it until: a file that was cut ends as one with null frames does.
    """
    if len(times) < 2:
        return ()
    gaps = [later - time for time, later in pairwise(times)]
    step = median_low(gaps)  # a file with a fine clock has null frames throughout, which stand for nothing
    lasts = [*(max(1, round(gap / step)) for gap in gaps), 1]
    return tuple(i for i, n in enumerate(lasts) for _ in range(n)) if sum(lasts) > len(times) else ()
