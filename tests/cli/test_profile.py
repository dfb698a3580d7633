from __future__ import annotations

import json

from click.testing import CliRunner

from videosal.cli import cli


def test_one_model_is_a_list_and_several_are_a_table() -> None:
    one = CliRunner().invoke(cli, ["profile", "stsanet-unet", "--repeats", "0"])
    assert one.exit_code == 0, one.output
    lines = {line[:26].strip(): line[26:].strip() for line in one.output.splitlines()}
    assert lines["GMACs"] == "117.38"
    assert lines["GFLOPs"] == "234.76"
    assert lines["parameters"] == "23,281,505"
    assert lines["s per map"] == "-"
    several = CliRunner().invoke(cli, ["profile", "center", "uniform", "--repeats", "1", "--device", "cpu"])
    assert several.exit_code == 0
    assert [line.split("|")[1].strip() for line in several.output.splitlines()[2:]] == ["center", "uniform"]


def test_json() -> None:
    done = CliRunner().invoke(cli, ["profile", "center", "--repeats", "1", "--json"])
    (found,) = json.loads(done.output)
    assert found["name"] == "center"
    assert found["seconds_per_map"] > 0
    assert found["gmacs"] is None


def test_weights_of_several_models() -> None:
    done = CliRunner().invoke(cli, ["profile", "center", "uniform", "--weights", "w.pth"])
    assert done.exit_code == 2
    assert "--weights are those of one model" in done.output
