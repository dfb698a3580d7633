from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from videosal.cli import cli
from videosal.errors import ModelError
from videosal.models import build_network, convert_weights, create_model, list_models, model_card, profile_model

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("salsac", "tsfp-net")
TEXT = "cannot be run: its authors published neither code nor weights; score maps of theirs with videosal score"


@pytest.mark.parametrize("name", NAMES)
def test_it_is_listed_with_its_card(name: str) -> None:
    assert name in list_models()
    card = model_card(name)
    assert card.model_size_mb is not None
    assert card.parameters is None
    shown = CliRunner().invoke(cli, ["models", name])
    assert shown.exit_code == 0
    assert card.title in shown.output
    assert "not published: score the authors' maps" in shown.output


@pytest.mark.parametrize("name", NAMES)
def test_whoever_wants_to_run_it_is_told_what_to_do(name: str, tmp_path: Path) -> None:
    for weights in (None, tmp_path / "w.pth"):
        with pytest.raises(ModelError, match=f"^model '{name}' {TEXT}"):
            create_model(name, weights, "cpu")
    with pytest.raises(ModelError, match=TEXT):
        build_network(name)
    with pytest.raises(ModelError, match=TEXT):
        convert_weights(tmp_path / "w.pth", tmp_path / "w.safetensors", model=name)


def test_a_profile_of_several_models_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    done = CliRunner().invoke(cli, ["profile", "salsac", "center", "--repeats", "1", "--device", "cpu", "--json"])
    assert done.exit_code == 0, done.output
    salsac, center = json.loads(done.stdout)
    assert salsac["input_size"] == "288x160"
    assert {value for key, value in salsac.items() if key not in ("name", "input_size")} == {None}
    assert center["seconds_per_map"] > 0
    assert caplog.text.count("salsac has no measured cost") == 1


def test_a_profile_without_time_says_so_too(caplog: pytest.LogCaptureFixture) -> None:
    assert profile_model("tsfp-net", repeats=0).gmacs is None
    assert "tsfp-net has no measured cost: model 'tsfp-net' cannot be run" in caplog.text


def test_a_run_of_it_ends_before_it_begins(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["run", "salsac", "--dataset", "sample:test", "--out", str(tmp_path / "run")])
    assert done.exit_code != 0
    assert isinstance(done.exception, ModelError)
    assert TEXT in str(done.exception)
    assert not (tmp_path / "run").exists()
