"""Several protocols in one call give each the run that it would have had alone, and read every map once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from videosal import merge_runs, run, run_each, score, score_each
from videosal.benchmark.maps import inventory, reader
from videosal.datasets import load_dataset
from videosal.errors import InputError, RunError
from videosal.metrics import Protocol, get_protocol, list_protocols

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker
    from videosal.benchmark import Run
    from videosal.datasets import Dataset

# Of two rules of luma, with and without repeats, of negatives of all kinds, and with prepared maps of several sizes.
SEVERAL = ["standard", "dhf1k", "stavis-diem", "salema", "pysaliency", "aim2024", "vinet-v2"]


@pytest.fixture
def dataset(dhf1k_tree: TreeMaker) -> Dataset:
    dhf1k_tree((601, 602), size=(36, 64))
    return load_dataset("dhf1k:val", dhf1k_tree((603,), size=(18, 32), n_frames=5))


@pytest.fixture
def scored(dataset: Dataset, prediction_folder: MapMaker, tmp_path: Path) -> dict[str, Any]:
    return {"predictions": prediction_folder(dataset), "dataset": "dhf1k:val", "root": dataset.root, "name": "M"}


def contents(path: Path) -> dict[str, Any]:
    """All that a run directory holds, but for when and where it was made."""
    held: dict[str, Any] = {"scores.h5": (path / "scores.h5").read_bytes()}
    for file in (path / "run.json", path / "summary.json", *sorted((path / "videos").iterdir())):
        content = json.loads(file.read_text())
        if file.name == "summary.json":
            del content["digest"]  # which looks at when it was finished, too
        for key in ("sessions", "finished", "save_maps"):
            content.pop(key, None)
        held[file.name] = content
    return held


def assert_same(together: list[Run], alone: list[Run]) -> None:
    assert [one.protocol for one in together] == [one.protocol for one in alone]
    for one, other in zip(together, alone, strict=True):
        assert contents(one.path) == contents(other.path), one.protocol


@pytest.mark.parametrize("workers", [1, 2])
def test_each_run_is_as_it_would_be_alone(scored: dict[str, Any], tmp_path: Path, workers: int) -> None:
    together = score_each(**scored, protocols=SEVERAL, out=tmp_path / "all", workers=workers)
    assert [one.path.name for one in together] == [f"all-{protocol}" for protocol in SEVERAL]
    alone = [score(**scored, protocol=name, out=tmp_path / f"alone-{name}") for name in SEVERAL]
    assert_same(together, alone)


def test_every_map_is_read_once(scored: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, read = [], reader.decode_map
    monkeypatch.setattr(reader, "decode_map", lambda data, where: decoded.append(where) or read(data, where))
    monkeypatch.setattr(inventory, "describe_looks", lambda *_, **__: [])  # which looks at some maps besides
    score_each(**scored, protocols=SEVERAL, out=tmp_path / "all")
    assert len(decoded) == len(set(decoded)) == 11


def test_what_is_left_may_differ(scored: dict[str, Any], tmp_path: Path) -> None:
    """One run is new, one is whole, one lacks a video and one some metrics; after that all are as if begun afresh."""
    out = tmp_path / "all"
    given = {**scored, "metrics": ["cc", "nss", "sim"]}
    score(**given, protocol="standard", out=f"{out}-standard")
    score(**given, protocol="dhf1k", out=f"{out}-dhf1k")
    (tmp_path / "all-dhf1k" / "videos" / "0602.json").unlink()
    score(**{**given, "metrics": ["sim"]}, protocol="unisal", out=f"{out}-unisal")
    before = (tmp_path / "all-standard" / "run.json").read_text()
    names = ["standard", "dhf1k", "unisal", "vinet"]
    seen: list[tuple[int, int, str]] = []
    together = score_each(**given, protocols=names, out=out, progress=lambda *args: seen.append(args))
    assert (tmp_path / "all-standard" / "run.json").read_text() == before
    assert [done for done, _, _ in seen] == [5, 8, 11]
    fresh = [score(**given, protocol=name, out=tmp_path / f"fresh-{name}") for name in names]
    for one, other in zip(together, fresh, strict=True):
        columns = ["video", "frame", *other.metrics]
        assert one.frames[columns].equals(other.frames[columns]), one.protocol
        assert one.complete


def test_shards_and_a_calibration_are_shared(tmp_path: Path, prediction_folder: MapMaker) -> None:
    names = ["standard", "unisal"]
    for part in ("sample:train", "sample:test"):
        maps = prediction_folder(load_dataset(part))
    common: dict[str, Any] = {"predictions": maps, "dataset": "sample:test", "calibrate": "train"}
    whole = [score(**common, protocol=name, out=tmp_path / f"whole-{name}") for name in names]
    parts = [score_each(**common, protocols=names, shard=f"{i}/2", out=tmp_path / f"part{i}") for i in (1, 2)]
    for place, one in enumerate(whole):
        merged = merge_runs([part[place].path for part in parts], tmp_path / f"merged-{one.protocol}")
        assert (merged.path / "scores.h5").read_bytes() == (one.path / "scores.h5").read_bytes()


MODEL = """
import numpy as np


