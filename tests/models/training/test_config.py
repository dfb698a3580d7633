from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.errors import FileError, InputError
from videosal.models.training.config import (
    FREE_KEYS,
    TrainingConfig,
    changed_keys,
    format_config,
    make_config,
    parse_size,
    read_config,
)

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = {"model": "stsanet", "dataset": "dhf1k"}


def test_the_defaults_are_the_recipe_of_the_paper() -> None:
    config = make_config(NEEDED)
    assert (config.batch, config.lr, config.loss, config.schedule) == (3, 1e-4, "kld - cc", "paper")
    assert (config.clips_per_video, config.input_size, config.precision) == (1, None, "float32")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"learning-rate": 1}, "unknown key 'learning-rate'"),
        ({"bacth": 1}, "unknown key 'bacth': did you mean batch"),
        ({"backbone_weight": "x"}, "did you mean backbone-weights"),
        ({"batch": 0}, "batch is 0, expected 1 or more"),
        ({"batch": 2.5}, "batch is 2.5, expected a whole number"),
        ({"batch": True}, "batch is True, expected a whole number"),
        ({"freeze-norm": 1}, "freeze-norm is 1, expected true or false"),
        ({"lr": -1}, "lr is -1.0, expected a number above 0 and at most 1"),
        ({"lr": 1e3}, "lr is 1000.0"),
        ({"lr": float("nan")}, "lr is nan"),
        ({"lr": "fast"}, "lr is 'fast', expected a number"),
        ({"schedule": "author"}, "schedule is 'author': did you mean authors"),
        ({"precision": "bf16"}, "precision is 'bf16': did you mean bfloat16"),
        ({"metrics": [1]}, r"metrics is \[1\], expected a list of names"),
        ({"input-size": "384"}, "expected WIDTHxHEIGHT"),
        ({"dataset-options": "x"}, "dataset-options is 'x', expected a table"),
        ({"init": "a", "backbone-weights": "b"}, "give one of the two"),
        ({"model": None}, "no model is given"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        make_config(NEEDED | values)


def test_hyphens_whole_numbers_paths_and_lists(tmp_path: Path) -> None:
    config = make_config(NEEDED | {"freeze-norm": True, "lr": 1, "root": tmp_path, "metrics": "cc, nss", "out": None})
    assert (config.freeze_norm, config.lr, config.root, config.metrics) == (True, 1.0, str(tmp_path), ("cc", "nss"))
    assert make_config(NEEDED | {"metrics": ["cc"]}).metrics == ("cc",)


@given(
    st.builds(
        TrainingConfig,
        model=st.text(),
        dataset=st.text(),
        root=st.none() | st.text(),
        lr=st.floats(0, 1, exclude_min=True),
        batch=st.integers(1),
        metrics=st.lists(st.sampled_from(["cc", "nss", "sim"])).map(tuple),
        freeze_norm=st.booleans(),
        dataset_options=st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()),
    )
)
def test_a_written_config_reads_back(config: TrainingConfig) -> None:
    assert make_config(tomllib.loads(format_config(config))) == config


def test_a_file_is_read_and_named_in_errors(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text('batch = 2\nfreeze-norm = true\n[dataset-options]\nunit = "clip"\n')
    assert read_config(file) == {"batch": 2, "freeze_norm": True, "dataset_options": {"unit": "clip"}}
    file.write_text("bacth = 2\n")
    with pytest.raises(InputError, match=r"my\.toml: unknown key 'bacth': did you mean batch"):
        read_config(file)
    file.write_text("batch = \n")
    with pytest.raises(FileError, match=r"my\.toml: is not a valid TOML file"):
        read_config(file)
    with pytest.raises(FileError, match=r"none\.toml: cannot be read"):
        read_config(tmp_path / "none.toml")


def test_what_changes_numbers_is_named() -> None:
    config = make_config(NEEDED)
    assert changed_keys(config, replace(config, root="x", workers=3, epochs=9)) == []
    assert changed_keys(config, replace(config, lr=0.5, micro_batch=1)) == ["micro-batch", "lr"]
    assert set(TrainingConfig.__dataclass_fields__) >= FREE_KEYS


def test_sizes() -> None:
    assert parse_size("384x224") == (224, 384)
    for text in ("384", "0x3", "x", "3x4x5", "-3x4"):
        with pytest.raises(InputError, match="expected WIDTHxHEIGHT"):
            parse_size(text)
