from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.models.training.small_network import plain, small
from videosal.errors import DatasetError, FileError, InputError, ModelError, UnknownNameError
from videosal.models import ClipNetworkEntry, official_state_dict, register_model
from videosal.models.training.config import make_config
from videosal.models.training.recipe import build_network, default_folder, prepare_recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from videosal.models.training.recipe import Recipe

    RecipeOf = Callable[..., Recipe]


def test_what_the_data_set_and_the_network_fill_in(recipe_of: RecipeOf, root: Path) -> None:
    recipe = recipe_of(small)
    config = recipe.config
    assert (config.dataset, config.validation, config.input_size, config.stride) == ("dhf1k:train", "val", "16x8", 32)
    assert (recipe.training.full_name, recipe.validation.full_name) == ("dhf1k:train", "dhf1k:val")
    assert str(recipe.loss) == "kld - cc"
    again = make_config({"model": "small", "dataset": "dhf1k", "root": root})
    assert prepare_recipe(again, small).folder.parts == ("trained", "small-dhf1k")


def test_the_input_size_may_be_another(recipe_of: RecipeOf, caplog: pytest.LogCaptureFixture) -> None:
    recipe_of(small, input_size="16x8")
    assert not caplog.messages
    recipe = recipe_of(small, input_size="32x24")
    assert recipe.entry.input_size == recipe.form.input_size == (24, 32)
    assert caplog.messages == [
        "small is trained at 32x24, but predicts at 16x8: its weights may not fit there, or do worse"
    ]


@pytest.mark.parametrize(
    ("model", "dataset", "folder"),
    [
        ("stsanet", "dhf1k", "trained/stsanet-dhf1k"),
        ("stsanet", "dhf1k:train", "trained/stsanet-dhf1k"),
        ("my/net.py:Net", "diem:i", "trained/Net-diem-i"),
    ],
)
def test_the_folder_by_default(model: str, dataset: str, folder: str) -> None:
    assert default_folder(make_config({"model": model, "dataset": dataset})) == folder


def test_without_a_validation_split_the_test_split_serves_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    config = make_config({"model": "small", "dataset": "sample"})
    with caplog.at_level(logging.WARNING):
        recipe = prepare_recipe(config, small)
    assert recipe.validation.full_name == "sample:test"
    assert caplog.messages == [
        "sample has no validation split: the best weights are chosen on its test split, as the paper did"
    ]
    caplog.clear()
    prepare_recipe(replace(config, validation="test"), small)
    assert not caplog.messages


def test_training_on_what_is_validated_on_is_told(caplog: pytest.LogCaptureFixture) -> None:
    prepare_recipe(make_config({"model": "small", "dataset": "sample", "validation": "train"}), small)
    assert caplog.messages == ["3 videos of sample:train are trained on too"]


def test_what_cannot_be_trained(recipe_of: RecipeOf, root: Path) -> None:
    given = {"dataset": "dhf1k", "root": root}
    with pytest.raises(ModelError, match="'center' is no network"):
        prepare_recipe(make_config({"model": "center", **given}))
    with pytest.raises(UnknownNameError, match="did you mean stsanet"):
        prepare_recipe(make_config({"model": "stsanett", **given}))
    with pytest.raises(DatasetError, match=r"the root of dhf1k, .*nowhere, does not exist"):
        recipe_of(small, root=root / "nowhere")
    with pytest.raises(UnknownNameError, match="unknown split of dhf1k 'vall'"):
        recipe_of(small, validation="vall")
    with pytest.raises(InputError, match="'sauc' is none to validate with"):
        recipe_of(small, metrics="sauc")
    with pytest.raises(UnknownNameError, match="metric in a loss 'kl'"):
        recipe_of(small, loss="kl - cc")


def test_information_gain_is_over_the_mean_density_of_the_training_split(recipe_of: RecipeOf) -> None:
    from videosal.datasets import mean_density

    recipe = recipe_of(small, loss="kld - 0.1*ig")
    assert recipe.loss.baseline is not None
    np.testing.assert_array_equal(recipe.loss.baseline, mean_density(recipe.training))


def test_fresh_weights_depend_on_the_seed_alone(recipe_of: RecipeOf) -> None:
    weights = [build_network(recipe_of(plain, seed=seed)).state_dict()["head.weight"] for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    torch.manual_seed(3)
    first = torch.rand(1)
    torch.manual_seed(3)
    build_network(recipe_of(plain))
    assert torch.equal(torch.rand(1), first)


def test_the_first_weights(recipe_of: RecipeOf, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    known = official_state_dict(build_network(recipe_of(plain, seed=9)))
    torch.save(known, tmp_path / "all.pth")
    torch.save({name: tensor for name, tensor in known.items() if "base1" in name}, tmp_path / "backbone.pth")
    assert "the backbone of plain starts from fresh weights: give --backbone-weights" in caplog.text
    caplog.clear()
    fresh = build_network(recipe_of(plain, init=tmp_path / "all.pth")).state_dict()
    assert all(torch.equal(fresh[name], known[name]) for name in known)
    half = build_network(recipe_of(plain, backbone_weights=tmp_path / "backbone.pth"))
    assert half.training
    assert torch.equal(half.state_dict()["base1.0.weight"], known["base1.0.weight"])
    assert not torch.equal(half.state_dict()["head.weight"], known["head.weight"])
    assert not caplog.messages
    with pytest.raises(FileError, match=r"backbone\.pth: holds a backbone only: give it as --backbone-weights"):
        build_network(recipe_of(plain, init=tmp_path / "backbone.pth"))
    with pytest.raises(FileError, match=r"all\.pth: holds all weights of plain.*give it as --init"):
        build_network(recipe_of(plain, backbone_weights=tmp_path / "all.pth"))


def test_every_ablation_is_trained_by_its_name_on_its_own_frame(root: Path) -> None:
    from videosal.models import list_models

    names = [name for name in list_models() if name.startswith("stsanet")]
    assert len(names) == 17
    for name in names:
        recipe = prepare_recipe(make_config({"model": name, "dataset": "dhf1k", "root": root}))
        assert recipe.form.length == 32
        assert recipe.form.target == (31 if name == "stsanet-last-supervised" else 15)


def test_a_registered_network_of_another_kind_is_refused(root: Path) -> None:
    class Other(ClipNetworkEntry):
        pass

    entry: Any = Other("other", small.card, small.build, (8, 16))
    register_model("other")(entry)
    assert prepare_recipe(make_config({"model": "other", "dataset": "dhf1k", "root": root})).entry is entry
