"""Small synthetic copies of every data set in every layout that is in use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import h5py
import numpy as np
import pytest
from scipy.io import savemat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Truth:
    """What a copy was written from: frame k has densities[k], fixations[k] (0 or 1) and images[k]."""

    numbers: tuple[int, ...]
    densities: NDArray[np.uint8]
    fixations: NDArray[np.uint8]
    images: NDArray[np.uint8]


@dataclass(frozen=True)
class Tree:
    """How a copy is laid out: templates of the files of a video, with its number ``n``; ``T`` marks one for all."""

    dataset: str
    video: str
    first: int = 1
    densities: str | None = None
    fixations: str | None = None
    mats: str | None = None
    frames: str | None = None
    density_stack: str | None = None
    fixation_stack: str | None = None
    mat_key: str = "I"
    extra: tuple[str, ...] = field(default=())


def _tree(**places: Any) -> Tree:
    return Tree(**places)


_DHF1K = {"dataset": "dhf1k:val", "video": "0601"}
_SHOT = "actioncliptest00004_2"
_HOLLYWOOD = {"dataset": "hollywood2:test", "video": _SHOT, "first": 74}
_UCF = {"dataset": "ucf:test", "video": "Diving-Side-001"}
_DIEM = {"dataset": "diem:ii", "video": "one_show_1280x712"}
_SHOW = "one_show_1280x712"


def _per_video(folder: str, stem: str, fixation: str = "fixation", frames: str | None = None) -> dict[str, str]:
    return {
        "densities": f"{folder}/maps/{stem}.png",
        "fixations": f"{folder}/{fixation}/{stem}.png",
        "mats": f"{folder}/{fixation}/maps/{stem}.mat",
        "frames": f"{frames or folder + '/images'}/{stem}.png",
    }


TREES: dict[str, Tree] = {
    "dhf1k official": _tree(**_DHF1K, **_per_video("annotation/0601", "{n:04d}", frames="video/601")),
    "dhf1k unisal": _tree(**_DHF1K, **_per_video("annotation/0601", "{n:04d}")),
    "dhf1k tased": _tree(**_DHF1K, **_per_video("annotation/0601", "{n:04d}", frames="video/0601")),
    "dhf1k vip": _tree(**_DHF1K, **_per_video("annotation/0601", "{n:04d}", frames="video_png/601")),
    "dhf1k hd2s": _tree(**_DHF1K, **_per_video("annotation/0601", "{n:04d}", frames="frames/0601")),
    "dhf1k aclnet": _tree(**_DHF1K, **_per_video("val/0601", "{n:04d}")),
    "dhf1k stra-net": _tree(**_DHF1K, **_per_video("eval/0601", "{n:04d}")),
    "dhf1k vinet": _tree(**_DHF1K, **_per_video("0601", "{n:04d}", "fixations")),
    "dhf1k stsanet": _tree(**_DHF1K, **_per_video("labels/0601", "{n:04d}", frames="pictures/0601/images")),
    "dhf1k salema": _tree(
        **_DHF1K,
        densities="maps/601/{n:04d}.png",
        fixations="fixations/601/{n:04d}.png",
        frames="frames/601/{n}.png",
    ),
    "hollywood2 release": _tree(**_HOLLYWOOD, **_per_video(f"testing/{_SHOT}", "actioncliptest00004_{n:05d}")),
    "hollywood2 vinet": _tree(**_HOLLYWOOD, **_per_video(_SHOT, "actioncliptest00004_{n:05d}")),
    "hollywood2 stsanet": _tree(
        **_HOLLYWOOD,
        **_per_video(f"l/{_SHOT}", "actioncliptest00004_{n:05d}", frames=f"f/{_SHOT}/images"),
    ),
    "ucf release": _tree(**_UCF, **_per_video("testing/Diving-Side-001", "Diving-Side_001_{n:03d}")),
    "ucf vinet": _tree(**_UCF, **_per_video("Diving-Side-001", "Diving-Side_001_{n:03d}")),
    "ucf stra-net": _tree(**_UCF, **_per_video("test/Diving-Side_001", "{n:04d}")),
    "diem stavis": _tree(
        **_DIEM,
        densities=f"annotations/DIEM/{_SHOW}/maps/eyeMap_{{n:05d}}.jpg",
        mats=f"annotations/DIEM/{_SHOW}/fixMap_{{n:05d}}.mat",
        frames=f"video_frames/DIEM/{_SHOW}/img_{{n:05d}}.jpg",
        mat_key="eyeMap",
        extra=(f"annotations/DIEM/{_SHOW}/eye_tracks.mat", f"video_audio/DIEM/{_SHOW}/{_SHOW}.wav"),
    ),
    "diem stsanet": _tree(
        **_DIEM,
        densities=f"ann/{_SHOW}/maps/eyeMap_{{n:05d}}.jpg",
        mats=f"ann/{_SHOW}/fixMap_{{n:05d}}.mat",
        frames=f"testing/{_SHOW}/img_{{n:05d}}.jpg",
        mat_key="eyeMap",
    ),
    "diem one file": _tree(
        **_DIEM,
        density_stack=f"maps/{_SHOW}_fixMaps.mat",
        fixation_stack=f"fixations/maps/{_SHOW}_fixPts.mat",
        frames=f"frames/{_SHOW}/{{n:05d}}.png",
    ),
}


def make_truth(first: int, count: int = 4, size: tuple[int, int] = (18, 32)) -> Truth:
    """Draw what a copy is written from."""
    generator = np.random.default_rng(first)
    fixations = np.zeros((count, *size), np.uint8)
    for frame in fixations:
        frame.flat[generator.choice(frame.size, 6, replace=False)] = 1
    blurred = [cv2.GaussianBlur(frame.astype(np.float64), (0, 0), 3) for frame in fixations]
    densities = np.array([np.rint(frame / frame.max() * 255) for frame in blurred]).astype(np.uint8)
    images = generator.integers(0, 256, (count, *size, 3), np.uint8)
    return Truth(tuple(range(first, first + count)), densities, fixations, images)


def write_tree(root: Path, tree: Tree, truth: Truth) -> None:
    """Write a copy of one video."""
    for kind, template in (("densities", tree.densities), ("fixations", tree.fixations), ("images", tree.frames)):
        for number, image in zip(truth.numbers, getattr(truth, kind), strict=True):
            if template is not None:
                file = _place(root, template.format(n=number))
                cv2.imwrite(str(file), image * 255 if kind == "fixations" else image)
    for number, mask in zip(truth.numbers, truth.fixations, strict=True):
        if tree.mats is not None:
            savemat(_place(root, tree.mats.format(n=number)), {tree.mat_key: mask}, do_compression=True)
    for template, key, stack in (
        (tree.density_stack, "fixMap", truth.densities),
        (tree.fixation_stack, "fixLoc", truth.fixations),
    ):
        if template is not None:
            write_hdf5(_place(root, template), {key: stack.transpose(0, 2, 1)[:, None]})
    for name in tree.extra:
        _place(root, name).write_bytes(b"MATLAB 5.0 MAT-file".ljust(200))


def write_hdf5(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Write a file as MATLAB 7.3 does: HDF5 behind a text of 512 bytes."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for key, array in arrays.items():
            file[key] = array
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, made by a test".ljust(128))


def write_video(
    path: Path,
    images: NDArray[Any],
    codec: str,
    pixels: str,
    source: str,
    *,
    times: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
) -> None:
    """Write a video of images in the pixel format `source`, stored as `pixels`, at `times` in frames."""
    av: Any = pytest.importorskip("av")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        stream.height, stream.width, stream.pix_fmt = (*images.shape[1:3], pixels)
        stream.options = options or ({"crf": "0", "preset": "ultrafast"} if codec == "libx264" else {})
        for image, time in zip(images, times or range(len(images)), strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=source).reformat(format=pixels)
            frame.pts = time
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def copy_packets(source: Path, target: Path, *, from_key: int = 1, after_fifth: bytes = b"") -> None:
    """Copy the packets of a video, from a key picture on, into another container, as ``ffmpeg -c copy`` does."""
    av: Any = pytest.importorskip("av")
    keys = count = 0
    with av.open(str(source)) as reading, av.open(str(target), "w") as writing:
        template = reading.streams.video[0]
        new = getattr(writing, "add_stream_from_template", None)  # PyAV 14
        stream = new(template) if new else writing.add_stream(template=template)
        for packet in reading.demux(template):
            keys += packet.is_keyframe
            if keys < from_key or not packet.size:
                continue
            packets = [packet, av.Packet(after_fifth)] if after_fifth and count == 4 else [packet]
            for each in packets:
                each.stream, each.time_base = stream, packet.time_base
                if after_fifth:
                    each.pts = each.dts = count
                writing.mux(each)
                count += 1


def _place(root: Path, name: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


class CopyMaker(Protocol):
    """Writes a copy in the layout of that name and returns its root and what it was written from."""

    def __call__(self, name: str, *, count: int = 4) -> tuple[Path, Tree, Truth]: ...


@pytest.fixture
def make_copy(tmp_path: Path) -> CopyMaker:
    """Make small copies by the names of `TREES`."""

    def make(name: str, *, count: int = 4) -> tuple[Path, Tree, Truth]:
        tree = TREES[name]
        truth = make_truth(tree.first, count)
        write_tree(tmp_path / "copy", tree, truth)
        return tmp_path / "copy", tree, truth

    return make


@pytest.fixture(params=sorted(TREES))
def any_copy(request: pytest.FixtureRequest, make_copy: CopyMaker) -> tuple[Path, Tree, Truth]:
    """A copy in each of the layouts, one after the other."""
    return make_copy(request.param)
