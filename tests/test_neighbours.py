"""Plug-ins that import the modules beside them."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import videosal
from videosal.code_identity import identify_file, identify_object
from videosal.errors import PluginError
from videosal.models import create_model
from videosal.registry import Registry, import_for_pickle, load_plugin, plugin_files

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """
import os.path as a_module_of_python
from helper import VALUE, Part
import nets.deep as deep
from nets import wide


class Model:
    def predict(self, frames):
        import late
        from nets.shallow import DEPTH
        from helper import VALUE as again

        assert again == VALUE
        for frame in frames:
            yield frame[..., 0].astype(float) * late.gain() + VALUE + DEPTH + deep.DEPTH + wide.DEPTH
"""


def make_project(folder: Path, value: int) -> Path:
    (folder / "nets").mkdir(parents=True)
    (folder / "model.py").write_text(MODEL)
    (folder / "helper.py").write_text(
        f"from nets.wide import DEPTH\nVALUE = {value}\n\n\nclass Part:\n    value = VALUE\n"
    )
    (folder / "late.py").write_text("def gain():\n    import helper\n    return helper.VALUE\n")
    (folder / "nets/__init__.py").write_text("from . import deep\n")
    (folder / "nets/deep.py").write_text("from nets.wide import DEPTH as WIDE\nDEPTH = 1000\n")
    (folder / "nets/wide.py").write_text("DEPTH = 2000\n")
    (folder / "nets/shallow.py").write_text("import helper\nDEPTH = 100 * helper.VALUE\n")
    return folder / "model.py"


def predict(file: Path) -> float:
    import numpy as np

    (saliency,) = create_model(f"{file}:Model").predict([np.ones((2, 2, 3))])
    return float(saliency[0, 0])


def test_two_folders_each_have_their_helper(tmp_path: Path) -> None:
    """Also where the import is inside `predict`, which runs when both are loaded."""
    one, two = (make_project(tmp_path / str(value), value) for value in (1, 2))
    before, path = set(sys.modules), list(sys.path)
    first, second = load_plugin(one).Model(), load_plugin(two).Model()
    import numpy as np

    frames = [np.ones((2, 2, 3))]
    maps = zip(first.predict(frames), second.predict(frames), strict=True)
    assert [(float(a[0, 0]), float(b[0, 0])) for a, b in maps] == [(3102, 3204)]
    assert not {"helper", "late", "nets"} & (set(sys.modules) - before)
    assert sys.path == path


def test_the_neighbours_of_a_script_win_over_what_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/helper.py").write_text("VALUE = -1\n")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    outside = importlib.import_module("helper")
    try:
        assert predict(make_project(tmp_path / "1", 1)) == 3102
        assert sys.modules["helper"] is outside
    finally:
        del sys.modules["helper"]


def test_relative_imports_find_them_too(tmp_path: Path) -> None:
    file = make_project(tmp_path / "1", 1)
    file.write_text(MODEL.replace("from helper", "from .helper").replace("from nets import", "from .nets import"))
    assert predict(file) == 3102


def test_a_module_that_is_imported_by_name_at_load_counts_and_does_not_stay(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "named.py").write_text(f"VALUE = {name!r}\n")
        (tmp_path / name / "model.py").write_text(
            'import importlib\nVALUE = importlib.import_module("na" + "med").VALUE\n'
        )
    assert [load_plugin(tmp_path / name / "model.py").VALUE for name in ("a", "b")] == ["a", "b"]
    assert "named" not in sys.modules
    before = identify_file(tmp_path / "a/model.py")
    assert list(before.files) == ["model.py", "named.py"]
    (tmp_path / "a/named.py").write_text("VALUE = 'c'\n")
    assert identify_file(tmp_path / "a/model.py").digest != before.digest
    assert load_plugin(tmp_path / "a/model.py").VALUE == "c"


@pytest.mark.parametrize("edited", ["model.py", "helper.py", "late.py", "nets/deep.py"])
def test_an_edited_file_is_loaded_again(tmp_path: Path, edited: str) -> None:
    """As in a notebook: within a second, and without a change of size."""
    file = make_project(tmp_path / "1", 1)
    assert predict(file) == 3102
    loaded = load_plugin(file)
    assert load_plugin(file) is loaded
    place = file.parent / edited
    place.write_text(place.read_text().replace("VALUE + DEPTH", "VALUE - DEPTH").replace("VALUE = 1", "VALUE = 2")
                     .replace("return h", "return -h").replace("1000", "5000"))  # fmt: skip
    assert predict(file) == {"model.py": 2902, "helper.py": 3204, "late.py": 3100, "nets/deep.py": 7102}[edited]
    assert load_plugin(file) is not loaded


def test_what_an_edited_file_registered_is_registered_anew(tmp_path: Path) -> None:
    registry: Registry[Any] = Registry("thing", "videosal.things")
    sys.modules["registry_of_this_test"] = registry  # type: ignore[assignment]
    try:
        file, helper, other = (tmp_path / f"{name}.py" for name in ("model", "helper", "other"))
        head = "from registry_of_this_test import register\n"
        helper.write_text(f"{head}@register('part')\nclass Part: number = 0\n")
        file.write_text(
            f"{head}import helper\n@register('old')\nclass Old: pass\n@register('kept')\nclass Kept: pass\n"
        )
        other.write_text(f"{head}import helper\n@register('other')\nclass Other: pass\n")
        load_plugin(file)
        load_plugin(other)
        assert registry.names() == ["kept", "old", "other", "part"]
        file.write_text(
            f"{head}import helper\n@register('new')\nclass New: pass\n@register('kept')\nclass Kept: x = 1\n"
        )
        load_plugin(file)
        assert registry.names() == ["kept", "new", "other", "part"]
        assert registry.get("kept").x == 1
        helper.write_text(helper.read_text().replace("number = 0", "number = 1"))
        load_plugin(other)
        load_plugin(file)
        assert registry.get("part").number == 1
        file.write_text(f"{head}@register('kept')\nclass Kept: pass\n@register('kept')\nclass Again: pass\n")
        with pytest.raises(PluginError, match="a thing named 'kept' is registered already"):
            load_plugin(file)
    finally:
        del sys.modules["registry_of_this_test"]


def test_a_broken_neighbour_is_told_and_loads_when_it_is_mended(tmp_path: Path) -> None:
    file = make_project(tmp_path / "1", 1)
    good = (tmp_path / "1/helper.py").read_text()
    (tmp_path / "1/helper.py").write_text("1 / 0\n")
    with pytest.raises(PluginError, match=r"model\.py fails to load: ZeroDivisionError"):
        load_plugin(file)
    (tmp_path / "1/helper.py").write_text(good)
    assert predict(file) == 3102


def test_a_file_may_be_imported_by_its_neighbour(tmp_path: Path) -> None:
    """It is then itself, not a second copy."""
    (tmp_path / "model.py").write_text("SIZE = 3\nimport helper\n")
    (tmp_path / "helper.py").write_text("import model\nBACK = model\n")
    module = load_plugin(tmp_path / "model.py")
    assert module.helper.BACK is module


def test_worker_processes_find_them(tmp_path: Path) -> None:
    file = make_project(tmp_path / "1", 1)
    metrics = ["cc"]
    one = videosal.run(f"{file}:Model", "sample:test", metrics=metrics, out=tmp_path / "one")
    two = videosal.run(f"{file}:Model", "sample:test", metrics=metrics, out=tmp_path / "two", workers=2)
    assert one.frames["cc"].equals(two.frames["cc"])


def test_a_pickle_of_a_neighbours_class_arrives(tmp_path: Path) -> None:
    module = load_plugin(make_project(tmp_path / "1", 1))
    content, plugins = pickle.dumps(module.Part()), plugin_files()
    script = (
        "import pickle, sys; from videosal.registry import import_for_pickle\n"
        f"import_for_pickle({type(module.Part()).__module__!r}, {dict(plugins)!r})\n"
        f"print(pickle.loads({content!r}).value)"
    ).replace("PosixPath", "__import__('pathlib').Path")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "1\n", done.stderr
    import_for_pickle("os", plugins)  # what is no plug-in's is left to pickle


def test_a_class_from_beside_a_plug_in_is_known_by_its_file(tmp_path: Path) -> None:
    part = load_plugin(make_project(tmp_path / "1", 1)).Part
    assert "helper.py" in identify_object(part).files
