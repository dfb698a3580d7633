"""The recipe in docs/add-a-protocol.md works as it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from click.testing import CliRunner

from videosal import load_run, score
from videosal.cli import cli
from videosal.datasets import load_dataset
from videosal.metrics import get_protocol, score_frame
from videosal.metrics.protocols import registry
from videosal.registry import Registry

if TYPE_CHECKING:
    import pytest

RECIPE = Path(__file__).parents[2] / "docs/add-a-protocol.md"


def test_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_custom", Registry("protocol", "videosal.protocols.of_tests"))
    (recipe,) = re.findall(r"^```python\n(.*?)^```$", RECIPE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(RECIPE.read_text("utf-8").splitlines()) <= 32
    (tmp_path / "ours.py").write_text(recipe)
    dataset = load_dataset("sample")
    for video in dataset:
        (tmp_path / "maps" / video.name).mkdir(parents=True)
        for seed, frame in enumerate(video.frame_names):
            image = cv2.GaussianBlur(np.random.default_rng(seed).random((30, 50)), (0, 0), 3)
            scaled = np.rint((image - image.min()) / np.ptp(image) * 255).astype(np.uint8)
            cv2.imwrite(str(tmp_path / "maps" / video.name / f"{frame}.png"), scaled)
    arguments = [
        "score",
        str(tmp_path / "maps"),
        "--dataset",
        "sample",
        "--protocol",
        "ours",
        "--out",
        str(tmp_path / "run"),
    ]
    done = CliRunner().invoke(cli, [*arguments, "--plugin", str(tmp_path / "ours.py")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "protocol=ours|luma=gray16|resize=bilinear|" in done.output
    ours = get_protocol("ours")
    video = dataset[0]
    frame = video.frame_names[0]
    map_ = cv2.imread(str(tmp_path / "maps" / video.name / f"{frame}.png"), cv2.IMREAD_GRAYSCALE)
    found = score_frame(map_, video.density(frame), video.fixations(frame), protocol=ours)
    assert list(found) == ["cc", "nss", "sim"]
    assert found == score_frame(map_, video.density(frame), video.fixations(frame), protocol="ours")
    run = score(tmp_path / "maps", "sample", protocol=ours, out=tmp_path / "again")
    assert run.frames.equals(load_run(tmp_path / "run").frames)
    assert run.info["conventions"] == ours.to_json()
    assert found != score_frame(map_, video.density(frame), video.fixations(frame), metrics=list(found))
