"""Damaged, cut and hand-edited files of a run directory: one line that names the file, and never another error."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import videosal
from videosal.disk.sealed import seal
from videosal.errors import RunError, VideosalError
from videosal.leaderboards import Leaderboard, explain_runs, write_report

DROP = object()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    videosal.run("center", "sample:test", metrics=["cc"], name="mine", out=folder / "run")
    return folder / "run"


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def edit(file: Path, **changes: Any) -> None:
    content = json.loads(file.read_text())
    for key, value in changes.items():
        *holders, last = key.split("__")
        holder = content
        for name in holders:
            holder = holder[name]
        if value is DROP:
            del holder[last]
        else:
            holder[last] = value
    file.write_text(seal(content) if content.pop("digest", None) else json.dumps(content))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": DROP}, "'name' is missing"),
        ({"name": 3}, "'name' is 3, expected text"),
        ({"metrics": "cc"}, "'metrics' is \"cc\", expected a list of texts"),
        ({"metrics": []}, "'metrics' is empty"),
        ({"metrics": ["cc", "cc"]}, "'metrics' names one twice"),
        ({"videos": [1]}, "'videos' is [1], expected a list of texts"),
        ({"notes": None}, "'notes' is null, expected a list of texts"),
        ({"aggregation": "median"}, "'aggregation' is 'median', expected 'frame' or 'video'"),
        ({"coverage": [5]}, "'coverage' is [5], expected an object"),
        ({"coverage__videos_found": DROP}, "'coverage.videos_found' is missing"),
        ({"coverage__frames_found": -1}, "'coverage.frames_found' is -1, expected a count"),
        ({"coverage__frames_expected": 2.5}, "'coverage.frames_expected' is 2.5, expected a count or null"),
        ({"coverage__more": 1}, "'coverage' has an unknown key 'more'"),
        ({"model_spec": "center"}, "'model_spec' is \"center\", expected an object or null"),
        ({"model_spec__options": None}, "'model_spec.options' is null, expected an object"),
        ({"root": 1}, "'root' is 1, expected text or null"),
        ({"sessions": []}, "'sessions' is empty"),
        ({"sessions": [{}, 1]}, "'sessions' is [{}, 1], expected a list of objects"),
        (
            {"sessions": [{"versions": ["numpy"] * 20}]},
            '\'session.versions\' is ["numpy", "numpy", "numpy", "numpy", ..., expected an object or null',
        ),
        ({"identity": "x"}, "'identity' is \"x\", expected an object"),
        ({"identity": {"name": "x"}}, "'identity' is of no version that this one reads"),
    ],
)
def test_a_wrong_key_of_run_json_is_named(run: Path, changes: dict[str, Any], said: str) -> None:
    edit(run / "run.json", **changes)
    with pytest.raises(RunError) as caught:
        videosal.load_run(run)
    assert str(caught.value) == f"{run / 'run.json'} is damaged ({said}): score again with --existing overwrite"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"video": "0009"}, "it is the result of video '0009'"),
        ({"frames": DROP}, "'frames' is missing"),
        ({"status": "ok"}, "'status' is \"ok\", expected a list of texts"),
        ({"status": ["ok"]}, "'status' has 1 entries for 48 frames"),
        (
            {"status": ["fine"] * 48},
            "'status' has \"fine\", expected ok, no density, no fixations, missing, unreadable, non-finite",
        ),
        ({"frames": ["\udcff"] * 48}, "'frames' holds a name that is no text"),
        ({"possible": {"cc": "x"}}, '\'possible\' is {"cc": "x"}, expected an object of counts'),
        ({"frames": ["1"] * 48}, "'frames' names one twice"),
        ({"scores": [1]}, "'scores' is [1], expected an object"),
        ({"scores__cc": [0.5]}, "'scores.cc' has 1 entries for 48 frames"),
        ({"scores__cc": ["0.5"]}, "'scores.cc' is [\"0.5\"], expected a list of numbers and nulls"),
        ({"scores__cc": [True]}, "'scores.cc' is [true], expected a list of numbers and nulls"),
        ({"negatives": [["a"]]}, "'negatives' is [[\"a\"]], expected a list of pairs of texts"),
    ],
)
def test_a_wrong_key_of_a_result_is_named(run: Path, changes: dict[str, Any], said: str) -> None:
    file = run / "videos/0004.json"
    edit(file, **changes)
    with pytest.raises(RunError) as caught:
        videosal.load_run(run)
    assert str(caught.value) == f"{file} is damaged ({said}): delete it and run the same command again"


@pytest.mark.parametrize("name", ["videos/0004.json", "summary.json"])
def test_one_changed_figure_is_noticed(run: Path, name: str) -> None:
    file = run / name
    text = file.read_text()
    if name != "summary.json":
        (run / "summary.json").unlink()
    place = text.index('"cc": ') + len('"cc": ')
    place += text[place] == "["
    changed = f"{text[:place]}9{text[place + 1 :]}"
    assert json.loads(changed) != json.loads(text)
    file.write_text(changed)
    advice = "it is read to save time" if name == "summary.json" else "and run the same command again"
    with pytest.raises(RunError, match=rf"{file.name} is damaged \(its digest is wrong: .* delete it,? {advice}$"):
        videosal.load_run(run)
    file.write_text(json.dumps(json.loads(text), indent=1))  # laid out anew, it is no longer what was written
    with pytest.raises(RunError, match="its digest is wrong"):
        videosal.load_run(run)
    file.write_text(text)
    videosal.load_run(run)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"videos": [1]}, "'videos' is [1], expected an object"),
        ({"videos__0004": 3}, "'videos.0004' is 3, expected an object"),
        ({"videos__0004__n": DROP}, "'videos.0004.n' is missing"),
        ({"videos__0004__n": {"cc": -1}}, "'videos.0004.n' is {\"cc\": -1}, expected an object of counts"),
        ({"videos__0004__status": {"ok": 1 << 60}}, "'videos.0004.status' is {\"ok\": 1152921504606846976}, "),
        ({"videos__0004__means": {"cc": "x"}}, '\'videos.0004.means\' is {"cc": "x"}, expected an object of numbers'),
    ],
)
def test_a_wrong_key_of_the_summary_is_named(run: Path, changes: dict[str, Any], said: str) -> None:
    edit(run / "summary.json", **changes)
    with pytest.raises(RunError) as caught:
        videosal.load_run(run)
    assert str(caught.value).startswith(f"{run / 'summary.json'} is damaged ({said}")
    assert str(caught.value).endswith("): delete it, it is read to save time")


@pytest.mark.parametrize("name", ["run.json", "videos/0004.json"])
def test_a_file_that_is_cut_or_no_text_is_named(run: Path, name: str) -> None:
    file = run / name
    whole = file.read_bytes().rstrip()
    cuts = [whole[: len(whole) * part // 20] for part in range(20)]
    for content in [
        *cuts,
        whole[:-1],
        b"\xff\xfe",
        b"[" * 100_000,
        b"3",
        b'"text"',
        whole[:5] + b"\x00" + whole[5:],
    ]:
        file.write_bytes(content)
        with pytest.raises(RunError) as caught:
            videosal.load_run(run)
        assert str(caught.value).startswith(f"{file} is damaged (")
        assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(RunError, match=r"^cannot read .*run\.json \(Permission denied\)$"):
        videosal.load_run(run)


@pytest.mark.parametrize("value", [None, 3, "x", [], ["x"], {}, {"x": 3}])
def test_no_edit_of_one_key_makes_a_reader_fail_in_another_way(
    run: Path, made: Path, tmp_path: Path, value: Any
) -> None:
    before = (run / "run.json").read_text()
    for key in json.loads(before):
        edit(run / "run.json", **{key: value})
        for read in (
            lambda: Leaderboard.from_runs([run]).to_markdown(),
            lambda: write_report([run], tmp_path / "report.html", n_frames=0),
            lambda: explain_runs(made, run),
            lambda: videosal.merge_runs([run], tmp_path / "merged"),
        ):
            with suppress(VideosalError):
                read()
        shutil.rmtree(tmp_path / "merged", ignore_errors=True)
        (run / "run.json").write_text(before)
