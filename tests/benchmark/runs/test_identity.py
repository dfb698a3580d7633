from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from videosal.benchmark.runs.identity import _FIELDS, Identity, differences

CODE = {"kind": "file", "name": "/a/m.py", "version": None, "digest": "aa", "files": {"m.py": "1", "h.py": "2"}}
ONE = Identity(
    name="x",
    dataset="dhf1k:val",
    dataset_options={},
    truth="t",
    videos="100 v",
    contents="c",
    protocol="standard",
    signature="protocol=standard|seed 0",
    metric_code={},
    calibration=None,
    baseline="center",
    negatives="",
    seed=0,
    sample=None,
    depth="8bit",
    kind="model",
    folder=None,
    model="m.py:M",
    options={},
    weights={"name": "w.pth", "sha256": "1" * 64},
    code=CODE,
    frames="f",
    plugins={},
    version="0.1",
    suite="s",
)


def test_every_field_counts_somewhere() -> None:
    assert set(_FIELDS) == {item.name for item in fields(Identity)}


def test_it_comes_back_from_json() -> None:
    assert Identity.from_json(ONE.to_json() | {"of a later version": 1}) == ONE


@pytest.mark.parametrize(
    ("changed", "strengths"),
    [
        ({"version": "0.2"}, {"result", "row"}),
        ({"suite": "z"}, {"result", "row"}),
        ({"plugins": {"p.py": CODE}}, {"result", "row"}),
        ({"code": CODE | {"digest": "bb"}}, {"result", "row"}),
        ({"weights": {"name": "w.pth", "sha256": "2" * 64}}, {"result", "row"}),
        ({"folder": "/b"}, {"row"}),
        ({"frames": "g"}, {"result", "row"}),
        ({"name": "y"}, {"result", "row"}),
        ({"sample": 1}, {"result", "row", "column"}),
        ({"videos": "99 v"}, {"result", "row", "column"}),
        ({"contents": "d"}, {"column"}),
        ({"contents": None}, set()),
        ({"weights": {"name": "renamed.pth", "sha256": "1" * 64}}, set()),
        ({"code": CODE | {"name": "/moved/m.py"}}, set()),
    ],
)
def test_what_counts_for_what(changed: dict[str, Any], strengths: set[str]) -> None:
    other = replace(ONE, **changed)
    assert {same for same in ("result", "row", "column") if differences(ONE, other, same)} == strengths  # type: ignore[arg-type]


def test_a_digest_stands_for_each_strength() -> None:
    assert replace(ONE, name="y", folder="/b").result == ONE.result
    assert replace(ONE, suite="z").result != ONE.result
    assert replace(ONE, suite="z", code=None, name="y").column == ONE.column
    assert replace(ONE, seed=1).column != ONE.column


def test_what_differs_is_said_once_and_names_the_file() -> None:
    edited = replace(ONE, code=CODE | {"digest": "bb", "files": {"m.py": "1", "h.py": "9", "new.py": "3"}})
    assert str(differences(ONE, edited, "row")[0]) == "the code of the model (h.py was edited, new.py was added)"
    other = replace(ONE, kind="predictions", model=None, code=None, weights=None, frames=None, depth="files")
    assert [str(item) for item in differences(ONE, other, "row")] == ["the kind (model, now predictions)"]
    sampled = replace(ONE, sample=1, signature="protocol=standard|seed 1")
    assert [str(item) for item in differences(ONE, sampled, "column")] == ["the sample seed (none, now 1)"]


def test_code_that_cannot_be_read_is_never_the_same() -> None:
    unknown = replace(ONE, code={"kind": "unknown", "name": "Mine", "version": None, "digest": None, "files": {}})
    (found,) = differences(unknown, unknown, "result")
    assert "the source of Mine cannot be read" in str(found)
    assert not differences(unknown, unknown, "row")


def test_metrics_of_third_parties_count_where_both_have_them() -> None:
    one, two = replace(ONE, metric_code={"mae": CODE}), replace(ONE, metric_code={})
    assert not differences(one, two, "column")
    assert differences(one, replace(ONE, metric_code={"mae": CODE | {"digest": "z"}}), "column")
