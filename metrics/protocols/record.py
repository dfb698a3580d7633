"""Named sets of metric conventions.

Two papers that print "SIM" may have resized, scaled or smoothed differently. A protocol writes such choices down as a
record; the functions that score a frame read them from it, and its signature goes with every result. What a choice
means stands in :mod:`videosal.metrics.protocols.choices`, the records in :mod:`videosal.metrics.protocols.records`,
the reasons in ``docs/protocols.md``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from videosal.errors import InputError, UnknownNameError
from videosal.metrics.definitions import CANONICAL, OURS
from videosal.metrics.protocols.choices import Bug, Gaze, Maps, Pair, check_choices
from videosal.metrics.protocols.signature import protocol_signature

EIGHT = tuple(CANONICAL)
_PARTS = {"maps": Maps, "pair": Pair, "gaze": Gaze}
_PART_OF = {choice.name: part for part, kind in _PARTS.items() for choice in fields(kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Conventions under which a frame is scored and frames are averaged.

    Attributes
    ----------
    name, summary : str
        The name by which it is asked for, and whose code it follows.
    metrics, default_metrics : tuple of str
        What it defines, and what is scored where nothing is asked for by name.
    maps : Maps
        How maps become comparable.
    pair, gaze : Pair, Gaze
        How a prediction is held against a density, and against fixations.
    luma : str
        How the levels of a map that lies in a video become numbers: ``gray16``, or ``png`` (what FFmpeg writes into a
        PNG); see :mod:`videosal.datasets.files.luma`.
    negatives : str
        Whose fixations sAUC takes: ``other-videos`` (frames of other videos), ``whole-set`` (frames of the whole set,
        the scored video among it), ``same-video`` (all frames of the video), or ``none``.
    negative_frames : int
        How many frames are drawn for that, each pixel once; 0 for all frames, and repeats as they are.
    aggregation : str
        How frames become one figure: ``frame`` is the mean over all frames of all videos, ``video`` the mean of the
        means of videos.
    undefined : str
        What an undefined value is in a mean: ``deleted`` or ``zero``.
    frames : str
        Which frames the original scores, in words; the harness scores all.
    bugs : tuple of Bug
        Known bugs of the original.
    version : int
        Raised whenever a change moves a number.

    Raises
    ------
    InputError
        A choice is none that there is.
    UnknownNameError
        A metric is none of ours.
    """

    name: str
    summary: str = ""
    metrics: tuple[str, ...] = (*EIGHT, "emd", "auc", "sauc_exact", "jsd")
    default_metrics: tuple[str, ...] = EIGHT
    maps: Maps = field(default_factory=Maps)
    pair: Pair = field(default_factory=Pair)
    gaze: Gaze = field(default_factory=Gaze)
    luma: str = "gray16"
    negatives: str = "other-videos"
    negative_frames: int = 10
    aggregation: str = "frame"
    undefined: str = "deleted"
    frames: str = "all"
    bugs: tuple[Bug, ...] = ()
    version: int = 1

    def __hash__(self) -> int:
        return hash(self.name)  # which is quick, for each frame is looked up by it

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name or any(sign in self.name for sign in "|, \n/\\"):
            raise InputError(
                f"a protocol cannot be named {self.name!r}: give a name without blanks, commas, bars and slashes"
            )
        check_choices(f"protocol {self.name!r}", self)
        for metric in (*self.metrics, *self.default_metrics):
            if metric not in OURS:
                raise UnknownNameError.of("metric", metric, OURS)
        if self.negatives == "whole-set" and self.negative_frames == 0:
            raise InputError(f"protocol {self.name!r} takes all frames of the whole set as negatives: give a number")
        if not self.default_metrics:
            raise InputError(f"protocol {self.name!r} scores nothing by default: name at least one of its metrics")
        if not set(self.default_metrics) <= set(self.metrics):
            raise InputError(f"protocol {self.name!r} scores by default what it does not define: add it to metrics")

    def replace(self, **changes: Any) -> Protocol:
        """Return a protocol that differs in some choices, each given by its own name or as a whole part.

        Parameters
        ----------
        **changes
            Attributes of `Protocol`, or of the records `Maps`, `Pair` and `Gaze` that are its parts.

        Returns
        -------
        Protocol

        Raises
        ------
        InputError
            There is no such choice, or it cannot have that value.

        Examples
        --------
        >>> get_protocol("standard").replace(name="ours", resize="bilinear", nss_ddof=0)
        """
        own = {choice.name for choice in fields(self)}
        parts: dict[str, dict[str, Any]] = {}
        top: dict[str, Any] = {}
        for name, value in changes.items():
            if name in own:
                top[name] = value
            elif name in _PART_OF:
                parts.setdefault(_PART_OF[name], {})[name] = value
            else:
                raise InputError(str(UnknownNameError.of("choice of a protocol", name, {*own, *_PART_OF})))
        for part, changed in parts.items():
            whole = top.get(part, getattr(self, part))
            if not isinstance(whole, Maps | Pair | Gaze):
                raise InputError(f"{part} is {whole!r}: give {_PARTS[part].__name__}")
            top[part] = replace(whole, **changed)
        return replace(self, **top)

    def to_json(self) -> dict[str, Any]:
        """Return all choices as JSON holds them, to say in a result what the protocol was."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return content

    @property
    def repeats(self) -> bool:
        """Whether a point that is given twice counts twice."""
        return self.gaze.repeats

    @property
    def needs_baseline(self) -> bool:
        """Whether it defines IG, which needs a baseline map."""
        return "ig" in self.metrics

    @property
    def sampled(self) -> tuple[str, ...]:
        """Metrics that are random in the original, which a seed samples; without one they are expectations."""
        random = {
            "auc_judd": self.gaze.judd == "jitter",
            "auc_borji": True,
            "sauc": self.gaze.sauc_form == "stepped" and self.gaze.sauc_sampled,
        }
        return tuple(name for name in self.metrics if random.get(name, False))

    @property
    def signature(self) -> str:
        """One line, in the manner of sacreBLEU, that says how every number was computed."""
        return protocol_signature(self)
