from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.models.training.small_network import small
from videosal.errors import DatasetError, ModelError
from videosal.models.training import rehearsal
from videosal.models.training.hardware.distributed import Processes
from videosal.models.training.loop import TrainingLoop
from videosal.models.training.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from videosal.models.training.recipe import Recipe

    RecipeOf = Callable[..., Recipe]


def test_it_looks_at_all_and_writes_nothing(recipe_of: RecipeOf) -> None:
    recipe = recipe_of(small, batch=5)
    found = rehearse(recipe.config, entry=small)
    assert (found.training.name, found.training.videos, found.training.frames) == ("dhf1k:train", 5, 35)
    assert (found.validation.videos, found.validation.short, found.validation.partial) == (2, 0, True)
    assert any("595 videos are missing" in problem for problem in found.training.problems)
    assert (found.step.clips, found.step.skipped) == (4, 1)
    assert found.footprint.parameters == 265
    assert not recipe.folder.exists()


def test_its_step_is_the_first_one_of_the_training(recipe_of: RecipeOf) -> None:
    recipe = recipe_of(small, epochs=1)
    found = rehearse(recipe.config, entry=small)
    recipe.folder.mkdir()
    TrainingLoop(recipe, Processes(0, 1, "cpu"), None).run(None)
    first = (recipe.folder / "steps.csv").read_text().splitlines()[1].split(",")
    assert float(first[3]) == found.step.loss


def test_too_little_memory_is_told_before_the_step(recipe_of: RecipeOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "free_memory", lambda _: 1000)
    with pytest.raises(ModelError, match=r"a step needs about 0\.0 GB, and cpu has 0\.0 GB free: lower --batch"):
        rehearse(recipe_of(small).config, entry=small)


def test_a_split_without_a_usable_clip(recipe_of: RecipeOf, root: Path) -> None:
    for number in (1, 2, 3, 5):
        shutil.rmtree(root / "annotation" / f"{number:04d}")
    with pytest.raises(DatasetError, match="no clip of dhf1k:train can be used"):
        rehearse(recipe_of(small).config, entry=small)
