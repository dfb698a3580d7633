from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal.errors import FileError, ModelError, PluginError, UnknownNameError
from videosal.models import (
    ModelCard,
    create_model,
    iterate_predictions,
    list_models,
    model_card,
    model_options,
    register_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BASELINES = ["center", "mean-map", "motion", "spectral-residual", "uniform"]


class Echo:
    """Give back a channel of the frame.

    More about it.
    """

    def __init__(self, channel: int = 0) -> None:
        self.channel = channel

    def predict(self, frames: Any) -> Any:
        return (frame[..., self.channel] for frame in frames)


def test_the_baselines_are_registered() -> None:
    assert set(BASELINES) <= set(list_models())
    assert list_models() == sorted(list_models())


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_has_a_full_card(name: str) -> None:
    card = model_card(name)
    assert card.title
    assert card.description
    assert card.input
    assert card.output
    assert card.parameters == 0
    assert card.licence == "MIT"
    assert card.weights is None


def test_a_class_is_registered_and_made() -> None:
    assert register_model("echo")(Echo) is Echo
    assert "echo" in list_models()
    model: Any = create_model("echo", channel="2")
    assert isinstance(model, Echo)
    assert model.channel == 2


def test_a_function_is_registered_and_made() -> None:
    @register_model("echo")
    def make(channel: int = 1) -> Echo:
        return Echo(channel)

    model: Any = create_model("echo")
    assert model.channel == 1
    assert make().channel == 1


@pytest.mark.parametrize("name", ["echo", "center"])
def test_a_name_is_given_once(name: str) -> None:
    register_model("echo")(Echo)
    with pytest.raises(PluginError, match=f"named '{name}' is registered already"):
        register_model(name)(lambda: Echo())


def test_an_unknown_name_offers_the_nearest() -> None:
    for ask in (create_model, model_card, model_options):
        with pytest.raises(UnknownNameError, match="unknown model 'centre': did you mean center"):
            ask("centre")


def test_a_model_without_a_card_gets_one_from_its_docstring() -> None:
    register_model("echo")(Echo)
    assert model_card("echo") == ModelCard(title="echo", description="Give back a channel of the frame.")
    register_model("silent")(lambda: Echo())
    assert model_card("silent") == ModelCard(title="silent")


def test_the_card_of_a_function_is_its_attribute() -> None:
    def make() -> Echo:
        return Echo()

    card = ModelCard(title="Echo", parameters=3)
    make.card = card  # type: ignore[attr-defined]
    register_model("echo")(make)
    assert model_card("echo") is card


def test_a_card_of_another_type_is_refused() -> None:
    class Wrong(Echo):
        card = {"title": "Wrong"}  # noqa: RUF012

    register_model("wrong")(Wrong)
    with pytest.raises(ModelError, match="its card is a dict, expected a ModelCard"):
        model_card("wrong")


def test_options_are_listed() -> None:
    options = model_options("center")
    assert list(options) == ["sigma"]
    assert options["sigma"].default == 0.2
    assert model_options("uniform") == {}


def test_options_that_do_not_fit() -> None:
    with pytest.raises(ModelError, match=r"model 'center' has no option 'sigmma'.*sigma=0\.2"):
        create_model("center", sigmma=0.3)
    with pytest.raises(ModelError, match="model 'center': option sigma=wide is not of type float"):
        create_model("center", sigma="wide")


def test_weights_and_device_go_where_the_signature_has_them() -> None:
    seen: list[dict[str, Any]] = []

    def both(weights: str | None = "default.pt", device: str = "cpu") -> Echo:
        seen.append({"weights": weights, "device": device})
        return Echo()

    def required(weights: str | None) -> Echo:
        seen.append({"weights": weights})
        return Echo()

    register_model("both")(both)
    register_model("required")(required)
    create_model("both")
    create_model("both", "w.pt", "cuda:1")
    create_model("both", weights=Path("w.pt"))
    create_model("required")
    assert seen == [
        {"weights": "default.pt", "device": "auto"},
        {"weights": "w.pt", "device": "cuda:1"},
        {"weights": Path("w.pt"), "device": "auto"},
        {"weights": None},
    ]


def test_weights_for_a_model_that_takes_none() -> None:
    with pytest.raises(ModelError, match=r"'center' takes no weights, but w\.pt is given"):
        create_model("center", weights="w.pt")


def test_a_device_for_a_model_that_takes_none_is_no_error() -> None:
    assert hasattr(create_model("center", device="cuda"), "predict")


@pytest.mark.parametrize("thing", [3, "text", Echo])
def test_an_object_without_predict(thing: Any) -> None:
    register_model("thing")(lambda: thing)
    with pytest.raises(ModelError, match=f"model 'thing' is a {type(thing).__name__} without a method predict"):
        create_model("thing")


def test_a_factory_that_fails() -> None:
    def fail(error: Any) -> Echo:
        raise error

    register_model("fail")(fail)
    with pytest.raises(ModelError, match="model 'fail' cannot be made: KeyError"):
        create_model("fail", error=KeyError("conv.weight"))
    with pytest.raises(FileError, match="as it is"):
        create_model("fail", error=FileError("as it is"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(
        "from __future__ import annotations\n"
        "import numpy as np\n"
        "class Bright:\n"
        '    """Brightness of a frame."""\n'
        "    def __init__(self, gain: float = 1.0) -> None:\n"
        "        self.gain = gain\n"
        "    def predict(self, frames):\n"
        "        return (self.gain * frame.mean(axis=2) for frame in frames)\n"
        "NUMBER = 3\n"
    )
    return path


def test_a_model_in_a_file(file: Path) -> None:
    name = f"{file}:Bright"
    frames = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20)]
    maps = list(iterate_predictions(create_model(name, gain="2"), frames))
    np.testing.assert_array_equal(maps, [np.full((2, 3), 20.0), np.full((2, 3), 40.0)])
    assert model_card(name) == ModelCard(title="Bright", description="Brightness of a frame.")
    assert list(model_options(name)) == ["gain"]
    assert name not in list_models()


@pytest.mark.parametrize(
    ("end", "text"),
    [
        ("", "add the class or function, as in .*mine.py:Name"),
        (":", "add the class or function"),
        (":Brigth", "defines no 'Brigth': did you mean Bright"),
        (":Quite_another", "known are Bright$"),
        (":NUMBER", "is a int, expected a class or a function"),
    ],
)
def test_names_that_a_file_does_not_have(file: Path, end: str, text: str) -> None:
    with pytest.raises(ModelError, match=text):
        create_model(f"{file}{end}")


def test_a_file_that_is_missing_or_broken(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"absent\.py is not a file"):
        create_model(f"{tmp_path / 'absent.py'}:Name")
    (tmp_path / "broken.py").write_text("import no_such_package_of_anyone\n")
    with pytest.raises(PluginError, match=r"broken\.py fails to load.*no_such_package"):
        create_model(f"{tmp_path / 'broken.py'}:Name")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Install a module with an entry point of the same name: ``install(name, code)``."""

    def put(name: str, code: str) -> None:
        (tmp_path / f"{name}.py").write_text(code)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[videosal.models]\n{name} = {name}:Model\n")

    monkeypatch.syspath_prepend(tmp_path)
    return put


def test_a_model_of_an_installed_package(install: Callable[[str, str], None]) -> None:
    install("vs_test_good", "class Model:\n    def predict(self, frames):\n        return iter(())\n")
    assert "vs_test_good" in list_models()
    assert type(create_model("vs_test_good")).__module__ == "vs_test_good"


def test_a_broken_package_hides_nothing_else(install: Callable[[str, str], None]) -> None:
    install("vs_test_bad", "raise RuntimeError('half installed')\n")
    assert {"vs_test_bad", *BASELINES} <= set(list_models())
    with pytest.raises(PluginError, match=r"'vs_test_bad' .*fails to load.*half installed"):
        create_model("vs_test_bad")
    assert hasattr(create_model("uniform"), "predict")
