from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videosal.leaderboards import Leaderboard, RunLike
from videosal.leaderboards.formats.latex import escape_latex

if TYPE_CHECKING:
    from pathlib import Path

MakeRun = Callable[..., RunLike]
Board = Callable[[], Leaderboard]

HOSTILE = r"""[x] *y* my_model\v2 {50%} $x$ & #1 ~^ <b>|`q`"' \\ \end{tabular}"""
LABELS = {"cc": "CC", "nss": "NSS", "sim": "SIM", "auc_judd": "AUC-J", "sauc": "s-AUC"}


def check_balance(text: str) -> None:
    """Braces and environments open and close in order."""
    depth = 0
    for token in re.findall(r"\\.|%[^\n]*|[{}]", text, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(token, 0)
        assert depth >= 0
    assert depth == 0
    open_environments: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        if kind == "begin":
            open_environments.append(name)
        else:
            assert open_environments.pop() == name
    assert open_environments == []


def rows_of(text: str) -> list[list[str]]:
    """Cells of each row of the tabular, after a check that every row fills the columns."""
    found = re.search(r"\\begin\{tabular\}\{([lcr]+)\}\n(.*)\\end\{tabular\}", text, flags=re.DOTALL)
    assert found
    width = len(found[1])
    rows = []
    for line in found[2].splitlines():
        if re.fullmatch(r"(\\(toprule|midrule|bottomrule)|(\\cmidrule\(lr\)\{\d+-\d+\})+)?", line):
            continue
        assert line.endswith(r" \\")
        cells = re.split(r"(?<!\\)&", line[:-3])
        spans = [re.match(r"\s*\\multicolumn\{(\d+)\}", cell) for cell in cells]
        assert sum(int(span[1]) if span else 1 for span in spans) == width
        rows.append([cell.strip() for cell in cells])
    return rows


def colour_of(cell: str) -> str | None:
    found = re.fullmatch(r"\\textcolor\{(red|blue)\}\{([^{}]*)\}", cell)
    return found[1] if found else None


def text_of(cell: str) -> str:
    return re.sub(r"\\textcolor\{(?:red|blue)\}\{([^{}]*)\}", r"\1", cell).replace(r"$\times$", "x")


def table1_lines() -> list[dict[str, str]]:
    file = resources.files("videosal.leaderboards.published") / "table1.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def table1() -> list[list[str]]:
    return rows_of(Leaderboard.from_runs([], published="stsanet-table1").to_latex())


@pytest.fixture
def mixed(make_run: MakeRun, sample_run: MakeRun) -> Leaderboard:
    """Published rows, runs on three splits, every sign, and a name full of special characters."""
    counts = {"videos_found": 1, "frames_found": 20, "frames_scored": 5}
    runs = [
        sample_run("center", model={"gflops": 0.01, "input_size": [224, 384]}),
        sample_run("motion", scores={"cc": 0.5, "nss": float("nan")}),
        make_run("center", partial=True),
        make_run(HOSTILE, partial=True, complete=False, coverage=counts, title=f"DHF1K {HOSTILE}"),
        make_run("mine", dataset="ucf", split="test", title="UCF test", signature=HOSTILE),
    ]
    return Leaderboard.from_runs(runs, published="stsanet-table1", allow_incomplete=True)


def test_golden_table1_headings(table1: list[list[str]]) -> None:
    upper, lower, section = table1[:3]
    assert upper[0] == r"\multirow{2}{*}{Model}"
    assert upper[5:] == [
        r"\multicolumn{5}{c}{DHF1K (hidden test)}",
        r"\multicolumn{4}{c}{Hollywood-2 (test)}",
        r"\multicolumn{4}{c}{UCF (test)}",
    ]
    columns = list(table1_lines()[0])[6:]
    expected = [LABELS[column.split("_", 1)[1]] + r" $\uparrow$" for column in columns]
    assert lower == [""] * 5 + expected
    assert section == [r"\multicolumn{18}{l}{\textit{As reported}}"]


def test_golden_table1_cell_by_cell(table1: list[list[str]]) -> None:
    lines = table1_lines()
    rows = table1[3:]
    assert len(rows) == len(lines) == 12
    for row, line in zip(rows, lines, strict=True):
        assert row[0] == line["model"] + r"\textsuperscript{a}"
        expected = [text or "--" for column, text in line.items() if column not in ("model", "ref")]
        assert [text_of(cell) for cell in row[1:]] == expected


def test_golden_table1_colour_by_colour(table1: list[list[str]]) -> None:
    lines = table1_lines()
    for at, column in enumerate(list(lines[0])[2:], start=1):
        colours = [colour_of(row[at]) for row in table1[3:]]
        if column in ("input_size", "gflops", "model_size_mb", "runtime_s"):
            assert set(colours) == {None}
            continue
        # All metrics of Table I are better when higher; texts of one length compare as numbers do.
        places = sorted({line[column] for line in lines})
        expected = [{places[-1]: "red", places[-2]: "blue"}.get(line[column]) for line in lines]
        assert colours == expected


@pytest.mark.parametrize(
    ("model", "column", "cell"),
    [
        ("STSANet", "dhf1k_cc", r"\textcolor{red}{0.529}"),
        ("TSFP-Net", "dhf1k_cc", r"\textcolor{blue}{0.517}"),
        ("SalEMA", "dhf1k_sim", r"\textcolor{red}{0.466}"),
        ("HD2S", "dhf1k_sim", r"\textcolor{blue}{0.406}"),
        ("ViNet", "dhf1k_sauc", r"\textcolor{red}{0.729}"),
        ("STSANet", "dhf1k_sauc", r"\textcolor{blue}{0.723}"),
        ("TSFP-Net", "dhf1k_sauc", r"\textcolor{blue}{0.723}"),
        ("STSANet", "dhf1k_nss", r"\textcolor{red}{3.010}"),
        ("TSFP-Net", "hollywood2_auc_judd", r"\textcolor{blue}{0.936}"),
        ("HD2S", "hollywood2_auc_judd", r"\textcolor{blue}{0.936}"),
        ("UNISAL", "hollywood2_nss", "3.901"),
        ("TSFP-Net", "ucf_sim", r"\textcolor{red}{0.561}"),
        ("STSANet", "ucf_sim", r"\textcolor{blue}{0.560}"),
        ("SalSAC", "ucf_auc_judd", r"\textcolor{blue}{0.926}"),
        ("SalSAC", "gflops", "--"),
        ("DeepVS", "input_size", r"448$\times$448"),
        ("DeepVS", "runtime_s", "0.050"),
    ],
)
def test_golden_table1_checked_by_hand(table1: list[list[str]], model: str, column: str, cell: str) -> None:
    [row] = [row for row in table1 if row[0] == model + r"\textsuperscript{a}"]
    assert row[list(table1_lines()[0]).index(column) - 1] == cell


def test_rules_lie_under_their_groups() -> None:
    text = Leaderboard.from_runs([], published="stsanet-table1").to_latex()
    assert r"\cmidrule(lr){6-10}\cmidrule(lr){11-14}\cmidrule(lr){15-18}" in text


def test_mixed_table_is_well_formed(mixed: Leaderboard) -> None:
    text = mixed.to_latex()
    check_balance(text)
    rows = rows_of(text)
    assert [r"\multicolumn{29}{l}{\textit{Scored here}}"] in rows
    assert len(rows) == 2 + 1 + 12 + 1 + 4


def test_mixed_table_has_marks_signs_and_notes(mixed: Leaderboard) -> None:
    text = mixed.to_latex()
    rows = {row[0]: row for row in rows_of(text)}
    assert rows[r"motion\textsuperscript{d}"][19:21] == [r"\textcolor{red}{0.500}", "--"]
    assert rows[r"center\textsuperscript{b,c}"][24] == r"0.400\textsuperscript{$\dagger$}"
    [hostile] = [row for name, row in rows.items() if name.startswith("{[}x{]}")]
    assert hostile[24] == r"0.400\textsuperscript{$\dagger$$\ddagger$}"
    for mark in ("a", "b", "c", "d", "e", "f", r"$\dagger$", r"$\ddagger$"):
        assert rf"\textsuperscript{{{mark}}}~" in text
    assert r"protocol=standard\textbar{}\allowbreak{}v1" in text


def test_the_comment_names_every_package_that_is_used(mixed: Leaderboard) -> None:
    text = mixed.to_latex()
    needed = {
        "booktabs": r"\toprule",
        "graphicx": r"\resizebox",
        "multirow": r"\multirow",
        "xcolor": r"\textcolor",
    }
    comment = text.splitlines()[0]
    assert comment.startswith("%")
    assert set(re.findall(r"[a-z]+", comment.split("usepackage")[1])) == set(needed)
    for command in needed.values():
        assert command in text


def test_no_row_starts_with_what_a_rule_would_take_as_its_argument(mixed: Leaderboard) -> None:
    assert not re.search(r"^\s*[\[*]", mixed.to_latex(), flags=re.MULTILINE)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_escaped_text_is_balanced_and_has_no_bare_special(text: str) -> None:
    escaped = escape_latex(text)
    check_balance(escaped)
    bare = re.sub(r"\\(text[a-z]+|allowbreak)\{\}|\\[{}$&#%_]|\{\\char34\}|\{[\[\]*]\}", "", escaped)
    assert not set(bare) & set(r'\{}$&#%_^~<>|`"[]*')


def test_mixed_table_compiles(mixed: Leaderboard, tmp_path: Path) -> None:
    names = ["booktabs.sty", "graphicx.sty", "multirow.sty", "xcolor.sty"]
    if not (shutil.which("pdflatex") and shutil.which("kpsewhich")):
        pytest.skip("no pdflatex on this machine")
    if subprocess.run(["kpsewhich", *names], capture_output=True, check=False).returncode:
        pytest.skip(f"pdflatex lacks one of {', '.join(names)}")
    packages = r"\usepackage{booktabs,graphicx,multirow,xcolor}"
    captioned = mixed.to_latex(marks="bold", caption=HOSTILE, label="tab:a")
    newer = Leaderboard.from_runs([], published="newer-systems").to_latex()
    tables = [mixed.to_latex(), captioned, newer]
    document = [r"\documentclass{article}", packages, r"\begin{document}", *tables, r"\end{document}"]
    (tmp_path / "board.tex").write_text("\n".join(document), encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "board.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-2000:]
    assert "Overfull" not in result.stdout


def table2_lines() -> list[dict[str, str]]:
    file = resources.files("videosal.leaderboards.published") / "table2.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def table2() -> list[list[str]]:
    return rows_of(Leaderboard.from_runs([], published="stsanet-table2", layout="table2").to_latex())


def test_golden_table2_cell_by_cell_and_colour_by_colour(table2: list[list[str]]) -> None:
    """Expected cells and colours come from the lines of the CSV file alone."""
    lines = table2_lines()
    models = list(dict.fromkeys(line["model"] for line in lines))
    rows = table2[3:]
    assert [row[0] for row in rows] == [model + r"\textsuperscript{a}" for model in models]
    columns = [(test_set, metric) for test_set in ("i", "ii", "iii") for metric in ("cc", "nss", "sim", "auc_judd")]
    assert table2[1] == ["", *(LABELS[metric] + r" $\uparrow$" for _, metric in columns)]
    for at, (test_set, metric) in enumerate(columns, start=1):
        given = {line["model"]: line[metric] for line in lines if line["test_set"] == test_set and line[metric]}
        places = sorted(set(given.values()))
        competing = len(given) > 1
        for row, model in zip(rows, models, strict=True):
            text = given.get(model)
            assert text_of(row[at]) == (text or "--"), (model, test_set, metric)
            best, second = text == places[-1], len(places) > 1 and text == places[-2]
            assert colour_of(row[at]) == ("red" if best and competing else "blue" if second else None)


@pytest.mark.parametrize(
    ("model", "at", "cell"),
    [
        ("STSANet", 1, r"\textcolor{red}{0.625}"),
        ("STSANet", 5, r"\textcolor{red}{0.677}"),
        ("STSANet", 9, "0.690"),
        ("Chen et al.", 1, r"\textcolor{blue}{0.490}"),
        ("DeepVS", 5, "--"),
    ],
)
def test_golden_table2_checked_by_hand(table2: list[list[str]], model: str, at: int, cell: str) -> None:
    [row] = [row for row in table2 if row[0] == model + r"\textsuperscript{a}"]
    assert row[at] == cell


def test_bold_caption_and_label(mixed: Leaderboard) -> None:
    text = mixed.to_latex(marks="bold", caption=f"Scores {HOSTILE}", label="tab:a}\\b")
    check_balance(text)
    assert r"\textbf{0.529}" in text
    assert r"\underline{0.517}" in text
    assert r"\textcolor{red}" not in text
    assert r"\label{tab:a--b}" in text
    assert r"\caption{Scores {[}x{]}" in text


def test_every_published_table_is_well_formed() -> None:
    from videosal.leaderboards import list_published

    for name in list_published():
        text = Leaderboard.from_runs([], published=name).to_latex()
        check_balance(text)
        rows_of(text)
