from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from videosal.errors import InputError, PluginError, UnknownNameError
from videosal.metrics import (
    Protocol,
    get_protocol,
    list_protocols,
    protocol_signature,
    register_protocol,
    score_frame,
)
from videosal.metrics.protocols import registry
from videosal.metrics.protocols.choices import Smoothing
from videosal.registry import Registry

if TYPE_CHECKING:
    from tests.metrics.conftest import GazeMaker


@pytest.fixture(autouse=True)
def _no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_custom", Registry("protocol", "videosal.protocols.of_tests"))


def test_a_protocol_of_one_s_own_is_accepted_wherever_a_name_is(make_gaze: GazeMaker) -> None:
    gaze = make_gaze()
    ours = get_protocol("standard").replace(name="ours", resize="bilinear", nss_ddof=0)
    small = gaze.prediction[::2]
    unregistered = score_frame(small, gaze.density, gaze.fixations, protocol=ours)
    assert unregistered != score_frame(small, gaze.density, gaze.fixations)
    assert "ours" not in list_protocols()
    assert register_protocol(ours) is ours
    assert register_protocol(ours) is ours
    assert list_protocols()[-1] == "ours"
    assert score_frame(small, gaze.density, gaze.fixations, protocol="ours") == unregistered
    assert protocol_signature(ours).startswith("protocol=ours|luma=gray16|resize=bilinear|")


def test_a_name_that_is_taken_is_refused() -> None:
    register_protocol(get_protocol("standard").replace(name="ours"))
    for name in ("ours", "dhf1k"):
        with pytest.raises(PluginError, match=f"a protocol named '{name}' is registered already"):
            register_protocol(get_protocol("standard").replace(name=name, nss_ddof=0))


def test_a_choice_is_changed_in_its_part_alone() -> None:
    vinet = get_protocol("vinet")
    changed = vinet.replace(name="x", sim_eps=1e-7, aggregation="video", smoothing=None)
    assert changed.pair.sim_eps == 1e-7
    assert changed.pair.kld_blank_kept is False
    assert changed.maps.smoothing is None
    assert changed.maps.resize == "bilinear"
    assert changed.gaze == vinet.gaze
    assert changed.replace(gaze=get_protocol("msu").gaze, nss_ddof=1).gaze.judd == "walk"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"resise": "bilinear"}, "unknown choice of a protocol 'resise': did you mean resize"),
        ({"resize": "bicubic"}, "maps has resize 'bicubic': known are bilinear, imresize"),
        ({"judd": "jiter"}, "gaze has judd 'jiter': did you mean jitter"),
        ({"aggregation": "clip"}, "protocol 'x' has aggregation 'clip'"),
        ({"nss_ddof": -1}, "gaze has nss_ddof -1: give a whole number, 0 or more"),
        ({"auc_steps": 2.5}, "gaze has auc_steps 2.5: give a whole number, 1 or more"),
        ({"eps": -1.0}, "maps has eps -1.0: give a number, 0 or more"),
        ({"cc_eps": float("nan")}, "pair has cc_eps nan: give a number, 0 or more"),
        ({"single": 1}, "gaze has single 1: give True or False"),
        ({"resize": "letterbox", "grid": "half"}, "maps has resize letterbox, which knows no other grid"),
        ({"name": "a|b"}, "a protocol cannot be named 'a|b'"),
        ({"name": "a/b"}, "a protocol cannot be named 'a/b'"),
        ({"name": 3}, "a protocol cannot be named 3"),
        ({"eps": "small"}, "maps has eps 'small': give a number, 0 or more"),
        ({"cc_constant": "zero"}, "pair has cc_constant 'zero': give a number, or None"),
        ({"nss_constant": float("nan")}, "gaze has nss_constant nan: give a number, or None"),
        ({"metrics": ["cc"]}, r"protocol 'x' has metrics \['cc'\]: give a tuple of texts"),
        ({"smoothing": 3}, "maps has smoothing 3: give Smoothing, or None"),
        ({"maps": None}, "protocol 'x' has maps None: give Maps"),
        ({"maps": None, "resize": "none"}, "maps is None: give Maps"),
        ({"default_metrics": ()}, "protocol 'x' scores nothing by default"),
        ({"version": "2"}, "protocol 'x' has version '2': give a whole number"),
        ({"resize": ["none"]}, r"maps has resize \['none'\]: did you mean none"),
        ({"metrics": ("cc",), "default_metrics": ("nss",)}, "scores by default what it does not define"),
    ],
)
def test_a_choice_that_cannot_be_is_an_error(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text.replace("|", r"\|")):
        get_protocol("standard").replace(**({"name": "x"} | changes))


def test_unknown_metrics_and_bad_blurs_are_errors() -> None:
    with pytest.raises(UnknownNameError, match="unknown metric 'ccc': did you mean cc"):
        Protocol(name="x", metrics=("ccc",))
    with pytest.raises(InputError, match="smoothing has size 4"):
        Smoothing(size=4, sigma=1.0, border="reflect", first=True)
    with pytest.raises(InputError, match="smoothing has border 'mirror'"):
        Smoothing(size=3, sigma=1.0, border="mirror", first=True)


def test_an_entry_point_that_names_no_protocol_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._custom._entries, "theirs", {"resize": "bilinear"})  # type: ignore[arg-type]
    with pytest.raises(PluginError, match="the protocol 'theirs' is no protocol of that name"):
        get_protocol("theirs")
