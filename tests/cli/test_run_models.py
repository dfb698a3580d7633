"""A run directory may be somebody else's: a verb that reads it runs none of the code that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import videosal

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke
    from tests.conftest import TreeMaker

MODEL = """
from pathlib import Path
import numpy as np

Path("loaded").touch()


class Model:
    def predict(self, frames):
        for index in range(len(frames)):
            yield np.arange(288.0).reshape(18, 16) + index
"""


@pytest.fixture
def theirs(dhf1k_tree: TreeMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run directory of a model in a file that leaves a file when it is loaded."""
    monkeypatch.chdir(tmp_path)
    root = dhf1k_tree((601, 602))
    videosal.run("center", "dhf1k:val", root, name="theirs", metrics=["nss"], out=tmp_path / "run")
    (tmp_path / "model.py").write_text(MODEL)
    file = tmp_path / "run/run.json"
    info = json.loads(file.read_text())
    info["model_spec"]["name"] = f"{tmp_path / 'model.py'}:Model"
    file.write_text(json.dumps(info))
    return tmp_path / "run"


VERBS = {
    "figure": ["--pick", "worst", "--count", 1, "--out", "figure.svg"],
    "report": ["--frames", 1],
    "table": ["--change", "--columns", "nss"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_it_is_run_only_if_asked(invoke: Invoke, theirs: Path, verb: str) -> None:
    said = "the maps of 'theirs' were not saved: give their folder, or --run-models to run the model that its run.json"
    result = invoke(verb, theirs, *VERBS[verb])
    assert not Path("loaded").exists()
    if verb == "report":
        assert result.exit_code == 0
        assert said in Path("report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    else:
        assert str(result.exception).startswith(said)
    result = invoke(verb, theirs, *VERBS[verb], "--run-models")
    assert result.exit_code == 0, result.exception
    assert Path("loaded").exists()


@pytest.mark.parametrize("verb", ["table", "compare", "explain", "export", "merge"])
def test_the_others_never_run_it(invoke: Invoke, theirs: Path, verb: str) -> None:
    runs = [theirs, theirs] if verb in ("compare", "explain") else [theirs]
    result = invoke(verb, *runs, *(["--out", "other"] if verb in ("export", "merge") else []))
    assert result.exception is None or isinstance(result.exception, videosal.VideosalError | SystemExit)
    assert not Path("loaded").exists()


def test_a_model_of_ours_is_not_run_either(invoke: Invoke, three_runs: list[Path]) -> None:
    result = invoke("table", *three_runs, "--change", "--columns", "nss")
    assert str(result.exception).startswith("the maps of 'center' were not saved")


def test_saved_maps_are_read_without_it(invoke: Invoke, dhf1k_tree: TreeMaker, tmp_path: Path) -> None:
    root = dhf1k_tree((601, 602))
    videosal.run("center", "dhf1k:val", root, metrics=["nss"], out=tmp_path / "run", save_maps=tmp_path / "kept")
    assert invoke("figure", tmp_path / "run", "--out", tmp_path / "figure.svg").exit_code == 0
