"""How the sample's videos are drawn and watched."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from videosal.datasets.files.images import write_png

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

OBSERVERS = 12
SAMPLES_PER_FRAME = 2  # gaze samples of one observer in one frame (DHF1K has about 8)
FIXATION_FRAMES = (5, 14)  # a fixation lasts about 170 to 470 ms at 30 frames per second
SACCADE_FRAMES = 1
SIGMA = 12.74 / 640  # of a density's Gaussians, in widths: DHF1K's 12.74 px at 640 px
_CHANCES = (0.72, 0.18)  # chance that the next fixation goes to an object, to the centre; else anywhere


@dataclass(frozen=True, slots=True)
class Scene:
    """One video: size in pixels, length, moving objects, camera pan in widths per frame."""

    height: int
    width: int
    n_frames: int
    objects: int
    pan: float = 0.0
    blank: int | None = None  # the frame in which nobody fixates


# Different sizes and lengths, one camera pan in each split, one video shorter than a 32-frame clip, one empty frame.
SCENES = (
    Scene(144, 256, 40, objects=1),
    Scene(180, 320, 36, objects=2, pan=0.004),
    Scene(160, 224, 34, objects=3),
    Scene(180, 320, 48, objects=2),
    Scene(144, 256, 20, objects=1),
    Scene(192, 256, 40, objects=2, pan=-0.005),
    Scene(144, 256, 36, objects=3, blank=11),
    Scene(180, 320, 40, objects=1, pan=0.003),
)


def write_scene(root: Path, number: int, scene: Scene) -> None:
    """Write one video, its maps and its fixations in DHF1K's layout."""
    generator = np.random.default_rng([number, 20181])
    paths = _object_paths(scene, generator)
    gaze = _watch(scene, paths, generator)
    annotation = root / "annotation" / f"{number:04d}"
    folders = [root / "video" / f"{number:04d}", annotation / "maps", annotation / "fixation"]
    for folder in (*folders, folders[2] / "maps"):
        folder.mkdir(parents=True)
    image = np.empty(0)
    for index, image in enumerate(_draw(scene, paths, generator)):
        fixations = _mark(scene, gaze[index])
        name = f"{index + 1:04d}"
        for folder, picture in zip(folders, (image, _density(scene, fixations), fixations * 255), strict=True):
            write_png(folder / f"{name}.png", picture)
        (folders[2] / "maps" / f"{name}.mat").write_bytes(_mat(fixations))
    write_png(annotation / f"{scene.n_frames:04d}.png", image)  # DHF1K's stray key frame


def _object_paths(scene: Scene, generator: np.random.Generator) -> NDArray[np.float64]:
    """Smooth paths of the objects' centres; shape (objects, frames, 2), (row, col) in parts of the size."""
    time = np.arange(scene.n_frames) / 30
    start = generator.uniform(0.3, 0.7, (scene.objects, 1, 2))
    reach = generator.uniform(0.1, 0.28, (scene.objects, 1, 2))
    speed = generator.uniform(1.5, 4.0, (scene.objects, 1, 2))
    phase = generator.uniform(0, 2 * np.pi, (scene.objects, 1, 2))
    return np.clip(start + reach * np.sin(speed * time[None, :, None] + phase), 0.06, 0.94)


def _watch(scene: Scene, paths: NDArray[np.float64], generator: np.random.Generator) -> list[NDArray[np.float64]]:
    """Simulate the observers; one array of gaze samples per frame, shape (n, 2), in parts of the size."""
    gaze: list[list[NDArray[np.float64]]] = [[] for _ in range(scene.n_frames)]
    for _ in range(OBSERVERS):
        frame = int(generator.integers(0, 4))  # nobody starts to look at the same moment
        while frame < scene.n_frames:
            length = int(generator.integers(*FIXATION_FRAMES, endpoint=True))
            choice = generator.uniform()
            target = int(generator.integers(scene.objects)) if choice < _CHANCES[0] else None
            place = generator.normal(0.5, 0.1, 2) if choice < sum(_CHANCES) else generator.uniform(0.05, 0.95, 2)
            offset = generator.normal(0, 0.015, 2)
            for now in range(frame, min(frame + length, scene.n_frames)):
                centre = paths[target, now] if target is not None else place  # pursuit, or a still fixation
                gaze[now].append(centre + offset + generator.normal(0, 0.006, (SAMPLES_PER_FRAME, 2)))
            frame += length + SACCADE_FRAMES
    if scene.blank is not None:
        gaze[scene.blank] = []
    return [np.concatenate(samples) if samples else np.empty((0, 2)) for samples in gaze]


def _draw(scene: Scene, paths: NDArray[np.float64], generator: np.random.Generator) -> Any:
    """Yield the frames: a textured background that the pan shifts, and textured discs on it."""
    import cv2

    h, w = scene.height, scene.width
    margin = int(abs(scene.pan) * scene.n_frames * w) + 1
    noise = generator.normal(0, 1, (h, w + margin, 3))
    ground = cv2.GaussianBlur(noise, (0, 0), w / 40) * (w / 7) + cv2.GaussianBlur(noise, (0, 0), 1.2) * 18
    ground += generator.uniform(70, 150, 3)
    colours = generator.uniform(0, 255, (scene.objects, 3))
    radii = generator.uniform(0.06, 0.11, scene.objects) * h
    rows, cols = np.mgrid[:h, :w]
    for index in range(scene.n_frames):
        shift = round(abs(scene.pan) * index * w)
        shift = shift if scene.pan >= 0 else margin - shift
        image = ground[:, shift : shift + w].copy()
        for path, colour, radius in zip(paths, colours, radii, strict=True):
            row, col = path[index] * (h, w)
            distance = np.hypot(rows - row, cols - col)
            stripes = 30 * np.sin((rows - row + cols - col) / 3)
            image += np.clip(radius - distance, 0, 1)[..., None] * (colour + stripes[..., None] - image)
        yield np.clip(image + generator.normal(0, 2, (h, w, 1)), 0, 255).astype(np.uint8)


def _mark(scene: Scene, samples: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Mark the pixels of the gaze samples that fall into the frame."""
    points = np.floor(samples * (scene.height, scene.width)).astype(int)
    inside = ((points >= 0) & (points < (scene.height, scene.width))).all(axis=1)
    mask = np.zeros((scene.height, scene.width), np.uint8)
    mask[tuple(points[inside].T)] = 1
    return mask


def _density(scene: Scene, fixations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Sum a Gaussian per fixated pixel and scale the maximum to 255, as DHF1K does."""
    from scipy.ndimage import gaussian_filter

    density = gaussian_filter(fixations.astype(float), SIGMA * scene.width, mode="constant", truncate=5)
    return np.rint(255 * density / density.max()).astype(np.uint8) if density.any() else fixations


def _mat(fixations: NDArray[np.uint8]) -> bytes:
    """Make a MATLAB 5 file with the key I; its header names no date, so equal maps give equal bytes."""
    from scipy.io import savemat

    buffer = io.BytesIO()
    savemat(buffer, {"I": fixations}, do_compression=True)  # type: ignore[arg-type]  # a file object will do
    content = buffer.getvalue()
    return b"MATLAB 5.0 MAT-file, made by videosal".ljust(116) + content[116:]
