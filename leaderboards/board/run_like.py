"""What a table asks of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from videosal.benchmark.runs.frame_table import FrameTable


class CoverageLike(Protocol):
    """How much of a data set split a run stands for; what should be there is None where nobody knows."""

    @property
    def videos_found(self) -> int: ...
    @property
    def videos_expected(self) -> int | None: ...
    @property
    def frames_found(self) -> int: ...
    @property
    def frames_expected(self) -> int | None: ...
    @property
    def frames_scored(self) -> int: ...


class RunLike(Protocol):
    """What a table needs of a run; :class:`videosal.benchmark.Run` has it all.

    ``title`` names the data set split for people (``DHF1K val``); ``complete`` is False where predictions are
    missing or unusable; ``partial`` is True where the copy of the data set holds less than the set; ``model``
    describes the model (input size, gflops, model_size_mb, runtime_s) and is None for a folder of
    predictions; ``summary()`` is indexed by metric, with the columns ``frame_mean``, ``video_mean``, ``n``,
    ``n_undefined`` and ``n_by_map``, and ``frame_sd`` and ``video_sd`` where it stands for several runs;
    ``frame_table`` has the scores per frame and per video, and ``frames`` is its row per frame with the columns
    ``video``, ``frame``, ``status`` and one per metric. A run may have an ``info``, what its ``run.json`` holds, and
    an ``identity``, see :func:`videosal.leaderboards.board.ranking.column_identity`.
    """

    @property
    def name(self) -> str: ...
    @property
    def dataset(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def signature(self) -> str: ...
    @property
    def aggregation(self) -> str: ...
    @property
    def metrics(self) -> Sequence[str]: ...
    @property
    def complete(self) -> bool: ...
    @property
    def partial(self) -> bool: ...
    @property
    def coverage(self) -> CoverageLike: ...
    @property
    def model(self) -> Mapping[str, Any] | None: ...
    @property
    def frame_table(self) -> FrameTable: ...
    @property
    def frames(self) -> pd.DataFrame: ...
    def summary(self) -> pd.DataFrame: ...
