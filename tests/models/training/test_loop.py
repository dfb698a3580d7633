"""What the schedules do to the network, seen through the loop."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import pytest
import torch

from tests.models.training.small_network import plain, small
from videosal.errors import ModelError
from videosal.models.training import loop
from videosal.models.training.hardware.distributed import Processes
from videosal.models.training.loop import TrainingLoop
from videosal.models.training.output import checkpoints
from videosal.models.training.steps import schedules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from videosal.models.training.recipe import Recipe

    RecipeOf = Callable[..., Recipe]

ALONE = Processes(0, 1, "cpu")


def run(recipe: Recipe) -> list[dict[str, Any]]:
    recipe.folder.mkdir(exist_ok=True)
    return TrainingLoop(recipe, ALONE, None).run(None)


def steps(folder: Path) -> list[dict[str, str]]:
    with (folder / "steps.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_and_what_is_in_them(recipe_of: RecipeOf) -> None:
    recipe = recipe_of(plain, epochs=2, batch=2, metrics="cc,nss")
    rows = run(recipe)
    names = {file.name for file in recipe.folder.iterdir()}
    assert names == {"state.pt", "best.safetensors", "last.safetensors", "steps.csv", "epochs.csv"}
    assert [row["epoch"] for row in rows] == [1, 2]
    assert [(row["clips"], row["skipped"]) for row in rows] == [(4, 1), (4, 1)]
    table = steps(recipe.folder)
    assert [row["step"] for row in table] == ["1", "2", "3", "4", "5", "6"]
    for row in rows:
        own = [step for step in table if step["epoch"] == str(row["epoch"]) and step["clips"] != "0"]
        total = sum(float(step["loss"]) * int(step["clips"]) for step in own)
        assert row["train_loss"] == pytest.approx(total / 4, rel=1e-12)
    assert set(rows[0]) >= {"val_loss", "val_cc", "val_nss", "val_frames", "best", "seconds"}


def test_progress_is_told(recipe_of: RecipeOf) -> None:
    recipe = recipe_of(plain, epochs=2, batch=2)
    recipe.folder.mkdir()
    told: list[tuple[int, int, str]] = []
    TrainingLoop(recipe, ALONE, None).run(lambda *news: told.append(news))
    assert [done for done, _, text in told if "loss" in text] == [1, 2, 3, 4, 5, 6]
    assert {total for _, total, _ in told} == {6}
    assert told[0][2].startswith("epoch 1 of 2, loss ")
    assert (3, 6, "epoch 1 of 2, validated 2 of 2") in told


def test_the_paper_keeps_its_adam_and_lowers_the_rate(recipe_of: RecipeOf, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_of(plain, epochs=9, batch=5, patience=1, lr=1e-3)
    recipe.folder.mkdir()
    training = TrainingLoop(recipe, ALONE, None)
    first = training.optimizer
    losses = iter([3.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0])
    act = training._train_epoch
    monkeypatch.setattr(training, "_train_epoch", lambda *given: act(*given) | {"train_loss": next(losses)})
    rows = training.run(None)
    assert [row["lr"] for row in rows] == [1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-6]
    assert training.optimizer is first
    assert {float(state["step"]) for state in first.state.values()} == {7.0}


def test_the_authors_make_a_new_adam_each_epoch_and_go_back_to_the_best_at_a_drop(
    recipe_of: RecipeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedules, "AUTHORS_DROPS", (2, 4))
    recipe = recipe_of(plain, epochs=5, batch=5, lr=1e-2, schedule="authors")
    recipe.folder.mkdir()
    training = TrainingLoop(recipe, ALONE, None)
    starts: list[dict[str, torch.Tensor]] = []
    ends: list[dict[str, torch.Tensor]] = []
    ages: list[int] = []
    begin, end = training.begin_epoch, training._end_epoch
    losses = iter([1.0, 5.0, 1.0, 2.0, 3.0])

    def watch_begin(drops: int) -> None:
        begin(drops)
        starts.append({name: value.clone() for name, value in training.network.state_dict().items()})
        ages.append(len(training.optimizer.state))

    def watch_end(*given: Any) -> None:
        end(*given)
        ends.append({name: value.clone() for name, value in training.network.state_dict().items()})

    monkeypatch.setattr(training, "begin_epoch", watch_begin)
    monkeypatch.setattr(training, "_end_epoch", watch_end)
    monkeypatch.setattr(loop, "validate", lambda *_, **__: {"loss": next(losses)})
    rows = training.run(None)
    assert [row["lr"] for row in rows] == [1e-2, 1e-2, 1e-3, 1e-3, 1e-4]
    assert [row["best"] for row in rows] == [True, False, True, False, False]  # of equal ones the later
    assert ages == [0] * 5

    def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
        return all(torch.equal(a[name], b[name]) for name in a)

    assert same(starts[1], ends[0])
    assert not same(starts[2], ends[1])
    assert same(starts[2], ends[0])  # the best before the first drop
    assert same(starts[4], ends[2])
    state = checkpoints.read_state(recipe.folder)
    assert state is not None
    assert state.optimizer is None


def test_a_validation_without_a_number_is_never_better(recipe_of: RecipeOf, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([math.nan, math.nan, 3.0, math.nan, 2.0])
    monkeypatch.setattr(loop, "validate", lambda *_, **__: {"loss": next(losses)})
    rows = run(recipe_of(plain, epochs=5, batch=5))
    assert [row["best"] for row in rows] == [True, False, True, False, True]


def test_a_loss_that_is_no_number_names_its_step(recipe_of: RecipeOf) -> None:
    recipe = recipe_of(plain, epochs=3, batch=2)
    recipe.folder.mkdir()
    training = TrainingLoop(recipe, ALONE, None)

    def spoil(done: int, _total: int, _text: str) -> None:
        if done == 4:
            training.network.get_parameter("head.bias").data[0] = math.nan

    text = r"step 5 \(epoch 2\): the loss of clip 000\d frame \d+ is nan, because the parameter head.bias holds nan"
    with pytest.raises(ModelError, match=text):
        training.run(spoil)
    assert [row["step"] for row in steps(recipe.folder)] == ["1", "2", "3", "4"]
    state = checkpoints.read_state(recipe.folder)
    assert state is not None
    assert state.step == 3


def test_random_layers_are_random_but_the_same_each_time(recipe_of: RecipeOf, tmp_path: Path) -> None:
    torch.manual_seed(5)
    seeds = {"a": 0, "b": 0, "c": 1}
    runs = [run(recipe_of(small, epochs=2, out=tmp_path / name, seed=seed)) for name, seed in seeds.items()]
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(1), after)  # the caller's numbers are its own
    curves = [[row["train_loss"] for row in rows] for rows in runs]
    assert curves[0] == curves[1]
    assert curves[0] != curves[2]


@pytest.mark.parametrize("setting", [{"workers": 1}, {"gradient_checkpointing": True}])
def test_what_changes_no_number(recipe_of: RecipeOf, tmp_path: Path, setting: dict[str, Any]) -> None:
    usual = run(recipe_of(small, epochs=2, batch=2))
    other = run(recipe_of(small, epochs=2, batch=2, out=tmp_path / "other", **setting))
    assert [row["train_loss"] for row in usual] == [row["train_loss"] for row in other]
