from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from videosal.errors import FileError, InputError, TableError
from videosal.leaderboards import Leaderboard, read_slices
from videosal.leaderboards.statistics.slices import slice_runs

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

VideoRun = Callable[..., Any]


def write(folder: Path, text: str) -> Path:
    file = folder / "attributes.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_marks_and_classes(tmp_path: Path) -> None:
    file = write(tmp_path, "video,fast,place\n0001.AVI,1,indoor\n2,,outdoor\n003,yes,indoor\n4,0,\n")
    found = {part.name: sorted(part.videos) for part in read_slices(file)}
    assert found == {"fast": ["1", "3"], "place=indoor": ["1", "3"], "place=outdoor": ["2"]}


def test_an_excel_sheet_reads_like_a_csv(tmp_path: Path) -> None:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    strings = f"<sst {space}><si><t>video</t></si><si><r><t>fa</t></r><r><t>st</t></r></si></sst>"
    sheet = (
        f'<worksheet {space}><sheetData><row><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'
        '<row><c r="A2"><v>1</v></c><c r="C2"><v>1</v></c></row>'
        '<row><c r="A3" t="inlineStr"><is><t>002</t></is></c></row></sheetData></worksheet>'
    )
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", strings)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    assert [(part.name, sorted(part.videos)) for part in read_slices(file)] == [("fast", ["1"])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a line of headings"),
        ("video\n1\n", "expected a line of headings"),
        ("video,a\n1,x\n001,x\n", "video 1 has more than one line"),
        ("video,a\n1,0\n", "no attribute holds"),
        ("0601,1\n0602,\n", "begins with video 0601: add a line of headings"),
        ("a.avi,1\nb.avi,\n", "begins with video a.avi"),
        ("video,a\n" + "".join(f"{n},{n}.5\n" for n in range(30)), "a has 30 values"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_slices(write(tmp_path, text))


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        read_slices(tmp_path / "gone.csv")
    (tmp_path / "a.xlsx").write_text("no zip")
    with pytest.raises(FileError, match="save it as CSV"):
        read_slices(tmp_path / "a.xlsx")


def test_a_table_has_a_group_of_columns_per_slice(tmp_path: Path, video_run: VideoRun) -> None:
    a, b = video_run("a", 0.5), video_run("b", 0.4, seed=1)
    file = write(tmp_path, "video,fast\n0000,1\n0003,1\n0099,1\n")
    board = Leaderboard.from_runs([a, b], by=file, columns=["cc"])
    assert [heading for heading, _ in board.table.groups()] == ["DHF1K val, fast (2 videos)"]
    frames = a.frames[a.frames["video"].isin(("0000", "0003"))]
    assert board.table.rows[0].cells[0].value == pytest.approx(frames["cc"].mean())
    assert f"{len(frames)} frames of 2 videos" in board.table.notes[0].text


def test_what_slices_cannot_stand_beside(tmp_path: Path, video_run: VideoRun) -> None:
    run = video_run("a", 0.5)
    with pytest.raises(TableError, match="published rows have no figures per video"):
        Leaderboard.from_runs([run], published="stsanet-table1", by=write(tmp_path, "video,a\n0,1\n"))
    with pytest.raises(TableError, match="no video of the runs"):
        Leaderboard.from_runs([run], by=write(tmp_path, "video,a\nx,1\n"))
    with pytest.raises(InputError, match="--seeds"):
        Leaderboard.from_runs([run, video_run("a", 0.4)], by=write(tmp_path, "video,a\n0,1\n"), seeds=True)


def test_undefined_is_in_a_slice_what_it_is_in_the_whole(tmp_path: Path, video_run: VideoRun) -> None:
    run = video_run("a", 0.5)
    table: pd.DataFrame = run.table.copy()
    table.loc[table["video"] == "0003", "cc"] = float("nan")
    zero = {"info": {"undefined_as": "zero"}}
    file = write(tmp_path, "video,fast\n0000,1\n0003,1\n")
    [[found]] = slice_runs([video_run("a", 0.5, table=table, **zero)], read_slices(file))
    kept = table[table["video"].isin(("0000", "0003"))]
    assert found.summary()["frame_mean"]["cc"] == pytest.approx(kept["cc"].sum() / len(kept))
    assert found.summary()["video_mean"]["cc"] == pytest.approx(kept["cc"][kept["video"] == "0000"].mean() / 2)
    [[left_out]] = slice_runs([video_run("a", 0.5, table=table)], read_slices(file))
    assert left_out.summary()["frame_mean"]["cc"] == pytest.approx(kept["cc"].mean())


def test_videos_that_the_file_lacks_are_named(
    video_run: VideoRun, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runs = [video_run("a", 0.5), video_run("b", 0.4)]
    slice_runs(runs, read_slices(write(tmp_path, "video,a\n" + "".join(f"{n},{n % 2}\n" for n in range(5)))))
    assert caplog.messages == [
        "7 of 12 videos have no line in the file of --by and are in no slice: 0005, 0006, 0007, 0008, 0009 and so on"
    ]
    caplog.clear()
    slice_runs(runs, read_slices(write(tmp_path, "video,a\n" + "".join(f"{n},{n % 2}\n" for n in range(12)))))
    assert not caplog.messages
