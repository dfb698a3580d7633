from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from videosal.code_identity import CodeIdentity, identify_file, identify_object, suite_digest
from videosal.models.registry import find_factory
from videosal.registry import load_plugin

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / f"{name.replace('__in__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A model file with neighbours, of which it uses some."""
    folder = tmp_path / "project"
    write(
        folder,
        model="""
            import numpy
            from helper import net

            def predict():
                import nets.deep
                import importlib
                importlib.import_module("named")
        """,
        helper="import deeper\nnet = 1",
        deeper="",
        nets__in____init__="",
        nets__in__deep="from . import wide",
        nets__in__wide="",
        named="",
        unrelated="",
    )
    return folder


def test_a_file_is_known_with_the_neighbours_that_it_imports(project: Path) -> None:
    found = identify_file(project / "model.py")
    assert list(found.files) == [
        "deeper.py", "helper.py", "model.py", "named.py", "nets/__init__.py", "nets/deep.py", "nets/wide.py",
    ]  # fmt: skip
    assert found.digest is not None
    assert (found.kind, found.name, len(found.digest)) == ("file", str(project / "model.py"), 16)


@pytest.mark.parametrize("name", ["model", "helper", "deeper", "named", "nets/deep", "nets/wide"])
def test_an_edit_anywhere_in_it_is_another_digest(project: Path, name: str) -> None:
    before = identify_file(project / "model.py")
    file = project / f"{name}.py"
    file.write_text(f"{file.read_text()}\n# edited")
    after = identify_file(project / "model.py")
    assert after.digest != before.digest
    assert after.changed_files(before) == [f"{name}.py"]


def test_an_edit_beside_it_is_not(project: Path) -> None:
    before = identify_file(project / "model.py")
    (project / "unrelated.py").write_text("x = 1")
    (project / "new.py").write_text("x = 1")
    assert identify_file(project / "model.py") == before


def test_the_digest_does_not_depend_on_the_folder(project: Path, tmp_path: Path) -> None:
    before = identify_file(project / "model.py")
    moved = project.rename(tmp_path / "moved")
    assert identify_file(moved / "model.py").digest == before.digest


def test_what_python_finds_elsewhere_is_no_neighbour(tmp_path: Path) -> None:
    """A model file in a clone of videosal, beside a folder `torch` and one named like a standard module."""
    write(
        tmp_path,
        model="import json, torch, videosal.models, data.reader",
        json="",
        torch__in__clone="",
        videosal__in____init__="",
        data__in__reader="",
    )
    assert list(identify_file(tmp_path / "model.py").files) == ["data/reader.py", "model.py"]


def test_json_keeps_it(project: Path) -> None:
    found = identify_file(project / "model.py")
    assert CodeIdentity.from_json(json.loads(json.dumps(found.to_json()))) == found
    with pytest.raises(KeyError, match="digest"):
        CodeIdentity.from_json({"kind": "file", "name": "x", "version": None})


@pytest.mark.parametrize("name", ["center", "stsanet", "unisal", "spectral-residual"])
def test_ours_are_the_suite(name: str) -> None:
    found = identify_object(find_factory(name))
    assert (found.kind, found.digest) == ("videosal", suite_digest())


def test_the_suite_is_read_once_and_fast() -> None:
    suite_digest.cache_clear()
    start = time.perf_counter()
    first = suite_digest()
    assert time.perf_counter() - start < 1
    assert suite_digest() is first


def test_an_object_of_a_plug_in_is_its_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        model="""
            from videosal.models import ClipNetworkEntry, ModelCard

            class Mine:
                pass

            entry = ClipNetworkEntry("mine", ModelCard(title="Mine"), Mine, (64, 96), length=8, target=7)
        """,
    )
    module = load_plugin(tmp_path / "model.py")
    expected = identify_file(tmp_path / "model.py")
    assert identify_object(module.Mine) == expected
    assert identify_object(module.entry) == expected  # although its class is ours


def test_an_installed_object_is_its_distribution() -> None:
    import click.core

    found = identify_object(click.core.Command)
    assert (found.kind, found.name, found.version) == ("distribution", "click", version("click"))
    assert "click/core.py" in found.files


def test_a_package_on_the_path_is_all_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, uninstalled__in____init__="class Model:\n    pass", uninstalled__in__other="")
    monkeypatch.syspath_prepend(tmp_path)
    import uninstalled  # type: ignore[import-not-found]

    found = identify_object(uninstalled.Model)
    assert (found.kind, found.name) == ("package", "uninstalled")
    assert list(found.files) == ["uninstalled/__init__.py", "uninstalled/other.py"]


def test_what_has_no_source_is_unknown() -> None:
    space: dict[str, Any] = {"__name__": "nowhere"}
    exec("class Model:\n    pass", space)
    found = identify_object(space["Model"])
    assert (found.kind, found.digest) == ("unknown", None)


SCRIPT = """
    import numpy as np
    import beside
    from videosal.models import ClipNetworkEntry, ModelCard
    from videosal.code_identity import identify_object

    SIGMA = 3
    WEIGHTS = np.arange(4)
    UNUSED = 1

    def blur(frame):
        return frame * SIGMA

    class Base:
        gain = 2

    class Model(Base):
        def predict(self, frames):
            return [blur(frame) * WEIGHTS.sum() + beside.bias() for frame in frames]

    entry = ClipNetworkEntry("mine", ModelCard(title="Mine"), lambda size: Model(), (64, 96), length=8, target=7)

    class Trained:
        def predict(self, frames):
            return network(frames)

    network = object()
    print(identify_object(Model).digest, identify_object(entry).digest, identify_object(Trained).digest)
"""


def digests_of_a_script(folder: Path, text: str) -> list[str]:
    write(folder, script=text)
    done = subprocess.run([sys.executable, folder / "script.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_notebook_is_what_the_object_refers_to(tmp_path: Path) -> None:
    write(tmp_path, beside="import under\ndef bias(): return under.ZERO", under="ZERO = 0")
    before = digests_of_a_script(tmp_path, SCRIPT)
    assert before[2] == "None"  # an object that nothing tells from another
    assert digests_of_a_script(tmp_path, SCRIPT + "\n    workers = 2\n") == before
    assert digests_of_a_script(tmp_path, SCRIPT.replace("UNUSED = 1", "UNUSED = 2")) == before
    changes = [
        ("SIGMA = 3", "SIGMA = 4"),
        ("np.arange(4)", "np.arange(5)"),
        ("frame * SIGMA", "-frame * SIGMA"),
        ("gain = 2", "gain = 3"),
    ]
    for old, new in changes:
        after = digests_of_a_script(tmp_path, SCRIPT.replace(old, new))
        assert after[0] != before[0], new
        assert after[1] != before[1], new
    after = digests_of_a_script(tmp_path, SCRIPT.replace("length=8", "length=9"))
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)
    write(tmp_path, under="ZERO = 1")
    assert digests_of_a_script(tmp_path, SCRIPT)[0] != before[0]
