from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from videosal.cli import cli
from videosal.errors import InputError, ModelError
from videosal.models.training.config import TrainingConfig, hyphenate

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke
    from tests.conftest import TreeMaker

SMALL = Path(__file__).parents[1] / "models" / "training" / "small_network.py"


@pytest.fixture
def data(dhf1k_tree: TreeMaker) -> list[object]:
    return ["--dataset", "dhf1k", "--root", dhf1k_tree((1, 2, 601), n_frames=6), "--device", "cpu"]


def train_options() -> dict[str, click.Parameter]:
    command = cli.get_command(click.Context(cli), "train")
    assert command is not None
    return {str(parameter.name): parameter for parameter in command.params}


def test_every_key_of_the_config_is_an_option_and_says_its_default() -> None:
    options = train_options()
    keys = {key.name for key in fields(TrainingConfig)}
    assert set(options) - keys == {"config_file", "existing", "dry_run", "plugin"}
    for key in fields(TrainingConfig):
        option = options[key.name]
        if isinstance(option, click.Option) and key.name != "dataset_options":
            assert option.default is None, key.name  # so that the config file may say it
            assert f"--{hyphenate(key.name)}" in option.opts
            if key.default not in (None, False) and isinstance(key.default, (int, float)):
                assert f"[default: {key.default}]" in str(option.help)


def test_train_and_run(invoke: Invoke, data: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my plugin.py").write_text("")
    told = ("--metrics", "cc,nss", "--out", "out", "--plugin", "my plugin.py")
    done = invoke("train", f"{SMALL}:plain", *data, "--epochs", 2, *told)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "2 epochs, 2 steps"
    assert lines[1].startswith("best epoch ")
    assert ", cc " in lines[1]
    command = shlex.split(lines[2])
    assert command[:5] == ["videosal", "run", f"{SMALL}:plain", "--plugin", "my plugin.py"]
    assert command[5:] == ["--dataset", "dhf1k:val", "--root", str(data[3]), "--weights", "out/best.safetensors"]
    again = invoke(*command[1:], "--metrics", "cc")
    assert again.exit_code == 0, again.output


def test_a_config_file_and_the_command_line(
    invoke: Invoke, data: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.toml").write_text(f'model = "{SMALL}:plain"\nbatch = 1\nepochs = 3\nlr = 0.01\nmetrics = ["cc"]\n')
    done = invoke("train", "--config", "my.toml", *data, "--epochs", 1, "--no-freeze-norm")
    assert done.exit_code == 0, done.output
    stored = Path("trained/plain-dhf1k/config.toml").read_text()
    for line in ("batch = 1", "epochs = 1", "lr = 0.01", "freeze-norm = false", 'loss = "kld - cc"'):
        assert line in stored.splitlines()
    again = invoke("train", "--config", "trained/plain-dhf1k/config.toml", "--epochs", 2)
    assert again.exit_code == 0, again.output
    assert again.stdout.startswith("2 epochs, 4 steps\n")


def test_what_is_wrong_is_told(invoke: Invoke, data: list[object], tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("bacth = 1\n")
    found = invoke("train", "stsanet", *data, "--config", tmp_path / "my.toml").exception
    assert isinstance(found, InputError)
    assert str(found) == f"{tmp_path / 'my.toml'}: unknown key 'bacth': did you mean batch?"
    missing = invoke("train", *data).exception
    assert str(missing) == "no model is given: name it on the command line or in the config file"
    assert "no dataset is given" in str(invoke("train", "stsanet").exception)
    assert isinstance(invoke("train", "center", *data).exception, ModelError)
    assert invoke("train", "stsanet", *data, "--precision", "fp16").exit_code == 2
    assert invoke("train", "stsanet", *data, "--batch", "two").exit_code == 2


def test_a_dry_run(invoke: Invoke, data: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = invoke("train", f"{SMALL}:plain", *data, "--dry-run", "--batch", 1)
    assert done.exit_code == 1, done.output  # a copy of three videos: others are missing
    lines = done.stdout.splitlines()
    assert lines[0] == "train on dhf1k:train: 2 videos, 12 frames; a part of the split, 3 problems"
    assert "598 videos are missing" in lines[1]
    assert any(line.startswith("memory: about 0.0 MB on cpu (weights 0.0 MB, ") for line in lines)
    assert lines[-1].startswith("one step of 1 clips: loss ")
    assert not (tmp_path / "trained").exists()


def test_a_dry_run_on_whole_data(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = invoke("train", f"{SMALL}:plain", "--dataset", "sample", "--device", "cpu", "--dry-run")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == "train on sample:train: 3 videos, 110 frames; 0 problems"


def test_only_the_first_process_prints(
    invoke: Invoke, data: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    done = invoke("train", f"{SMALL}:plain", *data, "--dry-run")
    assert done.exit_code == 0
    assert done.stdout == ""
