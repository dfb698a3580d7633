"""Job arrays without a scheduler: deal the videos of a split, and put the parts together again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from videosal.benchmark.runs import store
from videosal.benchmark.runs.finish import finish_run
from videosal.benchmark.runs.identity import Identity, differences
from videosal.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from videosal.benchmark.plan import Job
    from videosal.benchmark.runs.results import Run
    from videosal.benchmark.scoring.video_scores import VideoScores


def deal(jobs: Sequence[Job], shard: str, frames: Mapping[str, int]) -> list[Job]:
    """Return the jobs of one part, so that the parts take about as long.

    Parameters
    ----------
    jobs : sequence of Job
        All videos of the split.
    shard : str
        ``I/N``, with I from 1 to N.
    frames : mapping of str to int
        Number of frames of each video.
    """
    part, _, parts = shard.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise InputError(f"shard is {shard!r}, expected I/N with I from 1 to N")
    loads = [0] * int(parts)
    mine = set()
    for job in sorted(jobs, key=lambda job: (-frames[job.video], job.video)):
        lightest = loads.index(min(loads))
        loads[lightest] += frames[job.video]
        if lightest == int(part) - 1:
            mine.add(job.video)
    return [job for job in jobs if job.video in mine]


def merge_runs(parts: Sequence[str | Path], out: str | Path) -> Run:
    """Put the runs of all shards together.

    Parameters
    ----------
    parts : sequence of path
        Run directories that `videosal.score` or `videosal.run` wrote with `shard`.
    out : path
        A new run directory, byte for byte what one run would have written to ``scores.h5``.

    Returns
    -------
    Run
        Incomplete where videos are missing.

    Raises
    ------
    RunError
        The parts are not of one evaluation, two of them hold different results of one video, or `out` is in use.
    """
    if not parts:
        raise InputError("no runs are given to merge")
    folders = [Path(part).expanduser() for part in parts]
    infos = [store.read_info(folder) for folder in folders]
    identities = [_identity_of(folder, info) for folder, info in zip(folders, infos, strict=True)]
    for folder, info, identity in zip(folders[1:], infos[1:], identities[1:], strict=True):
        found = [str(difference) for difference in differences(identities[0], identity, "row")]
        if sorted(info["metrics"]) != sorted(infos[0]["metrics"]):
            found.append("the metrics")
        if found:
            raise RunError(f"{folder} and {folders[0]} are not parts of one run: they differ in {'; '.join(found)}")
    results = _collect(folders, infos[0])
    path = Path(out).expanduser()
    with store.new_run(path):
        for result in results:
            store.write_video(path, result)
        merged = {key: value for key, value in infos[0].items() if key not in ("schema", "shard")}
        return finish_run(path, merged | {"merged_from": [str(folder) for folder in folders]}, results)


def _identity_of(folder: Path, info: dict[str, Any]) -> Identity:
    if "identity" not in info:
        raise RunError(f"{folder} was made by an earlier version of videosal, which kept no identity: score it again")
    return Identity.from_json(info["identity"])


def _is_one(a: VideoScores, b: VideoScores) -> bool:
    """Whether two results of a video were computed from the same files."""
    contents = [[stamp.content for part in (one.truth, one.maps) for stamp in part] for one in (a, b)]
    return contents[0] == contents[1]


def _collect(folders: Sequence[Path], info: dict[str, Any]) -> list[VideoScores]:
    found: dict[str, tuple[Path, VideoScores]] = {}
    for folder in folders:
        for video in info["videos"]:
            result = store.read_video(folder, video)
            if result is None:
                continue
            if video in found and not _is_one(found[video][1], result):
                raise RunError(f"{found[video][0]} and {folder} hold different results of video {video}")
            found.setdefault(video, (folder, result))
    if not found:
        raise RunError(f"{folders[0]} holds no scored video yet")
    return [found[video][1] for video in info["videos"] if video in found]
