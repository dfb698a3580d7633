from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import videosal

REPOSITORY = Path(__file__).parents[1]
ROOMS = ("metrics", "datasets", "models", "benchmark", "leaderboards")


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    return done.stdout


def test_every_public_name_is_there_and_no_other() -> None:
    assert sorted(videosal.__all__) == videosal.__all__ or set(videosal.__all__) == set(dir(videosal))
    for name in videosal.__all__:
        assert getattr(videosal, name) is not None
    for room in ROOMS:
        module = getattr(videosal, room)
        for name in module.__all__:
            assert getattr(module, name) is not None, (room, name)


def test_importing_loads_no_heavy_package() -> None:
    code = """
import sys
import videosal, videosal.cli
from videosal import metrics, datasets, models, benchmark, leaderboards
heavy = {"numpy", "numba", "torch", "cv2", "scipy", "pandas", "h5py", "matplotlib", "skimage"}
print(sorted(heavy & set(sys.modules)))
metrics.list_metrics(), datasets.list_datasets(), models.list_models()
print(sorted(heavy & set(sys.modules) - {"numpy"}))
"""
    assert run_python(code).split() == ["[]", "[]"]


def test_the_rooms_are_never_imported_by_their_bare_names() -> None:
    code = f"""
import sys
import videosal
for room in {ROOMS}:
    module = getattr(videosal, room)
    for name in module.__all__:
        getattr(module, name)
print([room for room in {ROOMS} if room in sys.modules])
"""
    assert run_python(code).strip() == "[]"


def test_the_package_list_is_complete() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {"videosal", "videosal.cli", "videosal.disk"}
    for room in ROOMS:
        for init in (REPOSITORY / room).rglob("__init__.py"):
            found.add(".".join(["videosal", *init.parent.relative_to(REPOSITORY).parts]))
    assert set(settings["packages"]) == found
    assert set(settings["package-dir"]) == {"videosal", *(f"videosal.{room}" for room in ROOMS)}
    for package, folder in settings["package-dir"].items():
        assert (REPOSITORY / folder / "__init__.py").is_file(), package


def test_no_source_file_is_too_long() -> None:
    for room in ("videosal/cli", *ROOMS):
        for file in (REPOSITORY / room).rglob("*.py"):
            assert len(file.read_text().splitlines()) <= 400, file


def test_no_release_of_torch_is_allowed_whose_weights_only_can_be_got_round() -> None:
    needed = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
    (torch,) = (text for text in needed if text.startswith("torch"))
    assert tuple(map(int, torch.removeprefix("torch>=").split("."))) >= (2, 10)
