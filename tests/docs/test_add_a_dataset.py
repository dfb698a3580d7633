"""The recipe in docs/add-a-dataset.md works as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from tests.datasets.conftest import Tree, make_truth, write_tree
from videosal.datasets import inspect_copy, load_dataset
from videosal.registry import load_plugin

RECIPE = Path(__file__).parents[2] / "docs/add-a-dataset.md"


def test_the_recipe(tmp_path: Path) -> None:
    layout, dataset = re.findall(r"^```python\n(.*?)^```$", RECIPE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    exec(layout, {})
    (tmp_path / "fable.py").write_text(dataset)
    load_plugin(tmp_path / "fable.py")
    truth = make_truth(1)
    tree = Tree("fable:test", "clip09", fixations="copy/gt/clip09/points/{n}.png", frames="copy/clips/clip09.x/{n}.png")
    write_tree(tmp_path, tree, truth)
    opened = load_dataset("fable:test", tmp_path / "copy")
    assert [video.name for video in opened] == ["clip09"]
    assert opened[0].frame_names == ("00001", "00002", "00003", "00004")
    np.testing.assert_array_equal(opened[0].fixations("00002"), truth.fixations[1] > 0)
    assert opened.recipe == "density=sum of Gaussians sigma 20 px"
    assert inspect_copy("fable:test", tmp_path / "copy").splits[0].missing == ("clip08", "clip10")
