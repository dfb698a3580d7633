"""How far intervals and p values can be trusted: what few videos can show, and which decimals are more than noise."""

from __future__ import annotations

import math

from videosal.leaderboards.statistics.resampling import RESAMPLES, is_exact

ALPHA = 0.05
# How often the 95 % interval of so many videos, or fewer, holds the true mean: simulated, see docs/statistics.md.
_COVERAGE = {5: 86, 10: 91, 20: 93}
# Standard error of a bound of an interval from 9,999 draws, as a share of half its length, for figures near normal:
# sqrt(0.025 * 0.975 / 9999) / (1.96 * the normal density at 1.96).
_BOUND_NOISE = math.sqrt(0.025 * 0.975 / RESAMPLES) / (1.96 * 0.05845)
_MOST_DIGITS = 4


def warn_of_few_videos(n_videos: int, n_tests: int = 0) -> list[str]:
    """Say what so few videos cannot show.

    Parameters
    ----------
    n_videos : int
        Videos behind a mean, or with a value of both runs.
    n_tests : int
        Paired tests that are corrected together; 0 where nothing is tested.
    """
    lines = []
    least = 2 / 2**n_videos if n_videos > 1 else 1.0
    if n_tests and least * n_tests >= ALPHA:
        corrected = f", {min(1, least * n_tests):.2g} when corrected for {n_tests} comparisons" if n_tests > 1 else ""
        lines.append(
            f"{_videos(n_videos)} cannot tell runs apart: p is {least:.3g} at best{corrected}, never below {ALPHA}"
        )
    coverage = next((share for most, share in _COVERAGE.items() if n_videos <= most), None)
    if n_videos > 1 and coverage is not None:
        lines.append(
            f"95 % intervals of {_videos(n_videos)} are too narrow: they hold the true mean in {coverage} % of cases"
        )
    return lines


def format_interval(low: float, high: float, form: str = "") -> str:
    """Write an interval with the decimals that another draw would not change, four at most; a dash for none."""
    if low != low:
        return "-"
    digits = _digits(_BOUND_NOISE * (high - low) / 2)
    return f"[{low:{form}.{digits}f}, {high:{form}.{digits}f}]"


def format_p(p: float, n_videos: int, n_flips: int, factor: float = 1.0) -> str:
    """Write a p value with the decimals that other sign flips would not change; `factor` is that of its correction."""
    if p != p:
        return "-"
    if is_exact(n_videos, n_flips):
        return f"{p:.{_MOST_DIGITS}f}"
    share = min(1.0, p / factor)
    digits = _digits(factor * math.sqrt(share * (1 - share) / n_flips))
    return f"{p:.{digits}f}" if p >= 0.5 * 10**-digits else f"<{10**-digits:.{digits}f}"


def _digits(noise: float) -> int:
    return next((digits for digits in range(_MOST_DIGITS, 1, -1) if noise <= 0.5 * 10**-digits), 1)


def _videos(count: int) -> str:
    return "1 video" if count == 1 else f"{count} videos"
