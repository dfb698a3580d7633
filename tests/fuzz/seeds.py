"""Whole files of every kind that is read, small, and the same each time."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIZE = (18, 32)
FRAMES = 3


def maps() -> NDArray[np.uint8]:
    """Return smooth maps, shape (3, 18, 32)."""
    draw = np.random.default_rng(7)
    smooth = np.stack([cv2.GaussianBlur(draw.random(SIZE), (0, 0), 2) for _ in range(FRAMES)])
    return np.rint((smooth - smooth.min()) / np.ptp(smooth) * 255).astype(np.uint8)


def make_seeds(folder: Path) -> dict[str, str]:
    """Write a file of each kind into a folder of its own, and return its path below `folder` by kind."""
    made: dict[str, str] = {}
    for makers in (_pictures, _arrays, _matlab, _archives, _videos, _weights, _tables):
        for kind, (name, content) in makers().items():
            made[kind] = f"{kind}/{name}"
            (folder / kind).mkdir(parents=True)
            (folder / made[kind]).write_bytes(content)
    (folder / "pack").mkdir()
    _write_pack(folder)
    for kind, file in (("run", "run.json"), ("result", "videos/0601.json"), ("summary", "summary.json")):
        _write_run(folder, kind)
        made[kind] = f"{kind}/{file}"
    return made | {"pack": "pack/val.h5"}


Made = dict[str, tuple[str, bytes]]


def _pictures() -> Made:
    from PIL import Image

    grey = maps()[0]
    colour = np.repeat(grey[..., None], 3, axis=2)
    made: Made = {}
    for kind, suffix, image, options in (
        ("png-grey", "png", grey, []),
        ("png-colour", "png", colour, []),
        ("png-16-bit", "png", grey.astype(np.uint16) * 257, []),
        ("png-opacity", "png", np.dstack([colour, grey * 0 + 255]), []),
        ("jpeg", "jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 90]),
        ("jpeg-progressive", "jpg", colour, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
        ("bmp", "bmp", grey, []),
        ("tiff", "tif", grey, [cv2.IMWRITE_TIFF_COMPRESSION, 1]),
        ("tiff-lzw", "tif", grey, [cv2.IMWRITE_TIFF_COMPRESSION, 5]),
        ("tiff-deflate", "tif", grey, [cv2.IMWRITE_TIFF_COMPRESSION, 8]),
    ):
        made[kind] = f"0001.{suffix}", cv2.imencode(f".{suffix}", image, options)[1].tobytes()
    palette = io.BytesIO()
    Image.fromarray(grey).convert("P").save(palette, "PNG")
    return made | {"png-palette": ("0001.png", palette.getvalue())}


def _arrays() -> Made:
    import h5py

    stack = maps()
    made: Made = {}
    for kind, name, array in (
        ("npy", "0001.npy", stack[0]),
        ("npy-float", "0001.npy", stack[0] / np.float32(255)),
        ("stack-npy", "0601.npy", stack),
    ):
        content = io.BytesIO()
        np.save(content, array)
        made[kind] = name, content.getvalue()
    for kind, options in (("stack-h5", {}), ("stack-h5-gzip", {"compression": "gzip", "chunks": (1, *SIZE)})):
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            file.create_dataset("maps", data=stack, **options)
        made[kind] = "0601.h5", content.getvalue()
    return made


def _matlab() -> Made:
    import h5py
    from scipy import io as matlab
    from scipy import sparse

    stack = maps()
    fixations = (stack[0] > 200).astype(np.uint8)
    made: Made = {}
    for kind, name, content, options in (
        ("mat-4", "0001.mat", {"I": fixations.astype(float)}, {"format": "4"}),
        ("mat-5", "0001.mat", {"note": "x", "I": fixations, "s": {"a": 1}}, {}),
        ("mat-5-packed", "0001.mat", {"I": fixations}, {"do_compression": True}),
        ("mat-5-sparse", "0001.mat", {"I": sparse.csc_matrix(fixations.astype(float))}, {}),
        ("stack-mat-5", "0601.mat", {"maps": np.moveaxis(stack, 0, 2)}, {}),
        ("stack-mat-5-packed", "0601.mat", {"maps": np.moveaxis(stack, 0, 2)}, {"do_compression": True}),
    ):
        file = io.BytesIO()
        matlab.savemat(file, content, **options)
        made[kind] = name, file.getvalue()
    for kind, name, array in (("mat-7.3", "0001.mat", fixations.T), ("stack-mat-7.3", "0601.mat", stack)):
        file = io.BytesIO()
        with h5py.File(file, "w", userblock_size=512) as written:
            written.create_dataset("I" if kind == "mat-7.3" else "maps", data=array)
        content = bytearray(file.getvalue())
        content[:128] = b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\x02IM"
        made[kind] = name, bytes(content)
    return made


def _archives() -> Made:
    made: Made = {}
    members = [(f"0601/{n:04d}.{'npy' if n == 2 else 'png'}", saliency) for n, saliency in enumerate(maps(), 1)]

    def encode(name: str, saliency: NDArray[np.uint8]) -> bytes:
        if name.endswith(".png"):
            return cv2.imencode(".png", saliency)[1].tobytes()
        content = io.BytesIO()
        np.save(content, saliency)
        return content.getvalue()

    for kind, method in (("stored", 0), ("deflate", 8), ("bzip2", 12), ("lzma", 14)):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", method) as packed:
            for name, saliency in members:
                packed.writestr(zipfile.ZipInfo(name), encode(name, saliency), method)
        made[f"zip-{kind}"] = "maps.zip", content.getvalue()
    for coding in ("", "gz", "bz2", "xz"):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode=f"w:{coding}") as tar:  # type: ignore[call-overload]
            for name, saliency in members:
                info = tarfile.TarInfo(name)
                data = encode(name, saliency)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        made[f"tar-{coding or 'plain'}"] = f"maps.tar{'.' + coding if coding else ''}", content.getvalue()
    return made


def _videos() -> Made:
    import av

    made: Made = {}
    for codec, pixels, suffix in (
        ("mjpeg", "yuvj420p", "avi"),
        ("libx264", "yuv420p", "mp4"),
        ("ffv1", "gray", "mkv"),
        ("libx265", "yuv420p", "mp4"),
        ("mpeg4", "yuv420p", "avi"),
    ):
        content = io.BytesIO()
        with av.open(content, "w", format={"mkv": "matroska"}.get(suffix, suffix)) as container:
            stream: Any = container.add_stream(codec, rate=25)
            stream.height, stream.width, stream.pix_fmt = 36, 64, pixels
            if codec == "libx265":
                stream.options = {"x265-params": "log-level=none"}
            for saliency in maps():
                large = np.repeat(np.repeat(saliency, 2, axis=0), 2, axis=1)
                frame = av.VideoFrame.from_ndarray(large, format="gray")
                container.mux(stream.encode(frame.reformat(format=pixels)))
            container.mux(stream.encode())
        made[f"video-{codec}-{suffix}"] = f"0601.{suffix}", content.getvalue()
    return made


def _weights() -> Made:
    import h5py
    import torch
    from safetensors.torch import save

    tensors = {"a.weight": torch.arange(24.0).reshape(4, 6), "a.bias": torch.ones(4)}
    pytorch, numpy, keras = io.BytesIO(), io.BytesIO(), io.BytesIO()
    torch.save(tensors, pytorch)
    np.savez(numpy, **{name: tensor.numpy() for name, tensor in tensors.items()})
    with h5py.File(keras, "w") as file:
        file.attrs["layer_names"] = np.array([b"dense"])
        layer = file.create_group("dense")
        layer.attrs["weight_names"] = np.array([b"dense/kernel:0", b"dense/bias:0"])
        layer["dense/kernel:0"] = np.arange(24, dtype=np.float32).reshape(4, 6)
        layer["dense/bias:0"] = np.ones(6, np.float32)
    return {
        "pth": ("w.pth", pytorch.getvalue()),
        "safetensors": ("w.safetensors", save(tensors)),
        "npz": ("w.npz", numpy.getvalue()),
        "keras": ("w.h5", keras.getvalue()),
    }


def _tables() -> Made:
    frames = [[[3.5, 4.25], [17, 31]], [], [[0, 0]]]
    split = {"PublicTest": ["a.mp4", "b.mp4"], "PrivateTest": ["c.mp4"], "Train": ["d.mp4"]}
    origin = {
        "schema": 1,
        "name": "m",
        "depth": "8bit",
        "made_by": {"model": "m", "options": {}, "weights": None, "code": None},
        "row": {},
        "videos": {"a": ["b", "c"]},
    }
    gaze = "Time\tL POR X [px]\tL POR Y [px]\tL Event Info\n" + "".join(
        f"{1000 * n}\t{700 + n}\t{400 + n}\tFixation\n" for n in range(40)
    )
    events = "".join(f"{n}\t600\t400\t5\t1\t602\t401\t5\t1\n" for n in range(1, 20))
    sheet = io.BytesIO()
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>v{n}</t></is></c><c r="B{n}"><v>{n}</v></c></row>'
        for n in range(1, 6)
    )
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as packed:
        text = f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
        packed.writestr(zipfile.ZipInfo("xl/worksheets/sheet1.xml"), text, zipfile.ZIP_DEFLATED)
    bench = 'metrics = ["cc"]\n[[dataset]]\nname = "sample"\n[[predictions]]\nname = "m"\npath = "maps"\n'
    return {
        "bench": ("bench.toml", bench.encode()),
        "train": ("train.toml", b"epochs = 3\nseed = 1\n"),
        "points-json": ("fixations.json", json.dumps(frames).encode()),
        "split-json": ("TrainTestSplit.json", json.dumps(split).encode()),
        "origin-json": ("maps.json", json.dumps(origin).encode()),
        "gaze-txt": ("P01_Trail001.txt", gaze.encode()),
        "events-txt": ("a.txt", events.encode()),
        "csv": ("slices.csv", b'video,kind\n0601,indoor\n0602,"out, door"\n'),
        "xlsx": ("slices.xlsx", sheet.getvalue()),
    }


def _write_pack(folder: Path) -> None:
    from videosal.datasets import load_dataset
    from videosal.datasets.pack.packed import pack_dataset

    root = folder / "pack-source"
    for part in ("maps", "fixation"):
        place = root / "annotation/0601" / part
        place.mkdir(parents=True)
        for number, saliency in enumerate(maps(), 1):
            image = saliency if part == "maps" else (saliency > 230).astype(np.uint8) * 255
            cv2.imwrite(str(place / f"{number:04d}.png"), image)
    pack_dataset(load_dataset("dhf1k:val", root), folder / "pack/val.h5")


def _write_run(folder: Path, kind: str) -> None:
    """Score maps, and leave the run directory."""
    from videosal import score

    place = folder / "run-maps/0601"
    place.mkdir(parents=True, exist_ok=True)
    for number, saliency in enumerate(maps(), 1):
        cv2.imwrite(str(place / f"{number:04d}.png"), saliency)
    score(place.parent, "dhf1k:val", folder / "pack-source", metrics=["cc", "nss"], out=folder / kind)
