from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.errors import ModelError
from videosal.models.options import convert_options, read_options


def annotated(
    a: float,
    b: int | None = None,
    *,
    c: bool = False,
    d: Path | None = None,
    e: str = "x",
    weights: str | None = None,
    device: str = "auto",
) -> None:
    """Options of every type that is converted."""


def bare(a, b=1.5, c=2, d=True, e="x", f=Path("y"), g=None):  # type: ignore[no-untyped-def]
    """Options without annotations."""


def convert(factory: Any, **given: Any) -> dict[str, Any]:
    return convert_options("m", factory, given)


def test_options_leave_out_weights_and_device() -> None:
    options = read_options(annotated)
    assert list(options) == ["a", "b", "c", "d", "e"]
    assert options["a"].required
    assert not options["b"].required
    assert options["d"].types == ("Path", "None")
    assert [str(option) for option in options.values()] == ["a (required)", "b=None", "c=False", "d=None", "e=x"]


def test_text_becomes_the_annotated_type() -> None:
    found = convert(annotated, a="0.25", b="7", c="yes", d="~/maps/mean.npy", e="7")
    assert found == {"a": 0.25, "b": 7, "c": True, "d": Path("~/maps/mean.npy").expanduser(), "e": "7"}
    assert type(found["b"]) is int


def test_text_becomes_the_type_of_the_default() -> None:
    found = convert(bare, a="3", b="2", c="3", d="off", e="4", f="z", g="5")
    assert found == {"a": "3", "b": 2.0, "c": 3, "d": False, "e": "4", "f": Path("z"), "g": "5"}
    assert type(found["b"]) is float


def test_annotations_may_be_objects_text_or_optional() -> None:
    def factory(a: Any = 1, b: Any = 1, c: Any = 1, d: Any = 1, e: Any = 1) -> None:
        """Annotations are set below, as they come without the __future__ import."""

    factory.__annotations__ = {
        "a": float,
        "b": "Optional[float]",
        "c": Optional[float],  # noqa: UP045 (what other people's code holds)
        "d": "pathlib.Path | None",
        "e": int | None,
    }
    found = convert(factory, a="2", b="none", c="3", d="x", e="None")
    assert found == {"a": 2.0, "b": None, "c": 3.0, "d": Path("x"), "e": None}
    assert type(found["a"]) is float


def test_an_unknown_annotation_falls_back_on_the_default() -> None:
    def factory(a: Size = 3, b: Size = None) -> None:  # type: ignore[name-defined]  # noqa: F821
        """A type of which nothing is known."""

    assert convert(factory, a="4", b="4") == {"a": 4, "b": "4"}


@pytest.mark.parametrize("text", ["true", "Yes", "ON", "1"])
def test_words_for_true(text: str) -> None:
    assert convert(annotated, a=1.0, c=text)["c"] is True


@pytest.mark.parametrize("text", ["false", "No", "OFF", "0"])
def test_words_for_false(text: str) -> None:
    assert convert(annotated, a=1.0, c=text)["c"] is False


@given(st.floats(allow_nan=False))
def test_a_float_survives_as_text(value: float) -> None:
    assert convert(annotated, a=repr(value)) == {"a": value}


@pytest.mark.parametrize("value", [3, None, [1], Path("x")])
def test_what_is_no_text_passes(value: Any) -> None:
    assert convert(annotated, a=value)["a"] is value


@pytest.mark.parametrize(
    ("name", "text", "types"),
    [("a", "wide", "float"), ("a", "", "float"), ("b", "2.5", "int or None"), ("c", "maybe", "bool")],
)
def test_bad_text_is_named(name: str, text: str, types: str) -> None:
    with pytest.raises(ModelError, match=f"^model 'm': option {name}={text} is not of type {types}$"):
        convert(annotated, **{"a": 1.0, name: text})


def test_an_unknown_option_lists_the_known_ones() -> None:
    with pytest.raises(
        ModelError, match=r"no option 'sigmaa': did you mean sigma\? .*: size \(required\), sigma=0\.2$"
    ):
        convert(lambda size, sigma=0.2: None, sigmaa=1)
    with pytest.raises(ModelError, match="model 'm' has no option 'a': it has none"):
        convert(lambda weights=None: None, a=1)


@pytest.mark.parametrize("name", ["weights", "device"])
def test_weights_and_device_are_no_options(name: str) -> None:
    with pytest.raises(ModelError, match=f"no option '{name}'"):
        convert(annotated, a=1.0, **{name: "x"})


def test_a_missing_option_is_named() -> None:
    with pytest.raises(ModelError, match="needs the option 'a': give a=VALUE"):
        convert(annotated, b=1)


def test_a_factory_of_any_options_gets_text_as_it_is() -> None:
    def factory(a: int = 1, **rest: Any) -> None:
        """Takes anything."""

    assert convert(factory, a="2", b="3") == {"a": 2, "b": "3"}
