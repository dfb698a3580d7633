from __future__ import annotations

from pathlib import Path

import pytest

from videosal.disk.safe_name import safe_name


@pytest.mark.parametrize("name", ["STSANet", "STSANet (ours, v2.1)", "0601", "naïve 日本", "a-b_c+d", "x.y"])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../x", "___.._x"),
        ("/abs/x", "_abs_x"),
        ("w/o STSA", "w_o STSA"),
        ("a\\b:c", "a_b_c"),
        ("..", "__"),
        (".hidden", "_hidden"),
        ("end. ", "end__"),
        ("", "_"),
        ("CON", "_CON"),
        ("lpt1.txt", "_lpt1.txt"),
        ("a\x1b\0\nb", "a___b"),
        ("a\u202eb\udcff", "a_b_"),
    ],
)
def test_what_would_leave_the_folder_or_fit_no_system_is_replaced(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("name", ["x" * 1000, "日" * 1000, "../" * 500, "." * 400])
def test_a_long_name_is_one_that_fits(tmp_path: Path, name: str) -> None:
    (tmp_path / safe_name(name)).mkdir()
    (found,) = tmp_path.iterdir()
    assert found.parent == tmp_path
    assert len(found.name.encode()) <= 151
    assert Path(safe_name(name)).name == safe_name(name)