class Counted:
    def predict(self, frames):
        with open(__file__ + ".log", "a") as log:
            log.write("video\\n")
        for index in range(len(frames)):
            yield np.arange(12.0).reshape(3, 4) ** (1 + index)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_runs_once_and_saves_its_maps_once(dataset: Dataset, tmp_path: Path, workers: int) -> None:
    model = tmp_path / "model.py"
    model.write_text(MODEL)
    common: dict[str, Any] = {"dataset": "dhf1k:val", "root": dataset.root, "model": f"{model}:Counted"}
    names = ["standard", "unisal", "aim2024"]
    together = run_each(**common, protocols=names, save_maps=tmp_path / "maps", out=tmp_path / "all", workers=workers)
    assert (tmp_path / "model.py.log").read_text().count("video") == 3
    assert len(list((tmp_path / "maps").glob("*/*.png"))) == 11
    for name, one in zip(names, together, strict=True):
        alone = run(**common, protocol=name, out=tmp_path / f"alone-{name}")
        assert (one.path / "scores.h5").read_bytes() == (alone.path / "scores.h5").read_bytes()
        again = score(tmp_path / "maps", "dhf1k:val", dataset.root, protocol=name, out=tmp_path / f"again-{name}")
        assert again.frames[again.metrics].equals(one.frames[one.metrics])
    (tmp_path / "model.py.log").unlink()
    run_each(**common, protocols=names, save_maps=tmp_path / "maps", out=tmp_path / "all")
    assert not (tmp_path / "model.py.log").exists()  # all is there


def test_maps_in_videos_are_decoded_by_the_rule_of_each_protocol(dataset: Dataset, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    folder = tmp_path / "videos"
    folder.mkdir()
    for video in dataset:
        with av.open(str(folder / f"{video.name}.mp4"), "w") as container:
            stream = container.add_stream("mpeg4", rate=25, width=64, height=48, pix_fmt="yuv420p")
            for index in range(len(video.frame_names)):
                image = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8) + 20 * index
                frame = av.VideoFrame.from_ndarray(image.astype(np.uint8), format="gray")
                container.mux(stream.encode(frame.reformat(format="yuv420p")))
            container.mux(stream.encode(None))
    common: dict[str, Any] = {"predictions": folder, "dataset": "dhf1k:val", "root": dataset.root, "name": "M"}
    names = ["standard", "aim2024", "stsanet"]
    together = score_each(**common, protocols=names, out=tmp_path / "all")
    assert_same(together, [score(**common, protocol=name, out=tmp_path / f"alone-{name}") for name in names])
    assert ["|maps=16bit" in one.signature for one in together] == [True, False, True]


def test_a_protocol_of_ones_own_need_not_be_known_by_name(scored: dict[str, Any], tmp_path: Path) -> None:
    ours = get_protocol("unisal").replace(name="ours", resize="bilinear", nss_ddof=0, aggregation="video")
    assert "ours" not in list_protocols()
    found = score(**scored, protocol=ours, workers=2, out=tmp_path / "ours")
    both = score_each(**scored, protocols=["standard", ours], workers=2, out=tmp_path / "all")
    assert (both[1].path / "scores.h5").read_bytes() == (found.path / "scores.h5").read_bytes()
    assert found.protocol == "ours"
    assert found.aggregation == "video"
    assert found.signature.startswith("protocol=ours|luma=gray16|scale=sum|resize=bilinear|")
    stored = json.loads((found.path / "run.json").read_text())["conventions"]
    assert stored == ours.to_json()
    assert stored["gaze"]["nss_ddof"] == 0
    parts = [score(**scored, protocol=ours, shard=f"{i}/2", out=tmp_path / f"part{i}").path for i in (1, 2)]
    merged = merge_runs(parts, tmp_path / "merged")
    assert (merged.path / "scores.h5").read_bytes() == (found.path / "scores.h5").read_bytes()


def test_a_run_resumes_under_the_signature_of_its_protocol(scored: dict[str, Any], tmp_path: Path) -> None:
    ours = get_protocol("standard").replace(name="ours", nss_ddof=0)
    out = tmp_path / "run"
    first = score(**scored, protocol=ours, out=out)
    assert score(**scored, protocol=ours, out=out).info["finished"] == first.info["finished"]
    with pytest.raises(RunError, match=r"differs in the signature \(nss=ddof0, now nss=ddof1\)"):
        score(**scored, protocol=ours.replace(nss_ddof=1), out=out)
    # What a mean is taken over moves no score, so the results stay and the run says what it is now.
    kept = score(**scored, protocol=ours.replace(aggregation="video"), out=out)
    assert kept.aggregation == "video"
    assert kept.info["conventions"]["aggregation"] == "video"
    assert len(kept.info["sessions"]) == 1


def test_a_protocol_that_cannot_be_is_refused(scored: dict[str, Any], tmp_path: Path) -> None:
    given = {**scored, "out": tmp_path / "run"}
    with pytest.raises(InputError, match="protocol 'standard' is not the one of that name: call it otherwise"):
        score(**given, protocol=get_protocol("standard").replace(nss_ddof=0))
    with pytest.raises(InputError, match="protocol is 7: give the name of one, or a"):
        score(**given, protocol=7)
    with pytest.raises(InputError, match="two of the protocols standard, standard have one name"):
        score_each(**given, protocols=["standard", get_protocol("standard")])
    with pytest.raises(InputError, match="no protocols are given"):
        score_each(**given, protocols=[])
    with pytest.raises(InputError, match="a protocol cannot be named 'a/b'"):
        Protocol(name="a/b")
    assert not (tmp_path / "run").exists()
