from __future__ import annotations

import pytest

from videosal import __version__
from videosal.benchmark.scoring.video_scores import VideoScores
from videosal.benchmark.workers.same_code import check_code, check_result
from videosal.code_identity import suite_digest
from videosal.errors import RunError


def test_work_of_the_same_code_is_taken() -> None:
    check_code(suite_digest(), __version__)
    check_result(VideoScores("0601", "", [], [], {}, suite=suite_digest()))


def test_work_of_other_code_is_refused_before_it_begins() -> None:
    with pytest.raises(RunError, match=r"runs other code of videosal \(another copy of version .*: install the same"):
        check_code("0" * 16, __version__)
    with pytest.raises(RunError, match=rf"\(version {__version__}, not 99\.1, "):
        check_code("0" * 16, "99.1")


@pytest.mark.parametrize("suite", ["0" * 16, ""])
def test_a_result_of_other_code_is_not_taken(suite: str) -> None:
    with pytest.raises(RunError, match="video 0601 was scored by a worker with other code of videosal"):
        check_result(VideoScores("0601", "", [], [], {}, suite=suite))
