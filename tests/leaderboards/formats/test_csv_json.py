from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from typing import Any

from videosal.leaderboards import Leaderboard, RunLike

MakeRun = Callable[..., RunLike]


def read_csv(board: Leaderboard) -> list[dict[str, str]]:
    return list(csv.DictReader(board.to_csv().splitlines()))


def read_json(board: Leaderboard) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    content: dict[str, Any] = json.loads(board.to_json(), parse_constant=refuse)
    return content


def test_csv_of_table1_has_machine_names_and_numbers() -> None:
    board = Leaderboard.from_runs([], published="stsanet-table1")
    lines = read_csv(board)
    assert (
        board.to_csv()
        .splitlines()[0]
        .startswith("model,source,flags,spread,input_size,gflops,model_size_mb,runtime_s,dhf1k_test_cc,dhf1k_test_nss,")
    )
    ours = lines[-1]
    assert ours["model"] == "STSANet"
    assert ours["source"] == "as reported: stsanet-table1, first-hand"
    assert ours["input_size"] == "384x224"
    assert float(ours["dhf1k_test_nss"]) == 3.01
    assert next(line for line in lines if line["model"] == "SalSAC")["gflops"] == ""


def test_csv_keeps_full_precision_and_has_no_marks(make_run: MakeRun) -> None:
    value = 0.1 + 0.2
    runs = [make_run("a", scores={"cc": value, "nss": math.nan}), make_run("b", scores={"cc": 0.1})]
    lines = read_csv(Leaderboard.from_runs(runs))
    assert float(lines[0]["dhf1k_val_cc"]) == value
    assert [line["dhf1k_val_nss"] for line in lines] == ["", ""]


def test_csv_names_sources_and_shortfalls(make_run: MakeRun, sample_run: MakeRun) -> None:
    runs = [
        make_run(partial=True, complete=False, scores={"cc": 0.1}),
        sample_run(scores={"cc": 0.2}, signature='a,"b"'),
    ]
    [line] = read_csv(Leaderboard.from_runs(runs, allow_incomplete=True))
    assert line["source"] == 'scored: dhf1k:val protocol=standard|v1; sample:test a,"b"'
    assert line["flags"] == "dhf1k_val_cc=partial; dhf1k_val_cc=incomplete"
    assert (line["dhf1k_val_cc"], line["sample_test_cc"]) == ("0.1", "0.2")


def test_json_has_columns_rows_and_notes(make_run: MakeRun) -> None:
    board = Leaderboard.from_runs([make_run(partial=True)], published="stsanet-table1")
    content = read_json(board)
    assert list(content) == ["columns", "rows", "notes"]
    keys = [column["key"] for column in content["columns"]]
    assert {len(row["cells"]) for row in content["rows"]} == {len(keys)}
    scored = content["rows"][-1]
    assert (scored["model"], scored["kind"]) == ("center", "scored")
    assert scored["sources"] == ["dhf1k:val protocol=standard|v1"]
    assert scored["cells"][keys.index("dhf1k_val_cc")] == {
        "value": 0.4,
        "text": "0.400",
        "rank": None,
        "flags": ["partial"],
        "spread": None,
    }
    best = content["rows"][-2]["cells"][keys.index("dhf1k_test_cc")]
    assert (best["value"], best["rank"]) == (0.529, "best")
    assert {note["mark"] for note in content["notes"]} == {"a", "b", "†"}
    assert set(scored["notes"]) <= {note["mark"] for note in content["notes"]}


def test_json_says_the_direction_of_a_column(make_run: MakeRun) -> None:
    content = read_json(Leaderboard.from_runs([make_run(model={"gflops": 1.0})]))
    assert content["columns"][0] == {
        "key": "gflops",
        "group": "",
        "label": "FLOPs (G)",
        "higher_is_better": None,
    }
    assert content["columns"][1]["higher_is_better"] is True


def test_json_has_null_for_nan_and_infinity(make_run: MakeRun) -> None:
    content = read_json(Leaderboard.from_runs([make_run(scores={"cc": math.nan, "nss": math.inf})]))
    undefined, infinite = content["rows"][0]["cells"]
    assert (undefined["value"], undefined["text"]) == (None, "")
    assert (infinite["value"], infinite["text"]) == (None, "inf")
